"""A claim is held by one process at a time, and dies with it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from workbench.errors import AlreadyUnderWay, Cancelled, StoreError
from workbench.lake import claim_held, claimed


def test_a_claim_is_held_once_and_free_afterwards(lake):
    with claimed(lake, "run of people"):
        assert claim_held(lake, "run of people") and not claim_held(lake, "run of others")
        held = pytest.raises(AlreadyUnderWay, match=r"A run of people is under way already \(process \d+, since 20")
        with held, claimed(lake, "run of people"):
            raise AssertionError("it was held")
    assert not claim_held(lake, "run of people")


def test_whoever_waits_gets_it_once_it_is_free(lake):
    said, entered = [], threading.Event()

    def wait():
        with claimed(lake, "run of people", wait=said.append):
            entered.set()

    thread = threading.Thread(target=wait)
    with claimed(lake, "run of people"):
        thread.start()
        while not said:
            pass
        assert not entered.is_set()
    thread.join(timeout=10)
    assert entered.is_set() and said[0].startswith("waiting for another run of people (process")


def test_waiting_can_be_cancelled(lake):
    def stop(said):
        raise Cancelled(said)

    with claimed(lake, "run of people"):
        with pytest.raises(Cancelled, match="waiting"), claimed(lake, "run of people", wait=stop):
            raise AssertionError("it was held")
        assert claim_held(lake, "run of people")


def test_a_killed_process_gives_its_claim_up(lake, settings, writer):
    holder = writer("claim", settings, "run of people")
    holder.stdout.readline()
    assert claim_held(lake, "run of people")
    holder.kill()
    holder.communicate()
    assert not claim_held(lake, "run of people")


def test_a_lake_that_cannot_be_written_says_so(lake):
    folder = Path(lake.url.removeprefix("sqlite:")).parent
    (folder / "claims").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"), claimed(lake, "run of people"):
        raise AssertionError("there is no place for the claim")
