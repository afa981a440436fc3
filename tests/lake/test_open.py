"""A lake is made, opened again, moved and opened from elsewhere; what is none is refused in plain words."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import StoreError, UnknownName
from workbench.lake import migrations, newest, open_lake, read_versions, view_of
from workbench.lake.extensions import load_extension
from workbench.settings import Settings, load

FRAME = pd.DataFrame({"id": [1, 2], "x": ["a", None]})


def at(path: Path, **more: object) -> Settings:
    return Settings(lake=f"sqlite:{path}", write_timeout=1.0, **more)


def test_a_lake_is_made_only_when_asked_for(settings):
    with pytest.raises(UnknownName, match="There is no lake") as caught:
        open_lake(settings)
    assert "workbench import" in caught.value.hint
    path = Path(settings.lake.removeprefix("sqlite:"))
    assert not path.exists()
    with open_lake(settings, create=True) as lake:
        assert read_versions(lake) == []
    with open_lake(settings) as lake, open_lake(settings, create=True) as again:
        assert read_versions(lake) == read_versions(again) == []


def test_a_moved_lake_is_opened_where_it_is(tmp_path, lake, make, recomputed):
    version = make(FRAME, key=("id",))
    lake.close()
    shutil.move(tmp_path / "lake", tmp_path / "elsewhere")
    with open_lake(at(tmp_path / "elsewhere" / "catalog.sqlite")) as moved:
        assert recomputed(moved, newest(moved, "t")) == version.content_hash
        assert Path(moved.files).parent == tmp_path / "elsewhere" / "files"


def test_a_relative_lake_is_found_from_another_working_directory(tmp_path, lake, make, monkeypatch):
    make(FRAME, key=("id",))
    lake.close()
    (tmp_path / "workbench.toml").write_text('lake = "sqlite:lake/catalog.sqlite"\n')
    monkeypatch.chdir("/")
    with open_lake(load(config=tmp_path / "workbench.toml")) as opened:
        os.chdir(tmp_path)
        assert view_of(opened, newest(opened, "t")).to_pandas()["x"].tolist()[0] == "a"


def test_data_may_lie_apart_from_the_catalogue(tmp_path):
    with open_lake(at(tmp_path / "c" / "catalog.sqlite", data_path=str(tmp_path / "d")), create=True) as lake:
        assert Path(lake.files).parent == tmp_path / "d"


def test_the_catalogue_is_kept_in_write_ahead_mode(tmp_path):
    with open_lake(at(tmp_path / "catalog.sqlite"), create=True):
        pass
    catalogue = sqlite3.connect(tmp_path / "catalog.sqlite")
    assert catalogue.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    catalogue.close()


def test_a_lake_of_a_newer_workbench_is_refused(lake, settings):
    lake.write(lambda s: s.run("INSERT INTO lake.workbench.migrations VALUES ('9999_later', now())"), message="later")
    with pytest.raises(StoreError, match=r"made by a newer workbench \(it has 9999_later\)") as caught:
        open_lake(settings)
    assert "upgrade" in caught.value.hint


def test_a_lake_of_an_older_workbench_is_brought_up_to_date_once(lake, settings, monkeypatch):
    step = ("9000_colours", ("CREATE TABLE lake.workbench.colours (name VARCHAR)",))
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))
    with open_lake(settings) as first, open_lake(settings) as second:
        assert second.read("SELECT count(*) FROM lake.workbench.colours") == [(0,)]
        done = [name for (name,) in first.read("SELECT name FROM lake.workbench.migrations")]
        assert sorted(done) == sorted(name for name, _ in migrations.MIGRATIONS) and step[0] in done


def test_a_step_that_fails_leaves_nothing_of_itself(lake, settings, monkeypatch):
    step = ("9000_broken", ("CREATE TABLE lake.workbench.half (name VARCHAR)", "SELECT * FROM lake.workbench.nowhere"))
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))
    with pytest.raises(Exception, match="nowhere"):
        open_lake(settings)
    monkeypatch.undo()
    with open_lake(settings) as again:
        assert again.read("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'half'") == [(0,)]


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def database(path: Path) -> Path:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE diary (day TEXT)")
    other.commit()
    other.close()
    return path


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda folder: write(folder / "c.sqlite", os.urandom(5000)), "is not a lake's catalogue"),
        (lambda folder: write(folder / "c.sqlite", b"hello"), "is not a lake's catalogue"),
        (lambda folder: database(folder / "c.sqlite"), "not a lake's catalogue but another database"),
        (lambda folder: folder, "is a folder"),
    ],
)
def test_what_is_no_catalogue_is_refused_and_left_alone(tmp_path, build, says, create):
    path = build(tmp_path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=says):
        open_lake(at(path), create=create)
    assert before is None or path.read_bytes() == before


def test_an_empty_file_is_no_lake_until_one_is_made_there(tmp_path):
    path = write(tmp_path / "catalog.sqlite", b"")
    with pytest.raises(UnknownName, match="There is no lake"):
        open_lake(at(path))
    with open_lake(at(path), create=True) as lake:
        assert read_versions(lake) == []


def test_a_damaged_catalogue_is_said_to_be_damaged(tmp_path, lake, make):
    make(FRAME)
    lake.close()
    path = Path(lake.url.removeprefix("sqlite:"))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(StoreError, match="damaged.*malformed") as caught:
        open_lake(at(path))
    assert "backup" in caught.value.hint


@pytest.mark.parametrize(
    ("blocked", "says"), [("lake", "lake cannot be made: File exists"), ("lake/files", "files cannot be made")]
)
def test_a_folder_that_cannot_be_made_is_named(tmp_path, blocked, says):
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).write_text("in the way")
    with pytest.raises(StoreError, match=says):
        open_lake(at(tmp_path / "lake" / "catalog.sqlite"), create=True)


@pytest.mark.parametrize("url", ["mysql:host=x", "sqlite:", "catalog.sqlite", ""])
def test_a_url_that_names_no_lake_says_how_one_is_written(url):
    with pytest.raises(StoreError, match="is not the URL of a lake") as caught:
        open_lake(Settings(lake=url))
    assert "sqlite:PATH" in caught.value.hint and "postgres:" in caught.value.hint


def test_a_postgres_that_does_not_answer_is_named_without_its_password(tmp_path):
    url = "postgres:host=127.0.0.1 port=1 dbname=lake password=geheim connect_timeout=2"
    with pytest.raises(StoreError, match=r"host=127\.0\.0\.1 .*refused") as caught:
        open_lake(Settings(lake=url, data_path=str(tmp_path)))
    assert "geheim" not in str(caught.value) and "password=•••" in str(caught.value)


def test_a_missing_extension_wheel_names_the_extra(tmp_path):
    """A fresh interpreter that cannot see the PostgreSQL wheel, as without the extra ``team``."""
    program = (
        "import sys; sys.modules['duckdb_extension_postgres_scanner'] = None\n"
        "from workbench.lake import open_lake; from workbench.settings import Settings\n"
        "from workbench.errors import StoreError\n"
        "try: open_lake(Settings(lake='postgres:dbname=x', data_path=sys.argv[1]))\n"
        "except StoreError as error: print(error)"
    )
    said = subprocess.run(
        [os.sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    ).stdout  # fmt: skip
    assert "The DuckDB extension 'postgres_scanner' is not installed." in said
    assert "pip install 'data-quality-workbench[team]'" in said


def test_an_extension_that_does_not_exist_is_refused(lake):
    with pytest.raises(StoreError, match="'nonsense' is not installed"):
        load_extension(None, "nonsense")
