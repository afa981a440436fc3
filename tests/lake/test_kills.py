"""Processes killed in the middle of every action, in small: benchmarks/kills.py kills 300."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_killed_action_is_whole_or_not_begun_and_can_be_repeated():
    """Seven kills, one of each action, drawn alike every time."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "kills.py"), "7", "9"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 kills, 0 failed" in done.stdout
