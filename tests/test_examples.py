"""The suite draws the same examples every time; the search draws fresh ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DRAWS = """
from hypothesis import given, settings, strategies as st

@settings(max_examples=5)
@given(st.integers(0, 10**30))
def test_draw(number):
    print("drew", number)
"""


def drawn(folder: Path, *options: str) -> list[str]:
    """Run a property test of its own under the suite's settings, and read what it drew."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", "-n", "0", "-p", "no:cacheprovider", "-m", "hypothesis",
         "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml"), "-p", "tests.conftest", *options,
         str(folder / "test_draws.py")],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("drew")]


@pytest.mark.parametrize("options, same", [([], True), (["--hypothesis-profile=search"], False)])
def test_only_the_search_draws_fresh_examples(tmp_path, options, same):
    (tmp_path / "test_draws.py").write_text(DRAWS)
    first, second = (drawn(tmp_path, *options) for _ in range(2))
    assert len(set(first)) >= 3
    assert (first == second) == same
