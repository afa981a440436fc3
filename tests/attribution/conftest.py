"""A dataset whose label follows from x, and versions of it that did good, harm and nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.lake import read_versions

ROWS = 1500


@pytest.fixture
def truth() -> pd.DataFrame:
    """The right rows: rids 1 to 900 train, the rest test; key and rid are the same."""
    random = np.random.default_rng(3)
    x = random.normal(size=(ROWS, 2))
    label = np.where(x[:, 0] + 0.2 * random.normal(size=ROWS) > 0, "yes", "no")
    return pd.DataFrame({"id": range(1, ROWS + 1), "x": x[:, 0], "z": x[:, 1], "y": label})


@pytest.fixture
def dirty(make, truth):
    """Version 1: the labels of 300 train rows where x is above 0 are wrong."""
    frame = truth.copy()
    wrong = truth.index[(truth["id"] <= 900) & (truth["x"] > 0)][:300]
    frame.loc[wrong, "y"] = np.where(truth.loc[wrong, "y"] == "yes", "no", "yes")
    make(frame, key=("id",), label="y", model="embedding", lanes=[0] * 900 + [2] * (ROWS - 900))
    return [int(rid) for rid in truth.loc[wrong, "id"]]


@pytest.fixture
def edit(lake):
    """Publish changes of cells by some author: ``edit({(rid, column): value}, "ann")``."""

    def edit(cells, author="ann", *, actions=()):
        draft = new_draft(lake, "t", author=author).draft
        corrections = [Correction({"id": rid}, column=column, new=value) for (rid, column), value in cells.items()]
        corrections += [Correction({"id": rid}, action) for rid, action in actions]
        stage(lake, draft, corrections, author=author)
        return publish_draft(lake, draft, author=author, message=f"by {author}").version

    return edit


@pytest.fixture
def story(lake, truth, dirty, edit):
    """Version 2 mends 200 labels, 3 breaks 150 others, 4 touches what no model reads much, 5 mends 100 more."""
    right = dict(zip(truth["id"], truth["y"], strict=True))
    other = {"yes": "no", "no": "yes"}
    clean = [rid for rid in truth.loc[(truth["id"] <= 900) & (truth["x"] < -0.3), "id"] if rid not in dirty][:150]
    edit({(rid, "y"): right[rid] for rid in dirty[:200]}, "ann")
    edit({(int(rid), "y"): other[right[rid]] for rid in clean}, "ben")
    edit({(rid, "z"): float(rid) / 1e6 for rid in range(601, 611)}, "cleo")
    edit({(rid, "y"): right[rid] for rid in dirty[200:]}, "ann")
    return read_versions(lake, "t")
