"""One more process that uses a lake, as tests start it: ``python writer.py DUTY LAKE [ARGUMENT …]``.

Each duty writes one JSON document a line, so that the test knows how far it came before it was killed.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path

import duckdb

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import ConflictError, WorkbenchError
from workbench.lake import (
    Definition,
    Lake,
    Session,
    claimed,
    newest,
    open_lake,
    publish_first,
    publish_rows,
    read_versions,
    view_of,
)
from workbench.lake.extensions import load_extension
from workbench.settings import Settings
from workbench.versions import diff

SHARED = 1
"""Key of the row that all writers correct."""


def say(**document: object) -> None:
    """Tell the test."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def create(lake: Lake) -> None:
    """Having made the lake, or found it made, is all."""
    say(versions=len(read_versions(lake)))


def correct(lake: Lake, number: str, rounds: str) -> None:
    """Correct the shared row and one of our own, again and again; what no longer fits goes to a new draft."""
    for turn in range(int(rounds)):
        draft = new_draft(lake, "t", author=f"writer {number}").draft
        value = 1000 * (int(number) + 1) + turn
        corrections = [
            Correction({"id": SHARED}, column="x", new=value),
            Correction({"id": 10 + int(number)}, column="x", new=value),
        ]
        stage(lake, draft, corrections, author=f"writer {number}")
        conflicts: list[list[object]] = []
        try:
            done = publish_draft(lake, draft, author=f"writer {number}", message="correct")
        except ConflictError as error:
            conflicts = [[conflict.key["id"], conflict.found, conflict.new] for conflict in error.conflicts]
            done = publish_draft(lake, draft, author=f"writer {number}", message="correct", skip_conflicts=True)
            conflicts = [[conflict.key["id"], conflict.found, conflict.new] for conflict in done.conflicts]
        say(version=done.version.version, draft=draft, value=value, conflicts=conflicts)


def read(lake: Lake, stop: str) -> None:
    """Read the newest version and compare it with the first until a file appears; any error ends the process."""
    count = 0
    while not Path(stop).exists():
        version = newest(lake, "t")
        rows = view_of(lake, version).fetch("SELECT count(*) FROM {rows}")[0][0]
        assert rows == version.rows
        diff(lake, read_versions(lake, "t")[0], version)
        with open_lake(lake.settings) as again:
            assert newest(again, "t").version >= version.version
        count += 1
    say(reads=count)


def publish(lake: Lake) -> None:
    """Publish one version after the other until killed."""
    while True:
        draft = new_draft(lake, "t", author="loop").draft
        value = int(time.time() * 1000)
        stage(lake, draft, [Correction({"id": key}, column="x", new=value) for key in range(1, 20)], author="loop")
        say(version=publish_draft(lake, draft, author="loop", message="loop").version.version)


def die_in_commit(lake: Lake, milliseconds: str) -> None:
    """Publish one version, and be killed so many milliseconds after its COMMIT has begun."""
    draft = new_draft(lake, "t", author="loop").draft
    value = int(time.time() * 1000)
    stage(lake, draft, [Correction({"id": key}, column="x", new=value) for key in range(1, 20)], author="loop")
    with lake.traced(_killer("COMMIT", float(milliseconds))):
        publish_draft(lake, draft, author="loop", message="loop")


def die_in_import(lake: Lake, source: str, at: str) -> None:
    """Make a second dataset of a Parquet file, and be killed when a statement begins with ``at``."""
    first = newest(lake, "t")
    sums = (first.rows, int(first.content_hash[-32:-16], 16), int(first.content_hash[-16:], 16))
    with lake.traced(_killer(at, 0)):
        publish_first(lake, Definition("u"), first.columns, [source], sums=sums, author="loop", message="import")


def _killer(sign: str, milliseconds: float):
    """Trace statements, and end this process the hard way once one begins with a sign."""

    def kill() -> None:
        time.sleep(milliseconds / 1000)
        os.kill(os.getpid(), signal.SIGKILL)

    def tracer(query: str, params: object) -> None:
        if query.startswith(sign):
            threading.Thread(target=kill).start()
            if not milliseconds:
                time.sleep(60)

    return tracer


def hold(lake: Lake) -> None:
    """Take the catalogue for ourselves, as a foreign program would, until killed."""
    with contextlib.closing(sqlite3.connect(lake.url.removeprefix("sqlite:"), isolation_level=None)) as catalogue:
        catalogue.execute("BEGIN EXCLUSIVE")
        say(held=True)
        time.sleep(60)


