"""Other processes on the same lake, and hashes computed from the rows."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.lake import Lake, Version, view_of
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def writer() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start another process: ``writer("correct", settings, 0, 5)``; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(duty: str, settings: Settings, *arguments: object, timeout: float = 60) -> subprocess.Popen[str]:
        environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "TIMEOUT": str(timeout), "DATA_PATH": settings.data_path,
        }  # fmt: skip
        command = [sys.executable, str(Path(__file__).with_name("writer.py")), duty, settings.lake]
        process = subprocess.Popen(
            [*command, *map(str, arguments)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def answers() -> Callable[[subprocess.Popen[str]], list[dict[str, object]]]:
    """Wait for another process and return what it said; one that failed fails the test with its own words."""

    def answers(process: subprocess.Popen[str]) -> list[dict[str, object]]:
        out, error = process.communicate(timeout=600)
        assert process.returncode == 0, error
        return [json.loads(line) for line in out.splitlines()]

    return answers


@pytest.fixture
def foreign(settings: Settings, writer, answers) -> Callable[[str], None]:
    """Let another machine tag version 1 of ``t`` and be done: one that shares no lock file with us."""

    def foreign(name: str) -> None:
        lock = Path(settings.lake.removeprefix("sqlite:") + ".lock")
        aside = lock.with_suffix(".aside")
        lock.rename(aside)
        assert answers(writer("tag", settings, name)) == [{"written": True}]
        aside.rename(lock)

    return foreign


@pytest.fixture
def recomputed() -> Callable[[Lake, Version], str]:
    """Compute a version's content hash from its rows."""

    def recomputed(lake: Lake, version: Version) -> str:
        return dataclasses.replace(view_of(lake, version), known_hash="").content_hash()

    return recomputed
