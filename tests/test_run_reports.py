"""Runs in every format, held against their readers: one failed, one could not be done, one is without a fault."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from workbench.errors import UsageError
from workbench.reporting import report_runs

GOLDEN = Path(__file__).parent / "golden"
SARIF = Path(__file__).parent / "data" / "sarif-schema-2.1.0.json"


def rule(check: str, column: str | None, severity: str, outcome: str, failures: int = 0, message: str = "") -> dict:
    return {
        "check": check, "column": column, "severity": severity, "outcome": outcome, "failures": failures,
        "message": message,
    }  # fmt: skip


FAILED = {
    "run": "0123456789ab", "dataset": "people", "version": 4, "outcome": "failed", "author": "cron",
    "started_at": "2026-03-22T02:00:00+00:00", "seconds": 75.4, "since": 3,
    "refresh": {
        "dataset": "people", "version": 4, "rows_added": 12, "rows_removed": 0, "cells_changed": 1_204,
        "kept_corrections": 37,
    },
    "validation": {
        "outcome": "failed", "failures": 42,
        "checks": [
            rule("schema.age.in_range", "age", "error", "failed", 40, "40 values fail in_range(0, 120)."),
            rule("schema.näme, first.known", "näme, first", "warning", "failed", 2, '2 unknown: "a,b" 100%\nmore'),
            rule("schema.city.isin", "city", "error", "passed"),
            rule("schema.zip.isin", "zip", "error", "not applicable", 0, "there is no such column"),
        ],
    },
    "checks": [
        {"check": "schema", "outcome": "failed", "findings": 42, "message": "2 of 4 checks failed"},
        {"check": "data.leak", "outcome": "passed", "findings": 0, "message": ""},
        {"check": "label.issue", "outcome": "failed", "findings": 120, "message": "120 labels are likely wrong"},
    ],
    "findings": {"open": 1_214, "new": 12, "returned": 1, "fixed": 40, "answered": 0, "by_check": {"label.issue": 120}},
    "evaluation": {"comparable": True, "metrics": {"accuracy": {"mean": 0.849, "low": 0.843, "high": 0.855}}},
    "comparison": {
        "a": "people@3", "b": "people@4", "verdict": "loss", "change": -0.016, "low": -0.023, "high": -0.009,
        "detectable": 0.007, "metric": "accuracy",
    },
    "notes": ["40 of 200 test rows are new"], "error": "", "exit_code": 1, "known": {},
}  # fmt: skip
UNDONE = {
    "run": "ba9876543210", "dataset": "sales", "version": None, "outcome": "error", "author": "cron",
    "started_at": "2026-03-22T02:01:16+00:00", "seconds": 0.1, "since": None, "refresh": None, "validation": None,
    "checks": [], "findings": None, "evaluation": None, "comparison": None, "notes": [],
    "error": "sales.csv: there is no such file\n  In that folder: people.csv", "exit_code": 3, "known": {},
}  # fmt: skip
FINE = {
    "run": "00ff00ff00ff", "dataset": "towns", "version": 1, "outcome": "passed", "author": "cron",
    "started_at": "2026-03-22T02:01:17+00:00", "seconds": 2.0, "since": None, "refresh": None, "validation": None,
    "checks": [{"check": "data.leak", "outcome": "not applicable", "findings": 0, "message": "there are no test rows"}],
    "findings": {"open": 0, "new": 0, "returned": 0, "fixed": 0, "answered": 0, "by_check": {}},
    "evaluation": None, "comparison": None, "notes": ["the dataset has no schema, so nothing was validated"],
    "error": "", "exit_code": 0, "known": {},
}  # fmt: skip
RUNS = [FAILED, UNDONE, FINE]


@pytest.mark.parametrize(
    ("form", "file"),
    [
        ("text", "runs.txt"),
        ("json", "runs.json"),
        ("junit", "runs.xml"),
        ("sarif", "runs.sarif"),
        ("github", "runs.github"),
    ],
)
def test_each_format_looks_as_it_did(form, file):
    assert report_runs(RUNS, format=form) + "\n" == (GOLDEN / file).read_text(encoding="utf-8")


def test_junit_has_a_suite_for_each_dataset_and_counts_what_it_holds():
    suites = list(JUnitXml.fromstring(report_runs(RUNS, format="junit").encode()))
    assert [suite.name for suite in suites] == ["people@4", "sales", "towns@1"]
    for suite in suites:
        results = [type(result) for case in suite for result in case.result]
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
            len(list(suite)), results.count(Failure), results.count(Error), results.count(Skipped),
        )  # fmt: skip
    assert [(suite.failures, suite.errors, suite.skipped) for suite in suites] == [(2, 0, 1), (0, 1, 0), (0, 0, 1)]
    root = ElementTree.fromstring(report_runs(RUNS, format="junit"))
    assert {name: root.get(name) for name in ("failures", "errors")} == {"failures": "2", "errors": "1"}


def test_sarif_is_valid_and_has_a_run_for_each_dataset():
    document = json.loads(report_runs(RUNS, format="sarif"))
    jsonschema.Draft4Validator(json.loads(SARIF.read_text(encoding="utf-8"))).validate(document)
    assert [run["automationDetails"]["id"].split("/")[0] for run in document["runs"]] == ["people", "sales", "towns"]
    assert [run["invocations"][0]["executionSuccessful"] for run in document["runs"]] == [True, False, True]
    for run in document["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])


def test_github_gets_one_line_for_each_annotation():
    lines = report_runs(RUNS, format="github").split("\n")
    assert all(re.fullmatch(r"::(error|warning|notice) title=[^:,]*::[^\r\n]*", line) for line in lines)
    levels = [line.split(" ")[0].strip(":") for line in lines]
    assert levels == ["error", "warning", "warning", "error", "notice", "error", "notice", "notice"]


def test_an_unknown_format():
    with pytest.raises(UsageError, match="no report format 'xls'"):
        report_runs(RUNS, format="xls")
