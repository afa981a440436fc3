"""A data folder belongs to one catalogue: maintenance deletes what DuckLake lists as the lake's, and nothing else."""

from __future__ import annotations

import dataclasses
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import StoreError
from workbench.ingest import import_source
from workbench.lake import folder, maintain, newest, open_lake, view_of
from workbench.lake.recall import CATALOGUE
from workbench.settings import Settings
from workbench.versions import restore

FRAME = pd.DataFrame({"id": range(1, 101), "x": 1.0})
LATER = datetime.now(UTC) + timedelta(days=400)


def at(path: Path, **more: object) -> Settings:
    return Settings(lake=f"sqlite:{path}", author="ann", **more)


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    """The folder of a lake with one dataset."""
    place = tmp_path_factory.mktemp("filled")
    fill(at(place / "catalog.sqlite"))
    return place


@pytest.fixture
def settings(tmp_path, filled) -> Settings:
    """A lake with one dataset in ``tmp_path``, its data in ``tmp_path / "files"``."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return at(tmp_path / "catalog.sqlite")


def fill(settings: Settings, dataset: str = "t") -> Path:
    """Make a lake with one dataset and return its data folder."""
    with open_lake(settings, create=True) as lake:
        import_source(lake, dataset, FRAME, key=["id"], author="ann")
        return Path(lake.files)


def own_folder(settings: Settings) -> Path:
    """Return a lake's data folder."""
    with open_lake(settings) as lake:
        return Path(lake.files)


def sound(settings: Settings, dataset: str = "t") -> bool:
    """Tell whether the newest version's rows are those that were published."""
    with open_lake(settings) as lake:
        version = newest(lake, dataset)
        return dataclasses.replace(view_of(lake, version), known_hash="").content_hash() == version.content_hash


def tidy(settings: Settings):
    """Maintain a lake so late that nothing is spared for its youth."""
    with open_lake(settings) as lake:
        return maintain(lake, retention_days=0, now=LATER)


def unmark(settings: Settings) -> Path:
    """Make a lake look as those did that were made before folders were marked."""
    with open_lake(settings) as lake, lake.session() as session:
        own = Path(lake.files)
        session.run(f"DELETE FROM {CATALOGUE}.ducklake_metadata WHERE key = 'workbench_maintained'")
        session.run(f"UPDATE {CATALOGUE}.ducklake_metadata SET value = '{own.parent}/' WHERE key = 'data_path'")
    (own / "lake.json").unlink()
    shutil.rmtree(own / "scratch", ignore_errors=True)
    for item in own.iterdir():
        item.rename(own.parent / item.name)
    own.rmdir()
    return own.parent


def test_two_catalogues_at_one_place_have_folders_of_their_own(tmp_path, settings):
    other = at(tmp_path / "other.sqlite")
    folders = {own_folder(settings), fill(other)}
    assert len(folders) == 2 and {path.parent for path in folders} == {tmp_path / "files"}
    marker = json.loads((own_folder(other) / "lake.json").read_text())
    assert marker["catalogue"] == "sqlite:../../other.sqlite" and marker["maintained"] == 0
    tidy(settings)
    tidy(other)
    assert sound(settings) and sound(other)


def test_files_of_other_people_at_the_place_are_never_touched(tmp_path):
    settings = at(tmp_path / "lake" / "catalog.sqlite", data_path=str(tmp_path / "shared"))
    own = fill(settings)
    theirs = [tmp_path / "shared" / "sales.parquet", own / "data" / "t" / "copy.parquet", own / "notes.txt"]
    for path in theirs:
        path.write_text("theirs")
    done = tidy(settings)
    assert done.unknown == ("data/t/copy.parquet", "notes.txt"), "what lies in the folder is reported"
    assert all(path.read_text() == "theirs" for path in theirs) and sound(settings)


