"""The status of findings at a version, as SQL.

A check *concludes* on a version where it passed, failed or did not apply; one that broke or was skipped says nothing.
What counts for a finding at version V is the newest version up to V at which its check concluded:

- it was sighted there, and is

  - ``staged`` where an open draft corrects its cell, or excludes or deletes its row, whoever staged that and why;
  - ``fixed`` where V holds another value in its cell, or no longer has its row in use, and nobody checked yet: see
    :mod:`workbench.findings.changed_cells`. It is ``excluded`` where that is what somebody answered;
  - ``open`` where the new value fails the same check of the schema;
  - ``kept`` or ``unsure`` where somebody said so, on the evidence that it has there;
  - ``open`` otherwise;

- or it was sighted earlier only, and is ``excluded`` where somebody answered so and published it, else ``fixed``.

An answer counts while the evidence is what it was when the answer was given. So a kept finding is quiet until its value
(then it is another finding) or its evidence changes, and quiet again when the evidence changes back. The answers that a
draft holds do not count once they were undone there or the draft was discarded, and those without a draft not once the
finding was reopened. Of several answers on the same evidence
the newest counts: ``decisions`` is insert-only, so that DuckLake's ``snapshot_id`` is the order in which they came.

Parameters of all of it are ``$1``, the dataset, and ``$2``, the version.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.findings.changed_cells import UNCHANGED, Changes
from workbench.findings.records import Status
from workbench.lake import MOMENT, literal

CONCLUDED = "('passed', 'failed', 'not applicable')"

RUNS = f"""
    runs AS MATERIALIZED (
        SELECT check_code, version, bool_or(outcome IN {CONCLUDED}) AS concluded FROM lake.workbench.check_results
        WHERE dataset = $1 AND version <= $2 GROUP BY check_code, version
    ),
    latest AS (
        SELECT c.check_code, max(r.version) AS version
        FROM (SELECT DISTINCT check_code FROM lake.workbench.findings WHERE dataset = $1) c
        JOIN runs r ON r.check_code = c.check_code OR (
            r.check_code = split_part(c.check_code, '.', 1)
            AND (c.check_code, r.version) NOT IN (SELECT (check_code, version) FROM runs)
        )
        WHERE r.concluded GROUP BY c.check_code
    )"""
"""Per check code of a finding, the newest version up to ``$2`` at which it concluded.

