"""Versions of a big dataset: publish, diff, restore and blame cost what changed, not what is there.

Run: ``python benchmarks/publish_big.py [--rows N] [--folder DIR] [--repeat N]``. Makes a lake of N rows (default ten
million) and eight columns, corrects rows spread evenly over it, and prints what each step took beside its target, the
ratio of the two, and the ratio of our diff to SQL's EXCEPT ALL on the same rows in the same run. Each figure is the
median of the repeats (default 3).
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.lake import PARQUET, Column, Definition, Lake, Version, newest, open_lake, publish_first, view_of
from workbench.lake.sql import digest_sums, row_digest
from workbench.settings import Settings
from workbench.versions import blame, diff, find_row, restore

ROOT = Path(__file__).parents[1]
COLUMNS = tuple(
    Column(name, name, kind)
    for name, kind in [
        ("id", "BIGINT"), ("age", "BIGINT"), ("city", "VARCHAR"), ("amount", "DOUBLE"), ("day", "DATE"),
        ("score", "DOUBLE"), ("note", "VARCHAR"), ("label", "VARCHAR"),
    ]
)  # fmt: skip
CELLS = {
    "id": "i * 7",
    "age": "18 + (hash(i) % 70)::BIGINT",
    "city": "'city ' || hash(i * 3) % 5000",
    "amount": "(hash(i * 5) % 1000000) / 100.0",
    "day": "DATE '2020-01-01' + (hash(i * 7) % 2000)::INTEGER",
    "score": "(hash(i * 11) % 100000) / 7.0",
    "note": "'note ' || i",
    "label": "CASE WHEN hash(i * 13) % 4 = 0 THEN 'high' ELSE 'low' END",
}


@dataclass
class Table:
    """What was measured, and what it should have been at most."""

    rows: list[tuple[str, float, float | None, str]] = field(default_factory=list)

    def add(self, what: str, value: float, target: float | None, unit: str) -> None:
        self.rows.append((what, value, target, unit))
        print(self.line(self.rows[-1]), flush=True)

    @staticmethod
    def line(row: tuple[str, float, float | None, str]) -> str:
        what, value, target, unit = row
        beside = f"{target:>8g}{value / target:>10.2f}" + ("  OVER" if value > target else "") if target else ""
        return f"{what:<58}{value:>10.3f} {unit:<3}{beside}"


def make(lake: Lake, rows: int) -> Version:
    """Make version 1 as an import would, from a Parquet file that DuckDB writes."""
    file = Path(lake.files) / "data" / "big" / "first.parquet"
    file.parent.mkdir(parents=True)
    cells = ", ".join(f"{sql} AS {name}" for name, sql in CELLS.items())
    lane = "CASE WHEN i % 10 < 2 THEN 2 WHEN i % 10 = 2 THEN 1 ELSE 0 END"
    with lake.session() as session:
        session.run(
            f"COPY (SELECT i AS _rid, ({lane})::UTINYINT AS _lane, false AS _excluded, {cells} "
            f"FROM range(1, {rows + 1}) t(i)) TO '{file}' ({PARQUET})"
        )
        sums = session.rows(f"SELECT {digest_sums('d')} FROM (SELECT {row_digest(COLUMNS)} AS d FROM '{file}')")[0]
    definition = Definition("big", key=("id",), label="label")
    return publish_first(lake, definition, COLUMNS, [str(file)], sums=sums, author="bench", message="import")


def staged(lake: Lake, rows: int, count: int, generator: random.Random) -> int:
    """Stage corrections of rows spread over the whole dataset, and return the draft."""
    draft = new_draft(lake, "big", author="bench").draft
    corrections = [
        Correction({"id": 7 * row}, column="age", new=generator.randint(200, 10**6))
        for row in generator.sample(range(1, rows + 1), count)
    ]
    stage(lake, draft, corrections, author="bench")
    return draft


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def command(url: str, *words: str) -> float:
    """Time a command in a process of its own, as a shell starts it."""
    script = Path(sys.executable).with_name("workbench")
    start = [str(script)] if script.exists() else [sys.executable, "-c", "from workbench.cli import main; main()"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return seconds(
        lambda: subprocess.run(
            [*start, *(["--lake", url] if url else []), *words], env=environment, capture_output=True, check=True
        )
    )


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and "spill" not in file.parts)


def except_all(lake: Lake, a: Version, b: Version) -> int:
    """Count the rows that differ the way SQL offers it: both differences of the two multisets."""
    x, y = view_of(lake, a).rows, view_of(lake, b).rows
    return int(
        lake.read(f"SELECT count(*) FROM ((FROM {x} EXCEPT ALL FROM {y}) UNION ALL (FROM {y} EXCEPT ALL FROM {x}))")[0][
            0
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where the lake is made; default: a temporary folder")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        run(Path(folder), options.rows, options.repeat)


def run(folder: Path, rows: int, repeat: int) -> None:
    generator = random.Random(1)
    url = f"sqlite:{folder / 'catalog.sqlite'}"
    print(f"{rows:,} rows × {len(COLUMNS)} columns, {os.cpu_count()} cores, {platform.platform()}, median of {repeat}")
    print(f"{'':<58}{'measured':>10}    {'target':>8}{'ratio':>10}")
    table = Table()

    def median(what: str, target: float | None, works: list[Callable[[], object]]) -> float:
        value = statistics.median(seconds(work) for work in works)
        table.add(what, value, target, "s")
        return value

    with open_lake(Settings(lake=url, author="bench"), create=True) as lake:
        first = make(lake, rows)
        drafts = [staged(lake, rows, 100, generator) for _ in range(repeat)]
        before = size(folder)
        median(
            "publish 100 corrections, a call", 0.6,
            [lambda d=d: publish_draft(lake, d, author="bench", message="100 corrections") for d in drafts],
        )  # fmt: skip
        table.add("  the lake grew by", (size(folder) - before) / repeat / 1000, 100, "KB")
        drafts = [staged(lake, rows, 100, generator) for _ in range(repeat)]
        median(
            "publish 100 corrections, a command", 1.2,
            [lambda d=d: command(url, "draft", "publish", str(d), "-m", "100 corrections") for d in drafts],
        )  # fmt: skip
        base = newest(lake, "big")
        thousand = publish_draft(
            lake, staged(lake, rows, 1000, generator), author="bench", message="1,000 corrections"
        ).version
        ours = median("diff of two versions 1,000 cells apart", 1.0, [lambda: diff(lake, base, thousand)] * repeat)
        assert diff(lake, base, thousand).cells_changed == 1000
        pairs = [base, thousand] * repeat
        median(
            "restore across them", 1.2,
            [lambda v=v: restore(lake, v, author="bench", message="back") for v in pairs[:repeat]],
        )  # fmt: skip
        median("diff of the first and the newest version", None, [lambda: diff(lake, first, newest(lake, "big"))])
        changed = diff(lake, base, thousand, limit=1).changes[0]
        median(
            "blame of one cell, by its key", None,
            [lambda: blame(lake, "big", find_row(view_of(lake, newest(lake, "big")), changed.key), column="age")]
            * repeat,
        )  # fmt: skip
        median("workbench --help", 0.15, [lambda: command("", "--help")] * max(repeat, 5))
        median("workbench versions", 0.8, [lambda: command(url, "versions", "big")] * repeat)
        table.add("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 1.5, "GB")
        # Last, since it fills the memory and the disk's cache with what nobody needs afterwards.
        theirs = median("EXCEPT ALL, both ways", None, [lambda: except_all(lake, base, thousand)])
        table.add("the diff as a part of EXCEPT ALL's time", ours / theirs, 0.1, "")


if __name__ == "__main__":
    main()
