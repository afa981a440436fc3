"""A kept version is still what was published, or the check says which version and which file is not."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from workbench.api import OpenLake
from workbench.doctor import examine
from workbench.errors import UnknownName
from workbench.ingest import refresh
from workbench.lake import kept_snapshots, maintain, newest, verify
from workbench.lake.migrations import MIGRATIONS
from workbench.versions import restore, tag


@pytest.fixture
def towns(lake, make):
    frame = pd.DataFrame({"id": ["1", "2", "3"], "town": ["Oslo", "Bergen", None], "note": ["a", "b", "c"]})
    return make(frame, "towns", key=("id",), lanes=[0, 0, 2])


def states(lake, *names):
    return {each.name: (each.state, each.identity) for each in OpenLake(lake, "t").verify(*names)}


def test_sound_versions_are_sound_however_they_came_about(lake, towns, publish):
    publish("towns", {1: {"town": "Oslo S"}})
    publish("towns", {2: {"_excluded": True}}, gone=(3,))
    restore(lake, towns, author="t", message="back")
    assert states(lake) == {f"towns@{n}": ("sound", "sound") for n in (1, 2, 3, 4)}
    assert newest(lake, "towns").identity_hash == towns.identity_hash


def test_a_flipped_bit_is_found_with_version_and_file(lake, towns, publish, damage):
    second = publish("towns", {1: {"note": "z"}})
    file = damage("towns", b"Bergen", b"Berben")
    first, after = verify(lake, [towns, second])
    assert (first.state, after.state) == ("damaged", "damaged")
    assert [Path(name).name for name in first.files] == [file.name]
    assert "its 3 rows are not those that were published" in first.detail and file.name in first.detail


def test_what_only_one_version_reads_is_told_from_what_a_sound_one_reads_too(lake, towns, publish, damage):
    rows = pd.DataFrame({"id": [str(n) for n in range(100, 200)], "town": "Lillehammer", "note": "n"})
    publish("towns", {1: {"note": "z"}})
    refresh(lake, "towns", rows, mode="append", author="t")
    file = damage("towns", b"Lillehammer", b"Lillehbmmer")
    found = {each.name: each for each in OpenLake(lake, "t").verify("towns")}
    assert [each.state for each in found.values()] == ["sound", "sound", "damaged"]
    assert [Path(name).name for name in found["towns@3"].files] == [file.name]


@pytest.mark.parametrize(
    "change", ["_rid = CASE _rid WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE 3 END", "_lane = CASE _rid WHEN 1 THEN 2 ELSE 0 END"]
)
def test_swapped_row_identities_and_moved_splits_are_found_by_the_identity_hash(lake, towns, change):
    lake.write(lambda session: session.run(f"UPDATE lake.data.towns SET {change}"))
    [found] = verify(lake, [dataclasses.replace(towns, snapshot=max(kept_snapshots(lake)))])
    assert (found.state, found.identity) == ("damaged", "damaged")
    assert "row identities or splits" in found.detail


def test_a_missing_and_a_replaced_file_have_words_of_their_own(lake, towns, make):
    other = make(pd.DataFrame({"id": range(50), "x": 1.5}), "other", key=("id",))
    [file] = Path(lake.files).rglob("towns/*.parquet")
    [theirs] = Path(lake.files).rglob("other/*.parquet")
    file.write_bytes(theirs.read_bytes())
    [found] = verify(lake, [towns])
    assert found.state == "damaged" and "was replaced by another file" in found.detail and found.files == (str(file),)
    file.unlink()
    first, second = verify(lake, [towns, other])
    assert first.state == "damaged" and f"{file} is missing" in first.detail and first.identity is None
    assert second.state == "sound"


def test_the_doctor_goes_on_after_a_fault(lake, settings, towns, make):
    make(pd.DataFrame({"id": [1]}), "after", key=("id",))
    make(pd.DataFrame({"id": [1]}), "before", key=("id",))
    [file] = Path(lake.files).rglob("towns/*.parquet")
    file.unlink()
    found = {each.what: each for each in examine(settings)}
    assert [found[name].ok for name in ("lake", "after@1", "before@1", "towns@1")] == [True, True, True, False]
    assert "is missing" in found["towns@1"].detail and file.name in found["towns@1"].detail


def test_versions_from_before_the_identity_hash_say_so_and_the_next_one_has_it(lake, towns, publish):
    with lake.session() as session:
        columns = [row[0] for row in session.rows("DESCRIBE lake.workbench.versions")]
        # As the migration finds an older lake: the column is there, and empty.
        assert "identity_hash" in columns and any(name.endswith("_identity_hash") for name, _ in MIGRATIONS)
        session.run("UPDATE lake.workbench.versions SET identity_hash = NULL")
    [old] = verify(lake, [newest(lake, "towns")])
    assert old.identity == "not recorded" and "not recorded" in old.detail
    made = publish("towns", {1: {"town": "Oslo S"}})
    assert made.identity_hash is not None
    assert states(lake, "towns@2") == {"towns@2": ("sound", "sound")}


def test_versions_that_maintain_let_go_are_said_and_no_fault(lake, towns, publish):
    publish("towns", {1: {"town": "Oslo S"}})
    publish("towns", {1: {"town": "Oslo N"}})
    tag(lake, newest(lake, "towns"), "production", author="t")
    maintain(lake, retention_days=0)
    assert {name: state for name, (state, _) in states(lake).items()} == {
        "towns@1": "not kept", "towns@2": "not kept", "towns@3": "sound",
    }  # fmt: skip


def test_names_choose_versions(lake, towns, publish):
    publish("towns", {1: {"town": "Oslo S"}})
    assert list(states(lake, "towns@1")) == ["towns@1"]
    assert list(states(lake, "towns", "towns@1")) == ["towns@1", "towns@2"]
    with pytest.raises(UnknownName, match="There is no dataset"):
        states(lake, "none")
