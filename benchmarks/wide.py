"""Wide tables: every command on 2,000 columns, and a CSV of 9,074 columns, each with the default memory limit.

python benchmarks/wide.py [--columns 2000] [--rows 12] [--only genes]

Prints processor seconds and peak memory of each command, a process of its own. Everything made is deleted.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KINDS = ("whole", "real", "day", "word", "code")

SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema(
    {
        "id": pa.Column(unique=True),
        "label": pa.Column(checks=pa.Check.isin(["no", "yes"])),
        **{f"whole{n}": pa.Column(checks=pa.Check.ge(0)) for n in range(0, COLUMNS - 2, 5)},
        **{f"word{n}": pa.Column(nullable=True, checks=pa.Check.ne("none")) for n in range(3, COLUMNS - 2, 5)},
    }
)
"""


def cell(kind: str, draw: random.Random) -> str:
    """Draw a cell of a kind."""
    if kind == "whole":
        return str(draw.randrange(-1, 50))
    if kind == "real":
        return f"{draw.gauss(0, 1):.3f}"
    if kind == "day":
        return f"2024-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}"
    return draw.choice(["red", "green", "blue", "none"]) if kind == "word" else f"{draw.randrange(10**5):05d}"


def table(columns: int, rows: int) -> list[list[str]]:
    """Draw a table with its header: key, label and features of five kinds."""
    draw = random.Random(0)
    names = [f"{KINDS[n % 5]}{n}" for n in range(columns - 2)]
    cells = [[cell(KINDS[n % 5], draw) for n in range(columns - 2)] for _ in range(rows)]
    return [["id", "label", *names], *([str(row), draw.choice(["no", "yes"]), *cells[row]] for row in range(rows))]


def write(file: Path, lines: list[list[str]]) -> None:
    """Write a CSV file."""
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows(lines)


def run(folder: Path, *command: str, program: str = "from workbench.cli import main; main()") -> tuple[int, str]:
    """Run a command, or another program with arguments, in a process of its own and print what it took."""
    env = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent), "OMP_NUM_THREADS": "1"}
    begin = time.perf_counter()
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *command], cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
    seconds, code = time.perf_counter() - begin, os.waitstatus_to_exitcode(status)
    said = (folder / "out").read_text(errors="replace")
    fault = "" if code in (0, 1) else f"   exit code {code}: {said.strip().splitlines()[-3:]}"
    took = f"{used.ru_utime + used.ru_stime:7.1f} s {seconds:7.1f} s {used.ru_maxrss / 1024:6.0f} MB"
    print(f"{took}  {' '.join(command)}{fault}", flush=True)
    return code, said


