"""The harmful batch is found among the others, and taken back alone."""

from __future__ import annotations

import pytest

from workbench.attribution import bisect, revert
from workbench.drafts import Correction, corrections_of, new_draft, publish_draft, stage
from workbench.errors import ConflictError, UsageError
from workbench.lake import read_version, view_of
from workbench.versions import diff


def test_the_version_that_did_harm_is_found(lake, story):
    found = bisect(lake, story[0], story[-1])
    assert [group.name for group in found.found] == ["t@3"] and found.found[0].cells == 150
    assert found.effect.verdict == "loss" and len(found.steps) == 1


def test_it_is_cut_down_to_the_step(lake, truth, dirty, edit):
    """One draft of six steps, of which the fourth is harmful."""
    right, other = dict(zip(truth["id"], truth["y"], strict=True)), {"yes": "no", "no": "yes"}
    clean = [int(rid) for rid in truth.loc[(truth["id"] <= 900) & (truth["x"] < -0.3), "id"]][:160]
    draft = new_draft(lake, "t", author="ann").draft
    for step in range(8):
        rids = clean if step == 4 else dirty[30 * step : 30 * step + 30]
        values = {rid: other[right[rid]] if step == 4 else right[rid] for rid in rids}
        stage(lake, draft, [Correction({"id": rid}, column="y", new=new) for rid, new in values.items()], author="ann")
    last = publish_draft(lake, draft, author="ann", message="all at once").version
    found = bisect(lake, read_version(lake, "t", 1), last, by="step")
    assert [group.name for group in found.found] == ["t@2 step 5"] and len(found.steps) == 2


def test_where_nothing_did_harm_nothing_is_named(lake, story):
    found = bisect(lake, story[0], story[1])
    assert found.found == () and found.effect is None and found.total.verdict == "gain"
    assert found.to_dict()["effect"] is None


def test_it_is_taken_back_alone(lake, story):
    draft = revert(lake, story[0], story[-1], ["t@3"], by="version", author="dora")
    assert len(corrections_of(lake, draft.draft)) == 150
    after = publish_draft(lake, draft.draft, author="dora", message="harm taken back").version
    back = {change.rid for change in diff(lake, story[-1], after).changes}
    broken = {change.rid for change in diff(lake, story[1], story[2]).changes}
    assert back == broken
    assert not {change.rid for change in diff(lake, story[0], after).changes} & broken
    kept = view_of(lake, after).fetch("SELECT count(*) FROM {rows} WHERE z = _rid / 1e6")[0][0]
    assert kept == 10


def test_a_cell_that_was_changed_again_is_a_conflict(lake, story, edit):
    rid = next(change.rid for change in diff(lake, story[1], story[2]).changes)
    value = view_of(lake, story[-1]).fetch("SELECT y FROM {rows} WHERE _rid = ?", [rid])[0][0]
    edit({(rid, "y"): "no" if value == "yes" else "yes"}, "late")
    with pytest.raises(ConflictError):
        revert(lake, story[0], story[-1], ["t@3"], by="version", author="dora")


def test_what_a_refresh_did_is_no_draft_s_to_take_back(lake, dirty, publish):
    last = publish("t", {}, gone=(5,))
    first = read_version(lake, "t", 1)
    with pytest.raises(UsageError, match="refresh"):
        revert(lake, first, last, ["not by a correction"], by="version", author="dora")
    with pytest.raises(UsageError, match="Nothing differs"):
        bisect(lake, first, first)
