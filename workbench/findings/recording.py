"""Write what a run of the checks found into the lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from workbench.errors import UsageError
from workbench.findings.records import CheckResult, findings_of
from workbench.findings.status import CONCLUDED, RUNS
from workbench.lake import Lake, Session, Version, canonical_text, literal, quote, view_of

_PAYLOAD = (
    "check_code, rid, lane, label, column_name, severity, message, suggestion, score, evidence, evidence_key, returned"
)
_COVERED = (
    "(check_code IN (SELECT code FROM concluded) OR (split_part(check_code, '.', 1) IN (SELECT code FROM concluded) "
    "AND check_code NOT IN (SELECT code FROM unsettled)))"
)
# Sightings that this run replaces: those of checks that concluded, but not those of a part that broke.


def identity(table: str) -> str:
    """SQL for the identity of a finding: 16 hexadecimal digits of the md5 of what makes it the same problem again.

    That is dataset (by its first name), check, row, column and observed value; score, message and suggestion are not
    part of it. Findings of the family ``data`` are about groups of rows, so there the group's members (the evidence
    key) are part of it.
    """
    group = "CASE WHEN starts_with(check_code, 'data.') THEN evidence_key ELSE '' END"
    parts = f"{literal(table)}, check_code, rid, column_name, observed, {group}"
    return f"left(md5(json_array({parts})::VARCHAR), 16)"


def record(lake: Lake, version: Version, results: Sequence[CheckResult], *, author: str) -> None:
    """Put a run's outcomes and findings on record, in place of what an earlier run on this version recorded.

    Checks that were skipped leave what is there; of a check that broke only the outcome is recorded. Recording the
    same results again writes nothing.

    Parameters
    ----------
    lake : Lake
        Where they are kept.
    version : Version
        The version that was checked.
    results : sequence of CheckResult
        Of :func:`workbench.checks.run_checks`.
    author : str
        Who ran the checks.

    Raises
    ------
    UsageError
        A finding's code does not begin with its check's, or two results bear one code.
    """
    ran = [result for result in results if result.outcome != "skipped"]
    _refuse_mixed(ran)
    with lake.session() as session:
        _lay_out(session, ran)
        _identify(session, lake, version)
        lake.write(
            lambda current: _write(current, version, author),
            author=author,
            message=f"checked {version.name}",
            session=session,
        )


def _refuse_mixed(results: Sequence[CheckResult]) -> None:
    """Refuse results that could not be told apart later."""
    codes = [part.code for result in results for part in (result, *result.parts)]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise UsageError(f"There are two results of the check '{twice[0]}'.", hint="Each check has one outcome a run.")
    for result in results:
        if result.findings is None:
            continue
        for code in result.findings.column("check_code").unique().to_pylist():
            if code != result.code and not code.startswith(f"{result.code}."):
                raise UsageError(
                    f"The check '{result.code}' has a finding of '{code}'.", hint=f"Name it {result.code}.<what>."
                )


def _lay_out(session: Session, results: Sequence[CheckResult]) -> None:
    """Put outcomes and findings into temporary tables."""
    outcomes = [
        {"check_code": part.code, "outcome": part.outcome, "findings": part.count, "message": part.message}
        for result in results
        for part in (result, *result.parts)
    ]
    shape = {"check_code": "VARCHAR", "outcome": "VARCHAR", "findings": "BIGINT", "message": "VARCHAR"}
    session.temporary("outcomes", shape, outcomes)
    settled = f"outcome IN {CONCLUDED}"
    # A check that broke in one of its parts has concluded in the others, where it names them.
    session.run(f"CREATE OR REPLACE TEMP TABLE concluded AS SELECT check_code AS code FROM outcomes WHERE {settled}")
    session.run(
        f"CREATE OR REPLACE TEMP TABLE unsettled AS SELECT check_code AS code FROM outcomes WHERE NOT {settled}"
    )
    session.register("found", findings_of(results))


def _identify(session: Session, lake: Lake, version: Version) -> None:
    """Give each finding its identity, its row's lane and label, and whether it had gone; drop repetitions."""
    known = "(SELECT NULL::BIGINT AS _rid, NULL::UTINYINT AS _lane, NULL::VARCHAR AS label)"
    if session.row("SELECT 1 FROM found WHERE rid IS NOT NULL LIMIT 1"):
        view = view_of(lake, version)
        label = "NULL::VARCHAR"
        if view.definition.label is not None and view.definition.task == "classification":
            column = view.column(view.definition.label)
            label = canonical_text(quote(column.physical), column.type)
        known = f"(SELECT _rid, _lane, {label} AS label FROM {view.rows} WHERE _rid IN (SELECT rid FROM found))"
    session.run(
        "CREATE OR REPLACE TEMP TABLE before AS "
        f"WITH {RUNS} SELECT s.finding, s.returned FROM lake.workbench.sightings s "
        "JOIN latest l ON l.check_code = s.check_code AND l.version = s.version WHERE s.dataset = $1",
        [version.dataset, version.version - 1],
    )
    session.run(
        f"""CREATE OR REPLACE TEMP TABLE identified AS
        SELECT {identity(version.table)} AS finding, f.*, v._lane AS lane, v.label
        FROM found f LEFT JOIN {known} v ON v._rid = f.rid
        WHERE check_code IN (SELECT code FROM concluded)
        OR (check_code NOT IN (SELECT code FROM unsettled)
            AND EXISTS (SELECT 1 FROM concluded WHERE starts_with(check_code, code || '.')))
        QUALIFY row_number() OVER (PARTITION BY finding ORDER BY severity, message, score, evidence) = 1"""
    )
    session.run(
        """CREATE OR REPLACE TEMP TABLE sighted AS
        SELECT i.*, coalesce(b.returned, k.first_version < $2) IS TRUE AS returned
        FROM identified i LEFT JOIN before b ON b.finding = i.finding
        LEFT JOIN (SELECT * FROM lake.workbench.findings WHERE dataset = $1) k ON k.finding = i.finding""",
        [version.dataset, version.version],
    )