def every_command(folder: Path, columns: int, rows: int) -> None:
    """Walk a wide dataset through the commands, with a key and without."""
    lines = table(columns, rows)
    write(folder / "wide.csv", lines)
    changed = [list(line) for line in lines]
    for line in changed[1:5]:
        line[2:] = [
            str(int(each) + 1) if name.startswith("whole") else each
            for name, each in zip(lines[0][2:], line[2:], strict=True)
        ]
    write(folder / "second.csv", [*changed, [str(rows), *changed[1][1:]]])
    write(folder / "third.csv", changed[: rows - 1])
    fixes = [["1", "whole5", "7"], ["2", "word3", "red"], ["3", "label", "yes"]]
    write(folder / "fixes.csv", [["id", "column", "new"], *fixes])
    (folder / "schemas").mkdir(exist_ok=True)
    (folder / "schemas" / "wide.py").write_text(SCHEMA.replace("COLUMNS", str(columns)))
    many = [[str(row), name, "5"] for row in range(4, 6) for name in lines[0] if name.startswith("whole")]
    write(folder / "many.csv", [["id", "column", "new"], *many])
    every = [["6", name, cell] for name, cell in zip(lines[0][2:], lines[8][2:], strict=True)]
    write(folder / "every.csv", [["id", "column", "new"], *every])
    for command in (
        "import wide wide.csv --key id --label label", "datasets", "show wide", "validate wide", "check wide",
        "findings wide", "evaluate wide", "draft new wide", "draft add 1 fixes.csv", "draft add 1 many.csv",
        "draft add 1 every.csv", "draft undo 1", "draft redo 1", "draft list wide",
        "transform wide word3 case to=upper --draft 1", "clusters wide word8", "draft show 1", "draft check 1",
        "draft findings 1", "draft evaluate 1", "what-if wide --draft 1", "recipe learn wide --draft 1 -o tidy.toml",
        "draft publish 1 -m fixes", "recipe dry-run wide tidy.toml", "refresh wide second.csv --yes",
        "refresh wide third.csv --mode full --yes", "refresh wide second.csv --mode append --yes", "versions wide",
        "diff wide@1 wide@2", "diff wide@1 wide", "blame wide --key 1", "compare wide@1 wide@2",
        "attribute wide@1 wide@2", "report wide@1 wide@2 -o report.html", "rescore wide",
        "outlook wide", "wear wide", "restore wide@1 -m back", "set wide --ignore word8 -m set",
        "tag wide@2 production", "export wide out.csv", "export wide out.parquet", "export wide out.jsonl", "run wide",
        "runs wide", "verify --all", "doctor", "maintain",
    ):  # fmt: skip
        run(folder, *command.split())
    _, said = run(folder, "findings", "wide", "--json")
    found = json.loads(said)
    listed = found.get("findings", found) if isinstance(found, dict) else found
    if listed:
        run(folder, "decide", "wide", str(listed[0].get("id") or listed[0].get("finding")), "--keep")
    pages(folder, "wide")
    for command in (
        "import loose wide.csv --label label", "refresh loose second.csv --mode append --yes",
        "refresh loose third.csv --mode full --yes", "diff loose@1 loose", "rename loose spare", "drop spare",
        "undrop spare",
    ):  # fmt: skip
        run(folder, *command.split())


PAGE = """
import os, sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
import workbench.ui

page, *address = sys.argv[1:]
at = AppTest.from_file(str(Path(workbench.ui.__file__).parent / "start" / "page.py"), default_timeout=600)
os.environ["WORKBENCH_LAKE"] = "sqlite:none/catalog.sqlite"  # pages are known once the app has run
at.run().switch_page(f"../pages/{page}.py")
del os.environ["WORKBENCH_LAKE"]
for pair in address:
    name, _, value = pair.partition("=")
    at.query_params[name] = value
at.run()
faults = [*at.exception, *at.error]
sys.exit(f"{faults}" if faults else 0)
"""


def pages(folder: Path, dataset: str) -> None:
    """Open pages of the app, each in a process of its own."""
    for page, *address in (("overview",), ("data",), ("data", "show=profile"), ("review",), ("history",), ("drafts",)):
        run(folder, page, f"dataset={dataset}", *address, program=PAGE)


def genes(folder: Path) -> None:
    """Import a small file of 9,074 columns and use it."""
    draw = random.Random(0)
    names = [f"g{n}" for n in range(9074 - 2)]
    drawn = [[f"{draw.random():.2f}" for _ in names] for _ in range(3)]
    lines = [["id", "label", *names], *([str(row), "yes" if row % 2 else "no", *drawn[row]] for row in range(3))]
    write(folder / "genes.csv", lines)
    print(f"genes.csv: {(folder / 'genes.csv').stat().st_size // 1000} KB")
    for row in lines[1:]:
        row[5] = "0.99"
    write(folder / "genes2.csv", lines)
    write(folder / "genefix.csv", [["id", "column", "new"], ["1", "g77", "7"]])
    for command in (
        "import genes genes.csv --key id --label label", "show genes", "check genes", "draft new genes",
        "draft add 1 genefix.csv", "draft publish 1 -m fix", "refresh genes genes2.csv --yes", "diff genes@1 genes",
        "export genes genes-out.csv", "export genes genes-out.parquet", "verify genes",
    ):  # fmt: skip
        run(folder, *command.split())


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--columns", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=12)
    parser.add_argument("--only", choices=["commands", "genes"])
    options = parser.parse_args()
    print(" processor  seconds   peak    command")
    for part in ("genes", "commands"):
        if options.only in (None, part):
            with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder:
                run(Path(folder), "init", ".")
                if part == "genes":
                    genes(Path(folder))
                else:
                    every_command(Path(folder), options.columns, options.rows)


if __name__ == "__main__":
    main()
