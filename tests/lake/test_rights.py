"""Who may read and write a lake's files: its owner, or a group; and a lake that nobody may write can be read."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from workbench.cli import main
from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import ConfigurationError, StoreError
from workbench.ingest import import_source
from workbench.lake import claimed, maintain, newest, open_lake, view_of
from workbench.settings import Settings

FRAME = pd.DataFrame({"id": range(1, 101), "x": 1.0, "y": ["a", "b"] * 50})


def at(path: Path, **more: object) -> Settings:
    return Settings(lake=f"sqlite:{path}", author="ann", **more)


def work_on(settings: Settings) -> None:
    """Let everything write that writes: an import, a publish of many cells, a claim, maintenance."""
    with open_lake(settings, create=True) as lake:
        import_source(lake, "t", FRAME, key=["id"], author="ann")
        draft = new_draft(lake, "t", author="ann").draft
        stage(lake, draft, [Correction({"id": n}, column="x", new=n + 0.5) for n in range(1, 90)], author="ann")
        publish_draft(lake, draft, author="ann", message="many")
        with claimed(lake, "run of t"):
            maintain(lake)


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}


@pytest.fixture
def umask():
    """Set the process's umask for a test: ``umask(0o022)``."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def test_a_new_lake_is_its_owner_s_alone(tmp_path, umask):
    umask(0o002)
    work_on(at(tmp_path / "data" / "lake" / "catalog.sqlite"))
    found = modes(tmp_path / "data" / "lake")
    assert len(found) > 30 and not {name: mode for name, mode in found.items() if mode & 0o077}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o775, "folders above it are nobody's secret"
    assert umask(0o002) == 0o002, "the process has its own umask again"


def test_a_catalogue_in_a_folder_that_was_there_is_private_too(tmp_path, umask):
    tmp_path.chmod(0o755)
    work_on(at(tmp_path / "catalog.sqlite"))
    seen = []

    def write(session):
        session.insert("tags", [{"dataset": "t", "tag": "new", "version": 1}])
        seen.append(modes(tmp_path))

    with open_lake(at(tmp_path / "catalog.sqlite")) as lake:
        lake.write(write, message="tag")
    assert "catalog.sqlite-wal" in seen[0] and seen[0].pop(".") == 0o755
    assert not {name: mode for name, mode in seen[0].items() if mode & 0o077}


@pytest.mark.skipif(os.name != "posix", reason="NOT TESTED: groups of the system")
def test_a_setting_opens_new_lakes_to_a_group(tmp_path, umask):
    import grp

    umask(0o077)
    group = grp.getgrgid(os.getgid()).gr_name
    work_on(at(tmp_path / "lake" / "catalog.sqlite", group_access=group))
    found = modes(tmp_path / "lake")
    assert {mode & 0o777 for name, mode in found.items() if (tmp_path / "lake" / name).is_dir()} == {0o770}
    assert {mode for name, mode in found.items() if not (tmp_path / "lake" / name).is_dir()} == {0o660}
    with pytest.raises(ConfigurationError, match="shared with the group 'nobody_such'") as caught:
        open_lake(at(tmp_path / "other" / "catalog.sqlite", group_access="nobody_such"), create=True)
    assert "id -Gn" in caught.value.hint


def test_what_is_written_later_gets_the_rights_of_the_folder(tmp_path, umask):
    settings = at(tmp_path / "catalog.sqlite")
    work_on(settings)
    for path in tmp_path.rglob("*"):
        path.chmod(0o775 if path.is_dir() else 0o664)
    umask(0o077)
    with open_lake(settings) as lake:
        import_source(lake, "u", FRAME, key=["id"], author="ann")
        file = next(Path(lake.files).glob("data/u/*.parquet"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o664 and stat.S_IMODE(file.parent.stat().st_mode) == 0o775


@pytest.fixture
def archive(tmp_path):
    """A lake that nobody can write to: a read-only mount for root, else folders without the right to write."""
    work_on(at(tmp_path / "lake" / "catalog.sqlite"))
    place = tmp_path / "archive"
    if os.geteuid():
        shutil.copytree(tmp_path / "lake", place)
        for path in [*place.rglob("*"), place]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield place
        for path in [place, *place.rglob("*")]:
            path.chmod(0o755)
        return
    place.mkdir()
    bind = ["mount", "--bind", str(tmp_path / "lake"), str(place)]
    if subprocess.run(bind, capture_output=True).returncode:
        pytest.skip("NOT TESTED: a read-only mount, which needs the right to mount")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


READING = [
    "datasets", "versions t", "show t", "show t@1 --limit 2", "diff t@1 t@2", "blame t --key 1", "findings t",
    "draft list t", "runs", "recipe list t", "doctor", "export t {out}/t.csv",
]  # fmt: skip


def test_a_lake_that_cannot_be_written_is_read_by_every_command_that_reads(archive, tmp_path, monkeypatch, capsys):
    for command in READING:
        words = ["workbench", "--lake", f"sqlite:{archive}/catalog.sqlite", *command.format(out=tmp_path).split()]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code, (command, capsys.readouterr())
    assert (tmp_path / "t.csv").read_text().count("\n") == 101


def test_a_lake_that_cannot_be_written_says_so_to_who_writes(archive):
    with open_lake(at(archive / "catalog.sqlite")) as lake:
        assert lake.readonly and newest(lake, "t").version == 2
        assert view_of(lake, newest(lake, "t")).fetch("SELECT count(*) FROM {rows} WHERE x <> 1") == [(89,)]
        for write in (
            lambda: new_draft(lake, "t", author="ann"),
            lambda: import_source(lake, "u", FRAME, key=["id"], author="ann"),
            lambda: maintain(lake),
        ):
            with pytest.raises(StoreError, match=r"is read-only here\. Nothing was changed") as caught:
                write()
            assert "Copy its folder" in caught.value.hint


def test_what_was_committed_before_a_kill_is_read_too(tmp_path):
    """The journal beside the catalogue holds it until somebody opens the catalogue for writing."""
    settings = at(tmp_path / "catalog.sqlite")
    work_on(settings)
    program = (
        "import os, sys; from workbench.lake import open_lake; from workbench.settings import Settings\n"
        "lake = open_lake(Settings(lake=sys.argv[1])); held = lake.session(); session = held.__enter__()\n"
        "session.run('BEGIN'); session.rows('SELECT count(*) FROM lake.workbench.tags')\n"
        "lake.write(lambda s: s.insert('tags', [{'dataset': 't', 'tag': 'late', 'version': 1}]), message='t')\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, settings.lake], cwd=Path(__file__).parents[2], check=False)
    assert (tmp_path / "catalog.sqlite-wal").stat().st_size
    from workbench.lake import opening

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_may_write", lambda path: False)
        with open_lake(settings) as lake:
            assert lake.readonly and newest(lake, "t").version == 2
            assert lake.read("SELECT tag FROM lake.workbench.tags") == [("late",)]
