"""A dataset with wrong labels in two lanes, checked: made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.iterations import check
from workbench.lake import Lake, Version, newest, open_lake
from workbench.ranking import rescore
from workbench.settings import Settings

CLASSES = np.array(["ant", "bee", "cat"])
TRUTH = CLASSES[np.random.default_rng(5).integers(0, 3, 400)]
"""The true label of each row, by row identity from 1."""


@pytest.fixture
def truth() -> np.ndarray:
    return TRUTH


def frame_of(*, validation: bool) -> tuple[pd.DataFrame, list[int]]:
    """A quarter of the train and validation labels are wrong; the lanes beside the rows."""
    rng = np.random.default_rng(6)
    number = np.searchsorted(CLASSES, TRUTH)
    points = rng.normal(size=(400, 3)) + 1.8 * np.eye(3)[number]
    lanes = [0] * 240 + [1 if validation else 0] * 80 + [2] * 80
    wrong = (rng.random(400) < 0.25) & (np.array(lanes) < 2)
    given = CLASSES[np.where(wrong, (number + 1) % 3, number)]
    frame = pd.DataFrame({"id": range(1, 401), "a": points[:, 0], "b": points[:, 1], "c": points[:, 2]})
    return frame.assign(kind=given), lanes


@pytest.fixture(scope="session")
def checked_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with the dataset bugs, checked."""
    folder = tmp_path_factory.mktemp("ranked") / "lake"
    frame, lanes = frame_of(validation=True)
    frame["lane"] = np.array(["train", "validation", "test"])[lanes]
    with workbench.open(f"sqlite:{folder / 'catalog.sqlite'}", author="tester", create=True) as lake:
        lake.import_data("bugs", frame, key=["id"], label="kind", split_column="lane", model="linear").check()
    return folder


@contextmanager
def copied(folder: Path, settings: Settings) -> Iterator[Lake]:
    """Open a copy of a lake as the lake of a test of its own."""
    shutil.copytree(folder, Path(settings.lake.removeprefix("sqlite:")).parent)
    with open_lake(settings) as lake:
        yield lake


@pytest.fixture
def bugs(settings: Settings, checked_lake: Path) -> Iterator[Lake]:
    """The lake of a test of its own, with the dataset bugs."""
    with copied(checked_lake, settings) as lake:
        yield lake


@pytest.fixture(scope="session")
def ranked_lake(checked_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, scored once by ann before any answer."""
    folder = tmp_path_factory.mktemp("scored") / "lake"
    shutil.copytree(checked_lake, folder)
    with open_lake(Settings(lake=f"sqlite:{folder / 'catalog.sqlite'}")) as lake:
        rescore(lake, "bugs", author="ann")
    return folder


@pytest.fixture
def ranked(settings: Settings, ranked_lake: Path) -> Iterator[Lake]:
    """The lake of a test of its own, with the dataset bugs in its first order."""
    with copied(ranked_lake, settings) as lake:
        yield lake


@pytest.fixture
def unvalidated(lake: Lake, make: Callable[..., Version]) -> Lake:
    """A lake with the same dataset without validation rows."""
    frame, lanes = frame_of(validation=False)
    make(frame, "bugs", lanes=lanes, key=("id",), label="kind", model="linear")
    check(lake, newest(lake, "bugs"), author="tester")
    return lake
