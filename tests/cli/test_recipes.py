"""Clusters, transforms and recipes from the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

TIDY = """name = "tidy"
description = "one spelling"

[[step]]
kind = "set"
column = "city"
old = "NYC"
new = "New York"

[[step]]
kind = "transform"
column = "job"
transform = "case"
to = "title"
"""


def test_clusters(people):
    Path("more.csv").write_text("id,age,city,job,income,comment\n7,31,oslo,nurse,low,\n8,31,Oslo.,nurse,low,\n")
    people("refresh", "people", "more.csv", "--mode", "append")
    found = people("clusters", "people", "city", "--json").json
    assert set(found) == {"column", "method", "distinct", "clusters", "note"}
    (cluster,) = found["clusters"]
    assert cluster["proposed"] == "Oslo" and cluster["rows"] == 6
    assert cluster["values"][1] == {"value": "Oslo.", "rows": 1, "allowed": False}
    shown = people("clusters", "people", "city")
    assert "Oslo." in shown.out and "1 cluster among 5 values" in shown.err
    assert people("clusters", "people", "city", "--method", "distance", "--similarity", "0.5", "--json").code == 0
    assert people("clusters", "people", "age").code == 2


def test_a_transform_is_shown_first_and_staged_when_asked(people):
    shown = people("transform", "people", "city", "case", "to=upper", "--json").json
    assert set(shown) == {"draft", "run", "preview"}
    assert shown["draft"] is None and shown["run"]["cells"] == 5
    assert shown["preview"]["examples"][0] == {
        "rid": 1, "key": {"id": "1"}, "old": "Oslo", "new": "OSLO", "rows": 4,
    }  # fmt: skip
    said = people("transform", "people", "city", "case", "to=upper")
    assert "OSLO" in said.out and "applies to 5 rows" in said.err
    assert people("draft", "list", "people", "--json").json == []
    staged = people(
        "transform", "people", "city", "case", "to=upper", "--where", "income=low", "--apply", "--json"
    ).json
    assert (staged["draft"], staged["run"]["cells"]) == (1, 3)
    assert people("transform", "people", "city", "replace", "old=York", "new=Dorp", "--draft", "1").code == 0
    assert people("draft", "show", "1", "--json").json["draft"] == 1
    assert len(people("draft", "show", "1", "--json").json["corrections"]) == 4
    assert people("transform", "people", "city", "case", "to=upper", "--where", "income=low", "--apply").code == 2


@pytest.mark.parametrize(
    ("words", "cells"),
    [
        (["age", "parse-number"], 0),
        (["city", "regex", "pattern=^(\\w)\\w+$", "replacement=\\1"], 5),
        (["city", "split", "delimiter= ", "part=-1"], 1),
        (["comment", "fill", "value=none"], 5),
        (["comment", "fill", "by=city"], 1),
        (["city", "map", "values=NYC:New York", "values=Oslo:"], 5),
        (["job", "parse-unit", "to=kg", "units=g:0.001"], 0),
        (["job", "parse-date", "formats=%d.%m.%Y", "formats=%Y"], 0),
        (["city", "regex", "pattern=NYC", "ignore_case=true"], 1),
    ],
)
def test_each_transform_can_be_said_in_words(people, words, cells):
    ran = people("transform", "people", *words, "--json")
    assert ran.code == 0, ran.err
    # The row whose comment would teach the fill may be a test row, which teaches nothing.
    assert ran.json["run"]["cells"] == cells or (words[:2] == ["comment", "fill"] and ran.json["run"]["cells"] == 0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["city", "cast"], "no transform 'cast'"),
        (["city", "case"], "is not given"),
        (["city", "case", "upper"], "takes NAME=VALUE"),
        (["city", "regex", "pattern=("], "missing ): ( at position 1"),
        (["city", "split", "delimiter=,", "part=x"], "'x' is no number"),
        (["city", "map", "values=a"], "takes OLD:NEW"),
        (["id", "trim"], "part of the key"),
        (["town", "trim"], "no column 'town'"),
    ],
)
def test_what_is_wrong_with_a_transform_is_said(people, words, message):
    ran = people("transform", "people", *words)
    assert ran.code == 2 and message in ran.err


def test_a_recipe_from_first_to_last(people):
    Path("tidy.toml").write_text(TIDY)
    run = people("recipe", "dry-run", "people", "tidy.toml", "--json").json
    assert set(run) == {"recipe", "on", "cells", "excluded", "steps"}
    assert [(step["step"], step["status"], step["rows"]) for step in run["steps"]] == [
        (1, "applies", 1),
        (2, "applies", 6),
    ]
    saved = people("recipe", "save", "people", "tidy.toml", "--replay", "--json").json
    assert (saved["recipe"], saved["steps"], saved["replay"], saved["author"]) == ("tidy", 2, True, "ann")
    assert people("recipe", "list", "people", "--json").json == [saved]
    assert "one spelling" in people("recipe", "list", "people").out
    assert people("recipe", "show", "people", "tidy").out == saved["text"]
    assert people("recipe", "show", "people", "tidy", "--json").json == saved
    applied = people("recipe", "apply", "people", "tidy", "--json").json
    assert (applied["draft"], applied["cells"]) == (1, 7)
    assert people("draft", "publish", "1", "-m", "tidy").code == 0
    again = people("recipe", "dry-run", "people", "tidy")
    assert again.out.count("nothing to do") == 2 and "0 cells would change" in again.err
    nothing = people("recipe", "apply", "people", "tidy")
    assert nothing.code == 2 and "nothing to do" in nothing.err
    assert people("draft", "list", "people", "--json").json == []
    Path("more.csv").write_text("id,age,city,job,income,comment\n7,31,NYC,nurse,low,\n")
    refreshed = people("refresh", "people", "more.csv", "--mode", "append", "--json").json
    assert [(each["recipe"], each["version"], each["cells"]) for each in refreshed["recipes"]] == [("tidy", 4, 2)]
    assert people("recipe", "remove", "people", "tidy").code == 0
    assert people("recipe", "show", "people", "tidy").code == 2


def test_a_recipe_is_learnt_from_a_draft_or_from_two_versions(people):
    Path("fixes.csv").write_text("id,column,new\n3,city,New York\n2,age,21\n")
    people("draft", "new", "people", "--title", "by hand")
    people("draft", "add", "1", "fixes.csv")
    learned = people("recipe", "learn", "people", "--draft", "1", "--json").json
    assert set(learned) == {"recipe", "steps", "text", "left_out"}
    assert learned["steps"] + len(learned["left_out"]) == 2
    people("draft", "publish", "1", "-m", "by hand")
    ran = people("recipe", "learn", "people", "--versions", "1", "2", "--as", "tidy", "-o", "tidy.toml")
    assert ran.code == 0 and "learnt" in ran.err
    if learned["steps"]:
        assert 'name = "tidy"' in Path("tidy.toml").read_text()
    assert people("recipe", "learn", "people").code == 2


def test_a_step_with_a_fault_does_not_stop_the_others(people):
    Path("tidy.toml").write_text(
        TIDY + '\n[[step]]\nkind = "transform"\ncolumn = "job"\ntransform = "regex"\npattern = "("\n'
    )
    shown = people("recipe", "dry-run", "people", "tidy.toml")
    assert shown.code == 0 and "cannot: field 'pattern': is no pattern" in shown.out
    kept = people("recipe", "save", "people", "tidy.toml")
    assert kept.code == 2 and "line 16: step 3" in kept.err
    assert people("recipe", "dry-run", "people", "none.toml").code == 2
