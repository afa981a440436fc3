"""A dataset whose label follows from x, and versions of it that did good, harm and nothing; made once, then copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.lake import Lake, Version, open_lake, read_versions
from workbench.settings import Settings

TRAIN, ROWS = 900, 1500
RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(ROWS, 2))
TRUTH = pd.DataFrame(
    {
        "id": range(1, ROWS + 1),
        "x": X[:, 0],
        "z": X[:, 1],
        "y": np.where(X[:, 0] + 0.2 * RANDOM.normal(size=ROWS) > 0, "yes", "no"),
    }
)
"""The right rows: rids 1 to 900 train, the rest test; key and rid are the same."""

OTHER = {"yes": "no", "no": "yes"}
WRONG = [int(rid) for rid in TRUTH.loc[(TRUTH["id"] <= TRAIN) & (TRUTH["x"] > 0), "id"][:300]]


def published(lake: Lake, cells, author, actions=()) -> Version:
    """Publish changes of cells by some author."""
    draft = new_draft(lake, "t", author=author).draft
    corrections = [Correction({"id": rid}, column=column, new=value) for (rid, column), value in cells.items()]
    corrections += [Correction({"id": rid}, action) for rid, action in actions]
    stage(lake, draft, corrections, author=author)
    return publish_draft(lake, draft, author=author, message=f"by {author}").version


@pytest.fixture(scope="session")
def dirty_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 1: the labels of 300 train rows where x is above 0 are wrong."""
    folder = tmp_path_factory.mktemp("dirty") / "lake"
    frame = TRUTH.assign(lane=np.repeat(["train", "test"], [TRAIN, ROWS - TRAIN]))
    frame.loc[[rid - 1 for rid in WRONG], "y"] = [OTHER[TRUTH["y"][rid - 1]] for rid in WRONG]
    with workbench.open(f"sqlite:{folder / 'catalog.sqlite'}", author="tester", create=True) as lake:
        lake.import_data("t", frame, key=["id"], label="y", split_column="lane", model="embedding")
    return folder


@pytest.fixture(scope="session")
def story_lake(dirty_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 2 mends 200 labels, 3 breaks 150 others, 4 touches what no model reads much, 5 mends 100 more."""
    folder = tmp_path_factory.mktemp("story") / "lake"
    shutil.copytree(dirty_lake, folder)
    right = dict(zip(TRUTH["id"], TRUTH["y"], strict=True))
    clean = [rid for rid in TRUTH.loc[(TRUTH["id"] <= TRAIN) & (TRUTH["x"] < -0.3), "id"] if rid not in WRONG][:150]
    with open_lake(Settings(lake=f"sqlite:{folder / 'catalog.sqlite'}")) as lake:
        published(lake, {(rid, "y"): right[rid] for rid in WRONG[:200]}, "ann")
        published(lake, {(int(rid), "y"): OTHER[right[rid]] for rid in clean}, "ben")
        published(lake, {(rid, "z"): float(rid) / 1e6 for rid in range(601, 611)}, "cleo")
        published(lake, {(rid, "y"): right[rid] for rid in WRONG[200:]}, "ann")
    return folder


@pytest.fixture
def lake(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Lake]:
    """A lake of the test's own, with five versions where it asks for the story, else with the first alone."""
    made = request.getfixturevalue("story_lake" if "story" in request.fixturenames else "dirty_lake")
    shutil.copytree(made, Path(settings.lake.removeprefix("sqlite:")).parent)
    with open_lake(settings) as opened:
        yield opened


@pytest.fixture
def truth() -> pd.DataFrame:
    """The right rows."""
    return TRUTH


@pytest.fixture
def dirty(lake: Lake) -> list[int]:
    """The rows whose label is wrong in version 1."""
    return WRONG


@pytest.fixture
def edit(lake: Lake):
    """Publish changes of cells by some author: ``edit({(rid, column): value}, "ann")``."""

    def edit(cells, author="ann", *, actions=()):
        return published(lake, cells, author, actions)

    return edit


@pytest.fixture
def story(lake: Lake) -> list[Version]:
    """The five versions."""
    return read_versions(lake, "t")
