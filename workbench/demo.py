"""The whole loop on the shipped sample of Adult: import, rules, three rounds of review, each one measured.

The reviewer is a file that knows the truth: errors were planted in train and validation rows (see data/SOURCE.md), and
the file says which. Nothing else of the demo is special; it calls what a user would call.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench import iterations
from workbench.api import OpenLake
from workbench.drafts import new_draft
from workbench.errors import UsageError
from workbench.findings import Filter, count, queue
from workbench.lake import Version, newest, view_of
from workbench.progress import Progress, silent
from workbench.recipes import read_recipe, stage_recipe

DATASET = "adult"
ROUNDS = (600, 600, 600)
"""Label findings answered in each review round, from the top of the queue."""


def data_folder() -> Path:
    """Find the folder with the demo's files: beside the package, in the working directory, or installed with it.

    Raises
    ------
    UsageError
        It is in none of these places.
    """
    places = [
        Path(__file__).parents[1] / "data",
        Path.cwd() / "data",
        Path(sys.prefix) / "share" / "workbench" / "data",
    ]
    for place in places:
        if (place / "adult.csv").is_file():
            return place
    raise UsageError(
        "The demo's data is not here: data/adult.csv is missing.", hint="Run the demo in a clone of the project."
    )


def run_demo(lake: OpenLake, *, say: Callable[[str], None], progress: Progress = silent) -> dict[str, Any]:
    """Run the demo, or show what an earlier run left in this lake.

    Parameters
    ----------
    say : callable
        Takes a line of talk.

    Returns
    -------
    dict
        ``dataset``, ``steps`` (one per version), ``notes``.
    """
    if DATASET in lake.names():
        say(f"This lake has the dataset '{DATASET}' already; these are its figures. --lake names another lake.")
        return _result(lake)
    folder = data_folder()
    truth = _truth(folder / "adult_truth.csv")
    say(
        "Importing 16,060 rows of Adult. Its errors are known: some are real, the others were planted (data/SOURCE.md)."
    )
    lake.import_data(
        DATASET,
        str(folder / "adult.csv"),
        key=["person_id"],
        label="income",
        split_column="split",
        schema=str(folder.parent / "schemas" / "adult.py"),
        message="Adult as it was found",
        progress=progress,
    )
    _measure(lake, progress)
    say("Rules: one spelling per category, no stray blanks, no impossible ages, test labels without their full stop.")
    head = newest(lake.lake, DATASET)
    draft = new_draft(lake.lake, DATASET, title="rules", author=lake.author).draft
    recipe = read_recipe(folder / "adult_rules.csv")
    stage_recipe(lake.lake, draft, view_of(lake.lake, head), recipe, author=lake.author)
    lake.publish(draft, message="rule fixes; classes of the test file renamed one to one")
    _measure(lake, progress)
    for number, size in enumerate(ROUNDS, start=1):
        answered, fixed = _review(lake, truth, size, title=f"review round {number}")
        say(
            f"Review round {number}: {answered:,} findings answered from the truth file, {fixed:,} of them by a change."
        )
        _measure(lake, progress)
    return _result(lake)


@dataclass(frozen=True)
class _Truth:
    """What the reviewer knows: the true label of each flipped row, and the rows of which there are two."""

    labels: dict[str, tuple[str, str]]
    twins: frozenset[str]


def _truth(path: Path) -> _Truth:
    """Read the truth file; of a row and its planted copy the checks flag one, and either may go."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    repeated = [row for row in rows if row["kind"] == "repeated_row"]
    return _Truth(
        labels={row["person_id"]: (row["old"], row["new"]) for row in rows if row["kind"] == "flipped_label"},
        twins=frozenset(row[name] for row in repeated for name in ("person_id", "repeats")),
    )


def _measure(lake: OpenLake, progress: Progress) -> None:
    """Check and evaluate the newest version."""
    version = newest(lake.lake, DATASET)
    iterations.check(lake.lake, version, author=lake.author, progress=progress)
    iterations.measure(lake.lake, version, progress=progress)


def _review(lake: OpenLake, truth: _Truth, size: int, *, title: str) -> tuple[int, int]:
    """Answer the top of the queue from the truth: fix flipped labels, exclude repeats, keep what is right."""
    draft = new_draft(lake.lake, DATASET, title=title, author=lake.author).draft
    found = queue(lake.lake, DATASET, Filter(status="open", check="data.duplicate"))
    found += [
        finding
        for finding in queue(lake.lake, DATASET, Filter(status="open", check="label.issue"))
        if finding.lane != "test"
    ][:size]
    fixes: dict[str, str] = {}
    excluded, kept = [], []
    for finding in found:
        person = str(finding.key["person_id"])
        given, true = truth.labels.get(person, (None, ""))
        if finding.check == "label.issue" and finding.value == given:
            fixes[finding.finding] = true
        elif finding.check == "data.duplicate" and person in truth.twins:
            excluded.append(finding.finding)
        else:
            kept.append(finding.finding)
    reason = "the truth file says so"
    for decision, answered, values in (
        ("fix", list(fixes), list(fixes.values())),
        ("exclude", excluded, None),
        ("keep", kept, None),
    ):
        if answered:
            iterations.decide(
                lake.lake, DATASET, answered, decision, values=values, draft=draft, reason=reason, author=lake.author
            )
    lake.publish(draft, message=title)
    return len(found), len(fixes) + len(excluded)


def _result(lake: OpenLake) -> dict[str, Any]:
    """Lay out what the lake holds of the demo."""
    steps = []
    for document in iterations.version_documents(lake.lake, DATASET):
        version: Version = lake.resolve(f"{DATASET}@{document['version']}").version
        validation = iterations.validate(lake.lake, version)
        steps.append(
            {
                **document,
                "failures": sum(c.failures for c in validation.checks if c.severity == "error"),
                "warnings": sum(c.failures for c in validation.checks if c.severity == "warning"),
                "open_findings": count(lake.lake, DATASET, Filter(status="open"), version=version.version),
            }
        )
    return {"dataset": DATASET, "steps": steps, "notes": _notes(steps)}


def _notes(steps: list[dict[str, Any]]) -> list[str]:
    """Say what the table alone would not."""
    notes = [f"v{step['version']}: {note}" for step in steps for note in step["notes"]]
    notes.append(
        "The label errors, impossible ages, spellings, blanks and repeats were planted in train and validation rows; "
        "test rows are as UCI published them. A truth file played the reviewer: people are slower and err."
    )
    return notes


def report_demo(result: dict[str, Any]) -> str:
    """Write the demo's table as text."""
    from workbench.reporting import accuracy_of, verdict_of

    headers = ["version", "cells changed", "failures", "open findings", "accuracy", "against the one before", ""]
    rows = [
        [
            f"v{step['version']}",
            f"{step['cells_changed']:,}",
            f"{step['failures']:,}",
            f"{step['open_findings']:,}",
            accuracy_of(step),
            verdict_of(step),
            step["message"],
        ]
        for step in result["steps"]
    ]
    widths = [max(len(row[n]) for row in [headers, *rows]) for n in range(len(headers))]
    right = {1, 2, 3}

    def line(cells: list[str]) -> str:
        return "  ".join(
            cell.rjust(width) if n in right else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()

    return "\n".join([line(headers), *(line(row) for row in rows), "", *(f"- {note}" for note in result["notes"])])
