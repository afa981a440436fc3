"""Whatever stops an import or a refresh, the lake is at the old state or the new one, and tidy."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from workbench.errors import Cancelled, StoreError, UsageError
from workbench.ingest import import_source, refresh
from workbench.lake import newest, open_lake, read_versions, view_of
from workbench.settings import Settings


def files(lake) -> list[str]:
    """List the data files, and whatever an import has not finished or cleared away."""
    left = [Path(lake.files).rglob(pattern) for pattern in ("*.parquet", "import-*", "source-*")]
    return sorted({path.name for found in left for path in found})


@pytest.fixture
def people(tmp_path) -> Path:
    path = tmp_path / "people.csv"
    rows = "".join(f"{n},{n * 7919 % 90},city {n % 50},{n / 8}\n" for n in range(60_000))
    path.write_text("id,age,city,x\n" + rows)
    return path


def stages_of(lake, people) -> list[str]:
    seen: list[str] = []
    import_source(lake, "seen", people, key=("id",), author="t", progress=lambda stage, *_: seen.append(stage))
    return list(dict.fromkeys(seen))


def test_a_cancelled_import_leaves_nothing(lake, people):
    stages = stages_of(lake, people)
    assert len(stages) == 3
    before = files(lake)
    for stage in stages:

        def cancel(now, done, total, stage=stage):
            if now == stage:
                raise Cancelled("enough")

        with pytest.raises(Cancelled, match="enough"):
            import_source(lake, "t", people, key=("id",), author="t", progress=cancel)
        assert files(lake) == before
    assert import_source(lake, "t", people, key=("id",), author="t").rows == 60_000


def test_an_import_can_be_cancelled_while_it_reads(lake, people):
    calls = []

    def cancel(stage, done, total):
        calls.append((stage, done))
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_source(lake, "t", people, key=("id",), author="t", progress=cancel)
    assert calls[1][0].startswith("reading") and files(lake) == [] and read_versions(lake) == []
    assert not [thread for thread in threading.enumerate() if thread.name == "workbench-statement"]


def test_a_cancelled_refresh_changes_nothing(lake, people):
    import_source(lake, "t", people, key=("id",), author="t")
    before = files(lake)
    people.write_text(people.read_text().replace("city 7", "town 7"))
    seen: list[str] = []
    for stage in ("reading", "checking", "comparing", "publishing"):

        def cancel(now, done, total, stage=stage):
            seen.append(now)
            if now.startswith(stage):
                raise Cancelled("enough")

        with pytest.raises(Cancelled):
            refresh(lake, "t", people, author="t", progress=cancel)
        assert newest(lake, "t").version == 1 and files(lake) == before
    assert refresh(lake, "t", people, author="t").updated_cells == 1_200


SCRIPT = """
import sys, time
from workbench.ingest import import_source, refresh
from workbench.lake import open_lake
from workbench.settings import Settings

url, people, work, wanted = sys.argv[1:]
lake = open_lake(Settings(lake=url))

def progress(stage, done, total):
    if stage.startswith(wanted):
        print(stage, flush=True)
        time.sleep(600)

if work == "import":
    import_source(lake, "t", people, key=("id",), author="t", progress=progress)
else:
    refresh(lake, "old", people, mode="full", author="t", progress=progress)
"""


@pytest.mark.parametrize(
    ("work", "stage"),
    [
        ("import", "reading"),
        ("import", "checking"),
        ("refresh", "reading"),
        ("refresh", "publishing"),
    ],
)
def test_a_killed_process_leaves_the_old_state(lake, settings, people, tmp_path, work, stage):
    (tmp_path / "old.csv").write_text("id,age\n1,2\n")
    old = import_source(lake, "old", tmp_path / "old.csv", key=("id",), author="t")
    lake.close()
    command = [sys.executable, "-c", SCRIPT, settings.lake, str(people), work, stage]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None and process.stdout.readline().startswith(stage)
        time.sleep(0.1)
        process.kill()
    with open_lake(settings) as again:
        assert [version.name for version in read_versions(again)] == ["old@1"]
        assert view_of(again, old).fetch("SELECT * FROM {rows}") == [(1, *view_of(again, old).fetch(
            "SELECT _lane FROM {rows}")[0], False, 1, 2)]  # fmt: skip
        assert import_source(again, "t", people, key=("id",), author="t").rows == 60_000
        assert len(files(again)) == 2, "what the killed process had not finished is swept away"
        assert [path.name for path in Path(again.files, "scratch").iterdir() if path.is_dir()] == [again.scratch.name]
        assert refresh(again, "old", people, mode="full", author="t").version.rows == 60_000


@pytest.mark.parametrize("leave", [0, 100_000])
def test_an_import_that_fills_the_disk_leaves_nothing_and_works_once_there_is_room(
    small_disk, fill, settings, people, leave
):
    people.write_text("id,x\n" + "".join(f"{n},{n * 7919 % 1_000_003}\n" for n in range(100_000)))
    with open_lake(settings, create=True) as lake:
        ballast = fill(leave)
        with pytest.raises(StoreError, match="The disk that holds the lake .* is full"):
            import_source(lake, "t", people, key=("id",), author="t")
        assert files(lake) == []
        ballast.unlink()
        assert read_versions(lake) == []
        assert import_source(lake, "t", people, key=("id",), author="t").rows == 100_000


def test_two_imports_of_one_name(lake, people, tmp_path):
    """The second is refused when it publishes, whatever both did before, and takes its file with it."""
    (tmp_path / "small.csv").write_text("id\n1\n")

    def overtake(stage, done, total):
        if stage.startswith("checking") and not read_versions(lake):
            import_source(lake, "T", tmp_path / "small.csv", author="t")

    with pytest.raises(UsageError, match="There is a dataset 'T' already"):
        import_source(lake, "t", people, key=("id",), author="t", progress=overtake)
    assert [version.name for version in read_versions(lake)] == ["T@1"] and len(files(lake)) == 1
    assert view_of(lake, newest(lake, "T")).fetch("SELECT id FROM {rows}") == [(1,)]


def test_progress_comes_to_its_end(lake, people):
    seen: dict[str, list[int]] = {}

    def note(stage, done, total):
        assert 0 <= done <= total == 100
        seen.setdefault(stage, []).append(done)

    import_source(lake, "t", people, key=("id",), author="t", progress=note)
    assert all(percents == sorted(percents) and percents[-1] == 100 for percents in seen.values())


def test_a_small_memory_limit_is_enough(settings, lake, people):
    lake.close()
    small = settings.model_copy(update={"memory_limit": "200MB", "threads": 2})
    with open_lake(Settings(**small.model_dump())) as opened:
        assert import_source(opened, "t", people, key=("id",), author="t").rows == 60_000
        people.write_text(people.read_text().replace(",city ", ",town "))
        assert refresh(opened, "t", people, author="t").updated_cells == 60_000


def test_too_little_memory_is_not_blamed_on_the_lines(settings, lake, tmp_path):
    lake.close()
    source = tmp_path / "long.jsonl"
    source.write_text("".join(f'{{"id": {row}, "text": "{"x" * 1_000_000}"}}\n' for row in range(40)))
    small = settings.model_copy(update={"memory_limit": "40MB", "threads": 2})
    with (
        open_lake(Settings(**small.model_dump())) as opened,
        pytest.raises(StoreError, match="long.jsonl needs more memory than it may use") as refused,
    ):
        import_source(opened, "t", source, key=("id",), author="t")
    assert refused.value.hint == "Raise the setting memory_limit."