@pytest.mark.parametrize("loss", ["removed", "emptied"])
def test_a_lost_catalogue_is_not_replaced_where_its_files_lie(tmp_path, settings, loss):
    own = own_folder(settings)
    path = tmp_path / "catalog.sqlite"
    backup = path.read_bytes()
    path.unlink()
    if loss == "emptied":
        path.touch()
    with pytest.raises(StoreError, match="holds the data of a lake whose catalogue was") as caught:
        fill(settings, "other")
    assert str(own) in caught.value.message and "backup" in caught.value.hint
    path.write_bytes(backup)
    assert sound(settings)


def test_a_new_lake_is_not_made_where_data_files_lie(tmp_path):
    (tmp_path / "files" / "deep").mkdir(parents=True)
    (tmp_path / "files" / "deep" / "sales.parquet").write_text("theirs")
    with pytest.raises(StoreError, match=r"Data files lie in .*: deep/sales\.parquet\. No new lake was made") as caught:
        open_lake(at(tmp_path / "catalog.sqlite"), create=True)
    assert "data_path" in caught.value.hint and not (tmp_path / "catalog.sqlite").exists()


def test_the_folder_of_another_lake_is_refused(tmp_path, settings):
    theirs = str(own_folder(settings))
    with pytest.raises(StoreError, match="belongs to another lake") as caught:
        open_lake(at(tmp_path / "b" / "catalog.sqlite", data_path=theirs), create=True)
    assert "data_path" in caught.value.hint
    open_lake(at(tmp_path / "c" / "catalog.sqlite"), create=True).close()
    with pytest.raises(StoreError, match=r"belongs to another lake \(catalogue sqlite:\.\./\.\./catalog\.sqlite\)"):
        open_lake(at(tmp_path / "c" / "catalog.sqlite", data_path=theirs))


def test_a_copied_lake_is_a_lake_of_its_own(tmp_path, filled):
    original, copy = at(tmp_path / "lake" / "catalog.sqlite"), at(tmp_path / "copy" / "catalog.sqlite")
    shutil.copytree(filled, tmp_path / "lake")
    shutil.copytree(tmp_path / "lake", tmp_path / "copy")
    with open_lake(copy) as lake:
        import_source(lake, "u", FRAME, key=["id"], author="ann")
    tidy(copy)
    tidy(original)
    assert sound(original) and sound(copy) and sound(copy, "u")


def test_a_copy_of_the_catalogue_alone_is_refused_while_the_original_is_there(tmp_path):
    settings = at(tmp_path / "catalog.sqlite", data_path=str(tmp_path / "data"))
    fill(settings)
    shutil.copy(tmp_path / "catalog.sqlite", tmp_path / "copy.sqlite")
    copy = at(tmp_path / "copy.sqlite", data_path=str(tmp_path / "data"))
    with pytest.raises(StoreError, match="is a copy of the catalogue") as caught:
        open_lake(copy)
    assert "Copy the data folder as well" in caught.value.hint
    (tmp_path / "catalog.sqlite").unlink()
    assert sound(copy), "a catalogue that was moved takes its folder with it"
    tidy(copy)


def test_files_that_are_newer_than_a_backup_of_the_catalogue_are_kept(tmp_path, settings):
    path = tmp_path / "catalog.sqlite"
    backup = path.read_bytes()
    with open_lake(settings) as lake:
        import_source(lake, "u", FRAME, key=["id"], author="ann")
    newer = path.read_bytes()
    path.write_bytes(backup)
    with open_lake(settings) as lake:
        found = maintain(lake, now=LATER).unknown
    assert len(found) == 1 and found[0].startswith("data/u/import-"), "reported, not deleted"
    path.write_bytes(newer)
    assert sound(settings, "u")
    with open_lake(settings) as lake, pytest.raises(StoreError, match="is older than its data folder") as caught:
        maintain(lake)
    assert "lake.json" in caught.value.hint and sound(settings, "u"), "other commands go on"


def test_a_lake_from_before_takes_its_folder_over_where_it_knows_every_file(tmp_path, settings):
    files = unmark(settings)
    assert sound(settings)
    assert tidy(settings).unknown == ()
    assert json.loads((files / "lake.json").read_text())["maintained"] == 1
    with open_lake(settings) as lake:
        assert lake.files == str(files)
        restore(lake, newest(lake, "t"), author="ann", message="no change")
    assert sound(settings)


