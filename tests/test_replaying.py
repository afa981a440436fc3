"""A refresh replays the recipes that are kept for it, on the rows that it brought."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from workbench.drafts import Correction, list_drafts, new_draft, publish_draft, stage
from workbench.ingest import import_source
from workbench.iterations import refresh_and_replay
from workbench.lake import newest, read_versions, view_of
from workbench.recipes import Recipe, SetStep, TransformStep, save_recipe
from workbench.settings import Policies
from workbench.transforms import Trim

FIRST = "id,city,income\n1,NYC,low\n2,Oslo,high\n3,NYC,low\n"
LATER = "id,city,income\n1,NYC,low\n2, NYC,high\n3,NYC,high\n4,NYC,low\n5, Rome,low\n"


@pytest.fixture
def file(lake, tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(FIRST)
    import_source(lake, "people", str(file), key=("id",), author="ann")
    return file


def cities(lake):
    return list(view_of(lake, newest(lake, "people")).to_pandas()["city"])


def test_each_recipe_becomes_a_version_of_its_own_on_what_the_refresh_brought(lake, file):
    save_recipe(lake, "people", Recipe("blanks", (TransformStep("city", Trim()),)), replay=True, author="ann")
    save_recipe(lake, "people", Recipe("names", (SetStep("city", "NYC", "New York"),)), replay=True, author="ann")
    save_recipe(lake, "people", Recipe("asleep", (SetStep("city", "Oslo", "OSLO"),)), author="ann")
    file.write_text(LATER)
    result = refresh_and_replay(lake, "people", author="robot")
    # Row 1 is as it was, so that the recipe has no say in it.
    assert cities(lake) == ["NYC", "New York", "New York", "New York", "Rome"]
    assert [(v.version, v.kind, v.message) for v in read_versions(lake, "people")][1:] == [
        (2, "refresh", ""),
        (3, "publish", "recipe blanks"),
        (4, "publish", "recipe names"),
    ]
    assert [(each["recipe"], each["version"], each["cells"]) for each in result.recipes] == [
        ("blanks", 3, 2),
        ("names", 4, 3),
    ]
    assert result.version.version == 2 and result.to_dict()["recipes"][1]["cells"] == 3
    assert "recipe names: people@4: 3 cells" in result.summary()
    assert refresh_and_replay(lake, "people", author="robot").recipes == ()
    assert newest(lake, "people").version == 4


def test_a_recipe_with_nothing_to_do_makes_no_version(lake, file):
    save_recipe(lake, "people", Recipe("none", (SetStep("city", "Paris", "paris"),)), replay=True, author="ann")
    file.write_text(LATER)
    result = refresh_and_replay(lake, "people", author="robot")
    assert (newest(lake, "people").version, result.recipes[0]["version"]) == (2, None)
    assert "recipe none: nothing changed" in result.summary()
    assert list_drafts(lake, "people") == []


def test_what_a_person_corrected_stays_and_is_told(lake, file):
    save_recipe(lake, "people", Recipe("names", (SetStep("city", "NYC", "New York"),)), replay=True, author="ann")
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, draft, [Correction({}, column="city", new="NYC", reason="she said so", rid=2)], author="ann")
    publish_draft(lake, draft, author="ann", message="by hand")
    file.write_text(FIRST.replace("2,Oslo,high", "2,Oslo,low"))
    result = refresh_and_replay(lake, "people", author="robot")
    assert cities(lake) == ["NYC", "NYC", "NYC"]
    assert result.recipes[0]["conflicts"] == [
        "step 1 conflicts: a person put this value there, or kept it (1 row left alone)"
    ]


def test_where_a_policy_wants_approval_the_draft_waits_for_it(lake, file):
    save_recipe(lake, "people", Recipe("names", (SetStep("city", "NYC", "New York"),)), replay=True, author="ann")
    lake.settings = lake.settings.model_copy(update={"policies": Policies.model_validate({"approval": True})})
    file.write_text(LATER)
    result = refresh_and_replay(lake, "people", author="robot")
    (draft,) = list_drafts(lake, "people", state="open")
    assert result.recipes[0]["draft"] == draft.draft and draft.corrections == 2
    assert "waits" in result.recipes[0]["note"] and newest(lake, "people").version == 2


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("commits", [1, 2, 3, 4, 5, 6])
def test_what_a_killed_refresh_did_not_come_to_is_replayed_by_the_next_one_and_nothing_twice(lake, file, commits):
    """The commits are: claim, note, refresh, draft, corrections, version, no note; so many of them are made."""
    save_recipe(lake, "people", Recipe("blanks", (TransformStep("city", Trim()),)), replay=True, author="ann")
    file.write_text(LATER)

    def killer(query: str, params: object) -> None:
        nonlocal commits
        commits -= query == "COMMIT"
        if query == "BEGIN" and commits == 0:
            raise Killed

    with contextlib.suppress(Killed), lake.traced(killer):
        refresh_and_replay(lake, "people", author="robot")
    told = refresh_and_replay(lake, "people", author="robot").recipes
    assert cities(lake) == ["NYC", "NYC", "NYC", "NYC", "Rome"]
    assert [v.version for v in read_versions(lake, "people")] == [1, 2, 3]
    assert list_drafts(lake, "people", state="open") == []
    assert [(each["recipe"], each["version"]) for each in told] == [("blanks", 3)]
    assert refresh_and_replay(lake, "people", author="robot").recipes == ()
    assert lake.read("SELECT count(*) FROM lake.workbench.replays") == [(0,)]
