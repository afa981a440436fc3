"""Measure versions with the fixed model, and keep what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.iterations.checking import schema_types
from workbench.lake import Lake, Version, kept_snapshots, latest, read_versions, view_of
from workbench.progress import Progress, silent
from workbench.versions import definition_changes

if TYPE_CHECKING:
    from workbench.compare import Comparison, Comparisons
    from workbench.evaluation import Evaluation


SERIES = ("label", "task", "model", "key")
"""Parts of a definition that begin a new series of figures."""


def measure(lake: Lake, version: Version, *, progress: Progress = silent) -> Evaluation:
    """Evaluate a version, compare it with its parent where that was measured, and record both.

    Where a version's test labels differ from those that earlier comparisons were made under, those are made again
    from the stored predictions, without fitting.
    """
    from workbench.evaluation import evaluate

    evaluation = evaluate(lake, view_of(lake, version), schema_types=schema_types(lake, version), progress=progress)
    known = {row["version"]: row for row in measurements(lake, version.dataset)}
    new = known.get(version.version, {}).get("evaluation") != evaluation.id
    if new:
        result = json.loads(json.dumps(evaluation.to_dict()))
        known[version.version] = {"version": version.version, "evaluation": evaluation.id, "result": result}
    versions = {each.version: each for each in read_versions(lake, version.dataset)}
    labels = f"{version.dataset}@{max(versions)}"
    # What `maintain` let go cannot be compared again; its comparisons stay as they were.
    kept = kept_snapshots(lake)
    readable = {number for number in known if versions[number].snapshot in kept}
    records = []
    for number in sorted(readable):
        row = known[number]
        alike = [v for v in readable if v < number and _one_series(versions[v], versions[number])]
        against = max(alike, default=None)
        if row.get("against", against) not in {None, *readable}:
            continue
        touched = new and version.version in (number, against)
        old = row.get("comparison")
        outdated = old is not None and not _same_test_rows(known, old["test_labels"], labels)
        if row.get("against", against) == against and not touched and not outdated:
            continue
        comparison = None
        if against is not None:
            found = _compared(lake, versions[against], versions[number], progress=progress)
            comparison = json.dumps(found.to_dict())
        records.append(
            {
                "dataset": version.dataset, "version": number, "evaluation": row["evaluation"],
                "result": json.dumps(row["result"]), "against": against, "comparison": comparison,
                "created_at": datetime.now(UTC),
            }
        )  # fmt: skip
    if records:
        lake.write(lambda session: session.insert("measurements", records), message=f"measured {version.name}")
    return evaluation


def compare_versions(
    lake: Lake,
    a: Version,
    b: Version,
    *,
    metric: str | None = None,
    slices: bool = False,
    level: float | None = None,
    seeds: int | None = None,
    resample: int = 0,
    progress: Progress = silent,
) -> Comparison:
    """Say whether the fixed model gained from one version to another, by intervals of 95 % or another level.

    With ``seeds`` each is fitted so many times, and with ``resample`` on so many bootstrap samples of its train rows:
    see :func:`workbench.compare.compare`. The figures of both versions join the list of versions, unless they come
    from another number of fits than usual.
    """
    found = _compared(
        lake, a, b, metric=metric, slices=slices, level=level, seeds=seeds, resample=resample, progress=progress
    )
    if not resample and seeds in (None, lake.settings.seeds):
        from workbench.evaluation import is_kept

        for version in sorted((a, b), key=lambda each: each.version):
            types, known = schema_types(lake, version), measurements(lake, version.dataset)
            new = all(row["version"] != version.version for row in known)
            if new and is_kept(lake, view_of(lake, version), schema_types=types):
                measure(lake, version, progress=progress)
    return found


def _compared(
    lake: Lake,
    a: Version,
    b: Version,
    *,
    metric: str | None = None,
    slices: bool = False,
    level: float | None = None,
    seeds: int | None = None,
    resample: int = 0,
    progress: Progress = silent,
) -> Comparison:
    """Compare two versions and record nothing but the fits."""
    from workbench.compare import compare
    from workbench.impact.intervals import LEVEL

    types = schema_types(lake, b)
    sides = view_of(lake, a), view_of(lake, b)
    wanted = LEVEL if level is None else level
    return compare(
        lake, *sides, metric=metric, schema_types=types, slices=slices, level=wanted, seeds=seeds,
        resample=resample, progress=progress,
    )  # fmt: skip


def compare_many(
    lake: Lake,
    base: Version,
    others: Sequence[Version],
    *,
    metric: str | None = None,
    slices: bool = False,
    seeds: int | None = None,
    resample: int = 0,
    progress: Progress = silent,
) -> Comparisons:
    """Compare several versions with one base, by intervals that hold together at 95 %.

    Raises
    ------
    UsageError
        There is no other version, or one is named twice.
    """
    from workbench.compare import Comparisons
    from workbench.errors import UsageError
    from workbench.impact import together

    names = [version.name for version in (base, *others)]
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice or not others:
        said = f"{twice[0]} is named twice." if twice else f"{base.name} alone has nothing to be compared with."
        raise UsageError(said, hint="Name the base first, then each other version once.")
    level = together(len(others))
    found = [
        compare_versions(
            lake,
            base,
            other,
            metric=metric,
            slices=slices,
            level=level,
            seeds=seeds,
            resample=resample,
            progress=progress,
        )
        for other in others
    ]
    return Comparisons(base.name, level, tuple(found))


def measurements(lake: Lake, dataset: str) -> list[dict[str, Any]]:
    """List what is recorded of each measured version, oldest version first.

    Returns
    -------
    list of dict
        ``version``, ``evaluation`` (its id), ``result`` (the evaluation's JSON), ``against`` (version number or None),
        ``comparison`` (the comparison's JSON or None).
    """
    columns = ("evaluation", "result", "against", "comparison")
    rows = latest(lake, "measurements", "version", columns, where="dataset = ?", params=[dataset])
    return [
        {
            "version": number,
            "evaluation": evaluation,
            "result": {"metrics": {}, "comparable": True, "notes": [], **json.loads(result)},
            "against": against,
            "comparison": json.loads(comparison) if comparison else None,
        }
        for number, evaluation, result, against, comparison in sorted(rows)
    ]


def version_documents(lake: Lake, dataset: str) -> list[dict[str, Any]]:
    """Lay out the versions of a dataset as the JSON of ``workbench versions``, oldest first."""
    known = {row["version"]: row for row in measurements(lake, dataset)}
    documents = []
    versions = read_versions(lake, dataset)
    for before, version in zip([None, *versions], versions, strict=False):
        measured = known.get(version.version)
        comparison = measured["comparison"] if measured else None
        documents.append(
            {
                "dataset": version.dataset,
                "version": version.version,
                "parent": version.parent,
                "kind": version.kind,
                "author": version.author,
                "message": version.message,
                "created_at": version.created_at.isoformat(),
                "rows": version.rows,
                "excluded": version.excluded,
                "rows_added": version.rows_added,
                "rows_removed": version.rows_removed,
                "cells_changed": version.cells_changed,
                "definition": [vars(change) for change in definition_changes(before, version)] if before else [],
                "content_hash": version.content_hash,
                "identity_hash": version.identity_hash,
                "tags": list(version.tags),
                "metrics": measured["result"]["metrics"] if measured else None,
                "comparable": measured["result"]["comparable"] if measured else None,
                "notes": measured["result"]["notes"] if measured else [],
                "verdict": comparison.get("verdict") if comparison else None,
                "comparison": comparison,
            }
        )
    return documents


def _one_series(a: Version, b: Version) -> bool:
    """Tell whether two versions have figures of one series: the same model learns the same label by the same key."""
    return all(getattr(a.definition, name) == getattr(b.definition, name) for name in SERIES)


def _same_test_rows(known: Mapping[int, Mapping[str, Any]], a: str, b: str) -> bool:
    """Tell whether two versions (``adult@3``) are known to have the same test rows, labels included."""
    if a == b:
        return True
    results = [known.get(int(name.rpartition("@")[2]), {}).get("result") for name in (a, b)]
    # Shape and test rows; see workbench.evaluation.reading.input_hash.
    parts = [[result["input_hash"].split("-")[place] for place in (0, 2)] if result else None for result in results]
    return parts[0] is not None and parts[0] == parts[1]
