"""Fits on two processes against one, pair by pair: python -m benchmarks.fits [--pairs 5]

Each pair fits the same ten models on the same rows twice, in changing order: with the setting ``workers`` at 1 and
at 2. The ratio of a pair is the time of one process over the time of two. "Cold" counts the start of the second
process, "warm" has it running already, as in `run` or in the app. Small work stays in one process: its ratio is about
1. Predictions are compared byte by byte. Data exist only in memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time

import numpy as np
import pandas as pd

from workbench import execution
from workbench.execution import running
from workbench.models import load_model
from workbench.models.asking import Fit, Question, answers

SIZES = {"tabular": (300, 3_000, 60_000, 200_000), "linear": (300, 20_000, 200_000)}
"""Rows of each model: fits of some milliseconds up to some seconds."""


def question(spec: str, rows: int) -> tuple[Question, list[Fit]]:
    """Twelve numbers and a city; ten fits that each leave out a tenth of the rows."""
    random = np.random.default_rng(0)
    X = pd.DataFrame({f"x{column}": random.normal(size=rows) for column in range(12)})
    X["city"] = random.choice(["Oslo", "Rome", "Bern"], rows)
    y = np.where(X.x0 + X.x1 * X.x2 + random.normal(size=rows) > 0, "yes", "no").astype(object)
    asked = Question(load_model(spec, "classification"), X, (y,), X.head(5_000), (("no", "yes"),))
    return asked, [Fit(seed, random.random(rows) > 0.1) for seed in range(10)]


def timed(asked: Question, fits: list[Fit], workers: int, *, cold: bool) -> tuple[float, bytes]:
    """Make all fits: seconds, and the predictions."""
    if cold:
        execution.end()
        running._spent = 0.0
    kept: dict[int, np.ndarray] = {}
    began = time.perf_counter()
    answers(asked, fits, workers=workers, done=kept.__setitem__)
    return time.perf_counter() - began, np.stack([kept[number] for number in range(len(fits))]).tobytes()


def main() -> None:
    """Run all sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", help="one model and size: tabular:60000")
    given = parser.parse_args()
    sys.stdout.write(f"load before: {os.getloadavg()[0]:.1f}\n")
    for spec, sizes in SIZES.items():
        for rows in sizes:
            if given.only not in (None, f"{spec}:{rows}"):
                continue
            asked, fits = question(spec, rows)
            timed(asked, fits[:1], 1, cold=True)
            for cold in (True, False):
                ratios, ones, seen = [], [], set()
                for pair in range(given.pairs):
                    took = {}
                    for workers in (1, 2) if pair % 2 else (2, 1):
                        took[workers], predictions = timed(asked, fits, workers, cold=cold)
                        seen.add(predictions)
                    ratios.append(took[1] / took[2])
                    ones.append(took[1])
                assert len(seen) == 1, "predictions differ"
                name = f"{spec}, {rows:,} rows, {'cold' if cold else 'warm'}"
                sys.stdout.write(
                    f"{name:<34} one process {statistics.median(ones):7.2f} s   "
                    f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})\n"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
