"""Scheduled runs as text for people and in the formats that CI systems read.

A run arrives here as the JSON of ``workbench run``, so that one that is read back years later reports alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from workbench.characters import visible
from workbench.errors import UsageError
from workbench.reporting.cases import shorten
from workbench.reporting.figures import badge_of, count_of, format_score
from workbench.reporting.junit import xml_text
from workbench.reporting.sarif import SCHEMA
from workbench.reporting.validations import escaped
from workbench.reporting.versions import main_metric

Document = Mapping[str, Any]


def report_runs(runs: Sequence[Document], *, format: str = "text") -> str:
    """Write runs.

    Parameters
    ----------
    runs : sequence of mapping
        Each as :meth:`workbench.runs.Run.to_dict` lays it out.
    format : {"text", "json", "junit", "sarif", "github"}
        As for a validation.

    Raises
    ------
    UsageError
        There is no such format.
    """
    if format not in FORMATS:
        raise UsageError(f"There is no report format '{format}'.", hint=f"There are {', '.join(FORMATS)}.")
    return FORMATS[format](runs)


def as_text(runs: Sequence[Document]) -> str:
    """Write a few lines for each run."""
    return "\n\n".join("\n".join(_lines(run)) for run in runs)


def _lines(run: Document) -> list[str]:
    """Write what a run did, found and measured."""
    lines = [f"{label_of(run)}  {str(run['outcome']).upper()}  {took(run)}".rstrip()]
    lines += [f"  refresh     {_refreshed(run['refresh'])}"] if run["refresh"] else []
    if run["validation"]:
        lines.append(f"  validation  {_validated(run['validation'])}")
        failing = [rule for rule in run["validation"]["checks"] if rule["outcome"] in ("failed", "error")]
        lines += [f"    {visible(rule['check'])}: {_one_line(rule['message'] or rule['outcome'])}" for rule in failing]
    lines += [f"  findings    {news_of(run)}"] if run["findings"] else []
    broken = [check for check in run["checks"] if check["outcome"] == "error"]
    lines += [f"    {visible(check['check'])} could not be answered: {_one_line(check['message'])}" for check in broken]
    lines += [f"  model       {figure_of(run)}"] if run["evaluation"] else []
    lines += [f"  {note}" for note in run["notes"]]
    return lines + [f"  Error: {line}" if n == 0 else f"  {line}" for n, line in enumerate(run["error"].splitlines())]


def _one_line(text: str) -> str:
    """Write a message in one line that is not too long."""
    return shorten(" ".join(text.split()), 110)


def run_row(run: Document) -> list[str]:
    """Write a run as a row of a table: identity, when, version, outcome, how long, findings, model."""
    when = str(run["started_at"])[:16].replace("T", " ")
    return [run["run"], when, label_of(run), run["outcome"], took(run), news_of(run), figure_of(run)]


def label_of(run: Document) -> str:
    """Name what a run looked at: ``adult@3``."""
    return f"{run['dataset']}@{run['version']}" if run["version"] else str(run["dataset"])


def took(run: Document) -> str:
    """Write how long a run took: ``12.3 s``, ``4 min 5 s``."""
    seconds = run["seconds"]
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def news_of(run: Document) -> str:
    """Write what is different among the findings: ``1,214 open: 12 new, 40 fixed since adult@5``."""
    found = run["findings"]
    if found is None:
        return "–"
    changed = ", ".join(f"{found[name]:,} {name}" for name in ("new", "returned", "fixed", "answered") if found[name])
    if run["since"] is None:
        return f"{found['open']:,} open; this is the first run"
    return f"{found['open']:,} open: {changed or 'nothing changed'} since {run['dataset']}@{run['since']}"


def figure_of(run: Document) -> str:
    """Write the fixed model's figure and its verdict in one line."""
    verdict = against(run)
    return f"{figure_alone(run)}  {verdict}" if verdict else figure_alone(run)


