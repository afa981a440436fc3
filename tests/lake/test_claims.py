"""A claim is held by one process at a time, and dies with it."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from workbench.errors import AlreadyUnderWay, Cancelled, ClaimLost, StoreError
from workbench.lake import claim_held, claimed, open_lake


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


def test_a_claim_that_somebody_took_over_counts_no_more(lake, settings):
    """A folder that was cleared, or a disk that forgets locks: both believe that they hold it."""

    def add(name):
        lake.write(lambda session: session.insert("tags", [{"dataset": "people", "tag": name, "version": 1}]))

    with claimed(lake, "run of people"):
        add("mine")
        shutil.rmtree(Path(lake.url.removeprefix("sqlite:")).parent / "claims")
        add("still mine")
        with open_lake(settings) as other, claimed(other, "run of people"), pytest.raises(ClaimLost) as caught:
            add("too late")
        with pytest.raises(
            ClaimLost, match=r"This run of people has lost its claim: .* Nothing more of it was written"
        ):
            add("they are done, and so am I")
    assert caught.value.what == "run of people" and caught.value.exit_code == 3
    add("free again")
    tags = lake.read("SELECT tag FROM lake.workbench.tags ORDER BY tag")
    assert tags == [("free again",), ("mine",), ("still mine",)]


def test_a_lake_that_cannot_be_written_says_so(lake):
    folder = Path(lake.url.removeprefix("sqlite:")).parent
    (folder / "claims").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"), claimed(lake, "run of people"):
        raise AssertionError("there is no place for the claim")