A code that has no outcome of its own at a version has that of its family there (``schema`` for ``schema.age.isin``,
once that rule is gone from the schema).
"""

LATEST = f"WITH {RUNS} SELECT check_code, version FROM latest ORDER BY check_code"
"""Query for the same."""


def _effective(only: str = "") -> str:
    """SQL of the CTEs up to ``effective``; of some findings where an IN list of them is given."""
    among = f" AND d.finding IN ({only})" if only else ""
    return f"""
    answers AS MATERIALIZED (
        SELECT d.*, {MOMENT} AS moment FROM lake.workbench.decisions d WHERE d.dataset = $1{among}
    ),
    trials AS MATERIALIZED (SELECT draft, state, version FROM lake.workbench.drafts WHERE dataset = $1),
    undone AS (
        SELECT finding, draft, step, max(moment) AS moment FROM answers WHERE decision = 'reopen' GROUP BY ALL
    ),
    effective AS MATERIALIZED (
        SELECT a.*, w.state, w.version AS published FROM answers a
        LEFT JOIN trials w ON w.draft = a.draft
        LEFT JOIN undone u ON u.finding = a.finding AND u.draft IS NOT DISTINCT FROM a.draft
            AND u.step IS NOT DISTINCT FROM a.step AND u.moment > a.moment
        WHERE a.decision <> 'reopen' AND u.moment IS NULL AND w.state IS DISTINCT FROM 'discarded'
    )"""


EFFECTIVE = _effective()
"""Answers that count: neither undone nor in a discarded draft."""

_ANSWER = (
    "{'decision': decision, 'reason': reason, 'author': author, 'at': created_at, 'state': state, "
    "'published': published}"
)


def _decided(only: str = "") -> str:
    """SQL of the CTEs that say of each finding what was answered last, and which ones an open draft corrects."""
    among = f" AND (c.finding IN ({only}) OR c.rid IN (SELECT rid FROM known))" if only else ""
    return f"""
    decided AS (
        SELECT finding, evidence_key, arg_max({_ANSWER}, moment) AS answer FROM effective
        GROUP BY finding, evidence_key
    ),
    last_decided AS (SELECT finding, arg_max({_ANSWER}, moment) AS answer FROM effective GROUP BY finding),
    edits AS MATERIALIZED (
        SELECT c.finding, c.rid, c.column_name, c.action, c.draft, c.seq, w.state, w.version,
        CASE WHEN w.state = 'open' THEN c.old END AS old, CASE WHEN w.state = 'open' THEN c.new END AS new
        FROM lake.workbench.corrections c JOIN trials w ON w.draft = c.draft
        WHERE c.dataset = $1 AND NOT c.undone{among} AND (
            w.state = 'open' OR (c.finding <> '' AND w.state = 'published' AND w.version <= $2
                AND w.version > (SELECT min(version) FROM latest))
        )
    ),
    staged AS (
        SELECT finding FROM effective WHERE decision IN ('fix', 'exclude') AND state = 'open'
        UNION
        SELECT finding FROM edits WHERE finding <> '' AND state = 'open'
    ),
    trial_nets AS MATERIALIZED (
        SELECT rid, column_name, bool_or(action = 'set') AS sets,
        arg_min({{'text': old}}, seq).text IS DISTINCT FROM arg_max({{'text': new}}, seq).text AS changes,
        arg_max(action, seq) IN ('exclude', 'delete') AS leaves
        FROM edits WHERE state = 'open' GROUP BY draft, rid, column_name
    ),
    staged_cells AS (SELECT DISTINCT rid, column_name FROM trial_nets WHERE sets AND changes),
    staged_rows AS (SELECT DISTINCT rid FROM trial_nets WHERE leaves),
    answered_rows AS (
        SELECT finding, max(version) AS version FROM edits WHERE finding <> '' AND state = 'published' GROUP BY finding
    ),
    gone_rows AS (SELECT since, rid FROM changed WHERE column_name IS NULL)"""


SIGHTED = """
    sighted AS (
        SELECT t.finding, t.check_code, t.version, t.rid, t.lane, t.label, t.column_name, t.severity, t.score,
            t.evidence_key
        FROM sights t JOIN latest l ON l.check_code = t.check_code AND l.version = t.version
        WHERE {where}
    )"""

PRESENT = """
    present AS (
        SELECT s.* EXCLUDE (evidence_key), answer.author AS reviewer,
        CASE WHEN t.finding IS NOT NULL OR k.rid IS NOT NULL OR o.rid IS NOT NULL THEN 'staged'
            WHEN g.rid IS NOT NULL OR {dropped}
                OR (c.rid IS NOT NULL AND NOT coalesce(list_contains(c.failing, s.check_code), false))
                OR ({untold} AND answer.decision IN ('fix', 'exclude') AND answer.published > s.version
                    AND answer.published <= $2)
                OR (s.column_name IS NULL AND r.version > s.version)
                THEN CASE WHEN answer.decision = 'exclude' AND answer.published <= $2 THEN 'excluded' ELSE 'fixed' END
            WHEN c.rid IS NOT NULL THEN 'open'
            WHEN answer.decision = 'keep' THEN 'kept'
            WHEN answer.decision = 'unsure' THEN 'unsure'
            ELSE 'open' END AS status
        FROM sighted s
        LEFT JOIN decided d ON d.finding = s.finding AND d.evidence_key = s.evidence_key
        LEFT JOIN staged t ON t.finding = s.finding
        LEFT JOIN staged_cells k ON k.rid = s.rid AND k.column_name = s.column_name
        LEFT JOIN staged_rows o ON o.rid = s.rid
        LEFT JOIN changed c ON c.since = s.version AND c.rid = s.rid AND c.column_name = s.column_name
        LEFT JOIN gone_rows g ON g.since = s.version AND g.rid = s.rid
        LEFT JOIN answered_rows r ON r.finding = s.finding
    )"""
"""Findings sighted where it counts."""

GONE = """
    gone AS (
        SELECT t.finding, t.check_code, NULL::BIGINT AS version, t.rid, t.lane, t.label, t.column_name,
        NULL::VARCHAR AS severity, NULL::DOUBLE AS score, d.answer.author AS reviewer,
        CASE WHEN d.answer.decision = 'exclude' AND d.answer.published <= $2 THEN 'excluded' ELSE 'fixed' END AS status
        FROM known t
        SEMI JOIN latest l ON l.check_code = t.check_code
        ANTI JOIN sighted s ON s.finding = t.finding
        LEFT JOIN last_decided d ON d.finding = t.finding
        WHERE t.first_version <= $2 AND {where}
    )"""
"""Findings sighted before, but not where it counts."""


def seeks_gone(status: Status | None) -> bool:
    """Tell whether findings that are gone may be among those asked for."""
    return status in (None, "fixed", "excluded")


def latest_sql(found: Sequence[tuple[str, int]]) -> str:
    """SQL of the CTE ``latest`` where it is known already, as :data:`LATEST` answers it."""
    if not found:
        return "latest AS (SELECT NULL::VARCHAR AS check_code, NULL::BIGINT AS version WHERE false)"
    return f"latest(check_code, version) AS (VALUES {', '.join(f'({literal(code)}, {at})' for code, at in found)})"


def state_sql(
    status: Status | None = None,
    where: str = "true",
    stands: str = "true",
    *,
    latest: str = RUNS,
    only: str = "",
    changes: Changes = UNCHANGED,
) -> str:
    """SQL of the CTEs up to ``state``: the findings asked for, with their status and reviewer at ``$2``.

    Two others are ``known``, the dataset's findings, and ``sights``, where they were sighted.

    Parameters
    ----------
    status : str, optional
        Only findings of this status; default: all.
    where : str
        Condition on what is known of a finding before its status: finding, check_code, column_name, lane, label, all
        of a table ``t``.
    stands : str
        Condition on its ``reviewer`` and ``score``.
    latest : str
        The CTE ``latest``, and what it needs.
    only : str
        Inside of an IN list that holds the findings which ``where`` lets through: nothing is read of any others.
    changes : Changes
        What is different at ``$2`` from where the checks concluded.
    """
    # A few are read once and kept; of all of them each use picks what it needs.
    kept, among = ("MATERIALIZED ", f" AND finding IN ({only})") if only else ("", "")
    held = ",".join(
        f"\n    {name} AS {kept}(SELECT * FROM lake.workbench.{table} WHERE dataset = $1{among})"
        for name, table in (("sights", "sightings"), ("known", "findings"))
    )
    present = PRESENT.format(
        dropped=f"s.version < $2 AND s.column_name IN ({', '.join(map(literal, changes.dropped)) or 'NULL'})",
        untold=f"s.version IN ({', '.join(map(str, changes.unknown)) or 'NULL'})",
    )
    parts = [latest, changes.sql(), _effective(only), held, _decided(only), SIGHTED.format(where=where), present]
    union = "SELECT * FROM present"
    if seeks_gone(status):
        parts.append(GONE.format(where=where))
        union += " UNION ALL SELECT * FROM gone"
    wanted = "true" if status is None else f"status = '{status}'"
    # Nobody has answered what is open: what was said on other evidence does not count.
    known = "SELECT * REPLACE (CASE WHEN status <> 'open' THEN reviewer END AS reviewer)"
    state = f"SELECT * FROM ({known} FROM ({union})) WHERE {wanted} AND {stands}"
    return f"WITH {','.join(parts)},\n    state AS ({state})"
