"""Import a big CSV: the workbench's whole import against DuckDB's own CREATE TABLE AS from the same file.

python benchmarks/import_big.py [--rows 10000000]

Each side runs in a process of its own, so that its peak memory is its own. Everything made is deleted.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MAKE = """
COPY (
    SELECT n AS id,
        17 + n * 7919 % 74 AS age,
        ['Private', 'Self-emp', 'State-gov', 'Federal-gov', 'Never-worked', '?'][1 + n * 31 % 6] AS workclass,
        printf('%d.%02d', (n * 104729 % 99991)::BIGINT, (n * 37 % 100)::BIGINT) AS income,
        DATE '1995-01-01' + (n * 13 % 9000)::INTEGER AS joined,
        lpad((n * 4099 % 100000)::VARCHAR, 5, '0') AS zip,
        'name ' || (n * 65537 % 1000003) AS "name",
        CASE WHEN n * 17 % 5 = 0 THEN 'yes' ELSE 'no' END AS label
    FROM range(1, {rows} + 1) r(n)
) TO '{file}' (FORMAT csv, HEADER)
"""


def create_table(file: Path, folder: Path) -> None:
    """Load the file into a DuckDB table the way its users do."""
    import duckdb

    connection = duckdb.connect(folder / "native.duckdb")
    connection.execute("SET memory_limit = '1GB'")
    connection.execute(f"CREATE TABLE people AS SELECT * FROM read_csv('{file}')")
    connection.close()


def import_file(file: Path, folder: Path) -> None:
    """Import the file as version 1 of a dataset."""
    from workbench.ingest import import_source
    from workbench.lake import open_lake
    from workbench.settings import Settings

    with open_lake(Settings(lake=f"sqlite:{folder / 'lake' / 'catalog.sqlite'}"), create=True) as lake:
        version = import_source(lake, "people", file, key=("id",), label="label", author="benchmark")
    assert [column.type for column in version.columns] == [
        "BIGINT", "BIGINT", "VARCHAR", "DOUBLE", "DATE", "VARCHAR", "VARCHAR", "VARCHAR",
    ]  # fmt: skip


def measured(side: str, file: Path) -> tuple[float, float, float]:
    """Run one side in a fresh process: seconds of the load (imports not counted), of processor time, peak megabytes."""
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder:
        command = [sys.executable, __file__, "--side", side, "--file", str(file), "--folder", folder]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds, processor, megabytes = json.loads(done.stdout)
    return seconds, processor, megabytes


def main() -> None:
    """Make the file, measure both sides, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each side; the fastest counts")
    parser.add_argument("--side", choices=["native", "workbench"])
    parser.add_argument("--file", type=Path)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1]))
    if options.side:
        import workbench.ingest  # noqa: F401  (both sides pay the same start)

        start = time.perf_counter()
        {"native": create_table, "workbench": import_file}[options.side](options.file, options.folder)
        seconds = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
        return
    import duckdb

    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder:
        file = Path(folder) / "people.csv"
        duckdb.connect().execute(MAKE.format(rows=options.rows, file=file))
        print(f"{options.rows:,} rows × 8 columns, {file.stat().st_size / 1e6:,.0f} MB")
        best: dict[str, tuple[float, float, float]] = {}
        for _ in range(options.repeat):
            for side in ("native", "workbench"):
                run = measured(side, file)
                print(f"  {side:<10} {run[0]:6.2f} s  processor {run[1]:6.2f} s  peak {run[2]:6,.0f} MB", flush=True)
                best[side] = min(best.get(side, run), run)
    ratio = best["workbench"][0] / best["native"][0]
    print(f"import takes {ratio:.2f} × DuckDB's CREATE TABLE AS (budget 3.0 ×)")
    print(f"peak memory {best['workbench'][2]:,.0f} MB (budget 1,500 MB)")


if __name__ == "__main__":
    main()