def test_a_lake_from_before_is_not_maintained_beside_unknown_files(tmp_path, settings):
    files = unmark(settings)
    (files / "theirs.parquet").write_text("theirs")
    with (
        open_lake(settings) as lake,
        pytest.raises(StoreError, match=r"holds 1 file that this lake does not know: the"),
    ):
        maintain(lake)
    assert (files / "theirs.parquet").read_text() == "theirs" and not (files / "lake.json").exists()
    assert sound(settings), "everything else goes on"


def test_a_lake_whose_folder_is_gone_says_where_it_was(tmp_path):
    settings = at(tmp_path / "catalog.sqlite")
    own = fill(settings)
    shutil.move(tmp_path / "files", tmp_path / "moved")
    with pytest.raises(StoreError, match="The data folder of the lake .* is not there") as caught:
        open_lake(settings)
    assert str(own) in caught.value.message and "data_path" in caught.value.hint
    assert sound(settings.model_copy(update={"data_path": str(tmp_path / "moved")}))


def test_what_the_bookkeeping_lists_outside_the_folder_is_left_alone(tmp_path, settings):
    theirs = [tmp_path / "theirs.parquet", tmp_path / "files" / "up.parquet"]
    for path in theirs:
        path.write_text("theirs")
    with open_lake(settings) as lake:
        with lake.session() as session:
            for path, relative in ((str(theirs[0]), 0), ("../up.parquet", 1)):
                session.run(
                    f"INSERT INTO {CATALOGUE}.ducklake_files_scheduled_for_deletion VALUES "
                    f"(99, '{path}', {relative}, '2020-01-01 00:00:00+00')"
                )
        done = maintain(lake)
    assert done.unknown == (str(theirs[0]), "../up.parquet") and all(path.exists() for path in theirs)


def test_replaced_files_go_after_a_day(tmp_path, settings):
    with open_lake(settings) as lake:
        lake.write(lambda session: session.run("DROP TABLE lake.data.t"))
        lake.write(lambda session: session.run("DELETE FROM lake.workbench.versions"))
        first = maintain(lake, retention_days=0)
        assert first.deleted == 0 and len(list(Path(lake.files).glob("data/t/*.parquet"))) == 1
        assert maintain(lake, now=LATER).deleted >= 1
        assert not list(Path(lake.files).glob("data/t/*.parquet"))
        assert maintain(lake, now=LATER).unknown == ()


@pytest.mark.parametrize("killed", ["before the catalogue", "after the catalogue"])
def test_a_maintenance_killed_while_it_counts_leaves_a_lake_that_can_be_maintained(
    tmp_path, settings, monkeypatch, killed
):
    real, seen = folder.mark_folder, []

    def mark(*arguments, **named):
        seen.append(named)
        if killed == "after the catalogue" and len(seen) == 2:
            raise KeyboardInterrupt
        real(*arguments, **named)
        if killed == "before the catalogue":
            raise KeyboardInterrupt

    monkeypatch.setattr(folder, "mark_folder", mark)
    with open_lake(settings) as lake:
        with pytest.raises(KeyboardInterrupt):
            maintain(lake)
        monkeypatch.setattr(folder, "mark_folder", real)
        assert maintain(lake).unknown == ()
    assert sound(settings)


@pytest.mark.parametrize("left", [None, b""], ids=["gone", "cut to nothing"])
def test_whoever_asks_for_a_lake_whose_catalogue_is_gone_is_told_where_its_files_are(settings, lake, make, left):
    make(pd.DataFrame({"id": [1]}), "t")
    lake.close()
    catalogue = Path(settings.lake.removeprefix("sqlite:"))
    for part in catalogue.parent.glob("catalog.sqlite*"):
        part.unlink()
    if left is not None:
        catalogue.write_bytes(left)
    with pytest.raises(StoreError, match="holds the data of a lake whose catalogue was") as told:
        open_lake(settings)
    assert "Bring the catalogue back from a backup" in told.value.hint
    assert (catalogue.read_bytes() if catalogue.exists() else None) == left