def figure_alone(run: Document) -> str:
    """Write the fixed model's figure; a dash where the run has none."""
    evaluation = run["evaluation"]
    if evaluation is None:
        return "–"
    metric = main_metric(evaluation)
    figure = format_score(metric, evaluation["metrics"][metric]) if evaluation["comparable"] else "not comparable"
    return f"{metric} {figure}"


def against(run: Document) -> str:
    """Write the verdict against the version of the run before; empty where there is none."""
    found = run["comparison"]
    if run["evaluation"] is None or found is None:
        return ""
    return f"{badge_of(found)} against {found['a']}"


def _refreshed(refresh: Document) -> str:
    """Write what a refresh did."""
    if refresh.get("doubts"):
        return "not refreshed: " + "; ".join(doubt["why"] for doubt in refresh["doubts"])
    if refresh.get("not_merged"):
        return f"unchanged: {refresh['not_merged']}"
    if refresh["version"] is None:
        return "nothing changed at the source"
    kept = f", {count_of(refresh['kept_corrections'], 'correction')} kept" if refresh["kept_corrections"] else ""
    replaced = refresh.get("replaced_corrections")
    kept += f", {count_of(replaced, 'correction')} replaced by new values of the source" if replaced else ""
    for what in ("added", "removed"):
        names = refresh.get("columns", {}).get(what)
        kept += f", columns {what}: {', '.join(names)}" if names else ""
    return (
        f"{refresh['dataset']}@{refresh['version']}: {count_of(refresh['rows_added'], 'row')} added, "
        f"{refresh['rows_removed']:,} removed, {count_of(refresh['cells_changed'], 'cell')} updated{kept}"
    )


def _validated(validation: Document) -> str:
    """Write how a validation ended."""
    rules = validation["checks"]
    warned = sum(rule["outcome"] == "failed" and rule["severity"] == "warning" for rule in rules)
    failing = sum(rule["outcome"] in ("failed", "error") for rule in rules) - warned
    parts = [f"{failing:,} of {count_of(len(rules), 'check')} failed"] if failing else [count_of(len(rules), "check")]
    parts += [count_of(warned, "warning")] if warned else []
    parts += [count_of(validation["failures"], "failure case")] if validation["failures"] else []
    return f"{validation['outcome']}: {', '.join(parts)}"


def as_json(runs: Sequence[Document]) -> str:
    """Write the JSON document of ``workbench run --json``."""
    return json.dumps({"runs": list(runs)}, ensure_ascii=False, indent=2, default=str)


def _questions(run: Document) -> list[dict[str, Any]]:
    """List everything a run asked, alike: the run itself, the schema's rules, the other checks, the model."""
    steps = {
        "check": "run", "column": None, "severity": "error",
        "outcome": "error" if run["outcome"] == "error" else "passed",
        "message": run["error"] or f"{run['outcome']} {took(run)}",
    }  # fmt: skip
    rules = run["validation"]["checks"] if run["validation"] else []
    checks = [
        {**check, "column": None, "severity": "warning"}
        for check in run["checks"]
        if check["check"] != "schema" or not rules
    ]
    asked = [steps, *rules, *checks]
    if run["evaluation"]:
        lost = run["comparison"] is not None and run["comparison"]["verdict"] == "loss"
        outcome = "failed" if lost else "passed"
        severity = "error" if lost and run["outcome"] == "failed" else "warning"
        asked.append(
            {"check": "model", "column": None, "severity": severity, "outcome": outcome, "message": figure_of(run)}
        )
    return asked


