"""What people answered to findings; rows are only ever added, and the newest counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.errors import UnknownName, UsageError
from workbench.findings.records import Finding
from workbench.findings.status import EFFECTIVE
from workbench.lake import Lake, Session

DECISIONS = ("fix", "keep", "exclude", "unsure")
"""The answers; ``reopen`` is what undoing one is recorded as."""


@dataclass(frozen=True)
class Answers:
    """What one person answered in one go.

    Attributes
    ----------
    findings : tuple of str
        Identities.
    decision : {"fix", "keep", "exclude", "unsure"}
        The answer.
    draft : int or None
        Where the corrections are staged.
    state : {"open", "published"} or None
        What became of the draft.
    created_at : datetime
        When, in UTC, by the clock of the person's machine.
    moment : int
        When, as a snapshot: the greater, the later.
    """

    findings: tuple[str, ...]
    decision: str
    draft: int | None
    state: str | None
    created_at: datetime
    moment: int


_SHAPE = {
    "finding": "VARCHAR",
    "dataset": "VARCHAR",
    "decision": "VARCHAR",
    "value": "VARCHAR",
    "evidence_key": "VARCHAR",
    "reason": "VARCHAR",
    "draft": "BIGINT",
    "step": "BIGINT",
    "author": "VARCHAR",
}


def insert_decisions(
    session: Session,
    findings: Sequence[Finding],
    decision: str,
    *,
    author: str,
    reason: str = "",
    draft: int | None = None,
    step: int | None = None,
    values: Sequence[str | None] | None = None,
    at: datetime | None = None,
) -> int:
    """Record one answer to findings, inside a transaction of the caller's.

    It is tied to the evidence that the person saw. A fix or an exclusion also has a draft, where the caller stages it
    in the same transaction.

    Parameters
    ----------
    session : Session
        Inside :meth:`workbench.lake.Lake.write`.
    findings : sequence of Finding
        As the person saw them.
    decision : {"fix", "keep", "exclude", "unsure"}
        The answer.
    draft, step : int
        Where the corrections are staged; for ``fix`` and ``exclude`` only.
    values : sequence of str or None, optional
        For a fix: the new value of each finding, as canonical text.
    at : datetime, optional
        When; default: now.

    Returns
    -------
    int
        How many were recorded.

    Raises
    ------
    UnknownName
        No such decision.
    UsageError
        There are no findings, a fix or exclusion has no draft, another answer has one, or there are more or fewer
        values than findings.
    """
    if decision not in DECISIONS:
        raise UnknownName("decision", decision, DECISIONS)
    if not findings:
        raise UsageError("There are no findings to answer.", hint="Name at least one.")
    corrects = decision in ("fix", "exclude")
    if corrects != (draft is not None and step is not None):
        raise UsageError(
            f"'{decision}' {'needs' if corrects else 'has no'} draft.",
            hint="Fixes and exclusions are staged in a draft; keep and unsure change no data.",
        )
    if values is not None and len(values) != len(findings):
        raise UsageError(f"{len(values)} values do not fit {len(findings)} findings.", hint="Give one for each.")
    records = {
        finding.finding: {
            "finding": finding.finding,
            "dataset": finding.dataset,
            "decision": decision,
            "value": None if values is None else values[number],
            "evidence_key": finding.evidence_key,
            "reason": reason,
            "draft": draft,
            "step": step,
            "author": author,
        }
        for number, finding in enumerate(findings)
    }
    session.temporary("answered", _SHAPE, list(records.values()))
    session.run(
        "INSERT INTO lake.workbench.decisions BY NAME SELECT *, ? AS created_at FROM answered",
        [at or datetime.now(UTC)],
    )
    return len(records)


def withdraw(session: Session, dataset: str, draft: int, step: int, *, author: str) -> int:
    """Take back the answers that came with a step of a draft, inside a transaction of the caller's.

    What was answered before them counts again.

    Returns
    -------
    int
        How many answers no longer count.
    """
    return _repeat(session, dataset, draft, step, author, "'reopen'", f"WITH {EFFECTIVE}", "effective")


def withdraw_some(session: Session, dataset: str, draft: int, findings: Sequence[str], *, author: str) -> int:
    """Take back the answers to some findings that a draft holds, inside a transaction of the caller's.

    Returns
    -------
    int
        How many answers no longer count.
    """
    session.temporary("withdrawn", {"finding": "VARCHAR"}, [{"finding": finding} for finding in findings])
    rows = (
        f"WITH {EFFECTIVE} SELECT finding, dataset, 'reopen' AS decision, value, evidence_key, reason, draft, step "
        "FROM effective WHERE draft = $2 AND finding IN (SELECT finding FROM withdrawn)"
    )
    return _add(session, rows, [dataset, draft], author)


def reinstate(session: Session, dataset: str, draft: int, step: int, *, author: str) -> int:
    """Give the answers again that :func:`withdraw` took back, inside a transaction of the caller's.

    Returns
    -------
    int
        How many answers count again.
    """
    withdrawn = (
        f"WITH {EFFECTIVE}, withdrawn AS (SELECT * FROM answers a WHERE decision <> 'reopen' AND moment = "
        "(SELECT max(moment) FROM answers l WHERE l.finding = a.finding AND l.draft = a.draft AND l.step = a.step "
        "AND l.decision <> 'reopen') AND EXISTS (SELECT 1 FROM answers r WHERE r.decision = 'reopen' "
        "AND r.finding = a.finding AND r.draft = a.draft AND r.step = a.step AND r.moment > a.moment))"
    )
    return _repeat(session, dataset, draft, step, author, "decision", withdrawn, "withdrawn")


def reopen(session: Session, dataset: str, findings: Sequence[str], *, author: str) -> int:
    """Take back the answers to findings that no draft holds (keep, unsure), inside a transaction of the caller's.

    Returns
    -------
    int
        How many findings had one.
    """
    session.temporary("reopened", {"finding": "VARCHAR"}, [{"finding": finding} for finding in findings])
    rows = (
        f"WITH {EFFECTIVE} SELECT finding, $1 AS dataset, 'reopen' AS decision, NULL::VARCHAR AS value, "
        "max(evidence_key) AS evidence_key, '' AS reason, NULL::BIGINT AS draft, NULL::BIGINT AS step FROM effective "
        "WHERE draft IS NULL AND finding IN (SELECT finding FROM reopened) GROUP BY finding"
    )
    return _add(session, rows, [dataset], author)


def last_answers(lake: Lake, dataset: str, *, author: str) -> Answers | None:
    """Return what an author answered last and did not take back; None where there is nothing."""
    rows = lake.read(
        f"WITH {EFFECTIVE} SELECT list(finding ORDER BY finding), any_value(decision), draft, any_value(state), "
        "max(created_at), moment FROM effective WHERE author = $2 GROUP BY moment, draft ORDER BY moment DESC LIMIT 1",
        [dataset, author],
    )
    return Answers(tuple(rows[0][0]), *rows[0][1:]) if rows else None


def count_answered(lake: Lake, dataset: str, *, author: str, since: datetime) -> int:
    """Count the findings that an author has answered since a moment, less what was taken back."""
    query = f"WITH {EFFECTIVE} SELECT count(DISTINCT finding) FROM effective WHERE author = $2 AND created_at >= $3"
    return int(lake.read(query, [dataset, author, since])[0][0])


def count_recorded(lake: Lake | Session, dataset: str, findings: Sequence[str]) -> int:
    """Count all that was ever recorded about findings; it grows with each answer and each one taken back."""
    read = lake.rows if isinstance(lake, Session) else lake.read
    query = "SELECT count(*) FROM lake.workbench.decisions WHERE dataset = $1 AND finding IN (SELECT unnest($2))"
    return int(read(query, [dataset, list(findings)])[0][0])


def are_touched(session: Session, dataset: str, findings: Sequence[str]) -> bool:
    """Tell whether anybody ever answered some of the findings, or corrected them or their rows in a draft."""
    about = "dataset = $1 AND finding IN (SELECT unnest($2))"
    query = (
        f"EXISTS (FROM lake.workbench.decisions WHERE {about}) OR EXISTS (FROM lake.workbench.corrections "
        f"WHERE dataset = $1 AND rid IN (SELECT rid FROM lake.workbench.findings WHERE {about}))"
    )
    return bool(session.rows(f"SELECT {query}", [dataset, list(findings)])[0][0])


def _repeat(
    session: Session, dataset: str, draft: int, step: int, author: str, decision: str, ctes: str, source: str
) -> int:
    """Add a row for each answer of a step in ``source``."""
    rows = (
        f"{ctes} SELECT finding, dataset, {decision} AS decision, value, evidence_key, reason, draft, step "
        f"FROM {source} WHERE draft = $2 AND step = $3"
    )
    return _add(session, rows, [dataset, draft, step], author)


def _add(session: Session, rows: str, params: Sequence[object], author: str) -> int:
    """Add the rows that a query gives, and return how many they are."""
    session.run(f"CREATE OR REPLACE TEMP TABLE repeated AS {rows}", params)
    session.run(
        "INSERT INTO lake.workbench.decisions BY NAME SELECT *, ? AS author, ? AS created_at FROM repeated",
        [author, datetime.now(UTC)],
    )
    return int(session.rows("SELECT count(*) FROM repeated")[0][0])
