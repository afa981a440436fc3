"""Rows that are there twice."""

from __future__ import annotations

from workbench.checks.groups import DIGEST, LANE, Wanted, answer, equal_rows, members
from workbench.checks.protocol import Subject, not_applicable
from workbench.findings import CheckResult

_WANTED = Wanted("true", "count(*) - 1", labels_apart=True, test_apart=True)


class DuplicateCheck:
    """Rows with equal features and label under different keys.

    The first of them in key order is the original; each later one is a finding. Test rows are compared among
    themselves: what they share with the others is a leak.
    """

    code = "data.duplicate"
    title = "Exact duplicates"
    version = 1
    sources: tuple[str, ...] = ("lake.sql", "lake.values")

    def run(self, subject: Subject) -> CheckResult:
        """Group the rows."""
        if not subject.view.features:
            return not_applicable(self.code, "there are no feature columns to compare")
        with equal_rows(subject, self.code, _WANTED) as (session, total):
            session.run(
                """CREATE OR REPLACE TEMP TABLE ranked AS
                SELECT _rid, _lane, row_key, key_text, place, row_number() OVER same AS nth,
                first_value(_rid) OVER same AS original, first_value(key_text) OVER same AS original_key
                FROM equal_rows WINDOW same AS (PARTITION BY features, label, _lane = 2 ORDER BY place)"""
            )
            return answer(
                session,
                self.code,
                total=total,
                hits="SELECT * FROM ranked WHERE nth > 1",
                findings=f"""WITH groups AS (
                    SELECT original, {DIGEST} AS digest, count(*) AS size, {members()} AS listed
                    FROM ranked WHERE original IN (SELECT original FROM first_hits) GROUP BY original)
                SELECT '{self.code}' AS check_code, _rid AS rid, row_key, NULL::VARCHAR AS column_name,
                NULL::VARCHAR AS observed, 'warning' AS severity,
                'repeats the row ' || original_key || ' under another key' AS message, 'exclude' AS suggestion,
                NULL::DOUBLE AS score,
                json_object('rows', size, 'members', listed, 'original', original_key, 'lane', {LANE})::VARCHAR
                    AS evidence,
                digest AS evidence_key
                FROM first_hits JOIN groups USING (original) ORDER BY place""",
                found="{} rows repeat another one in all features and the label",
                none="no two rows are equal in all features and the label",
            )
