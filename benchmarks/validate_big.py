"""Validate millions of rows with eight checks against a bare loop over the same batches, then after 1,000 changes.

    python benchmarks/validate_big.py [--rows 10000000] [--folder DIR]

The bare loop reads the same Arrow batches, converts them and calls pandera's ``validate(lazy=True)``; it gives failure
cases of values without rows, keys or severities, and its uniqueness is only that within a batch. Both are run in turn,
three times each, and the best of each is compared. Peak memory is that of a fresh process that only validates.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from workbench.lake import Column, Definition, Lake, newest, open_lake, publish_first, publish_rows, quote, view_of
from workbench.lake.sql import digest_sums, row_digest
from workbench.settings import Settings
from workbench.validation import Schema, load_schema, validate, validated

COLUMNS = tuple(
    Column(name, name, kind)
    for name, kind in [
        ("id", "BIGINT"), ("age", "BIGINT"), ("hours", "BIGINT"), ("income", "DOUBLE"), ("city", "VARCHAR"),
        ("work", "VARCHAR"), ("seen", "TIMESTAMP"), ("label", "VARCHAR"),
    ]
)  # fmt: skip
ROWS = """SELECT n AS _rid, (n % 10 = 0)::UTINYINT AS _lane, false AS _excluded, n AS id, 17 + n % 74 AS age,
  CASE WHEN n % 100003 = 7 THEN 400 ELSE 1 + n % 99 END AS hours,
  CASE WHEN n % 500009 = 3 THEN NULL ELSE (n * 7919 % 100000) / 10.0 END AS income,
  'city-' || (n * 31 % 500) AS city, ['private', 'state', 'federal', 'self'][1 + n % 4] AS work,
  TIMESTAMP '2020-01-01' + to_seconds(n % 100000000) AS seen, ['<=50K', '>50K'][1 + n % 2] AS label
  FROM range(1, {rows} + 1) t(n)"""
SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema(
    {
        "id": pa.Column("int64", {first}),
        "age": pa.Column("int64", pa.Check.in_range(0, 120)),
        "hours": pa.Column("int64", pa.Check.in_range(1, 99)),
        "income": pa.Column(float, pa.Check.ge(0), nullable=True),
        "city": pa.Column(str, pa.Check.str_startswith("city-")),
        "work": pa.Column(str, pa.Check.isin(["private", "state", "federal", "self"])),
        "seen": pa.Column(None, pa.Check.notin(["1970-01-01"])),
        "label": pa.Column(str, pa.Check.isin(["<=50K", ">50K"])),
    }
)
"""
SCHEMAS = {"eight row-local checks": "pa.Check.gt(0)", "seven and a unique key": "unique=True"}


def build(folder: Path, rows: int) -> None:
    """Make the lake."""
    with open_lake(_settings(folder), create=True) as lake, lake.session() as session:
        file = Path(lake.files) / "first.parquet"
        session.run(f"COPY ({ROWS.format(rows=rows)}) TO '{file}' (FORMAT parquet)")
        sums = session.rows(f"SELECT {digest_sums('d')} FROM (SELECT {row_digest(COLUMNS)} AS d FROM '{file}')")[0]
        publish_first(
            lake, Definition("big", key=("id",), label="label"), COLUMNS, [str(file)], sums=sums, author="", message="",
        )  # fmt: skip


def bare(lake: Lake, schema: Schema) -> int:
    """Read, convert, call pandera."""
    from pandera.errors import SchemaErrors

    view = view_of(lake, newest(lake, "big"))
    names = ", ".join(quote(column.physical) for column in view.columns)
    failures = 0
    with lake.session() as session:
        for batch in session.batches(f"SELECT _rid, {names} FROM {view.rows} WHERE NOT _excluded"):
            try:
                schema.pandera.validate(batch.to_pandas(), lazy=True)
            except SchemaErrors as errors:
                failures += len(errors.failure_cases)
    return failures


def change(lake: Lake, rows: int) -> None:
    """Publish a version with 1,000 changed rows, some better, some worse."""
    table = 'lake.data."big"'
    with lake.session() as session:
        session.run(f"CREATE TEMP TABLE new_rows AS SELECT * FROM {table} WHERE _rid % {rows // 1000} = 7 LIMIT 1000")
        session.run("UPDATE new_rows SET hours = CASE WHEN _rid % 2 = 0 THEN 40 ELSE 500 END")
        session.run("UPDATE new_rows SET id = id + 1 WHERE _rid % 3 = 0")
        session.run("CREATE TEMP TABLE gone_rows (_rid BIGINT)")
        lake.write(
            lambda s: publish_rows(s, newest(s, "big"), kind="publish", author="", message="1,000 rows"),
            session=session,
        )


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Run, and say how long it took."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="keep the lake here and use it again")
    parser.add_argument(
        "--only", metavar="SCHEMA", help="validate once with this schema file and print the peak memory"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if options.only:
            _only(folder, options.only)
            return
        if not (folder / "catalog.sqlite").exists():
            folder.mkdir(parents=True, exist_ok=True)
            build(folder, options.rows)
        paths = [folder / f"schema_{number}.py" for number in range(len(SCHEMAS))]
        for path, first in zip(paths, SCHEMAS.values(), strict=True):
            path.write_text(SCHEMA.replace("{first}", first), encoding="utf-8")
        with open_lake(_settings(folder)) as lake:
            for path, title in zip(paths, SCHEMAS, strict=True):
                _full(lake, load_schema(path), f"{title}, {options.rows:,} rows")
                command = [sys.executable, __file__, "--folder", str(folder), "--only", str(path)]
                print(f"  peak memory of a fresh process: {subprocess.check_output(command, text=True).strip()}")
            change(lake, options.rows)
            for path, title in zip(paths, SCHEMAS, strict=True):
                _few(lake, load_schema(path), f"{title}, 1,000 rows changed")


def _full(lake: Lake, schema: Schema, title: str) -> None:
    """Compare a full validation with the bare loop, and store it."""
    view = view_of(lake, newest(lake, "big"))
    loops, ours = [], []
    for _ in range(3):
        seconds, loose = timed(lambda: bare(lake, schema))
        loops.append(seconds)
        seconds, found = timed(lambda: validate(view, schema))
        ours.append(seconds)
    print(f"{title}: bare loop {min(loops):.2f} s ({loose} cases), validate {min(ours):.2f} s "
          f"({found.failures} cases), ratio {min(ours) / min(loops):.2f}")  # fmt: skip
    validated(lake, view, schema)


def _few(lake: Lake, schema: Schema, title: str) -> None:
    """Validate the changed version from the stored one before."""
    head = newest(lake, "big")
    seconds, found = timed(lambda: validated(lake, head, schema))
    known, _ = timed(lambda: validated(lake, head, schema))
    full, again = timed(lambda: validate(view_of(lake, head), schema))
    print(f"{title}: {seconds:.2f} s and stored, {known:.2f} s when known, {full:.2f} s in full; "
          f"{found.failures} cases, equal to full: {found == again}")  # fmt: skip


def _only(folder: Path, path: str) -> None:
    with open_lake(_settings(folder)) as lake:
        validate(view_of(lake, newest(lake, "big")), load_schema(path))
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2:.2f} GB")


def _settings(folder: Path) -> Settings:
    return Settings(lake=f"sqlite:{folder / 'catalog.sqlite'}", author="benchmark")


if __name__ == "__main__":
    main()
