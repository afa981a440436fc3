"""Reports of one awkward table in every format, held against their readers; and how figures are written."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pandas as pd
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from workbench.errors import UsageError
from workbench.lake import view_of
from workbench.reporting import (
    badge,
    format_accuracy,
    format_count,
    format_metric,
    format_points,
    report_validation,
)
from workbench.validation import load_schema, validate

GOLDEN = Path(__file__).parent / "golden"
SARIF = Path(__file__).parent / "data" / "sarif-schema-2.1.0.json"

AWKWARD = pd.DataFrame(
    {
        "næme, first": ["ann", "a\x00b", 'say "no", two\nlines', None, "100% ::error::x", " b ", "日本", "", "e", "f"],
        "n": ["1", "2", "x", None, "5", "6", "7", "8", "9", "10"],
        "label": ["a", "b", "a", "b", "a", "b", "a", "b", "a", "c"],
    }
)
RULES = """
import pandera.pandas as pa


def broken(values):
    raise RuntimeError("100%: a, b\\nsecond line")


schema = pa.DataFrameSchema(
    {
        "næme, first": pa.Column(str, [
            pa.Check.isin(["ann", *(f"an allowed name that is long, number {n}" for n in range(40))]),
            pa.Check(broken),
        ], unique=True),
        "n": pa.Column(int, [pa.Check.in_range(2, 9), pa.Check.lt(9, raise_warning=True)]),
        "label": pa.Column(str, pa.Check.isin(["a", "b"])),
        "gone": pa.Column(float, pa.Check.gt(0)),
        "maybe": pa.Column(float, required=False, nullable=True),
    },
    checks=pa.Check(lambda table: table["label"] != "c", name="no_c"),
)
"""


@pytest.fixture
def validation(make, lake, tmp_path):
    file = tmp_path / "rules.py"
    file.write_text(RULES, encoding="utf-8")
    version = make(AWKWARD, "odd-data", key=("næme, first", "n"), label="label")
    return validate(view_of(lake, version), load_schema(file))


@pytest.fixture
def clean(make, lake, tmp_path):
    file = tmp_path / "rules.py"
    file.write_text("import pandera.pandas as pa\nschema = pa.DataFrameSchema({'a': pa.Column(int)})\n")
    return validate(view_of(lake, make(pd.DataFrame({"a": [1, 2]}), "fine")), load_schema(file))


@pytest.mark.parametrize(
    ("form", "file"),
    [
        ("text", "validation.txt"),
        ("json", "validation.json"),
        ("junit", "validation.xml"),
        ("sarif", "validation.sarif"),
        ("github", "validation.github"),
    ],
)
def test_each_format_looks_as_it_did(validation, form, file):
    assert report_validation(validation, format=form) + "\n" == (GOLDEN / file).read_text(encoding="utf-8")


def test_json_has_the_contracts_fields(validation):
    document = json.loads(report_validation(validation, format="json"))
    assert list(document) == ["dataset", "version", "outcome", "checks", "failures"]
    assert {tuple(check) for check in document["checks"]} == {("check", "column", "severity", "outcome", "failures")}
    assert document["failures"] == sum(check["failures"] for check in document["checks"]) == validation.cases.num_rows


def test_junit_is_read_by_junitparser_and_has_the_shape_that_jenkins_reads(validation):
    text = report_validation(validation, format="junit")
    (suite,) = JUnitXml.fromstring(text.encode())
    results = [type(result) for case in suite for result in case.result]
    counted = {kind: results.count(kind) for kind in (Failure, Error, Skipped)}
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (len(list(suite)), *counted.values())
    assert counted == {Failure: 8, Error: 1, Skipped: 4}
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    for case in root.iter("testcase"):
        assert set(case.attrib) == {"classname", "name", "time"}
        assert [child.tag for child in case] in ([], ["failure"], ["error"], ["skipped"], ["system-out"])


def test_junit_holds_characters_that_xml_cannot(validation):
    odd = dataclasses.replace(validation.checks[0], outcome="error", message="bell \x07 \ufffe \ud83d")
    text = report_validation(dataclasses.replace(validation, checks=(odd,)), format="junit")
    assert ElementTree.fromstring(text)[0][0][0].get("message") == "bell ␇ \\ufffe <U+D83D>"


def test_sarif_is_valid(validation, clean):
    schema = json.loads(SARIF.read_text(encoding="utf-8"))
    for result in (validation, clean):
        jsonschema.Draft4Validator(schema).validate(json.loads(report_validation(result, format="sarif")))
    (run,) = json.loads(report_validation(validation, format="sarif"))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert run["invocations"][0]["executionSuccessful"] is False


def test_github_reads_the_annotations_back(validation):
    unescape = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}
    lines = report_validation(validation, format="github").split("\n")
    titles = []
    for line in lines:
        level, title, message = re.fullmatch(r"::(error|warning|notice) title=([^:,]*)::(.*)", line).groups()
        titles.append((level, re.sub("%[0-9A-F]{2}", lambda found: unescape[found[0]], title)))
        assert set(re.findall("%..", message)) <= set(unescape)
    assert titles[0] == ("error", "schema.næme, first.broken")
    assert titles[-1] == ("notice", "odd-data@1")


def test_all_formats_name_the_same_checks(validation):
    named = {check.check for check in validation.checks if check.outcome in ("failed", "error")}
    (run,) = json.loads(report_validation(validation, format="sarif"))["runs"]
    assert {result["ruleId"] for result in run["results"]} == named
    junit = ElementTree.fromstring(report_validation(validation, format="junit"))
    told = {case.get("name") for case in junit.iter("testcase") if len(case) and case[0].tag != "skipped"}
    assert told == named
    github = [line for line in report_validation(validation, format="github").split("\n") if "::notice" not in line]
    assert len(github) == len(named)


def test_text_of_a_clean_table_is_short(clean):
    assert report_validation(clean) == "fine@1: PASSED\n3 checks: 3 passed; 0 failure cases"


def test_a_format_that_is_not_there_is_refused(clean):
    with pytest.raises(UsageError, match="'yaml'"):
        report_validation(clean, format="yaml")


def test_figures_are_written_alike():
    assert format_accuracy(0.849, 0.843, 0.855) == "84.9 % (84.3–85.5)"
    assert format_accuracy(0.849) == "84.9 %"
    assert format_accuracy(None) == "–"
    assert format_metric("mae", 12.345, 11.9, 12.79) == "12.35 (11.9 to 12.79)"
    assert format_metric("r2", -0.02, -0.1, 0.06) == "−0.02 (−0.1 to 0.06)"
    assert format_metric("accuracy", 0.5, 0.25, 0.75) == "50.0 % (25.0–75.0)"
    assert format_points(0.012) == "+1.2 pt"
    assert format_points(-0.012) == "−1.2 pt"
    assert format_points(-0.0001) == "0.0 pt"
    assert format_points(-0.25, metric="rmse") == "−0.25"
    assert format_points(None) == "–"
    assert format_count(1214) == "1,214"


def test_a_verdict_is_written_in_the_same_words_everywhere():
    assert badge("gain", 0.016, 0.009, 0.023, 0.01) == "GAIN +1.6 pt (0.9 to 2.3)"
    assert badge("loss", -0.016, -0.023, -0.009, 0.01) == "LOSS −1.6 pt (−2.3 to −0.9)"
    assert badge("cannot tell", 0.004, -0.002, 0.01, 0.007) == "CANNOT TELL (0.4 pt; this test set shows 0.7 or more)"
    assert badge("no change", 0.0, 0.0, 0.0, 0.0) == "NO CHANGE"
    assert badge("gain", -0.5, -0.8, -0.2, 0.3, metric="mae") == "GAIN −0.5 (−0.8 to −0.2)"
    assert badge("gain", 0.0586, -0.00004, 0.0586, 0.01, metric="r2") == "GAIN +0.0586 (−4e−05 to 0.0586)"
    assert badge("gain", 0.16, -0.0586, 0.2, 0.01, metric="r2") == "GAIN +0.16 (−0.0586 to 0.2)"
    assert badge("cannot tell", -0.0001, -0.0049, 0.002, 0.004).startswith("CANNOT TELL (0.0 pt; ")
    assert badge("cannot tell", None, None, None, None) == "CANNOT TELL (undefined on these rows)"
