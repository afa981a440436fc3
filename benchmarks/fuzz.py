"""Odd files and command lines: no traceback, no hang, nothing lost.

    python benchmarks/fuzz.py [COUNT] [SEED] [KIND …]

Inputs are made from rules, from valid ones by small changes of their bytes, and of random bytes: CSV, JSON lines and
Parquet to import; corrections; recipes; settings files; command lines of every command but `app` and `demo`. Each goes
through the command line in a small project. It has to end with an exit code from 0 to 3, without a traceback and
without an error that nobody foresaw, within 60 s of processor time. A file that was imported is exported again, and
its cells are held against what Python's csv, json and pyarrow read from it; of a file that was refused nothing is in
the lake. Every version is what was published (``verify``) after each 25 inputs.

Prints each input that failed and a table; the exit code is 1 where one failed. KIND is one of those in the table.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import kills
import pandas  # noqa: F401  (before the fork, as the next ones)
import pandera.pandas  # noqa: F401
import pyarrow as pa
import pyarrow.parquet as pq
import sklearn.dummy  # noqa: F401

from workbench.cli import cli, main
from workbench.lake import open_lake, read_versions
from workbench.lake.integrity import verify

KINDS = ("csv", "json lines", "parquet", "corrections", "recipe", "settings", "command line")
CPU, WALL = 60, 400
"""Seconds after which an input counts as one that hangs: processor time, and on a machine that is busy otherwise."""

CELLS = [
    "", " ", "a", "Oslo", "007", "1", "-1", "1.0", "1.10", "1e5", "1e400", "nan", "NULL", "None", "true", "no",
    "2024-02-30",
    "2024-01-05", "12:30", "=1+1", "@x", "a,b", "a;b", 'say "hi"', "'", "two\nlines", "tab\there", "é", "日本",
    "\u202e", "\u00a0",
    "🙂", "99999999999999999999", "-", "#", "\\", "\\N", "x" * 300, "0x1F", "1_000", "1 000", "+5", "１２",
    "\x1b[31m", "::error::x",
]  # fmt: skip
NAMES = [
    "id",
    "n",
    "a b",
    "",
    "rid",
    "_rid",
    "select",
    "A",
    "a",
    "é",
    "count",
    "row_id",
    "x.y",
    'q"q',
    "key",
    "::error",
    "lane",
]


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


def shell(*arguments: str) -> Ran:
    """Run a command in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 99
    sys.argv = ["workbench", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 98
        except BaseException:
            err.write(traceback.format_exc())
    return Ran(code, out.getvalue(), err.getvalue())


def faults_of(ran: Ran) -> list[str]:
    """Say what no command may do."""
    found = [] if ran.code in (0, 1, 2, 3) else [f"exit code {ran.code}"]
    found += [f"said: {ran.err[-1500:]}"] if "unforeseen" in ran.err or "Traceback" in ran.err else []
    return found


def spoiled(draw: random.Random, content: bytes) -> bytes:
    """Change some bytes of a valid file."""
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(content) + 1)
        kind = draw.randrange(5)
        if kind == 0:
            content = content[:at]
        elif kind == 1:
            content = content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]
        elif kind == 2:
            content = (
                content[:at]
                + draw.choice([b"\x00", b"\xff", b'"', b"\n", b"\r\n", b",", b"{", b"\xef\xbb\xbf"])
                + content[at:]
            )
        elif kind == 3:
            end = draw.randrange(at, len(content) + 1)
            content = content[:at] + content[at:end] * 2 + content[end:]
        else:
            end = min(len(content), at + draw.randrange(20))
            content = content[:at] + content[end:]
    return content


def made(draw: random.Random, valid: bytes) -> bytes:
    """Leave a valid file as it is, spoil it, or take random bytes instead."""
    kind = draw.random()
    if kind < 0.5:
        return valid
    return spoiled(draw, valid) if kind < 0.9 else draw.randbytes(draw.randrange(200))


def table(draw: random.Random) -> tuple[list[str], list[list[str]]]:
    """Make a header and rows."""
    width = draw.randint(1, 5)
    pool = CELLS if draw.random() < 0.5 else draw.sample(CELLS, 3)
    header = draw.sample(NAMES, width) if draw.random() < 0.5 else [f"c{n}" for n in range(width)]
    return header, [[draw.choice(pool) for _ in range(width)] for _ in range(draw.randint(0, 6))]


