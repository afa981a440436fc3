"""The queue: findings at a version, most urgent first, one page at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Literal

from workbench.errors import UnknownName, UsageError
from workbench.findings.changed_cells import Changes, changes_since
from workbench.findings.filtering import ANY, OPEN, Filter, cause_sql
from workbench.findings.records import Answered, Finding
from workbench.findings.status import LATEST, latest_sql, seeks_gone, state_sql
from workbench.lake import LANES, Lake, Session, literal, newest, read_versions, rid_list
from workbench.lake.sql import NAMED

Order = Literal["score", "row", "group", "gain"]

_URGENCY = (
    "CASE WHEN starts_with(check_code, 'data.') THEN 1 WHEN starts_with(check_code, 'label.') THEN 2 "
    "WHEN severity = 'error' THEN 0 ELSE 3 END"
)
# What breaks a rule comes first, then doubled, contradicting and leaked rows, then doubtful labels, then warnings.

ORDERS = MappingProxyType(
    {
        "score": f"version IS NULL, {_URGENCY}, coalesce(lane = 2, false), score NULLS LAST, check_code, rid, "
        "column_name, finding",
        "row": "rid NULLS FIRST, column_name, check_code, finding",
        "group": "version IS NULL, alike DESC, check_code, column_name, observed, score NULLS LAST, rid, finding",
        "gain": f"version IS NULL, gain_place NULLS LAST, {_URGENCY}, coalesce(lane = 2, false), score NULLS LAST, "
        "check_code, rid, column_name, finding",
    }
)
"""How the queue can be sorted.

``score``: broken rules, findings about groups of rows, labels, warnings; in each of them test rows last, then the worst
score first; what is gone comes after all that is there. ``row``: by row identity, findings about columns and the table
before all rows. ``group``: those of the same check, column and value one after another, the largest group first.
``gain``: what is expected to help the model most per decision, as the dataset was last scored; findings that were not
scored come after all that were, as by ``score``.
"""

_GROUPED = (
    "SELECT s.*, o.observed, count(*) OVER (PARTITION BY s.check_code, s.column_name, o.observed) AS alike "
    "FROM state s JOIN (SELECT finding, observed FROM lake.workbench.findings WHERE dataset = $1) o USING (finding)"
)
_RANKED = (
    "SELECT s.*, g.gain_place FROM state s LEFT JOIN (SELECT finding, place AS gain_place "
    "FROM lake.workbench.expected_gains WHERE dataset = $1 "
    "AND round = (SELECT max(round) FROM lake.workbench.rankings WHERE dataset = $1)) g USING (finding)"
)
_STATE = "SELECT * FROM state"
_SOURCES = {"group": _GROUPED, "gain": _RANKED}
# What the orders by group and by gain need to know.

BY = MappingProxyType(
    {
        "check": "check_code",
        "status": "status",
        "severity": "severity",
        "column": "column_name",
        "lane": "list_extract(['train', 'validation', 'test'], lane + 1)",
        "label": "label",
        "cause": cause_sql("check_code"),
        "reviewer": "reviewer",
    }
)
"""What findings can be counted by."""

_HERE = "SELECT s.* FROM sights s JOIN page p ON p.finding = s.finding AND p.version = s.version"
_HERE_OR_LAST = (
    "SELECT s.* FROM sights s JOIN page p ON p.finding = s.finding AND s.version <= coalesce(p.version, $2) "
    "QUALIFY s.version = max(s.version) OVER (PARTITION BY s.finding)"
)
# The sighting that the page shows; of what is gone it is the newest there was.

_PAGE = """
SELECT p.finding, f.check_code, f.rid, f.row_key, f.column_name, f.observed, s.suggestion, s.score, s.severity,
    s.message, s.evidence, p.status,
    p.status = 'open' AND (s.returned OR coalesce(a.answer, z.answer) IS NOT NULL) AS returned,
    coalesce(a.answer, z.answer) AS answer, f.lane, p.label, f.first_version, s.version, s.evidence_key
