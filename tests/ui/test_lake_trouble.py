"""A lake that cannot be written, is held by others or was moved: what is wrong, where, and how to mend it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import workbench
from workbench.cli import main
from workbench.drafts import Correction

PAGES = ("overview", "review", "drafts", "compare", "history", "runs", "data")
HOLD = (
    "import sqlite3, sys; held = sqlite3.connect(sys.argv[1]); held.execute('PRAGMA locking_mode = EXCLUSIVE');"
    "held.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()"
)


def said(page) -> str:
    """What the page says of a trouble."""
    return " ".join(element.value for kind in ("title", "error", "text") for element in page.get(kind))


@pytest.fixture
def protect() -> Iterator[Callable[[Path], None]]:
    """Take away the right to write a folder; root, whom no right binds, gets it mounted read-only."""
    mounted: list[Path] = []
    closed: list[Path] = []

    def protect(folder: Path) -> None:
        if os.geteuid():
            for each in (folder, *folder.rglob("*")):
                each.chmod(0o555 if each.is_dir() else 0o444)
                closed.append(each)
            return
        for options in (["--bind", str(folder), str(folder)], ["-o", "remount,bind,ro", str(folder)]):
            made = subprocess.run(["mount", *options], capture_output=True, text=True)
            if made.returncode:
                pytest.skip(f"NOT TESTED: a read-only lake: {made.stderr.strip()}")
            mounted.append(folder)

    yield protect
    for folder in dict.fromkeys(mounted):
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    for each in closed:
        each.chmod(0o755 if each.is_dir() else 0o644)


@contextmanager
def held(url: str) -> Iterator[None]:
    """Let another process hold the catalogue: the locks of one process do not bar its own way."""
    holding = [sys.executable, "-c", HOLD, url.removeprefix("sqlite:")]
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        try:
            yield
        finally:
            other.communicate()


@pytest.fixture
def command(monkeypatch, capsys) -> Callable[..., tuple[int, str]]:
    """Run a command in this process: its code, and what it said to stderr."""

    def command(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return command


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_a_lake_that_cannot_be_written(visit, measured, protect, name):
    protect(Path(measured.removeprefix("sqlite:")).parent)
    page = visit(measured, name)
    assert not page.exception and not page.error
    assert "No lake yet" not in said(page)


def test_a_lake_that_becomes_read_only_keeps_what_was_typed(visit, measured, protect):
    with workbench.open(measured, author="Zoë") as lake:
        number = lake["people"].draft().draft
        lake.stage(number, [Correction(key={"id": 1}, column="a", new=0.5)])
    page = visit(measured, "review", dataset="people")
    protect(Path(measured.removeprefix("sqlite:")).parent)
    page.text_input(key=f"draft-message-{number}").input("one half")
    page = page.button(key="draft-publish").click().run()
    assert not page.exception and measured in said(page) and "Check the rights on it" in said(page)


def test_a_command_that_reads_answers_on_a_lake_that_cannot_be_written(command, measured, protect):
    protect(Path(measured.removeprefix("sqlite:")).parent)
    assert command("--lake", measured, "versions", "people") == (0, "")


@pytest.mark.parametrize("words", [("check", "people"), ("run", "people")])
def test_a_command_that_writes_says_that_the_lake_cannot_be_written(command, measured, protect, words):
    protect(Path(measured.removeprefix("sqlite:")).parent)
    code, told = command("--lake", measured, *words)
    assert code == 3
    assert told.startswith(f"Error: The lake {measured} is read-only here. Nothing was changed.")
    assert "ask for the right to write to it" in told and "Traceback" not in told


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_a_locked_lake_says_who_holds_it(visit, measured, name):
    with held(measured):
        page = visit(measured, name)
        assert not page.exception and "is held by other processes" in said(page)
        assert [each.label for each in page.expander] == ["Details"]
    assert not page.button(key="again").click().run().error


def test_a_command_on_a_locked_lake_says_who_holds_it(command, measured, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WRITE_TIMEOUT", "0.3")
    with held(measured):
        code, told = command("--lake", measured, "versions", "people")
    assert code == 3 and "is held by other processes" in told and "Traceback" not in told


def test_a_moved_lake_is_shown_and_changed_where_it_is_now(visit, command, measured, tmp_path, monkeypatch):
    shutil.move(tmp_path / "lake", tmp_path / "elsewhere")
    code, told = command("--lake", measured, "versions", "people")
    assert code == 2 and f"{tmp_path / 'lake' / 'catalog.sqlite'}" in told and "workbench" in told
    assert visit(measured).title[0].value == "No lake yet"
    moved = f"sqlite:{tmp_path / 'elsewhere' / 'catalog.sqlite'}"
    for name in PAGES:
        page = visit(moved, name)
        assert not page.exception and not page.error, name
    monkeypatch.setenv("WORKBENCH_AUTHOR", "ann")
    assert command("--lake", moved, "restore", "people@2", "-m", "as it was")[0] == 0
    with workbench.open(moved) as lake:
        assert lake["people"].newest.content_hash == lake["people"].at(2).version.content_hash
