"""Duplicates, contradictions and leaks among ten million rows, and among rows that are nearly all alike.

Run: ``python benchmarks/checks_big.py [ROWS]``. Prints seconds, the ratio to one scan that hashes every row, and the
peak memory of the process.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from workbench.checks import run_checks
from workbench.lake import Column, Definition, Lake, View, open_lake, publish_first, view_of
from workbench.lake.sql import digest_sums, row_digest
from workbench.settings import Settings

SPECS = (("id", "BIGINT"), *((f"f{n}", "DOUBLE" if n < 3 else "VARCHAR") for n in range(6)), ("y", "VARCHAR"))
COLUMNS = tuple(Column(name, name, kind) for name, kind in SPECS)


def dataset(lake: Lake, name: str, rows: int, different: int) -> View:
    """Rows with so many different combinations of features; one in a thousand repeats an earlier one."""
    folder = Path(lake.files) / "data" / name
    folder.mkdir(parents=True)
    file = folder / "first.parquet"
    features = ", ".join(
        f"hash(k * 10 + {n}) % 1000000 / 1000 AS f{n}" if n < 3 else f"'v' || hash(k * 10 + {n}) % 100000 AS f{n}"
        for n in range(6)
    )
    with lake.session() as session:
        session.run(
            f"COPY (SELECT i AS _rid, (CASE hash(i) % 10 WHEN 0 THEN 2 ELSE 0 END)::UTINYINT AS _lane, "
            f"false AS _excluded, i AS id, {features}, CASE i % 3 WHEN 0 THEN 'a' ELSE 'b' END AS y FROM "
            f"(SELECT i, (CASE i % 1000 WHEN 7 THEN i - 1 ELSE i END) % {different} AS k "
            f"FROM range(1, {rows + 1}) t(i))) TO '{file}' (FORMAT parquet)"
        )
        sums = session.rows(f"SELECT {digest_sums('d')} FROM (SELECT {row_digest(COLUMNS)} AS d FROM '{file}')")[0]
    definition = Definition(name, key=("id",), label="y")
    return view_of(
        lake, publish_first(lake, definition, COLUMNS, [str(file)], sums=sums, author="bench", message="import")
    )


def measure(lake: Lake, view: View) -> None:
    columns = ", ".join(column.physical for column in view.columns)
    started = time.perf_counter()
    view.fetch(f"SELECT sum(hash({columns}) % 1000) FROM {{rows}}")
    scan = time.perf_counter() - started
    print(f"one scan that hashes every row {scan:.2f} s")
    for code in ("data.duplicate", "data.contradiction", "data.leak"):
        started = time.perf_counter()
        result = next(r for r in run_checks(lake, view, only=[code]) if r.code == code)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{code:<20}{seconds:7.2f} s  {seconds / scan:5.1f} ×  peak {peak:.2f} GB  {result.outcome}")
        print(f"  {result.message}")


def main(rows: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_lake(Settings(lake=f"sqlite:{folder}/catalog.sqlite", author="bench"), create=True) as lake,
    ):
        for name, different in (("unlike", rows + 1), ("alike", rows // 3)):
            print(f"{rows:,} rows, at most {different:,} of them different in their features")
            measure(lake, dataset(lake, name, rows, different))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
