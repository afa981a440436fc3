"""What a dataset is can be changed: as a version, checked first, told, and taken back."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from click.testing import CliRunner

import workbench
from workbench import drafts
from workbench.cli import cli
from workbench.datasets import Dataset
from workbench.drafts import Correction
from workbench.errors import ConflictError, DataError, KeyColumnError, UnknownName, UsageError, WorkbenchError
from workbench.lake import newest

PEOPLE = pd.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "mail": ["a@x", "b@x", "c@x", "d@x"],
        "town": ["Rom", "Rom", "Ulm", None],
        "risk": ["low", "high", "low", "high"],
        "pays": ["yes", "no", "no", "yes"],
    }
)


@pytest.fixture
def people(lake, make):
    """Version 1 of a dataset with the key ``id`` and the label ``risk``."""
    make(PEOPLE, "people", key=("id",), label="risk")
    return Dataset(lake, "people", "ann")


def test_a_new_label_and_model_are_a_version_with_the_same_rows(people):
    made = people.set(label="pays", model="linear", message="what we sell now")
    first = people.at(1).version
    assert (made.version, made.kind, made.author, made.message) == (2, "set", "ann", "what we sell now")
    assert (made.definition.label, made.definition.model, made.definition.key) == ("pays", "linear", ("id",))
    assert (made.content_hash, made.identity_hash) == (first.content_hash, first.identity_hash)
    assert (made.rows_added, made.rows_removed, made.cells_changed) == (0, 0, 0)
    said = [str(change) for change in people.diff(1, 2).definition]
    assert said == ["label: risk → pays", "model: tabular → linear"]
    assert people.documents()[1]["definition"][0] == {"field": "label", "old": "risk", "new": "pays"}


def test_restore_brings_the_old_definition_back(people):
    people.set(label="pays", model="linear", ignore=["town"], message="other")
    back = people.restore(1)
    assert (back.version, back.definition) == (3, people.at(1).version.definition)
    assert [change.field for change in people.diff(2, 3).definition] == ["label", "model", "ignore"]
    assert people.restore(1).version == 3


def test_what_is_said_already_makes_no_version(people):
    assert people.set(label="risk", key=["id"]).version == 1


@pytest.mark.parametrize(
    ("wanted", "error", "says"),
    [
        ({"key": ["town"]}, KeyColumnError, "the key is missing in 1 row"),
        ({"key": ["risk"]}, KeyColumnError, "2 keys stand more than once"),
        ({"key": ["idd"]}, KeyColumnError, "no key column 'idd'"),
        ({"label": "riks"}, UnknownName, "Did you mean 'risk'"),
        ({"label": "town", "task": "regression"}, DataError, "no number to be predicted"),
        ({"ignore": ["no"]}, UnknownName, "no column 'no'"),
        ({"model": "tabula"}, UnknownName, "no model 'tabula'"),
        ({"model": "nowhere:make"}, WorkbenchError, "nowhere"),
        ({"schema": "nowhere.py"}, WorkbenchError, "nowhere.py"),
        ({"source": "nowhere.csv"}, DataError, "there is no such file"),
        ({"split_column": "town"}, UsageError, "cannot be the split column: 4 rows are in another part"),
        ({"types": {"town": "date time"}}, UsageError, "no logical type 'date time'"),
        ({"types": {"id": "text"}}, UsageError, "belongs to the key"),
        ({"unset": ["model"]}, UnknownName, "Can be unset: key, label"),
        ({"unset": ["label"], "label": "pays"}, UsageError, "label is to be set and unset"),
        ({}, UsageError, "nothing to set"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(people, wanted, error, says):
    with pytest.raises(error, match=says):
        people.set(**wanted)
    assert people.newest.version == 1


def test_a_key_is_checked_on_all_rows_and_refresh_goes_by_it(people, tmp_path):
    draft = people.draft()
    drafts.stage(people.lake, draft.draft, [Correction({"id": 4}, "delete")], author="ann")
    drafts.publish_draft(people.lake, draft.draft, author="ann", message="not a person")
    people.set(key=["mail"])
    # The deleted row stays deleted, though the delivery knows it by another number.
    delivery = PEOPLE.assign(id=[11, 12, 13, 14])
    result = people.refresh(delivery, confirmed=True)
    assert (result.added, result.updated_cells) == (0, 3)
    assert people.at().to_pandas()["mail"].tolist() == ["a@x", "b@x", "c@x"]


def test_a_source_must_have_the_columns(people, tmp_path):
    full, part = tmp_path / "full.csv", tmp_path / "part.csv"
    PEOPLE.assign(town="Ulm").to_csv(full, index=False, sep=";", encoding="utf-16")
    PEOPLE[["id", "risk"]].to_csv(part, index=False)
    with pytest.raises(UnknownName, match="lacks 3 of the 5 columns of people@1"):
        people.set(source=str(part))
    options = workbench.ReadOptions(encoding="utf-16", delimiter=";")
    made = people.set(source=str(full), options=options)
    assert made.definition.reading == {"encoding": "utf-16", "delimiter": ";"}
    assert people.refresh(confirmed=True).updated_cells == 3


def test_types_are_set_with_the_rest(people):
    made = people.set(types={"town": "number"}, model="linear")
    assert [str(each) for each in people.diff(1, 2).definition] == [
        "model: tabular → linear",
        "type of town: text → number",
    ]
    assert made.detail["types"][0]["cells"] == 3


def test_a_draft_is_published_on_the_new_definition(people):
    draft = people.draft()
    drafts.stage(people.lake, draft.draft, [Correction({"id": 4}, "set", "town", None, "Ulm")], author="bo")
    people.set(label="pays")
    made = drafts.publish_draft(people.lake, draft.draft, author="bo", message="town").version
    assert (made.version, made.definition.label, made.cells_changed) == (3, "pays", 1)


def test_a_drafts_correction_of_what_became_the_key_is_a_conflict(people):
    draft = people.draft()
    change = Correction({"id": 4}, "set", "mail", "d@x", "a@x")
    drafts.stage(people.lake, draft.draft, [change], author="bo")
    people.set(key=["mail"])
    with pytest.raises(ConflictError) as refused:
        drafts.publish_draft(people.lake, draft.draft, author="bo", message="mail")
    assert refused.value.conflicts[0].why == "the column is part of the key now"
    assert newest(people.lake, "people").version == 2


def test_the_command_says_what_no_longer_compares(people):
    def ran(*words):
        done = CliRunner().invoke(cli, ["--lake", people.lake.url, "--author", "ann", *words])
        return done.exit_code, done.stdout, done.stderr

    code, _, said = ran("set", "people", "--label", "pays", "-m", "new product")
    assert code == 0
    assert "people@2: new product" in said
    assert "label: risk → pays" in said
    assert "Versions with another label cannot be compared with this one." in said
    assert "Run `check` again." in said
    code, out, _ = ran("set", "people", "--unset", "label", "--type", "mail=text", "--json")
    assert json.loads(out)["definition"] == [{"field": "label", "old": "pays", "new": None}]
    assert "label: pays → none" in ran("versions", "people")[1].replace("\n", " ")
    assert "people@3: label: risk → none" in ran("diff", "people@1", "people@3")[2]
    code, _, said = ran("restore", "people@1")
    assert "label: none → risk" in said
    assert ran("set", "people", "--label", "risk")[2].strip().endswith("says that already; no version was made")
