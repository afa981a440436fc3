"""Rules of the dataset's pandera schema that are broken."""

from __future__ import annotations

from collections import Counter

from workbench.checks.protocol import MOST_FINDINGS, Subject, not_applicable
from workbench.findings import CheckResult, Outcome


class SchemaCheck:
    """Every failure case of the validation is a finding, under the code of its rule."""

    code = "schema"
    title = "Rules of the schema"
    version = 1
    sources: tuple[str, ...] = ("validation", "lake.values")

    def run(self, subject: Subject) -> CheckResult:
        """Validate, or read what was validated before."""
        from workbench.validation import validated

        if subject.schema is None:
            return not_applicable(self.code, "the dataset has no schema")
        validation = validated(subject.lake, subject.view, subject.schema, progress=subject.progress)
        parts = tuple(
            CheckResult(rule.check, rule.outcome, rule.message, total=rule.failures) for rule in validation.checks
        )
        broken = [part.code for part in parts if part.outcome == "error"]
        message = _sentence(parts, broken)
        if validation.cases.num_rows > MOST_FINDINGS:
            message += f"; the first {MOST_FINDINGS:,} cases join the queue"
        with subject.lake.session() as session:
            session.register("cases", validation.cases)
            session.temporary(
                "rules",
                {"code": "VARCHAR", "message": "VARCHAR"},
                [{"code": part.code, "message": part.message} for part in parts],
            )
            name = "CASE WHEN length(check_name) > 80 THEN left(check_name, 79) || '…' ELSE check_name END"
            findings = session.arrow(
                f"""SELECT check_code, rid, row_key, column_name, observed, severity,
                CASE WHEN rid IS NULL THEN coalesce(nullif(r.message, ''), {name})
                    WHEN column_name IS NULL THEN 'the row breaks ' || {name}
                    WHEN observed IS NULL THEN column_name || ' is missing'
                    ELSE column_name || ' breaks ' || {name} END AS message,
                NULL::VARCHAR AS suggestion, NULL::DOUBLE AS score,
                json_object('rule', check_name)::VARCHAR AS evidence, '' AS evidence_key
                FROM cases c LEFT JOIN rules r ON r.code = c.check_code
                ORDER BY rid NULLS FIRST, check_code LIMIT {MOST_FINDINGS}"""
            )
        outcome: Outcome = "error" if broken else "failed" if findings.num_rows else "passed"
        return CheckResult(self.code, outcome, message, findings, parts, total=validation.failures)


def _sentence(parts: tuple[CheckResult, ...], broken: list[str]) -> str:
    """Say how many rules are kept or broken, of those that could be asked, and how many could not be."""
    count = Counter(part.outcome for part in parts)
    asked, unasked = count["passed"] + count["failed"], count["skipped"] + count["not applicable"]
    said = f"{count['failed']} of {asked} rules are broken" if count["failed"] else f"all {asked} rules are kept"
    if broken:
        said += f"; {len(broken)} could not be asked: {', '.join(broken[:3])}{', …' if broken[3:] else ''}"
    if unasked:
        said += f"; {unasked} {'were not asked' if broken else 'do not apply'}"
    return said
