"""Connections to PostgreSQL break: no process ends, no change is lost or made twice, and what is not known is said."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from workbench.errors import ClaimLost, ConnectionLost
from workbench.lake import claimed, open_lake
from workbench.lake.extensions import load_extension
from workbench.settings import Settings

URL = os.environ.get("TEST_POSTGRES_URL", "")
WITH_SERVER = pytest.mark.skipif(not URL, reason="NOT TESTED: PostgreSQL; set TEST_POSTGRES_URL to test it")
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def execute(server: str, statement: str) -> None:
    with contextlib.closing(duckdb.connect()) as connection:
        load_extension(connection, "postgres_scanner")
        connection.execute(f"ATTACH '{server.removeprefix('postgres:')}' AS server (TYPE postgres)")
        connection.execute(f"CALL postgres_execute('server', '{statement}', use_transaction => false)")


@pytest.fixture
def settings(tmp_path, settings):
    """Settings for a lake in a database of its own, which goes again."""
    name = f"lake_{uuid.uuid4().hex}"
    execute(URL, f"CREATE DATABASE {name}")
    lake = re.sub(r"dbname=\S+", f"dbname={name}", URL)
    yield settings.model_copy(update={"lake": lake, "data_path": str(tmp_path / "files")})
    execute(URL, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def lake(settings):
    with open_lake(settings, create=True) as opened:
        yield opened


def add(session, name: str) -> None:
    session.insert("tags", [{"dataset": "t", "tag": name, "version": 1}])


def tags(lake) -> list[str]:
    return [row[0] for row in lake.read("SELECT tag FROM lake.workbench.tags ORDER BY tag")]


def drop_connections(settings) -> None:
    name = re.search(r"dbname=(\S+)", settings.lake)[1]
    execute(URL, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ''{name}''")


@WITH_SERVER
def test_no_process_ends_because_a_connection_was_dropped(lake, settings, writer):
    process = writer("dropped", settings, URL)
    out, error = process.communicate(timeout=120)
    assert (process.returncode, error) == (3, ""), out
    assert '{"alive": "write", "attempts": 2}' in out and '{"error": "ConnectionLost"}' in out and '"ends"' in out
    alive = ["claim", "closed", "collected", "idle", "stream", "thread", "transaction", "write"]
    assert tags(lake) == alive, "each change was made once, and nothing of what was broken off"


@WITH_SERVER
def test_a_claim_whose_connection_was_dropped_can_be_taken_over_and_then_counts_no_more(lake, settings):
    with claimed(lake, "run of t"):
        drop_connections(settings)
        lake.write(lambda session: add(session, "still mine"))
        with open_lake(settings) as other, claimed(other, "run of t"):
            other.write(lambda session: add(session, "theirs"))
        with pytest.raises(ClaimLost, match=r"This run of t has lost its claim: .* another process"):
            lake.write(lambda session: add(session, "too late"))
    assert tags(lake) == ["still mine", "theirs"]


class Proxy:
    """Stands between a lake and its server, and cuts a connection at a COMMIT: ``cut = "before"`` or ``"after"``."""

    def __init__(self, server: str, folder: str) -> None:
        self.server, self.cut = f"{server}/.s.PGSQL.5432", ""
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{folder}/.s.PGSQL.5432")
        self.listener.listen()
        self.sockets = [self.listener]
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, upstream = self.listener.accept()[0], socket.socket(socket.AF_UNIX)
                self.sockets += [client, upstream]
                upstream.connect(self.server)
                for source, target in ((client, upstream), (upstream, client)):
                    self.threads.append(threading.Thread(target=self.pump, args=(source, target, source is client)))
                    self.threads[-1].start()

    def close(self) -> None:
        for each in self.sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        for each in self.sockets:
            each.close()

    def pump(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                cut = self.cut if asks and b"COMMIT" in data else ""
                if cut == "after":
                    # The client hears nothing more; the server does as it was told.
                    source.shutdown(socket.SHUT_RDWR)
                if cut != "before":
                    target.sendall(data)
                if cut:
                    self.cut = ""
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR if end is source or not asks else socket.SHUT_WR)


@pytest.fixture
def proxy(settings) -> Iterator[Proxy]:
    folder = tempfile.mkdtemp()
    made = Proxy(re.search(r"host=(\S+)", settings.lake)[1], folder)
    yield made
    made.close()
    shutil.rmtree(folder)


@pytest.mark.skipif("host=/" not in URL, reason="NOT TESTED: PostgreSQL at a local socket; set TEST_POSTGRES_URL")
def test_a_commit_without_an_answer_is_looked_for_before_it_is_repeated(lake, settings, proxy):
    folder = Path(proxy.listener.getsockname()).parent
    through = settings.model_copy(update={"lake": re.sub(r"host=\S+", f"host={folder}", settings.lake)})
    calls: list[str] = []

    def change(name: str, cut: str):
        def work(session):
            add(session, name)
            calls.append(name)
            proxy.cut = cut if calls.count(name) == 1 else ""
            return len(calls)

        return work

    with open_lake(through) as cut_off:
        assert cut_off.write(change("never arrived", "before")) == 2
        assert cut_off.write(change("answer lost", "after")) == 3
    assert calls == ["never arrived", "never arrived", "answer lost"]
    assert tags(lake) == ["answer lost", "never arrived"]


class Server:
    """A PostgreSQL server of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url = folder, f"postgres:host={folder} user=postgres dbname=postgres"
        self.run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def run(self, program: str, *arguments: str) -> None:
        before = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*before, str(PROGRAMS[-1] / program), "-D", str(self.folder / "data"), *arguments]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.folder)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        self.run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-w", "-m", "immediate", "stop")


@pytest.fixture
def server() -> Iterator[Server]:
    if not PROGRAMS or (os.geteuid() == 0 and not shutil.which("runuser")):
        pytest.skip("NOT TESTED: a PostgreSQL server that is killed; install postgresql to test it")
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    made = Server(folder)
    yield made
    with contextlib.suppress(AssertionError):
        made.stop()
    shutil.rmtree(folder)


def test_a_server_that_is_killed_in_the_middle_of_a_change(server, tmp_path, monkeypatch):
    """It may come back, and the change is made; or it does not, and what is known is said."""
    settings = Settings(lake=server.url, data_path=str(tmp_path / "files"), author="tester")
    monkeypatch.setattr("workbench.lake.store.RECONNECT", 20.0)
    with open_lake(settings, create=True) as lake:
        calls = []

        def killed(session, *, back: bool):
            add(session, f"back {back}")
            calls.append(back)
            if calls.count(back) == 1:
                server.stop()
                if back:
                    server.start()

        lake.write(lambda session: killed(session, back=True))
        assert calls == [True, True] and tags(lake) == ["back True"]
        monkeypatch.setattr("workbench.lake.store.RECONNECT", 0.1)
        with pytest.raises(ConnectionLost, match=r"as a whole or not at all; which of the two cannot be told") as lost:
            lake.write(lambda session: killed(session, back=False))
        assert lost.value.exit_code == 3 and "workbench versions" in lost.value.hint
        with pytest.raises(ConnectionLost, match=r"PostgreSQL server of the lake .* cannot be reached"):
            lake.write(lambda session: add(session, "down"))
        with pytest.raises(ConnectionLost, match="cannot be reached"):
            open_lake(settings)
        server.start()
        lake.write(lambda session: add(session, "up"))
        assert tags(lake) == ["back True", "up"]
