"""Good, bad and idle changes get the right sign, and the shares sum to what the comparison says."""

from __future__ import annotations

import json
import math
import shutil

import pytest

from workbench.attribution import attribute, attributing
from workbench.compare import compare
from workbench.errors import Cancelled, UnknownName, UsageError
from workbench.lake import open_lake, read_version, view_of
from workbench.settings import Settings


def shares(found):
    """Group → effect."""
    return {share.group.name: share.effect for share in found.shares}


def test_who_did_good_and_who_did_harm(lake, story):
    found = attribute(lake, story[0], story[-1], by="author")
    told = shares(found)
    assert told["ann"].verdict == "gain" and told["ben"].verdict == "loss" and told["cleo"].verdict == "cannot tell"
    assert [share.group.name for share in found.shares] == ["ann", "cleo", "ben"]
    assert found.exact and found.figures == 8
    assert math.fsum(effect.change for effect in told.values()) == pytest.approx(found.total.change, abs=1e-12)


def test_the_total_is_what_the_comparison_says(lake, story):
    found = attribute(lake, story[0], story[-1], by="column")
    compared = compare(lake, view_of(lake, story[0]), view_of(lake, story[-1]))
    assert (found.total.change, found.total.low, found.total.verdict) == (
        compared.change,
        compared.low,
        compared.verdict,
    )
    assert found.test_rows == compared.test_rows and found.test_labels == compared.test_labels


def test_nothing_is_fitted_twice(lake, story):
    attribute(lake, story[0], story[2], by="author")
    asked = []
    with lake.traced(lambda query, params: asked.append(query)):
        attribute(lake, story[0], story[2], by="author")
    assert not any("INSERT INTO lake.workbench.predictions" in query for query in asked)


def test_many_groups_are_sampled_and_still_sum_up(lake, story, monkeypatch):
    monkeypatch.setattr(attributing, "EXACT", 2)
    found = attribute(lake, story[0], story[-1], by="version", pairs=2)
    assert not found.exact and "drawn at random" in found.notes[0]
    assert math.fsum(effect.change for effect in shares(found).values()) == pytest.approx(found.total.change, abs=1e-9)


def test_a_test_label_is_no_training(lake, dirty, truth, edit):
    """Its effect is that of another yardstick, and all states are measured by the newest one."""
    first = edit({(1400, "y"): "no" if truth["y"][1399] == "yes" else "yes"}, "tess")
    found = attribute(lake, read_version(lake, "t", 1), first, by="author")
    assert shares(found)["tess"].verdict == "no change" and found.total.verdict == "no change"


def test_small_effects_name_no_winner(lake, dirty, truth, edit):
    last = edit({(rid, "z"): float(truth["z"][rid - 1]) + 1e-3 for rid in range(1, 5)}, "ann")
    found = attribute(lake, read_version(lake, "t", 1), last, by="author")
    assert shares(found)["ann"].verdict in ("cannot tell", "no change")
    assert any("below the noise" in note for note in found.notes)


def test_two_equal_versions_have_nothing_to_share_out(lake, story):
    found = attribute(lake, story[1], story[1])
    assert found.shares == () and found.total.verdict == "no change"


def test_the_json_is_whole(lake, story):
    document = json.loads(json.dumps(attribute(lake, story[0], story[2], by="version").to_dict()))
    assert {"a": "t@1", "b": "t@3", "metric": "accuracy", "by": "version"}.items() <= document.items()
    assert sum(share["change"] for share in document["shares"]) == pytest.approx(document["change"])
    assert {share["group"] for share in document["shares"]} == {"t@2", "t@3"}


def test_a_metric_that_is_no_mean_over_rows_is_refused(lake, story):
    with pytest.raises(UsageError, match="no mean over rows"):
        attribute(lake, story[0], story[1], metric="macro_f1")
    with pytest.raises(UnknownName):
        attribute(lake, story[0], story[1], metric="charm")
    assert attribute(lake, story[0], story[1], metric="log_loss").shares[0].effect.verdict == "gain"


def test_it_can_be_stopped(lake, story):
    def stop(stage, done, total):
        if done:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        attribute(lake, story[0], story[-1], by="version", progress=stop)


@pytest.fixture
def other(lake, tmp_path):
    """A copy of the lake whose fits are made by two processes."""
    shutil.copytree(tmp_path / "lake", tmp_path / "other")
    with open_lake(Settings(lake=f"sqlite:{tmp_path / 'other' / 'catalog.sqlite'}", workers=2)) as opened:
        yield opened


def test_processes_fit_what_one_does(lake, story, other, elsewhere):
    found = attribute(other, story[0], story[2], by="author")
    assert len(elsewhere) == found.figures * lake.settings.seeds, "each figure, fit by fit"
    assert found.to_dict() == attribute(lake, story[0], story[2], by="author").to_dict()


def test_who_stops_it_ends_the_processes(story, other, elsewhere):
    def stop(stage, done, total):
        if done > 1 and "figures" in stage:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled, match="stopped"):
        attribute(other, story[0], story[2], by="author", progress=stop)
    assert 2 * other.settings.seeds <= len(elsewhere) < 8 * other.settings.seeds
