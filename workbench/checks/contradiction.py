"""Equal rows that have different labels."""

from __future__ import annotations

from workbench.checks.groups import DIGEST, LANE, SHOWN, Wanted, answer, equal_rows, members
from workbench.checks.protocol import Subject, not_applicable
from workbench.findings import CheckResult
from workbench.lake import literal

_WANTED = Wanted(
    "min(hash(label)) FILTER (label IS NOT NULL) <> max(hash(label)) FILTER (label IS NOT NULL)",
    "count(label)",
)


class ContradictionCheck:
    """Rows with equal features and different labels; each of them is a finding about its label.

    Numbers to predict differ between equal rows by nature, so in regression it is a warning only.
    """

    code = "data.contradiction"
    title = "Equal rows with different labels"
    version = 1
    sources: tuple[str, ...] = ("lake.sql", "lake.values")

    def run(self, subject: Subject) -> CheckResult:
        """Group the rows, of all lanes together."""
        view = subject.view
        if view.definition.label is None:
            return not_applicable(self.code, "the dataset has no label column")
        if not view.features:
            return not_applicable(self.code, "there are no feature columns to compare")
        severity = "error" if view.definition.task == "classification" else "warning"
        with equal_rows(subject, self.code, _WANTED) as (session, total):
            session.run(
                """CREATE OR REPLACE TEMP TABLE ranked AS
                SELECT *, row_number() OVER (PARTITION BY features ORDER BY place) AS nth FROM equal_rows
                WHERE label IS NOT NULL AND features IN (
                    SELECT features FROM equal_rows GROUP BY features HAVING count(DISTINCT label) > 1)"""
            )
            return answer(
                session,
                self.code,
                total=total,
                hits="SELECT * FROM ranked",
                findings=f"""WITH chosen AS (
                    SELECT * FROM ranked WHERE features IN (SELECT features FROM first_hits)),
                groups AS (
                    SELECT features, {DIGEST} AS digest, count(*) AS size, {members()} AS listed,
                    count(DISTINCT label) AS labels FROM chosen GROUP BY features),
                counts AS (
                    SELECT features, list({{'label': label, 'rows': n}} ORDER BY n DESC, label)[1:{SHOWN}] AS counted
                    FROM (SELECT features, label, count(*) AS n FROM chosen GROUP BY ALL) GROUP BY features)
                SELECT '{self.code}' AS check_code, _rid AS rid, row_key,
                {literal(view.definition.label)} AS column_name, label AS observed, '{severity}' AS severity,
                size || ' rows that are equal in all features have ' || labels || ' different labels' AS message,
                NULL::VARCHAR AS suggestion, NULL::DOUBLE AS score,
                json_object('rows', size, 'labels', counted, 'members', listed, 'lane', {LANE})::VARCHAR AS evidence,
                digest AS evidence_key
                FROM first_hits JOIN groups USING (features) JOIN counts USING (features) ORDER BY place""",
                found="{} rows contradict another one: equal features, different label",
                none="rows that are equal in all features have equal labels",
            )
