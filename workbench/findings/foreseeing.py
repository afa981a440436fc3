"""What the queue would be after a change that nobody has published: two runs of the checks, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.findings.recording import identity
from workbench.findings.records import CheckResult, findings_of
from workbench.findings.status import EFFECTIVE
from workbench.lake import LANES, Lake, Version, view_of

SHOWN = 20
"""Findings that would be new, listed at most: of errors first, the worst score first."""


@dataclass(frozen=True)
class Foreseen:
    """Findings of one check before and after; ``after`` is ``before`` less ``gone`` plus ``new``.

    Attributes
    ----------
    check : str
        Code of the findings.
    before, after : int
        Findings that nobody has kept, on the version and on the rows as they would be.
    gone, new : int
        Those of before that would not be there after, and the other way round.
    """

    check: str
    before: int
    after: int
    gone: int
    new: int


def foresee(
    lake: Lake, version: Version, before: Sequence[CheckResult], after: Sequence[CheckResult]
) -> tuple[list[Foreseen], list[dict[str, Any]]]:
    """Compare what the checks find on a version with what they find on the rows as somebody would leave them.

    A finding is the same in both where check, row, column and observed value are, as in the queue. What a person has
    kept on the evidence that it has there is in neither. Nothing is recorded.

    Parameters
    ----------
    lake : Lake
        Where the answers are kept.
    version : Version
        What ``before`` was found on.
    before, after : sequence of CheckResult
        Of :func:`workbench.checks.run_checks`; a check that broke on one side is left out.

    Returns
    -------
    list of Foreseen
        Per check that finds something in either, sorted by its code.
    list of dict
        The first :data:`SHOWN` new findings: check, rid, key (JSON text), column, observed, severity, message. Test
        rows are not among them: their labels are judged by people who have not seen what a draft says.
    """
    said = set(unanswered(before)) | set(unanswered(after))
    with lake.session() as session:
        session.register("found_before", findings_of(before))
        session.register("found_after", findings_of(after))
        session.temporary("unsaid", {"code": "VARCHAR"}, [{"code": code} for code in sorted(said)])
        name = identity(version.table)
        session.run(
            f"CREATE OR REPLACE TEMP TABLE kept_here AS WITH {EFFECTIVE} SELECT finding, evidence_key FROM effective "
            "GROUP BY ALL HAVING arg_max(decision, moment) = 'keep'",
            [version.dataset],
        )
        for side in ("before", "after"):
            session.run(
                f"CREATE OR REPLACE TEMP TABLE open_{side} AS SELECT {name} AS finding, f.* FROM found_{side} f "
                "WHERE NOT EXISTS (SELECT 1 FROM unsaid "
                "WHERE check_code = code OR starts_with(check_code, code || '.')) "
                "AND NOT EXISTS (SELECT 1 FROM kept_here k "
                f"WHERE k.finding = {name} AND k.evidence_key = f.evidence_key) "
                "QUALIFY row_number() OVER (PARTITION BY finding) = 1"
            )
        rows = session.rows(
            "SELECT check_code, count(b.finding), count(a.finding), count_if(a.finding IS NULL), "
            "count_if(b.finding IS NULL) FROM open_before b FULL JOIN open_after a USING (finding, check_code) "
            "GROUP BY check_code ORDER BY check_code"
        )
        fresh = session.rows(
            f"SELECT check_code, rid, row_key, column_name, observed, severity, message FROM open_after a "
            f"LEFT JOIN (SELECT _rid, _lane FROM {view_of(lake, version).rows}) r ON r._rid = a.rid "
            f"WHERE finding NOT IN (SELECT finding FROM open_before) AND _lane IS DISTINCT FROM {LANES.index('test')} "
            f"ORDER BY severity, score NULLS LAST, check_code, rid LIMIT {SHOWN}"
        )
    names = ("check", "rid", "key", "column", "observed", "severity", "message")
    return [Foreseen(*row) for row in rows], [dict(zip(names, row, strict=True)) for row in fresh]


def unanswered(results: Sequence[CheckResult]) -> dict[str, str]:
    """Return the checks, or parts of them, of which nothing is known, with the reason; those not asked among them."""
    parts = [part for result in results for part in (result.parts or (result,))]
    return {part.code: part.message for part in parts if part.outcome in ("error", "skipped")}