def _write(session: Session, version: Version, author: str) -> None:
    """Write what differs from what is on record."""
    dataset, number = literal(version.dataset), version.version
    here = f"dataset = {dataset} AND version = {number}"
    columns = f"finding, {_PAYLOAD}"
    differs = " OR ".join(f"s.{name} IS DISTINCT FROM k.{name}" for name in _PAYLOAD.split(", "))
    session.run(
        f"CREATE OR REPLACE TEMP TABLE known AS SELECT {columns} FROM lake.workbench.sightings "
        f"WHERE {here} AND {_COVERED}"
    )
    session.run(
        "CREATE OR REPLACE TEMP TABLE stale AS SELECT k.finding FROM known k LEFT JOIN sighted s USING (finding) "
        f"WHERE s.finding IS NULL OR {differs}"
    )
    session.run(
        "CREATE OR REPLACE TEMP VIEW news AS FROM sighted WHERE finding NOT IN (SELECT finding FROM known) "
        "OR finding IN (SELECT finding FROM stale)"
    )
    if _any(session, "stale"):
        session.run(f"DELETE FROM lake.workbench.sightings WHERE {here} AND finding IN (SELECT finding FROM stale)")
    if _any(session, "news"):
        session.run(
            f"INSERT INTO lake.workbench.sightings (finding, dataset, version, {_PAYLOAD}) "
            f"SELECT finding, {dataset}, {number}, {_PAYLOAD} FROM news ORDER BY check_code, rid"
        )
        _write_first_sights(session, dataset, number)
    _write_outcomes(session, here, dataset, number, author)


def _write_first_sights(session: Session, dataset: str, number: int) -> None:
    """Remember findings that were never seen before, or only in later versions."""
    session.run(
        f"UPDATE lake.workbench.findings SET first_version = {number} WHERE dataset = {dataset} "
        f"AND first_version > {number} AND finding IN (SELECT finding FROM news)"
    )
    names = "finding, dataset, check_code, rid, row_key, column_name, observed, lane, label, first_version, created_at"
    session.run(
        f"INSERT INTO lake.workbench.findings ({names}) SELECT finding, {dataset}, check_code, rid, row_key, "
        f"column_name, observed, lane, label, {number}, ? FROM news WHERE finding NOT IN "
        f"(SELECT finding FROM lake.workbench.findings WHERE dataset = {dataset}) ORDER BY check_code, rid",
        [datetime.now(UTC)],
    )


def _write_outcomes(session: Session, here: str, dataset: str, number: int, author: str) -> None:
    """Write the outcomes that differ, and forget those of questions that are no longer asked."""
    columns = "check_code, outcome, findings, message"
    results = f"lake.workbench.check_results WHERE {here}"
    session.run(
        f"CREATE OR REPLACE TEMP TABLE told AS SELECT {columns} FROM outcomes EXCEPT SELECT {columns} FROM {results}"
    )
    session.run(
        f"CREATE OR REPLACE TEMP TABLE untold AS SELECT check_code FROM {results} AND (check_code IN "
        "(SELECT check_code FROM told) OR (check_code NOT IN (SELECT check_code FROM outcomes) "
        "AND split_part(check_code, '.', 1) IN (SELECT check_code FROM outcomes)))"
    )
    if _any(session, "untold"):
        session.run(f"DELETE FROM {results} AND check_code IN (SELECT check_code FROM untold)")
    if _any(session, "told"):
        session.run(
            f"INSERT INTO lake.workbench.check_results (dataset, version, {columns}, author, created_at) "
            f"SELECT {dataset}, {number}, {columns}, ?, ? FROM told ORDER BY check_code",
            [author, datetime.now(UTC)],
        )


def _any(session: Session, table: str) -> bool:
    """Tell whether a table has rows."""
    return session.row(f"SELECT 1 FROM {table} LIMIT 1") is not None
