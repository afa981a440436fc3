"""Runs as the lake remembers them, and what each saw change among the findings."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from workbench.errors import AlreadyUnderWay, UnknownName
from workbench.findings import changes_at, lay_out
from workbench.lake import MOMENT, Lake, Session, Version, claim_held, dropped, latest
from workbench.runs.records import Run, RunOutcome

CHANGES = ("new", "returned", "fixed", "answered")


def claim_of(dataset: str) -> str:
    """Say what a process claims while a run of a dataset is under way."""
    return f"run of {dataset}"


def write_run(lake: Lake, run: Run, *, fenced: bool = True) -> Run:
    """Put a run on record, or what has become of it; gives it as it will be read back."""
    document = json.dumps(run.to_dict(), ensure_ascii=False, default=str)
    record = {
        "run": run.run, "dataset": run.dataset, "outcome": run.outcome, "version": run.version, "document": document,
        "author": run.author, "created_at": datetime.now(UTC),
    }  # fmt: skip
    lake.write(
        lambda session: session.insert("runs", [record]),
        author=run.author,
        message=f"run of {run.dataset}: {run.outcome}",
        fenced=fenced,
    )
    return Run.from_dict(json.loads(document))


def refuse_running(lake: Lake, dataset: str) -> None:
    """Refuse to go on while a run or a refresh of a dataset is under way.

    Raises
    ------
    AlreadyUnderWay
        One is.
    """
    for what in ("run", "refresh"):
        if claim_held(lake, f"{what} of {dataset}"):
            raise AlreadyUnderWay(
                f"A {what} of '{dataset}' has not ended. Nothing was changed.", hint="Wait until it has."
            )


def list_runs(lake: Lake, dataset: str | None = None, *, limit: int | None = None) -> list[Run]:
    """List runs of one dataset or of all, the newest first.

    Parameters
    ----------
    dataset : str, optional
        Name.
    limit : int, optional
        At most so many.
    """
    where, params = ("dataset = ?", [dataset]) if dataset is not None else ("true", [])
    gone = dropped(lake)
    if gone:
        where += f" AND dataset NOT IN ({', '.join('?' * len(gone))})"
        params = [*params, *gone]
    return _read(lake, where, params, limit=limit)


def read_run(lake: Lake, run: str) -> Run:
    """Return a run by its identity, or by the beginning of it.

    Raises
    ------
    UnknownName
        There is none, or there are several.
    """
    found = _read(lake, "starts_with(run, ?)", [run])
    if len(found) != 1:
        raise UnknownName("run", run, [each.run for each in found])
    return found[0]


def last_run(lake: Lake, dataset: str) -> Run | None:
    """Return the newest run of a dataset that got as far as its findings."""
    found = _read(lake, "dataset = ? AND TRY(json_type(document, '$.findings')) = 'OBJECT'", [dataset], limit=1)
    return found[0] if found else None


def _read(lake: Lake, where: str, params: Sequence[Any], *, limit: int | None = None) -> list[Run]:
    """Read the newest record of each run, the newest run first."""
    columns = ("document", "dataset", "version", "outcome", "author", "created_at")
    rows = latest(lake, "runs", "run", columns, where=where, params=params, limit=limit)
    return [_as_it_is(lake, _run(*row)) for row in rows]


def _run(
    run: str, document: str, dataset: str, version: int | None, outcome: RunOutcome, author: str, at: datetime
) -> Run:
    """Read a run; of one that another release wrote in another way what its record says beside it."""
    try:
        return Run.from_dict(json.loads(document))
    except (TypeError, ValueError, KeyError) as error:
        told = f"The report of this run was written by another release and cannot be read here ({error})."
        return Run(run, dataset, version, outcome, author, at, error=told)


def changed_findings(lake: Lake, run: str, *, change: str | None = None) -> list[tuple[str, str, str]]:
    """List what a run saw change: finding, check and change, by change and check."""
    where, params = (" AND change = ?", [run, change]) if change else ("", [run])
    return [
        (row[0], row[1], row[2])
        for row in lake.read(
            "SELECT finding, check_code, change FROM lake.workbench.run_changes "
            f"WHERE run = ?{where} ORDER BY change, check_code, finding",
            params,
        )
    ]


def note_changes(lake: Lake, run: str, version: Version, *, author: str) -> dict[str, object]:
    """Compare the open findings with those the runs before left open, and write down what is different.

    A finding is *new* where no run saw it open before, *returned* where one did and a later one did not. What is no
    longer open is *fixed* (gone, or its row excluded) or *answered* (kept, set aside, or staged in a draft).

    Returns
    -------
    dict
        ``open``, ``by_check``, and a count for each of :data:`CHANGES`.
    """
    changes = changes_at(lake, version.dataset, version.version)
    with lake.session() as session:

        def work(current: Session) -> None:
            lay_out(current, version.dataset, version.version, table="status_now", changes=changes)
            current.run(
                "CREATE OR REPLACE TEMP TABLE known AS SELECT finding, any_value(check_code) AS check_code, "
                f"arg_max(change, ({MOMENT}, rowid)) IN ('new', 'returned') AS was_open "
                "FROM lake.workbench.run_changes WHERE dataset = ? GROUP BY finding",
                [version.dataset],
            )
            current.run(
                "CREATE OR REPLACE TEMP TABLE run_news AS "
                "SELECT coalesce(n.finding, k.finding) AS finding, coalesce(n.check_code, k.check_code) AS check_code, "
                "CASE WHEN n.status = 'open' AND k.finding IS NULL THEN 'new' "
                "WHEN n.status = 'open' AND NOT k.was_open THEN 'returned' "
                "WHEN n.status IS DISTINCT FROM 'open' AND k.was_open THEN "
                "CASE WHEN n.status IN ('kept', 'unsure', 'staged') THEN 'answered' ELSE 'fixed' END END AS change "
                "FROM status_now n FULL JOIN known k ON n.finding = k.finding"
            )
            if current.row("SELECT 1 FROM run_news WHERE change IS NOT NULL LIMIT 1"):
                current.run(
                    "INSERT INTO lake.workbench.run_changes (run, dataset, finding, check_code, change, created_at) "
                    "SELECT ?, ?, finding, check_code, change, ? FROM run_news "
                    "WHERE change IS NOT NULL ORDER BY change, check_code, finding",
                    [run, version.dataset, datetime.now(UTC)],
                )

        lake.write(work, author=author, message=f"findings of run {run}", session=session)
        counted = dict(session.rows("SELECT change, count(*) FROM run_news WHERE change IS NOT NULL GROUP BY ALL"))
        by_check = dict(
            session.rows(
                "SELECT check_code, count(*) FROM status_now WHERE status = 'open' GROUP BY ALL ORDER BY check_code"
            )
        )
    return {"open": sum(by_check.values()), **{name: counted.get(name, 0) for name in CHANGES}, "by_check": by_check}


def _as_it_is(lake: Lake, run: Run) -> Run:
    """Tell a run that is under way from one whose process ended without a word."""
    if run.outcome == "running" and not claim_held(lake, claim_of(run.dataset)):
        return dataclasses.replace(run, outcome="lost")
    return run