FROM page p
JOIN known f ON f.finding = p.finding
JOIN shown s ON s.finding = p.finding
LEFT JOIN decided a ON a.finding = p.finding AND a.evidence_key = s.evidence_key
LEFT JOIN last_decided z ON z.finding = p.finding
ORDER BY p.place"""


def queue(
    lake: Lake,
    dataset: str,
    wanted: Filter = OPEN,
    *,
    version: int | None = None,
    limit: int | None = None,
    offset: int = 0,
    order: Order = "score",
) -> list[Finding]:
    """List findings of a dataset at a version.

    Parameters
    ----------
    lake : Lake
        Where they are kept.
    dataset : str
        Name.
    wanted : Filter
        Which of them; default: what is open.
    version : int, optional
        Default: the newest; where that has not been checked yet, what the last check found, less what drafts published
        since have answered.
    limit, offset : int, optional
        At most so many, after skipping so many.
    order : {"score", "row", "group", "gain"}
        See :data:`ORDERS`.

    Raises
    ------
    UnknownName
        No such dataset, version, status, lane, cause or order.
    """
    if order not in ORDERS:
        raise UnknownName("order", order, ORDERS)
    if offset < 0 or (limit is not None and limit < 0):
        raise UsageError(f"There is no page of {limit} findings after {offset}.", hint="Both count from 0.")
    params = params_of(lake, dataset, version)
    paged = f"LIMIT {'ALL' if limit is None else int(limit)} OFFSET {int(offset)}"
    source = _SOURCES.get(order, _STATE)
    return _read(lake, dataset, params, wanted, f"{ORDERS[order]} {paged}", ORDERS[order], source=source)


def of_rows(
    lake: Lake, dataset: str, rids: Sequence[int], version: int | None = None, *, status: str | None = "open"
) -> list[Finding]:
    """List the findings about some rows at a version, in order of row identity.

    Parameters
    ----------
    rids : sequence of int
        Row identities, few enough to be named one by one: a page of rows.
    version, status
        As in :func:`queue`.
    """
    if not rids:
        return []
    params = params_of(lake, dataset, version)
    about = f"t.rid IN ({rid_list(rids)})"
    return _read(lake, dataset, params, Filter(status), ORDERS["row"], ORDERS["row"], also=about)


def find(lake: Lake, dataset: str, findings: Sequence[str], *, version: int | None = None) -> list[Finding]:
    """Return findings by their identities, in the order given, as they stand at a version.

    Raises
    ------
    UnknownName
        One of them does not exist, or was first seen after the version.
    """
    params = params_of(lake, dataset, version)
    only = ", ".join(literal(finding) for finding in findings[:NAMED]) or "NULL"
    if len(findings) > NAMED:
        params.append(list(findings))
        only = "SELECT unnest($3)"
    found = _read(lake, dataset, params, ANY, "finding", "finding", also=f"t.finding IN ({only})", only=only)
    by_name = {finding.finding: finding for finding in found}
    for name in findings:
        if name not in by_name:
            raise UnknownName("finding", name, where=dataset, hint=f"`workbench findings {dataset}` lists them.")
    return [by_name[name] for name in findings]


def get(lake: Lake, dataset: str, finding: str, *, version: int | None = None) -> Finding:
    """Return one finding, as :func:`find` does."""
    return find(lake, dataset, [finding], version=version)[0]


def count(lake: Lake, dataset: str, wanted: Filter = OPEN, *, version: int | None = None) -> int:
    """Count what :func:`queue` would list without a limit."""
    return tally(lake, dataset, wanted, by=(), version=version).get((), 0)


def tally(
    lake: Lake,
    dataset: str,
    wanted: Filter = ANY,
    *,
    by: Sequence[str] = ("check", "status"),
    version: int | None = None,
) -> dict[tuple[str | None, ...], int]:
    """Count findings by some of their properties.

    Parameters
    ----------
    wanted : Filter
        Which of them; default: all.
    by : sequence of str
        Among :data:`BY`. The severity of a finding that is gone is None.
    version
        As in :func:`queue`.

    Returns
    -------
    dict
        (value of each of ``by``) → how many; combinations without any are absent.

    Examples
    --------
    ``tally(lake, "adult")`` → ``{("label.issue", "open"): 1390, ("label.issue", "kept"): 12, …}``
    """
    for name in by:
        if name not in BY:
            raise UnknownName("property to count by", name, BY)
    params = params_of(lake, dataset, version)
    latest, changes = _latest(lake, params)
    where, stands = wanted.where(params), wanted.where_stands(params)
    state = state_sql(wanted.known_status(), where, stands, latest=latest, changes=changes)
    chosen = "".join(f"{BY[name]}, " for name in by)
    rows = _answer(lake, f"{state} SELECT {chosen}count(*) FROM state GROUP BY ALL ORDER BY ALL", params, changes)
    return {tuple(row[:-1]): row[-1] for row in rows}


def lay_out(session: Session, dataset: str, version: int, *, table: str, changes: Changes) -> None:
    """Put the status of every finding at a version into a temporary table: ``finding``, ``check_code``, ``status``.

    Parameters
    ----------
    changes : Changes
        Of :func:`changes_at`, asked before a transaction begins.
    """
    changes.lend(session)
    state = state_sql(changes=changes)
    session.run(
        f"CREATE OR REPLACE TEMP TABLE {table} AS {state} SELECT finding, check_code, status FROM state",
        [dataset, version],
    )


def changes_at(lake: Lake, dataset: str, version: int) -> Changes:
    """Tell what became of the cells and rows with findings up to a version; see :mod:`.changed_cells`."""
    return _latest(lake, [dataset, version])[1]


def outcomes(lake: Lake, dataset: str, *, version: int | None = None) -> list[Answered]:
    """List how each check, and each part of one, ended when it was last asked, up to a version.

    Parameters
    ----------
    version : int, optional
        Default: the newest. A check that was not asked of it shows the last version that it was asked of.

    Raises
    ------
    UnknownName
        No such dataset or version.
    """
    rows = lake.read(
        "SELECT check_code, version, outcome, findings, message, author, created_at FROM lake.workbench.check_results "
        "WHERE dataset = $1 AND version <= $2 "
        "QUALIFY version = max(version) OVER (PARTITION BY check_code) ORDER BY check_code",
        params_of(lake, dataset, version),
    )
    return [Answered(*row) for row in rows]


def params_of(lake: Lake, dataset: str, version: int | None) -> list[Any]:
    """Return the parameters that every query on findings has: dataset and version."""
    head = lake.read("SELECT max(version) FROM lake.workbench.versions WHERE dataset = ?", [dataset])[0][0]
    if head is None:
        head = newest(lake, dataset).version  # says which datasets there are
    if version is not None and not 1 <= version <= head:
        known = [str(each.version) for each in read_versions(lake, dataset)]
        raise UnknownName("version", str(version), known, where=dataset)
    return [dataset, head if version is None else version]


def _read(
    lake: Lake,
    dataset: str,
    params: list[Any],
    wanted: Filter,
    paged: str,
    order: str,
    *,
    also: str = "true",
    only: str = "",
    source: str = _STATE,
) -> list[Finding]:
    """Read a page of ``state`` with all that is known of its findings."""
    status = wanted.known_status()
    latest, changes = _latest(lake, params)
    where = f"{wanted.where(params)} AND {also}"
    shown = _HERE_OR_LAST if seeks_gone(status) else _HERE
    state = state_sql(status, where, wanted.where_stands(params), latest=latest, only=only, changes=changes)
    rows = _answer(
        lake,
        f"{state},\n"
        f"    page AS MATERIALIZED (SELECT *, row_number() OVER (ORDER BY {order}) AS place "
        f"FROM (SELECT * FROM ({source}) ORDER BY {paged})),\n"
        f"    shown AS ({shown})\n"
        f"{_PAGE}",
        params,
        changes,
    )
    return [_finding(dataset, row) for row in rows]


def concluded(lake: Lake, dataset: str, *, version: int | None = None) -> dict[str, int]:
    """Tell for each check that has findings at which version, up to one, it last concluded."""
    return dict(lake.read(LATEST, params_of(lake, dataset, version)))


def _latest(lake: Lake, params: Sequence[Any]) -> tuple[str, Changes]:
    """SQL of the CTE ``latest``, a dozen rows that hold until the next check, and what has changed since."""
    found = [(row[0], row[1]) for row in lake.read(LATEST, params[:2])]
    return latest_sql(found), changes_since(lake, params[0], params[1], found)


def _answer(lake: Lake, query: str, params: Sequence[Any], changes: Changes) -> list[tuple[Any, ...]]:
    """Answer a query on ``state``."""
    if not changes.registered:
        return lake.read(query, params)

    def work(session: Session) -> list[tuple[Any, ...]]:
        changes.lend(session)
        return session.rows(query, params)

    return lake.read_at_once(work)


def _finding(dataset: str, row: tuple[Any, ...]) -> Finding:
    """Make a finding of one row of the page."""
    (
        finding, check, rid, row_key, column, observed, suggestion, score, severity, message, evidence, status,
        returned, answer, lane, label, first_version, version, evidence_key,
    ) = row  # fmt: skip
    answer = answer or {}
    return Finding(
        finding=finding,
        dataset=dataset,
        check=check,
        rid=rid,
        key=json.loads(row_key) if row_key else {},
        column=column,
        value=observed,
        suggestion=suggestion,
        score=score,
        severity=severity,
        message=message,
        evidence=json.loads(evidence) if evidence else {},
        status=status,
        returned=returned,
        decision=answer.get("decision"),
        reason=answer.get("reason"),
        author=answer.get("author"),
        decided_at=answer.get("at"),
        lane=None if lane is None else LANES[lane],
        label=label,
        first_version=first_version,
        version=version,
        evidence_key=evidence_key,
    )
