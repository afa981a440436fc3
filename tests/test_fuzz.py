"""Odd files and command lines, in small: benchmarks/fuzz.py tries 5,000."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_no_odd_input_ends_in_a_traceback_or_loses_anything():
    """Three of each kind, the same every time."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "fuzz.py"), "21", "11"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "21 inputs, 0 failed" in done.stdout