def take_turn(lake: Lake) -> None:
    """Be in the middle of a write until killed."""

    def work(session: object) -> None:
        say(held=True)
        time.sleep(60)

    lake.write(work, message="held")


def claim(lake: Lake, what: str) -> None:
    """Hold a claim until killed."""
    with claimed(lake, what):
        say(held=True)
        time.sleep(60)


def busy(lake: Lake, dataset: str, row: str, rounds: str) -> None:
    """Publish so many versions of a dataset, each of which changes one row, as fast as it goes."""
    for turn in range(int(rounds)):

        def work(session: Session, turn: int = turn) -> int | None:
            session.run("CREATE OR REPLACE TEMP TABLE gone_rows (_rid BIGINT)")
            session.run(
                f"CREATE OR REPLACE TEMP TABLE new_rows AS SELECT * REPLACE ({turn + 1} AS x) "
                f"FROM lake.data.{dataset} WHERE id = {row}"
            )
            return publish_rows(session, newest(session, dataset), kind="publish", author="loop", message="loop")

        say(version=lake.write(work))


def dropped(lake: Lake, server: str) -> None:
    """Lose every connection to the server in each state that it can be in, and live on."""

    def drop() -> None:
        name = dict(part.split("=") for part in lake.url.partition(":")[2].split())["dbname"]
        with contextlib.closing(duckdb.connect()) as other:
            load_extension(other, "postgres_scanner")
            other.execute(f"ATTACH '{server.removeprefix('postgres:')}' AS server (TYPE postgres)")
            question = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = ''{name}''"
            assert other.execute(f"FROM postgres_query('server', '{question}')").fetchall()[0][0]

    def alive(after: str) -> None:
        lake.write(lambda session: session.insert("tags", [{"dataset": "t", "tag": after, "version": 1}]))
        say(alive=after)

    def begin(session: Session) -> None:
        session.run("BEGIN")
        session.insert("tags", [{"dataset": "t", "tag": "never", "version": 1}])

    drop()
    alive("idle")
    with claimed(lake, "run of t"):
        drop()
    alive("claim")
    with lake.session() as session:
        begin(session)
        drop()
    alive("transaction")
    with lake.session() as session:
        next(iter(session.batches("SELECT tag FROM lake.workbench.tags, range(1000000)", size=1000)))
        drop()
    alive("stream")
    attempts = []

    def work(session: Session) -> None:
        session.insert("tags", [{"dataset": "t", "tag": "write", "version": 1}])
        attempts.append(1)
        if len(attempts) == 1:
            drop()

    lake.write(work)
    say(alive="write", attempts=len(attempts))

    def thread() -> None:
        try:
            with lake.session() as session:
                begin(session)
                drop()
                session.rows("SELECT count(*) FROM lake.workbench.tags")
        except WorkbenchError as error:
            say(error=type(error).__name__)

    worker = threading.Thread(target=thread)
    worker.start()
    worker.join()
    alive("thread")
    with open_lake(lake.settings) as again:
        left = again.session()
        begin(left.__enter__())
        drop()
    alive("closed")
    forgotten = open_lake(lake.settings).session()
    begin(forgotten.__enter__())
    drop()
    del forgotten
    gc.collect()
    alive("collected")
    kept = lake.session()
    begin(kept.__enter__())
    drop()
    say(ends=True)
    sys.exit(3)


def tag(lake: Lake, name: str) -> None:
    """Write one record, or say what stands against it."""
    try:
        lake.write(lambda session: session.insert("tags", [{"dataset": "t", "tag": name, "version": 1}]), message="tag")
        say(written=True)
    except WorkbenchError as error:
        say(error=type(error).__name__)


if __name__ == "__main__":
    duties = (create, correct, read, publish, die_in_commit, die_in_import, hold, take_turn, claim, busy, dropped, tag)
    duty = next(duty for duty in duties if duty.__name__ == sys.argv[1])
    timeout = float(os.environ.get("TIMEOUT", "60"))
    options = Settings(
        lake=sys.argv[2], data_path=os.environ.get("DATA_PATH", ""), author="writer", threads=1, write_timeout=timeout
    )
    with open_lake(options, create=duty is create) as opened:
        duty(opened, *sys.argv[3:])