def try_csv(draw: random.Random, number: int) -> list[str]:
    """Import a CSV file."""
    header, rows = table(draw)
    text = io.StringIO(newline="")
    delimiter = draw.choice([",", ",", ",", ";", "\t", "|"])
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=draw.choice(["\n", "\r\n"])).writerows(
        [header, *rows]
    )
    content = made(draw, text.getvalue().encode())
    return imported(f"d{number}", f"d{number}.csv", content, csv_readings(content))


def csv_readings(content: bytes) -> list[list[list[str]]]:
    """Read CSV as Python does, with each usual delimiter; nothing where it is no rectangle."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return []
    found = []
    for delimiter in ",;\t|":
        with contextlib.suppress(csv.Error):
            rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
            if rows and len({len(row) for row in rows}) == 1:
                found.append(rows[1:])
    return found


def try_json(draw: random.Random, number: int) -> list[str]:
    """Import JSON lines."""
    header, rows = table(draw)
    values = [None, True, False, 0, -3, 1.5, 1e300, 2**60, 10**25, [1, "a"], {"x": None}, {}, []]
    records = [
        {
            name: draw.choice(values) if draw.random() < 0.5 else cell
            for name, cell in zip(header, row, strict=True)
            if draw.random() < 0.9
        }
        for row in rows
    ]
    lines = [json.dumps(record, ensure_ascii=draw.random() < 0.5) for record in records]
    content = made(draw, ("\n".join(lines) + "\n").encode())
    try:
        read = [json.loads(line) for line in content.decode("utf-8-sig").split("\n") if line.strip()]
    except ValueError:
        read = []
    if not all(isinstance(record, dict) for record in read):
        read = []
    return imported(f"d{number}", f"d{number}.jsonl", content, [], records=read)


def try_parquet(draw: random.Random, number: int) -> list[str]:
    """Import Parquet."""
    kinds = [
        pa.int8(), pa.int64(), pa.uint64(), pa.float32(), pa.float64(), pa.string(), pa.bool_(), pa.date32(),
        pa.time64("us"), pa.timestamp("ns"), pa.timestamp("us", "Europe/Oslo"), pa.duration("s"), pa.binary(),
        pa.decimal128(38, 3),
        pa.decimal256(60, 2), pa.list_(pa.int64()), pa.struct([("x", pa.string())]),
        pa.dictionary(pa.int8(), pa.string()),
        pa.null(),
    ]  # fmt: skip
    length = draw.randint(0, 5)
    header = draw.sample(NAMES, draw.randint(1, 4))
    columns = []
    for _ in header:
        kind = draw.choice(kinds)
        numbers = [draw.choice([None, 0, 1, 7, 100]) for _ in range(length)]
        values: list[Any] = numbers
        if pa.types.is_string(kind) or pa.types.is_dictionary(kind):
            values = [draw.choice([None, *CELLS]) for _ in range(length)]
        elif pa.types.is_binary(kind):
            values = [None if n is None else bytes([n, 255]) for n in numbers]
        elif pa.types.is_list(kind):
            values = [None if n is None else [n, None] for n in numbers]
        elif pa.types.is_struct(kind):
            values = [None if n is None else {"x": str(n)} for n in numbers]
        elif pa.types.is_boolean(kind):
            values = [None if n is None else n > 0 for n in numbers]
        elif pa.types.is_null(kind):
            values = [None] * length
        columns.append(pa.array(values, kind))
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=header), out)
    content = made(draw, out.getvalue())
    plain = [
        all(
            pa.types.is_string(c.type) or pa.types.is_integer(c.type) or pa.types.is_dictionary(c.type) for c in columns
        )
    ]
    rows = [
        ["" if value is None else str(value) for value in row]
        for row in zip(*(c.to_pylist() for c in columns), strict=True)
    ]
    whole = content == out.getvalue() and all(plain)
    return imported(f"d{number}", f"d{number}.parquet", content, [rows] if whole else [])


def imported(
    name: str,
    file: str,
    content: bytes,
    readings: Sequence[list[list[str]]],
    *,
    records: list[dict[str, Any]] | None = None,
) -> list[str]:
    """Import a file, and hold what the lake gives back against what Python reads."""
    Path(file).write_bytes(content)
    ran = shell("import", name, file)
    faults = faults_of(ran)
    shown = shell("show", name, "--json")
    if ran.code:
        return faults + ([] if shown.code == 2 else [f"refused, but something is there: {shown.out[:300]}"])
    back = shell("export", name, f"{name}.out.csv", "--raw")
    faults += faults_of(back) + (
        [] if back.code == 0 and shown.code == 0 else [f"imported, but: {back.err}{shown.err}"]
    )
    if back.code:
        return faults
    with open(f"{name}.out.csv", encoding="utf-8", newline="") as given:
        header, *rows = csv.reader(given)
    if len(header) == 1:
        rows = [row or [""] for row in rows]
    if readings and rows not in readings:
        faults.append(f"{rows} came back; Python reads {readings[0]}")
    if records and not same_records(header, rows, records):
        faults.append(f"{[header, *rows]} came back; Python reads {records}")
    return faults


def same_records(header: list[str], rows: list[list[str]], records: list[dict[str, Any]]) -> bool:
    """Tell whether exported rows are the records."""
    if len(rows) != len(records) or not {name for record in records for name in record} <= set(header):
        return False
    return all(
        same_value(cell, record.get(name))
        for row, record in zip(rows, records, strict=True)
        for name, cell in zip(header, row, strict=True)
    )


def same_value(cell: str, value: Any) -> bool:
    """Tell whether an exported cell is a JSON value."""
    if value is None or isinstance(value, str):
        return cell == (value or "")
    if isinstance(value, bool):
        return cell.lower() == str(value).lower()
    try:
        return bool(float(cell) == value if isinstance(value, float) else json.loads(cell) == value)
    except ValueError:
        return False


def try_corrections(draw: random.Random, number: int) -> list[str]:
    """Stage a corrections file."""
    fields = ["id", "column", "new", "old", "action", "reason", "finding", "other"]
    pools = {
        "id": ["1", "2", "3", "999", "", "x"], "column": ["age", "city", "income", "id", "none", ""],
        "new": CELLS, "old": ["", "20", "Oslo"],
        "action": ["set", "delete", "exclude", "restore", "drop", ""], "reason": CELLS, "finding": ["", "abc"],
        "other": CELLS,
    }  # fmt: skip
    chosen = ["id", "column", "new", *draw.sample(fields[3:], draw.choice([0, 0, 1, 2]))]
    records = [
        {name: draw.choice(pools[name][:3] if draw.random() < 0.7 else pools[name]) for name in chosen}
        for _ in range(draw.randint(0, 3))
    ]
    if draw.random() < 0.5:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, chosen)
        writer.writeheader()
        writer.writerows(records)
        file, valid = f"c{number}.csv", text.getvalue().encode()
    else:
        odd = [None, 1, 1.5, True, [1], {"x": 1}, 2**70]
        loose = [
            {name: draw.choice(odd) if draw.random() < 0.2 else value for name, value in record.items()}
            for record in records
        ]
        file, valid = f"c{number}.json", json.dumps(loose).encode()
    Path(file).write_bytes(made(draw, valid))
    before = staged()
    ran = shell("draft", "add", "2", file)
    after = staged()
    faults = faults_of(ran)
    if ran.code and before != after:
        faults.append(f"refused, but {before} corrections became {after}")
    shown = shell("draft", "show", "2")
    return faults + faults_of(shown) + ([] if shown.code == 0 else [f"the draft cannot be shown: {shown.err}"])


def staged() -> int:
    """Count the corrections of the open draft."""
    with open_lake(kills.settings()) as lake:
        return int(lake.read("SELECT count(*) FROM lake.workbench.corrections WHERE draft = 2")[0][0])


RECIPE = """name = "tidy"
dataset = "people"
description = "One spelling"

