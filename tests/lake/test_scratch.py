"""Work that is not finished lies in a folder of the process, which goes with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.errors import StoreError
from workbench.lake import open_lake
from workbench.lake.scratch import own_scratch, scratch, sweep


def test_each_process_moves_rows_out_of_memory_into_a_folder_of_its_own(lake, settings, tmp_path):
    """DuckDB names its files alike everywhere: two processes in one folder crash each other."""
    place = Path(lake.files) / "scratch"
    with open_lake(settings) as other:
        assert other.scratch != lake.scratch and {other.scratch, lake.scratch} <= set(place.iterdir())
        assert other.read("SELECT current_setting('temp_directory')") == [(str(other.scratch),)]
    assert not other.scratch.exists() and lake.scratch.is_dir()
    with open_lake(settings.model_copy(update={"temp_directory": str(tmp_path / "fast")})) as moved:
        assert moved.scratch.is_relative_to(tmp_path / "fast")


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from workbench.lake.scratch import scratch\n"
        "held = scratch(Path(sys.argv[1]), 'import'); made = held.__enter__()\n"
        "(made / 'rows').write_text('half'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=Path(__file__).parents[2], check=False)
    assert len(list(tmp_path.glob("import-*/rows"))) == 1
    with scratch(tmp_path, "memory") as held:
        assert set(tmp_path.iterdir()) == {held, held.with_name(held.name + ".lock")}
        assert sweep(tmp_path) == 0 and held.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_somebody_else_made_in_a_shared_place_is_refused(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"workbench-{os.getuid()}").symlink_to(tmp_path / "theirs")
    with pytest.raises(StoreError, match="belongs to somebody else") as caught, own_scratch(str(tmp_path), "memory"):
        pass
    assert "temp_directory" in caught.value.hint
