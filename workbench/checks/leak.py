"""Rows that the model learns from and is tested on, too."""

from __future__ import annotations

from workbench.checks.groups import DIGEST, LANE, Wanted, answer, equal_rows, members
from workbench.checks.protocol import Subject, not_applicable
from workbench.findings import CheckResult

_WANTED = Wanted("bool_or(_lane = 2) AND bool_or(_lane <> 2)", "count(*) FILTER (_lane <> 2)")


class LeakCheck:
    """Train and validation rows whose features a test row has, too, whatever the labels.

    The finding is about the train or validation row: test rows stay, or the figures of different versions would no
    longer be about the same rows.
    """

    code = "data.leak"
    title = "Rows shared between train and test"
    version = 1
    sources: tuple[str, ...] = ("lake.sql", "lake.values")

    def run(self, subject: Subject) -> CheckResult:
        """Compare the lanes."""
        view = subject.view
        if not view.features:
            return not_applicable(self.code, "there are no feature columns to compare")
        test, others = view.fetch(
            "SELECT count(*) FILTER (_lane = 2), count(*) FILTER (_lane <> 2) FROM {rows} WHERE NOT _excluded"
        )[0]
        if not test or not others:
            return not_applicable(self.code, f"there are no {'train or validation' if test else 'test'} rows")
        with equal_rows(subject, self.code, _WANTED) as (session, total):
            session.run(
                """CREATE OR REPLACE TEMP TABLE tested AS
                SELECT *, row_number() OVER (PARTITION BY features ORDER BY place) AS nth FROM equal_rows
                WHERE _lane = 2 AND features IN (SELECT features FROM equal_rows WHERE _lane <> 2)"""
            )
            return answer(
                session,
                self.code,
                total=total,
                hits="SELECT * FROM equal_rows WHERE _lane <> 2 AND features IN (SELECT features FROM tested)",
                findings=f"""WITH groups AS (
                    SELECT features, {DIGEST} AS digest, count(*) AS size, {members()} AS listed,
                    min_by(key_text, place) AS first_key
                    FROM tested WHERE features IN (SELECT features FROM first_hits) GROUP BY features)
                SELECT '{self.code}' AS check_code, _rid AS rid, row_key, NULL::VARCHAR AS column_name,
                NULL::VARCHAR AS observed, 'error' AS severity,
                'equals the test row ' || first_key || ' in all features' AS message, 'exclude' AS suggestion,
                NULL::DOUBLE AS score,
                json_object('test_rows', size, 'members', listed, 'lane', {LANE})::VARCHAR AS evidence,
                digest AS evidence_key
                FROM first_hits JOIN groups USING (features) ORDER BY place""",
                found="{} train or validation rows equal a test row in all features",
                none="no train or validation row equals a test row in all features",
            )