[[step]]
kind = "merge"
column = "city"
values = ["NYC", "New York City"]
value = "New York"

[[step]]
kind = "set"
column = "age"
old = "-1"
new = { missing = true }
where = { city = "NYC", income = { missing = true } }
reason = "impossible"

[[step]]
kind = "transform"
column = "city"
transform = "regex"
pattern = "^(O), (w)$"
replacement = "x"

[[step]]
kind = "exclude"
where = { city = "test" }
"""
WORDS = ["merge", "set", "transform", "exclude", "city", "age", "column", "kind", "1", "true", "[]", "{}", '""',
         "values",
         "nan", "trim", "parse date", "1979-05-27", "where", "[[step]]", '"x"', "(", "999999999999999999999",
         "missing"]  # fmt: skip


def reworded(draw: random.Random, text: str) -> str:
    """Put other words in place of some of a text's."""
    words = text.split(" ")
    for _ in range(draw.randint(0, 4)):
        words[draw.randrange(len(words))] = draw.choice(WORDS)
    lines = " ".join(words).split("\n")
    for _ in range(draw.randint(0, 2)):
        at = draw.randrange(len(lines))
        lines[at : at + 1] = draw.choice([[], [lines[at]] * 2, [draw.choice(lines)]])
    return "\n".join(lines)


