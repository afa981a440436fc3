"""A million findings: recording them, recording them again after a refit, and one page of the queue.

Run: ``python benchmarks/findings_big.py [FINDINGS]``. Prints seconds and, for the page, the ratio to counting the same
rows; the limit for a page is one second.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from workbench.findings import CheckResult, Filter, Finding, count, find, insert_decisions, queue, record, tally
from workbench.lake import Column, Definition, Lake, Version, newest, open_lake, publish_first, publish_rows
from workbench.lake.sql import digest_sums, row_digest
from workbench.settings import Settings

T = TypeVar("T")
SPECS = (("id", "BIGINT"), ("age", "BIGINT"), ("job", "VARCHAR"), ("y", "VARCHAR"))
COLUMNS = tuple(Column(name, name, kind) for name, kind in SPECS)


def timed(what: str, work: Callable[[], T]) -> T:
    started = time.perf_counter()
    result = work()
    print(f"{what:<62}{time.perf_counter() - started:8.2f} s")
    return result


def dataset(lake: Lake, rows: int) -> Version:
    folder = Path(lake.files) / "data" / "big"
    folder.mkdir(parents=True)
    file = folder / "first.parquet"
    with lake.session() as session:
        session.run(
            f"COPY (SELECT i AS _rid, (CASE i % 10 WHEN 0 THEN 2 ELSE 0 END)::UTINYINT AS _lane, false AS _excluded, "
            f"i AS id, i % 200 AS age, 'job ' || i % 50 AS job, CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END AS y "
            f"FROM range(1, {rows + 1}) t(i)) TO '{file}' (FORMAT parquet)"
        )
        sums = session.rows(f"SELECT {digest_sums('d')} FROM (SELECT {row_digest(COLUMNS)} AS d FROM '{file}')")[0]
    definition = Definition("big", key=("id",), label="y")
    return publish_first(lake, definition, COLUMNS, [str(file)], sums=sums, author="bench", message="import")


def results(lake: Lake, findings: int, refit: int) -> list[CheckResult]:
    """A tenth of the findings break a rule, the rest are doubtful labels whose scores move with each refit."""

    def table(where: str, code: str, column: str, score: str, suggestion: str, key: str) -> pa.Table:
        with lake.session() as session:
            return session.arrow(
                f"SELECT '{code}' AS check_code, i AS rid, json_object('id', i::VARCHAR)::VARCHAR AS row_key, "
                f"'{column}' AS column_name, 'a' AS observed, "
                f"CASE '{column}' WHEN 'age' THEN 'error' ELSE 'warning' END AS severity, "
                f"'what is wrong with ' || i AS message, {suggestion} AS suggestion, {score} AS score, "
                f"json_object('given', 'a', 'suggested', 'b', 'score', {score})::VARCHAR AS evidence, "
                f"'{key}' AS evidence_key FROM range(1, {findings + 1}) t(i) WHERE {where}"
            )

    ages = table("i % 10 = 0", "schema.age.in_range", "age", "NULL::DOUBLE", "NULL::VARCHAR", "")
    labels = table("i % 10 <> 0", "label.issue", "y", f"((hash(i) + {refit}) % 100000) / 200000", "'b'", '["a","b"]')
    part = CheckResult("schema.age.in_range", "failed")
    return [CheckResult("schema", "failed", "", ages, (part,)), CheckResult("label.issue", "failed", "", labels)]


def pages(lake: Lake, total: int) -> list[Finding]:
    with lake.session() as session:
        scan = "SELECT count(*), sum(score) FROM lake.workbench.sightings WHERE version = (SELECT max(version) FROM "
        timed("  for comparison: scan of the version's sightings", lambda: session.rows(
            f"{scan}lake.workbench.sightings)"))  # fmt: skip
    first = timed("  first page of 50, open", lambda: queue(lake, "big", limit=50))
    timed("  page of 50 at 900,000", lambda: queue(lake, "big", limit=50, offset=total * 9 // 10))
    timed("  page of 50 of one check, column and lane", lambda: queue(
        lake, "big", Filter(check="label", column="y", lane="train"), limit=50))  # fmt: skip
    timed("  page of 50 of any status", lambda: queue(lake, "big", Filter(status=None), limit=50))
    timed("  page of 50 fixed", lambda: queue(lake, "big", Filter(status="fixed"), limit=50))
    timed("  one finding by its identity", lambda: find(lake, "big", [first[0].finding]))
    timed("  count of open findings", lambda: count(lake, "big"))
    timed("  count by check and status", lambda: tally(lake, "big"))
    return first


def edit(session: object, lake: Lake, rows: int = 100) -> None:
    head = newest(lake, "big")
    session.run("CREATE OR REPLACE TEMP TABLE new_rows AS SELECT * REPLACE (age + 1 AS age) FROM lake.data.big "
                f"WHERE _rid <= {rows}")  # fmt: skip
    session.run("CREATE OR REPLACE TEMP TABLE gone_rows (_rid BIGINT)")
    lake.write(lambda s: publish_rows(s, head, kind="publish", author="bench", message="edit"), session=session)


def main(findings: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(lake=f"sqlite:{folder}/catalog.sqlite", author="bench")
        with open_lake(settings, create=True) as lake:
            version = timed(f"dataset of {2 * findings:,} rows", lambda: dataset(lake, 2 * findings))
            first = results(lake, findings, 0)
            timed(f"record {findings:,} findings", lambda: record(lake, version, first, author="bench"))
            timed("record the same again", lambda: record(lake, version, first, author="bench"))
            print("one version")
            page = pages(lake, findings)
            lake.write(lambda s: insert_decisions(s, page, "keep", author="bench"))
            for refit in range(1, 6):
                with lake.session() as session:
                    edit(session, lake)
                again = results(lake, findings - refit, refit * 1000)
                head = newest(lake, "big")
                timed(f"record version {head.version} after a refit", lambda a=again, h=head: record(
                    lake, h, a, author="bench"))  # fmt: skip
            print("six versions")
            pages(lake, findings)
            with lake.session() as session:
                edit(session, lake, findings)
            print(f"one more, not checked, with {findings:,} cells changed: what became of them is told from the rows")
            timed("  the first look", lambda: count(lake, "big"))
            pages(lake, findings)
            print(f"kept after five refits: {count(lake, 'big', Filter(status='kept'))} of 50")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
