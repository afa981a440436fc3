"""``workbench run`` as a scheduler calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from junitparser import JUnitXml

ROOT = Path(__file__).parents[2]
WORKBENCH = [
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); from workbench.cli import main; main()",
]


@pytest.fixture
def crowd(shell):
    """The shell, in a project with a dataset that is large enough to be measured; one age is impossible."""
    ages = [20 + n * 37 % 60 for n in range(120)]
    rows = [f"{n},{age},{'high' if age > 50 else 'low'}" for n, age in enumerate(ages)]
    Path("crowd.csv").write_text("\n".join(["id,age,income", *rows]).replace(f"\n2,{ages[2]},", "\n2,210,"))
    Path("schemas/crowd.py").write_text(
        "import pandera.pandas as pa\n"
        "schema = pa.DataFrameSchema({'age': pa.Column('Int64', pa.Check.in_range(0, 120))})\n"
    )
    shell("import", "crowd", "crowd.csv", "--key", "id", "--label", "income", "--model", "linear")
    return shell


def test_a_run_reports_ends_with_its_code_and_is_listed(crowd):
    first = crowd("run", "crowd")
    assert first.code == 1
    assert first.out.startswith("crowd@1  FAILED")
    for said in ("nothing changed at the source", "failed: 1 of", "schema.age.in_range", "this is the first run"):
        assert said in first.out
    again = crowd("run", "crowd", "--json")
    assert again.code == 1 and again.json["runs"][0]["exit_code"] == 1
    assert again.json["runs"][0]["findings"]["new"] == 0 and again.json["runs"][0]["since"] == 1
    assert [run["outcome"] for run in crowd("runs", "crowd", "--json").json] == ["failed", "failed"]
    assert "crowd@1" in crowd("runs").out
    assert crowd("run", "crowd", "--fail-on", "never").code == 0


def test_of_several_datasets_the_worst_counts(crowd):
    Path("good.csv").write_text("id,a\n1,2\n")
    crowd("import", "good", "good.csv", "--key", "id")
    assert [crowd("run", name).code for name in ("good", "crowd")] == [0, 1]
    assert crowd("run", "good", "crowd").code == 1
    Path("good.csv").unlink()
    both = crowd("run", "--all", "--json")
    assert both.code == 3 and [run["exit_code"] for run in both.json["runs"]] == [1, 3]
    assert "no such file" in both.json["runs"][1]["error"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((), "Name the datasets"), (("crowd", "--all"), "Name the datasets"), (("crowds",), "Did you mean 'crowd'")],
)
def test_a_run_that_makes_no_sense(crowd, arguments, says):
    ran = crowd("run", *arguments)
    assert ran.code == 2 and says in ran.err


def test_each_format_is_what_its_readers_expect(crowd):
    assert crowd("run", "crowd", "--format", "junit", "--output", "runs.xml").code == 1
    suite = next(iter(JUnitXml.fromfile("runs.xml")))
    assert (suite.name, suite.failures, suite.errors) == ("crowd@1", 1, 0)
    cases = ElementTree.parse("runs.xml").getroot().iter("testcase")
    assert {case.get("name") for case in cases} >= {"run", "schema.age.in_range", "label.issue"}
    sarif = crowd("run", "crowd", "--format", "sarif").json
    assert sarif["version"] == "2.1.0" and sarif["runs"][0]["automationDetails"]["id"].startswith("crowd/")
    lines = crowd("run", "crowd", "--format", "github").out.splitlines()
    assert lines[0].startswith("::error title=schema.age.in_range::crowd@1: ") and lines[-1].startswith("::notice ")


def test_cron_has_no_home_no_terminal_and_another_working_directory(crowd, tmp_path):
    """Everything that the dataset remembers by a relative path is found from anywhere."""
    Path("workbench.toml").write_text('lake = "sqlite:data/lake/catalog.sqlite"\nauthor = "cron"\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    source = Path("crowd.csv")
    source.write_text(source.read_text().replace("\n2,210,", "\n2,34,"))
    done = subprocess.run(
        [*WORKBENCH, "--config", str(tmp_path / "workbench.toml"), "run", "--all", "--json"],
        cwd=elsewhere, env={"PATH": os.defpath}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    [run] = json.loads(done.stdout)["runs"]
    assert done.returncode == 0, done.stderr
    assert (run["author"], run["version"], run["refresh"]["cells_changed"]) == ("cron", 2, 1)
    assert run["validation"]["failures"] == 0 and run["evaluation"]["metrics"]["accuracy"]["mean"] > 0.8
    assert list(elsewhere.iterdir()) == []