def as_junit(runs: Sequence[Document]) -> str:
    """Write JUnit XML: a test suite for each dataset; what is a mere warning passes with a text in ``system-out``."""
    root = ElementTree.Element("testsuites")
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for run in runs:
        asked = _questions(run)
        counts = {
            "tests": len(asked),
            "failures": sum(each["outcome"] == "failed" and each["severity"] == "error" for each in asked),
            "errors": sum(each["outcome"] == "error" for each in asked),
        }
        skipped = sum(each["outcome"] in ("skipped", "not applicable") for each in asked)
        totals = {name: totals[name] + counts[name] for name in totals}
        attributes = {name: str(count) for name, count in {**counts, "skipped": skipped}.items()}
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            {
                "name": xml_text(label_of(run)),
                **attributes,
                "time": str(run["seconds"] or 0),
                "timestamp": run["started_at"],
            },
        )
        for each in asked:
            where = f"{run['dataset']}.{each['column']}" if each["column"] is not None else run["dataset"]
            case = ElementTree.SubElement(
                suite, "testcase", {"classname": xml_text(where), "name": xml_text(each["check"]), "time": "0"}
            )
            message = xml_text(each["message"])
            if each["outcome"] in ("skipped", "not applicable"):
                ElementTree.SubElement(case, "skipped", {"message": message})
            elif each["outcome"] == "error":
                ElementTree.SubElement(
                    case, "error", {"message": shorten(message, 300), "type": "not done"}
                ).text = message
            elif each["outcome"] == "failed" and each["severity"] == "error":
                ElementTree.SubElement(
                    case, "failure", {"message": shorten(message, 300), "type": "failed"}
                ).text = message
            elif message:
                ElementTree.SubElement(case, "system-out").text = message
        ElementTree.SubElement(suite, "system-out").text = xml_text("\n".join(_lines(run)))
    for name, count in totals.items():
        root.set(name, str(count))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def as_sarif(runs: Sequence[Document]) -> str:
    """Write SARIF 2.1.0: one SARIF run for each dataset, a result for each check that failed or broke."""
    documents = []
    for run in runs:
        asked = _questions(run)
        results = [
            {
                "ruleId": each["check"],
                "ruleIndex": number,
                "level": "error" if each["outcome"] == "error" else each["severity"],
                "message": {"text": each["message"] or each["outcome"]},
                "locations": [
                    {
                        "logicalLocations": [
                            {"fullyQualifiedName": ".".join(filter(None, (run["dataset"], each["column"])))}
                        ]
                    }
                ],
                "partialFingerprints": {"check/v1": f"{run['dataset']}/{each['check']}"},
            }
            for number, each in enumerate(asked)
            if each["outcome"] in ("failed", "error")
        ]
        rules = [
            {
                "id": each["check"],
                "shortDescription": {"text": each["check"]},
                "defaultConfiguration": {"level": each["severity"]},
            }
            for each in asked
        ]
        invocation = {"executionSuccessful": run["outcome"] in ("passed", "failed"), "startTimeUtc": _zulu(run)}
        documents.append(
            {
                "tool": {"driver": {"name": "workbench", "rules": rules}},
                "automationDetails": {"id": f"{run['dataset']}/{run['run']}"},
                "invocations": [invocation],
                "results": results,
                "columnKind": "unicodeCodePoints",
            }
        )
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": documents}, ensure_ascii=False, indent=2)


def _zulu(run: Document) -> str:
    """Write a run's start as SARIF has it."""
    return str(run["started_at"]).replace("+00:00", "Z")


def as_github(runs: Sequence[Document]) -> str:
    """Write GitHub's workflow commands: an annotation for each check that failed or broke, and one for the run."""
    lines = []
    for run in runs:
        for each in _questions(run):
            if each["outcome"] in ("failed", "error"):
                level = "warning" if each["severity"] == "warning" and each["outcome"] == "failed" else "error"
                text = escaped(f"{label_of(run)}: {each['message'] or each['outcome']}")
                lines.append(f"::{level} title={escaped(each['check'], ':,')}::{text}")
        told = "; ".join(part for part in (run["outcome"], news_of(run), figure_of(run)) if part != "–")
        lines.append(f"::notice title={escaped(label_of(run), ':,')}::{escaped(f'{label_of(run)}: {told}')}")
    return "\n".join(lines)


FORMATS: dict[str, Callable[[Sequence[Document]], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "sarif": as_sarif,
    "github": as_github,
}
