"""What-if and outlook in a shell: the numbers of Python, words, and nothing left behind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import workbench
from workbench.findings import Filter
from workbench.recipes import read_recipe


@pytest.fixture(scope="session")
def project(imported, import_labels, tmp_path_factory) -> Path:
    """A project whose dataset ``d`` two published drafts have mended, measured and checked; a third is open."""
    folder = tmp_path_factory.mktemp("mended") / "project"
    shutil.copytree(imported, folder)
    with workbench.open(f"sqlite:{folder / 'data' / 'lake' / 'catalog.sqlite'}", author="ann") as lake:
        made = import_labels(lake, 400, 300)
        made.data.evaluate()
        for rows in (range(60), range(60, 120), range(120, 130)):
            draft = made.relabel({row: made.truth[row] for row in rows if made.found[row] != made.truth[row]})
            if rows[0] < 120:
                lake.publish(draft, message="labels")
                made.data.evaluate()
        made.data.check(only=["label.issue"])
    return folder


@pytest.fixture
def improved(shell, project, tmp_path):
    """The shell, in a copy of that project."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    return shell


def test_what_if_shows_the_numbers_of_python(improved):
    asked = ("what-if", "d", "--check", "label.issue", "--do", "fix", "--do", "exclude", "--top", "30")
    told = improved(*asked)
    assert told.code == 0 and "fix on d@3" in told.out and "exclude against fix: " in told.out
    document = improved(*asked, "--json").json
    with workbench.open(author="ann") as lake:
        found = lake.what_if("d", do=("fix", "exclude"), wanted=Filter(check="label.issue"), top=30)
        open_now = lake["d"].count_findings(check="label.issue")
        assert len(lake["d"].drafts()) == 1 and len(lake["d"].versions()) == 3
    assert document == json.loads(json.dumps(found.to_dict()))
    fix = document["options"][0]
    assert fix["findings"] + sum(fix["left_out"].values()) == open_now
    assert fix["lanes"].get("test") is None


def test_what_if_takes_a_draft_and_a_recipe(improved, tmp_path):
    (tmp_path / "tidy.csv").write_text("column,old,new,reason\ny,no,nope,\ny,yes,yep,\n")
    with workbench.open(author="ann") as lake:
        draft = lake["d"].drafts()[0]
        tried = lake["d"].dry_run(read_recipe(tmp_path / "tidy.csv"))
    found = improved("what-if", "d", "--draft", str(draft.draft), "--recipe", "tidy.csv", "--no-model", "--json").json
    by_name = {option["option"]: option for option in found["options"]}
    assert by_name[f"draft {draft.draft}"]["rows"] == draft.corrections
    assert by_name["recipe tidy"]["rows"] == tried.cells > 600 and by_name["recipe tidy"]["change"] is None


def test_outlook_shows_the_numbers_of_python(improved):
    told = improved("outlook", "d", "--sizes", "--rows", "200")
    assert told.code == 0 and "d@3" in told.out and "200 more rows" in told.out
    document = improved("outlook", "d", "--sizes", "--rows", "200", "--json").json
    with workbench.open(author="ann") as lake:
        found = lake.outlook("d", sizes=True, rows=200)
    assert document == json.loads(json.dumps(found.to_dict()))
    assert document["said"][0] in told.out and [point["name"] for point in document["points"]] == ["d@1", "d@2", "d@3"]


def test_bad_questions_are_refused(improved):
    for arguments, says in (
        (("what-if", "d"), "nothing to try"),
        (("what-if", "d", "--do", "fix", "--top", "0"), "Ask for 1 or more"),
        (("what-if", "d", "--do", "fix", "--status", "odd"), "no status 'odd'"),
        (("what-if", "d", "--recipe", "gone"), "no recipe 'gone'"),
        (("what-if", "d", "--draft", "99"), "no draft '99'"),
        (("outlook", "d", "--decisions", "0"), "at least one decision"),
        (("outlook", "people"), "No version of 'people' has a figure"),
        (("outlook", "peeple"), "no dataset 'peeple'"),
    ):
        refused = improved(*arguments)
        assert refused.code == 2 and says in refused.err and "Traceback" not in refused.err