def try_recipe(draw: random.Random, number: int) -> list[str]:
    """Keep a recipe, and try it."""
    file = f"r{number}.toml"
    Path(file).write_bytes(made(draw, reworded(draw, RECIPE).encode()))
    kept, tried = shell("recipe", "save", "people", file), shell("recipe", "dry-run", "people", file)
    return faults_of(kept) + faults_of(tried) + faults_of(shell("recipe", "list", "people"))


SETTINGS = """lake = "sqlite:data/lake/catalog.sqlite"
author = "ann"
memory_limit = "1GB"
threads = 1
seeds = 2
max_train_rows = 1000
workers = 1
trusted_folders = []
retention_days = 90
write_timeout = 5.0

[policies]
approval = true
validation = "any"

[policies.people]
class_loss = 1.0
"""


def try_settings(draw: random.Random, number: int) -> list[str]:
    """Read the lake with a settings file."""
    file = f"s{number}.toml"
    Path(file).write_bytes(made(draw, reworded(draw, SETTINGS).encode()))
    return faults_of(shell("--config", file, "datasets"))


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """List the commands with how they are called."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif name not in ("app", "demo"):
            yield (*path, name), command


COMMANDS = list(commands(cli))
VALUES: dict[str, Sequence[str]] = {
    "name": ["people", "people", "people", "people@1", "people@2", "people@99", "people@", "@1", "nobody", "",
    "people@-1", "a b", "\udcff"],
    "file": ["people.csv", "absent.csv", "out.csv", ".", "", "dull.py", "data/lake/catalog.sqlite",
    "people.csv\n", "fixes.json"],
    "number": ["1", "2", "3", "0", "-1", "99", "x", "1.5", "", "1e9", "99999999999999999999"],
    "share": ["0.5", "0", "1", "-1", "2", "nan", "inf", "x"],
    "text": ["age", "city", "income", "id", "Oslo", "NYC", "id=1", "1", "city=Oslo", "x", "", "'", '"', "%",
    "\x1b[2J", "日本", "a" * 500, "\udcff",
             "train", "open", "people@1", "schema", "trim", "regex", "pattern=(", "to=upper", "(", "age=text",
             "=", "1:2"],
}  # fmt: skip


def value_for(draw: random.Random, parameter: click.Parameter) -> str:
    """Make a value, which may fit."""
    if draw.random() < 0.1:
        return draw.choice(VALUES["text"])
    if isinstance(parameter.type, click.Choice):
        return str(draw.choice(list(parameter.type.choices)))
    if parameter.type.name.startswith("integer"):
        return draw.choice(VALUES["number"])
    if parameter.type.name.startswith("float"):
        return draw.choice(VALUES["share"])
    if parameter.name in ("name", "names", "a", "b", "others"):
        return draw.choice(VALUES["name"])
    if isinstance(parameter.type, click.Path) or parameter.name in ("source", "output"):
        return draw.choice(VALUES["file"])
    return draw.choice(VALUES["text"])


def command_line(draw: random.Random) -> list[str]:
    """Make a command with arguments and options of its own."""
    path, command = draw.choice(COMMANDS)
    words = list(path)
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            many = parameter.nargs if parameter.nargs > 0 else draw.randint(0, 2)
            words += [value_for(draw, parameter) for _ in range(many if draw.random() < 0.95 else 0)]
        elif draw.random() < (0.8 if parameter.required else 0.2):
            words.append(draw.choice(parameter.opts))
            if not getattr(parameter, "is_flag", False):
                words += [value_for(draw, parameter) for _ in range(abs(parameter.nargs))]
    if draw.random() < 0.1:
        words.insert(
            draw.randrange(len(words) + 1), draw.choice(["--", "-x", "--json", "--help", "--lake", "--author="])
        )
    return words


def try_command(draw: random.Random, number: int) -> list[str]:
    """Run a command."""
    words = command_line(draw)
    faults = faults_of(shell(*words))
    return [f"workbench {' '.join(map(repr, words))}", *faults] if faults else []


TRIES: dict[str, Callable[[random.Random, int], list[str]]] = dict(
    zip(KINDS, (try_csv, try_json, try_parquet, try_corrections, try_recipe, try_settings, try_command), strict=True)
)


def batch(inputs: Sequence[tuple[int, str]], seed: int, told: str) -> None:
    """Try inputs, and write a line when each begins and when it has ended; what hangs is ended by the system."""
    with open(told, "a", encoding="utf-8") as log:
        for number, kind in inputs:
            print(json.dumps([number, kind, None]), file=log, flush=True)
            signal.setitimer(signal.ITIMER_PROF, CPU)
            signal.setitimer(signal.ITIMER_REAL, WALL)
            began = time.monotonic()
            try:
                faults = TRIES[kind](random.Random(f"{seed} {number}"), number)
            except Exception:
                faults = [traceback.format_exc()]
            print(json.dumps([number, kind, faults, time.monotonic() - began]), file=log, flush=True)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        with open_lake(kills.settings()) as lake:
            damaged = [each.name for each in verify(lake, read_versions(lake)) if each.state != "sound"]
        if damaged:
            print(json.dumps([inputs[-1][0], "the lake", [f"damaged: {damaged}"], 0]), file=log, flush=True)


def search(count: int = 5000, seed: int = 1, *kinds: str) -> int:
    """Try so many inputs, and print what failed."""
    wanted = [(number, (kinds or KINDS)[number % len(kinds or KINDS)]) for number in range(count)]
    done: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    began, slowest = time.monotonic(), 0.0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        root = Path(name)
        os.environ.update(
            {
                "WORKBENCH_TRUSTED_FOLDERS": json.dumps([name]),
                "XDG_STATE_HOME": str(root / "state"),
                "WORKBENCH_SEEDS": "2",
                "WORKBENCH_WORKERS": "1",
                "WORKBENCH_THREADS": "1",
                "WORKBENCH_LAKE": "sqlite:data/lake/catalog.sqlite",
            }  # fmt: skip
        )
        (root / "base").mkdir()
        kills.Child(root / "base", kills.prepared).answer()
        # Ctrl-C ends the search, and the table tells what was tried.
        with contextlib.suppress(KeyboardInterrupt):
            while wanted:
                folder, told = root / "project", root / "told"
                shutil.copytree(root / "base", folder)
                kills.Child(folder, batch, wanted[:25], seed, str(told)).answer()
                lines = [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []
                ended = [line for line in lines if line[2] is not None]
                if lines and lines[-1][2] is None:
                    ended.append([*lines[-1][:2], ["hung, or the process died"], WALL])
                if not ended:
                    ended = [[*wanted[0], ["the process died at once"], 0]]
                for number, kind, faults, seconds in ended:
                    done[kind] += 1
                    slowest = max(slowest, seconds)
                    if faults:
                        failed[kind] += 1
                        print(f"input {number} ({kind}):", *faults, sep="\n  ", flush=True)
                wanted = [each for each in wanted if each[0] > max(line[0] for line in ended)]
                shutil.rmtree(folder, ignore_errors=True)
                told.unlink(missing_ok=True)
    for kind, number in done.items():
        print(f"{kind:14} {number:5} inputs, {failed[kind]} failed")
    print(
        f"{done.total()} inputs, {failed.total()} failed, {time.monotonic() - began:.0f} s, the slowest {slowest:.1f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    # A shell lets what it starts in the background ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    count, seed, *kinds = [*sys.argv[1:], *("5000", "1")[len(sys.argv[1:3]) :]]
    sys.exit(search(int(count), int(seed), *kinds))
