"""A dataset gets another name with all that belongs to it, is dropped, and brought back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from click.testing import CliRunner

from workbench import drafts
from workbench.api import OpenLake
from workbench.cli import cli
from workbench.drafts import Correction
from workbench.errors import AlreadyUnderWay, UnknownName, UsageError
from workbench.findings import Filter
from workbench.findings.views import save_view, saved_views
from workbench.iterations import policy_of
from workbench.lake import check_name, claimed, maintain, newest, verify
from workbench.recipes import list_recipes, parse_recipe, save_recipe
from workbench.runs.history import claim_of

PEOPLE = pd.DataFrame({"id": [1, 2, 3, 4], "town": ["Rom", "Rom", "Ulm", "Ulm"], "age": [40, 40, 7, 7]})


@pytest.fixture
def people(lake, make):
    """A dataset with findings, an answer, a draft, a tag, a saved view, a recipe and two versions."""
    make(PEOPLE, "people", key=("id",))
    opened = OpenLake(lake, "ann")
    dataset = opened["people"]
    dataset.check(only=["data.duplicate"])
    first, second = (each.finding for each in dataset.findings()[:2])
    dataset.decide([first], "keep", reason="twins")
    dataset.decide([second], "keep")
    dataset.decide([second], "unsure")
    draft = dataset.draft(title="ages")
    drafts.stage(lake, draft.draft, [Correction({"id": 1}, "set", "age", 40, 41)], author="ann")
    drafts.publish_draft(lake, draft.draft, author="ann", message="one older")
    drafts.stage(lake, dataset.draft().draft, [Correction({"id": 4}, "set", "age", 7, 8)], author="ann")
    dataset.tag(2, "production")
    save_view(lake, "people", "twins", Filter(check="data.duplicate"), author="ann")
    save_recipe(lake, "people", parse_recipe(RECIPE), author="ann")
    return dataset


RECIPE = """
name = "towns"
dataset = "people"
[[step]]
kind = "set"
column = "town"
old = "Rom"
new = "Roma"
"""


def known(dataset):
    """All that people see of a dataset, but for its name."""
    lake, name = dataset.lake, dataset.name
    return (
        [(v.version, v.message, v.tags, v.content_hash, v.snapshot) for v in dataset.versions()],
        [(f.finding, f.status) for f in dataset.findings(status=None)],
        [(d.draft, d.title, d.corrections) for d in dataset.drafts(state=None)],
        [(v.name, v.wanted) for v in saved_views(lake, name)],
        [(r.name, r.recipe.steps) for r in list_recipes(lake, name)],
        dataset.diff(1, 2).changes,
        [str(event.change) for event in dataset.blame({"id": 1})],
        dataset.at(1).to_pandas().to_dict(),
        dataset.at(2).to_pandas().to_dict(),
    )


def test_everything_follows_a_new_name(people):
    before = known(people)
    customers = people.rename("customers", message="suppliers are apart")
    assert known(customers) == before
    assert [v.name for v in customers.versions()] == ["customers@1", "customers@2"]
    assert [r.recipe.dataset for r in list_recipes(people.lake, "customers")] == ["customers"]
    assert OpenLake(people.lake, "ann").names() == ["customers"]
    assert all(each.state == "sound" for each in verify(people.lake, customers.versions()))


def test_kept_findings_do_not_come_back_under_a_new_name(people):
    people.check(only=["data.duplicate"])
    before = sorted((f.finding, f.status) for f in people.findings(status=None))
    customers = people.rename("customers")
    customers.check(only=["data.duplicate"])
    assert sorted((f.finding, f.status) for f in customers.findings(status=None)) == before


def test_work_goes_on_under_the_new_name(people):
    customers = people.rename("customers")
    (draft,) = customers.drafts()
    made = drafts.publish_draft(people.lake, draft.draft, author="bo", message="older").version
    assert (made.name, made.cells_changed) == ("customers@3", 1)
    result = customers.refresh(PEOPLE.assign(town="Bonn"), confirmed=True)
    assert (result.version.name, result.kept_corrections) == ("customers@4", 2)
    assert customers.restore(1).content_hash == customers.at(1).version.content_hash
    again = customers.rename("clients")
    assert [v.version for v in again.versions()] == [1, 2, 3, 4, 5]
    assert again.diff(1, 3).cells_changed == 2
    maintain(people.lake, retention_days=0, now=datetime.now(UTC) + timedelta(days=1))
    assert again.at(2).to_pandas()["age"].tolist() == [41, 40, 7, 7]


def test_the_last_answer_alone_is_taken_back_after_a_new_name(people):
    from workbench.reviewing import undo_last

    people.rename("customers")
    undone = undo_last(people.lake, "customers", draft=None, author="ann")
    assert (len(undone.findings), undone.what) == (1, "unsure")


def test_the_old_name_says_where_it_went_and_is_kept_for_it(people):
    customers = people.rename("customers")
    opened = OpenLake(people.lake, "ann")
    with pytest.raises(UnknownName, match="no dataset 'people'") as error:
        opened["people"]
    assert error.value.hint == "It is called 'customers' now."
    with pytest.raises(UsageError, match="the name that 'customers' had before"):
        check_name(people.lake, "People")
    with pytest.raises(UsageError, match="the name that 'customers' had before"):
        opened.import_data("people", PEOPLE)
    clients = customers.rename("clients")
    with pytest.raises(UnknownName) as error:
        opened["people"]
    assert error.value.hint == "It is called 'clients' now."
    assert clients.rename("people").newest.name == "people@2"
    with pytest.raises(UnknownName):
        opened["clients"]


@pytest.mark.parametrize(
    ("new", "says"), [("9", "no name"), ("a b", "no name"), ("people", "already"), ("T", "already")]
)
def test_a_name_that_cannot_be_is_refused(people, make, new, says):
    make(PEOPLE, "t", key=("id",))
    with pytest.raises(UsageError, match=says):
        people.rename(new)
    assert newest(people.lake, "people").version == 2


def test_a_running_dataset_keeps_its_name(people):
    with claimed(people.lake, claim_of("people")), pytest.raises(AlreadyUnderWay, match="has not ended"):
        people.rename("customers")


def test_the_policy_of_the_settings_follows(people):
    settings = people.lake.settings.model_copy(
        update={"policies": type(people.lake.settings.policies)(**{"people": {"second_opinion": True}})}
    )
    people.rename("customers")
    people.lake.settings = settings
    assert policy_of(people.lake, "customers").second_opinion


def test_a_dropped_dataset_is_hidden_and_comes_back_whole(people):
    before = known(people)
    opened = OpenLake(people.lake, "ann")
    opened.drop("people", message="moved")
    assert opened.names() == []
    with pytest.raises(UnknownName) as error:
        opened["people"]
    assert "workbench undrop people" in error.value.hint
    with pytest.raises(UnknownName):
        people.refresh(PEOPLE)
    with pytest.raises(UnknownName):
        drafts.publish_draft(people.lake, 2, author="ann", message="older")
    with pytest.raises(UsageError, match="which was dropped"):
        opened.import_data("people", PEOPLE)
    assert [(each.dataset, each.author, each.message) for each in opened.dropped()] == [("people", "ann", "moved")]
    maintain(people.lake)
    assert known(opened.undrop("people")) == before
    with pytest.raises(UsageError, match="not dropped"):
        opened.undrop("people")


def test_what_was_dropped_is_deleted_once_the_retention_is_over(people):
    opened = OpenLake(people.lake, "ann")
    opened.drop("people")
    days = people.lake.settings.retention_days
    assert maintain(people.lake, now=datetime.now(UTC) + timedelta(days=days - 1)).dropped == ()
    assert maintain(people.lake, now=datetime.now(UTC) + timedelta(days=days + 1)).dropped == ("people",)
    with pytest.raises(UnknownName):
        opened.undrop("people")
    again = opened.import_data("people", PEOPLE, key=["id"])
    assert (again.newest.version, again.findings(status=None), again.drafts(state=None)) == (1, [], [])


def test_the_commands_rename_and_drop(people):
    def ran(*words):
        done = CliRunner().invoke(cli, ["--lake", people.lake.url, "--author", "ann", *words])
        return done.stdout + done.stderr

    assert "people is called customers now" in ran("rename", "people", "customers")
    assert '"before": "customers"' in ran("rename", "customers", "clients", "--json")
    assert "clients is dropped; `workbench undrop clients` brings it back" in ran("drop", "clients")
    assert "clients" in ran("undrop")
    assert "clients is back, at version 2" in ran("undrop", "clients")


def test_figures_are_found_again_under_the_new_name(lake, make):
    frame = pd.DataFrame({"id": range(60), "x": [n % 7 for n in range(60)], "y": [n % 2 for n in range(60)]})
    make(frame, "t", key=("id",), label="y", lanes=[0, 0, 0, 0, 1, 2] * 10, model="linear")
    dataset = OpenLake(lake, "ann")["t"]
    before = dataset.evaluate()
    renamed = dataset.rename("u")
    fits = lake.read("SELECT count(*) FROM lake.workbench.evaluations")
    after = renamed.evaluate()
    assert (after.id, after.dataset, after.state, after.metrics) == (before.id, "u", "u@1", before.metrics)
    assert lake.read("SELECT count(*) FROM lake.workbench.evaluations") == fits
    assert renamed.documents()[0]["metrics"] is not None
