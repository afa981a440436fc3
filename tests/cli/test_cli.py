"""Each command does its work, answers in JSON with stable names, and ends with the right code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import workbench

VERSION = {
    "dataset", "version", "parent", "author", "message", "created_at", "rows", "rows_added", "rows_removed",
    "cells_changed", "content_hash", "tags", "metrics", "verdict",
}  # fmt: skip


def test_import_makes_version_1_and_lists_it(shell):
    people = shell
    people("import", "people", "people.csv", "--key", "id", "--label", "income", "--ignore", "comment", "-m", "first")
    [version] = people("versions", "people", "--json").json
    assert set(version) >= VERSION
    assert (version["dataset"], version["version"], version["rows"], version["author"]) == ("people", 1, 6, "ann")
    assert version["metrics"] is None and version["verdict"] is None
    assert people("datasets", "--json").json[0]["content_hash"] == version["content_hash"]
    assert "v1" in people("versions", "people").out and "first" in people("versions", "people").out


def test_show_and_export(people, tmp_path):
    shown = people("show", "people@1", "--limit", "2", "--json").json
    assert shown["data"][1] == {
        "rid": 2, "id": 2, "age": 210, "city": "Oslo", "job": "nurse", "income": "low", "comment": None,
    }  # fmt: skip
    assert "210" in people("show", "people").out
    assert people("export", "people", "out.csv").code == 0
    assert (tmp_path / "out.csv").read_text() == (tmp_path / "people.csv").read_text()
    assert people("export", "people", "out.xyz").code == 2


def test_a_draft_from_first_to_last(people, tmp_path):
    made = people("draft", "new", "people", "--title", "ages", "--json").json
    assert made == {"draft": 1, "dataset": "people", "base": 1}
    Path("fixes.csv").write_text("id,column,old,new,reason\n2,age,210,21,typo\n3,city,NYC,New York,spelling\n")
    assert people("draft", "add", "1", "fixes.csv", "--json").json["corrections"] == 2
    assert people("draft", "undo", "1", "--json").json["corrections"] == 0
    assert people("draft", "redo", "1", "--json").json["corrections"] == 2
    shown = people("draft", "show", "1", "--json").json
    assert [(c["key"], c["old"], c["new"]) for c in shown["corrections"]] == [
        ({"id": "2"}, "210", "21"),
        ({"id": "3"}, "NYC", "New York"),
    ]
    assert people("draft", "check", "1", "--json").json["failures"] == {"before": 2, "after": 0}
    published = people("draft", "publish", "1", "-m", "ages", "--json").json
    assert set(published) >= VERSION and published["cells_changed"] == 2
    assert people("draft", "list", "people", "--json").json == []
    assert [d["state"] for d in people("draft", "list", "people", "--all", "--json").json] == ["published"]
    assert people("validate", "people@1").code == 1 and people("validate", "people").code == 0


def test_a_draft_shows_its_first_corrections(people):
    people("draft", "new", "people")
    rows = [f"{n},comment,c{n}" for n in range(1, 5)]
    Path("fixes.csv").write_text("\n".join(["id,column,new", *rows]))
    assert people("draft", "add", "1", "fixes.csv").code == 0
    shown = people("draft", "show", "1", "--limit", "3")
    assert "c3" in shown.out and "c4" not in shown.out and "… and 1 more" in shown.err
    assert "c4" in people("draft", "show", "1", "--limit", "0").out and "c4" in people("draft", "show", "1").out
    assert len(people("draft", "show", "1", "--limit", "3", "--json").json["corrections"]) == 4


def test_an_empty_old_is_explained(people):
    people("draft", "new", "people")
    Path("fixes.csv").write_text("id,column,old,new\n2,age,,21\n")
    refused = people("draft", "add", "1", "fixes.csv")
    assert refused.code != 0 and "is 210, not missing" in refused.err
    assert "age: expected missing, found 210, new 21" in refused.err
    assert "An empty 'old' says that the cell must be missing" in refused.err and "leave 'old' out" in refused.err


def test_advice_about_a_dataset_without_schema_or_label_can_be_followed(shell):
    Path("plain.csv").write_text("id,x,y\n" + "".join(f"{n},{n},{n % 2}\n" for n in range(9)))
    assert shell("import", "plain", "plain.csv", "--key", "id").code == 0
    assert "workbench set plain --schema schemas/plain.py" in shell("validate", "plain").err
    assert "workbench set plain --label COLUMN" in shell("evaluate", "plain").err
    assert shell("set", "plain", "--schema", "schemas/people.py", "--label", "y").code == 0


def test_an_import_says_which_rows_look_like_no_data(shell):
    Path("sums.csv").write_text("n,x\n1,2\n2,3\nn,x\n3,4\nSumme,9\n")
    notes = shell("import", "sums", "sums.csv", "--key", "n", "--json").json["notes"]
    assert len(notes) == 2 and "1 row is the header once more" in notes[0] and "'Summe'" in notes[1]
    Path("names.csv").write_text("name,x\nTotal Recall,2\nsummer,3\n")
    assert shell("import", "names", "names.csv", "--json").json["notes"] == []


def test_python_takes_paths_and_single_names(people, tmp_path):
    with workbench.open(f"sqlite:{tmp_path / 'data' / 'lake' / 'catalog.sqlite'}", author="ann") as lake:
        made = lake.import_data(
            "other", tmp_path / "people.csv", key="id", ignore="comment", schema=Path("schemas/people.py")
        )
        assert (made.definition.key, made.definition.ignore) == (("id",), ("comment",))
        made.set(source=tmp_path / "people.csv", unset="schema")
        made.set(schema=Path("schemas/people.py"), ignore="job")
        assert (made.definition.schema, made.definition.ignore) == ("schemas/people.py", ("job",))
        Path("fixes.csv").write_text("id,column,new\n2,age,21\n")
        draft = lake["people"].draft().draft
        assert lake.stage_file(draft, "fixes.csv").corrections == 1
        assert lake.stage_file(draft, Path("fixes.csv").absolute()).corrections == 2


def test_diff_blame_restore_tag(people):
    people("draft", "new", "people")
    Path("fixes.json").write_text(json.dumps([{"id": 2, "column": "age", "new": 21, "reason": "typo"}]))
    people("draft", "add", "1", "fixes.json")
    people("draft", "publish", "1", "-m", "ages")
    found = people("diff", "people@1", "people@2", "--json").json
    assert found["summary"] == {"rows_added": 0, "rows_removed": 0, "rows_changed": 1, "cells_changed": 1}
    assert found["changes"] == [
        {
            "key": {"id": 2}, "rid": 2, "change": "changed", "column": "age", "old": 210, "new": 21, "author": "ann",
            "reason": "typo",
        }
    ]  # fmt: skip
    assert "210" in people("diff", "people@1", "people@2").out
    story = people("blame", "people", "--key", "2", "--column", "age", "--json").json
    assert [(event["version"], event["change"], event["new"]) for event in story][1] == (2, "changed", 21)
    assert "typo" in people("blame", "people", "--key", "2").out
    assert people("restore", "people@1", "-m", "back", "--json").json["version"] == 3
    assert people("tag", "people@3", "production").code == 0
    assert people("versions", "people", "--json").json[2]["tags"] == ["production"]


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif", "github"])
def test_validate_in_every_format(people, form):
    done = people("validate", "people", "--format", form)
    assert done.code == 1 and "in_range" in done.out
    assert people("validate", "people", "--format", form, "--fail-on", "never").code == 0


def test_validate_json_has_the_agreed_fields(people):
    document = people("validate", "people", "--json").json
    assert set(document) >= {"dataset", "version", "outcome", "checks", "failures"}
    assert document["failures"] == 2 and document["outcome"] == "failed"
    assert {"check", "column", "severity", "outcome", "failures"} <= set(document["checks"][0])
    assert people("validate", "people", "--format", "json", "--output", "report.json").out == ""
    assert json.loads(Path("report.json").read_text()) == document


def test_check_findings_and_decide(people):
    results = {item["check"]: item for item in people("check", "people", "--check", "schema", "--json").json}
    assert results["schema"]["outcome"] == "failed" and results["schema"]["findings"] == 2
    found = people("findings", "people", "--json").json
    by_column = {item["column"]: item["finding"] for item in found}
    assert set(by_column) == {"age", "city"}
    assert people("decide", "people", by_column["age"], "--fix", "21", "--json").json["draft"] == 1
    assert people("decide", "people", by_column["city"], "--keep", "--reason", "as it was said").code == 0
    assert people("findings", "people", "--json").json == []
    assert [f["status"] for f in people("findings", "people", "--status", "all", "--json").json].count("kept") == 1
    people("draft", "undo", "1")
    assert [f["column"] for f in people("findings", "people", "--json").json] == ["age"]
    people("draft", "redo", "1")
    people("draft", "publish", "1", "-m", "one age")
    people("check", "people", "--check", "schema")
    assert people("findings", "people", "--json").json == []
    statuses = {f["column"]: f["status"] for f in people("findings", "people", "--status", "all", "--json").json}
    assert statuses == {"age": "fixed", "city": "kept"}


def test_check_ends_as_it_was_told_to(people):
    assert people("check", "people", "--check", "schema").code == 1
    assert people("check", "people", "--check", "schema", "--fail-on", "never").code == 0
    assert people("check", "people", "--check", "schema", "--json").code == 1
    assert people("check", "people", "--check", "data.leak", "--fail-on", "warning").code == 0
    Path("schemas/people.py").write_text("import pandera.pandas as pa\nschema = pa.DataFrameSchema({})\n")
    assert people("check", "people", "--check", "schema").code == 0


def test_what_publishing_means_is_said_before_it_is_done(people):
    Path("a.csv").write_text("id,column,new\n1,income,high\n2,income,high\n")
    people("draft", "new", "people")
    people("draft", "add", "1", "a.csv")
    shown = people("draft", "show", "1", "--json").json["consequences"]
    assert shown["classes"] == {"high": {"before": 3, "after": 5}, "low": {"before": 3, "after": 1}}
    assert shown["new_findings"] is None
    said = ["Class balance: high 3 → 5, low 3 → 1", "Validation: not run", "Effect on the model: not measured"]
    assert all(line in people("draft", "show", "1").err for line in said)
    published = people("draft", "publish", "1", "-m", "labels", "--json")
    assert all(line in published.err for line in said) and published.json["version"] == 2
    assert people("draft", "show", "1", "--json").json["consequences"] is None


def test_conflicts_are_listed_and_end_with_code_1(people):
    Path("a.csv").write_text("id,column,new\n2,age,21\n")
    Path("b.csv").write_text("id,column,new\n2,age,22\n5,age,53\n")
    for number, file in ((1, "a.csv"), (2, "b.csv")):
        people("draft", "new", "people")
        people("draft", "add", str(number), file)
    people("draft", "publish", "1", "-m", "a")
    refused = people("draft", "publish", "2", "-m", "b", "--json")
    assert refused.code == 1
    cell = {"key": {"id": "2"}, "column": "age", "rid": 2, "gone": False, "why": "the cell was changed"}
    assert refused.json == {"conflicts": [{**cell, "expected": 210, "found": 21, "new": 22}]}
    told = people("draft", "publish", "2", "-m", "b")
    assert told.code == 1 and "expected 210, found 21, new 22" in told.err and told.out == ""
    assert people("draft", "publish", "2", "-m", "b", "--skip-conflicts").code == 0


def test_refresh_keeps_what_was_corrected(people):
    Path("fixes.csv").write_text("id,column,new\n2,age,21\n")
    people("draft", "new", "people")
    people("draft", "add", "1", "fixes.csv")
    people("draft", "publish", "1", "-m", "ages")
    Path("later.csv").write_text(Path("people.csv").read_text().replace("6,28", "6,29") + "7,60,Oslo,smith,high,\n")
    made = people("refresh", "people", "later.csv", "-m", "december", "--json").json
    assert (made["version"], made["rows_added"], made["cells_changed"]) == (3, 1, 1)
    assert people("show", "people", "--json").json["data"][1]["age"] == 21
    again = people("refresh", "people", "later.csv")
    assert again.code == 0 and len(people("versions", "people", "--json").json) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["versions", "nobody"], 2, "no dataset 'nobody'"),
        (["show", "people@7"], 2, "versions are 1 to 1"),
        (["validate", "people@latst"], 2, "no tag 'latst'"),
        (["import", "people", "people.csv"], 2, "already"),
        (["import", "other", "none.csv"], 2, "none.csv"),
        (["import", "other", "people.csv", "--key", "idd"], 2, "idd"),
        (["import", "other", "people.csv", "--label", "incom"], 2, "incom"),
        (["import", "other", "people.csv", "--type", "age"], 2, "COLUMN=TYPE"),
        (["diff", "people@1", "people@9"], 2, "versions are 1 to 1"),
        (["blame", "people", "--key", "99"], 2, "no row"),
        (["draft", "show", "9"], 2, "no draft '9'"),
        (["draft", "publish", "9", "-m", "x"], 2, "no draft '9'"),
        (["decide", "people", "abc", "--keep"], 2, "no finding 'abc'"),
        (["decide", "people", "abc"], 2, "Give one answer"),
        (["restore", "people@8"], 2, "versions are 1 to 1"),
        (["tag", "people@1", "7"], 2, "cannot be a tag"),
        (["frobnicate"], 2, "No such command"),
        (["--config", "none.toml", "datasets"], 2, "no settings file"),
        (["--lake", "mysql:x", "datasets"], 3, "not the URL of a lake"),
    ],
)
def test_bad_input_says_what_and_ends_with_the_agreed_code(people, arguments, code, says):
    done = people(*arguments)
    assert done.code == code and says in done.err
    assert "Traceback" not in done.err and done.out == ""
    assert [v["version"] for v in people("versions", "people", "--json").json] == [1]


def test_without_a_lake_the_error_says_how_to_make_one(shell):
    done = shell("datasets")
    assert done.code == 2 and "workbench demo" in done.err


def test_init_doctor_and_maintain(people, tmp_path):
    assert people("init", "fresh").code == 0
    assert (tmp_path / "fresh" / "workbench.toml").is_file()
    assert people("init", "fresh").code == 2
    diagnoses = people("doctor", "--json").json
    assert [d["ok"] for d in diagnoses] == [True, True]
    assert set(people("maintain", "--json").json) >= {"snapshots", "versions"}
    assert people("--lake", "sqlite:none/catalog.sqlite", "doctor").code == 3


def test_every_command_has_a_help_with_a_first_line(shell):
    from workbench.cli import cli

    def walk(command, path):
        yield command, path
        for name, sub in getattr(command, "commands", {}).items():
            yield from walk(sub, [*path, name])

    for command, path in walk(cli, []):
        assert command.help and len(command.help.splitlines()[0]) > 10, path
        assert shell(*path, "--help").code == 0


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--schema", "schemas/gone.py", "There is no schema file"),
        ("--schema", "broken.py", "raised ValueError: boom"),
        ("--model", "tabularr", "Did you mean 'tabular'"),
        ("--model", "nowhere:model", "No module named 'nowhere'"),
    ],
)
def test_a_wrong_schema_or_model_is_told_before_anything_is_read(shell, option, value, says):
    Path("broken.py").write_text("raise ValueError('boom')\n")
    ran = shell("import", "people", "people.csv", "--key", "id", "--label", "income", option, value)
    assert ran.code == 2 and says in ran.err
    assert shell("datasets", "--json").json == []


def test_a_key_column_called_rid_is_not_taken_for_the_rows_identity(shell):
    """Row identities count from 1 as the rows came; these keys run the other way."""
    Path("odd.csv").write_text("rid,age,income\n4,210,low\n3,45,high\n2,52,high\n1,28,low\n")
    shell("import", "odd", "odd.csv", "--key", "rid", "--label", "income", "--schema", "schemas/people.py")
    shell("check", "odd", "--check", "schema")
    [finding] = [f for f in shell("findings", "odd", "--json").json if f["column"] == "age"]
    assert (finding["key"], finding["value"]) == ({"rid": "4"}, "210")
    assert shell("decide", "odd", finding["finding"], "--fix", "21").code == 0
    assert shell("draft", "publish", "1", "-m", "age").code == 0
    [change] = shell("diff", "odd@1", "odd@2", "--json").json["changes"]
    assert (change["key"], change["old"], change["new"]) == ({"rid": 4}, 210, 21)


@pytest.mark.parametrize(
    "words",
    [
        ("show", "people", "--limit", "-1"),
        ("show", "people", "--limit", "99999999999999999999"),
        ("diff", "people@1", "people@1", "--limit", "-1"),
        ("runs", "people", "--limit", "99999999999999999999"),
        ("findings", "people", "--limit", "-1"),
        ("transform", "people", "city", "trim", "--limit", "-1"),
        ("draft", "show", "99999999999999999999"),
        ("simulate", "people", "--truth", "people.csv", "--seed", "-1"),
    ],
)
def test_numbers_that_can_mean_nothing_are_refused_with_the_limits(people, words):
    ran = people(*words)
    assert ran.code == 2 and "is not between" in ran.err


@pytest.mark.parametrize(
    "words", [("show", "\udcff"), ("import", "x", "caf\udce9.csv"), ("bisect", "people", "\udcff")]
)
def test_bytes_that_are_no_text_are_refused(people, words):
    ran = people(*words)
    assert ran.code == 2 and "is not UTF-8 text" in ran.err and "\\x" in ran.err


def test_more_lines_than_a_file_has_are_skipped_at_once(people):
    """Counting a thousand billion lines would take days."""
    ran = people("import", "x", "people.csv", "--skip-rows", "1000000000000")
    assert ran.code == 2 and "people.csv" in ran.err
