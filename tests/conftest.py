"""A real lake in a temporary folder, and datasets in it."""

from __future__ import annotations

import os

# The processes that share the tests share the cores as well: each fits with one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Half the usual fits behind a figure, also in the processes that tests start: what holds, holds for any number.
os.environ.setdefault("WORKBENCH_SEEDS", "5")
# Fits are made one after the other, except where the pool of processes itself is tested.
os.environ.setdefault("WORKBENCH_WORKERS", "1")

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

# Which code was run before is remembered for the tests alone, also by the processes that they start.
STATE = tempfile.TemporaryDirectory(prefix="state-")
os.environ["XDG_STATE_HOME"] = STATE.name
# Tests write schemas and models beside lakes that lie in no project.
os.environ["WORKBENCH_TRUSTED_FOLDERS"] = json.dumps([tempfile.gettempdir()])

import hypothesis
import pandas as pd
import pytest

from workbench import execution
from workbench.execution import running
from workbench.lake import Column, Definition, Lake, Version, newest, open_lake, publish_first, publish_rows
from workbench.lake.sql import digest_sums, lane_of, physical_names, quote, row_digest
from workbench.settings import Settings

# The same examples every time, so that a failure is the change's and not the draw's; `.ci/search` draws fresh ones, and
# keeps those that failed in .hypothesis until they pass. How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, derandomize=False, print_blob=True)
hypothesis.settings.load_profile("same")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(lake=f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}", author="tester")


@pytest.fixture(scope="session")
def empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new lake's folder, made once and copied for each test: a lake may be moved."""
    folder = tmp_path_factory.mktemp("empty") / "lake"
    open_lake(Settings(lake=f"sqlite:{folder / 'catalog.sqlite'}"), create=True).close()
    return folder


@pytest.fixture
def lake(settings: Settings, empty_lake: Path) -> Iterator[Lake]:
    shutil.copytree(empty_lake, Path(settings.lake.removeprefix("sqlite:")).parent, dirs_exist_ok=True)
    with open_lake(settings) as opened:
        yield opened


@pytest.fixture
def make(lake: Lake) -> Callable[..., Version]:
    """Make version 1 of a dataset from a frame: ``make(frame, "name", key=("id",), label="y", lanes=[0, 2, …])``."""

    def make(
        frame: pd.DataFrame, dataset: str = "t", *, lanes: list[int] | None = None, **definition: object
    ) -> Version:
        folder = Path(lake.files) / "data" / dataset
        folder.mkdir(parents=True, exist_ok=True)
        with lake.session() as session:
            # DuckDB would rename columns that differ only in case.
            session.register("frame", frame.set_axis([f"c{n}" for n in range(frame.shape[1])], axis=1))
            described = session.rows("DESCRIBE SELECT * FROM frame")
            names = list(frame.columns)
            columns = tuple(
                Column(name, physical, kind if kind != "INTEGER" else "BIGINT")
                for name, physical, kind in zip(
                    names, physical_names(names), [row[1] for row in described], strict=True
                )
            )
            settled = Definition(dataset, **definition)
            apart = {*settled.key, settled.label}
            features = [f"c{n}::VARCHAR" for n, c in enumerate(columns) if c.name not in apart]
            lane = "lanes[n]::UTINYINT" if lanes is not None else lane_of(features or ["n"])
            cells = ", ".join(f"c{n}::{c.type} AS {quote(c.physical)}" for n, c in enumerate(columns))
            file = folder / "first.parquet"
            session.run(
                f"COPY (SELECT n AS _rid, {lane} AS _lane, false AS _excluded, {cells} FROM "
                f"(SELECT row_number() OVER () AS n, {lanes or []}::INTEGER[] AS lanes, * FROM frame)) "
                f"TO '{file}' (FORMAT parquet)"
            )
            sums = session.rows(f"SELECT {digest_sums('d')} FROM (SELECT {row_digest(columns)} AS d FROM '{file}')")[0]
        return publish_first(lake, settled, columns, [str(file)], sums=sums, author="tester", message="first")

    return make


@pytest.fixture
def publish(lake: Lake) -> Callable[..., Version]:
    """Publish changed cells: ``publish("t", {rid: {"column": value}}, gone=[rid])``."""

    def publish(dataset: str, cells: dict[int, dict[str, object]], *, gone: tuple[int, ...] = ()) -> Version:
        head = newest(lake, dataset)
        physical = {column.name: column.physical for column in head.columns}
        with lake.session() as session:
            table = f"lake.data.{quote(dataset)}"
            rids = ", ".join(map(str, cells)) or "NULL"
            session.run(f"CREATE TEMP TABLE new_rows AS SELECT * FROM {table} WHERE _rid IN ({rids})")
            session.run("CREATE TEMP TABLE gone_rows (_rid BIGINT)")
            for rid, values in cells.items():
                for name, value in values.items():
                    column = name if name.startswith("_") else physical[name]
                    session.run(f"UPDATE new_rows SET {quote(column)} = ? WHERE _rid = ?", [value, rid])
            for rid in gone:
                session.run("INSERT INTO gone_rows VALUES (?)", [rid])
            lake.write(
                lambda s: publish_rows(s, newest(s, dataset), kind="publish", author="tester", message="edit"),
                session=session,
            )
        return newest(lake, dataset)

    return publish


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """With two workers all fits are made by the other process, however short they are, but for those that it cannot
    make; lists the numbers of those that it made."""
    made: list[int] = []
    own, ready = running._Crew._run_one_here, running._Crew._drained

    def drained(crew: running._Crew) -> list[tuple[int, object]]:
        found = ready(crew)
        made.extend(number for number, _ in found)
        return found

    monkeypatch.setattr(running._Crew, "_run_one_here", lambda crew: own(crew) if crew._returned else None)
    monkeypatch.setattr(running._Crew, "_drained", drained)
    monkeypatch.setattr(running, "COLD", 0.0)
    monkeypatch.setattr(running, "WARM", 0.0)
    yield made
    execution.end()


@pytest.fixture
def damage(lake: Lake) -> Callable[..., Path]:
    """Let other bytes stand in a data file, as a failing disk would: ``damage("towns", b"Oslo", b"Osl0")``."""

    def damage(dataset: str, old: bytes, new: bytes) -> Path:
        assert len(old) == len(new)
        for file in sorted((Path(lake.files) / "data" / dataset).rglob("*.parquet")):
            if old in (content := file.read_bytes()):
                file.write_bytes(content.replace(old, new))
                return file
        raise AssertionError(f"no file of {dataset} holds {old!r}")

    return damage


@pytest.fixture
def small_disk(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A disk of six megabytes for the lake; needs the right to mount one."""
    folder = Path(settings.lake.removeprefix("sqlite:")).parent
    folder.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("NOT TESTED: a full disk needs root, to mount a small tmpfs")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"NOT TESTED: a full disk: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def fill(small_disk: Path) -> Callable[[int], Path]:
    """Fill the small disk with one file, so that so many bytes stay free: ``fill(60_000)``."""

    def fill(leave: int) -> Path:
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * max(0, shutil.disk_usage(small_disk).free - leave))
        return ballast

    return fill
