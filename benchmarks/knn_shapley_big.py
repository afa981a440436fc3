"""KNN-Shapley values of 100,000 train rows against 1,000 validation rows of 40 coordinates, from one process.

Run: ``python benchmarks/knn_shapley_big.py [TRAIN [VALIDATION]]``. Prints seconds, the ratio to what no exact method
can do without (the distances and their order), and peak memory; the limit is 60 s.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from workbench.valuation import knn_shapley

COORDINATES = 40


def main() -> None:
    """Print the figures."""
    given = [int(value) for value in sys.argv[1:3]]
    n, n_validation = (*given, *(100_000, 1_000)[len(given) :])
    random = np.random.default_rng(0)
    train = random.normal(size=(n, COORDINATES)).astype(np.float32)
    validation = random.normal(size=(n_validation, COORDINATES)).astype(np.float32)
    labels, right = random.integers(0, 3, n), random.integers(0, 3, n_validation)

    began = time.perf_counter()
    values = knn_shapley(train, labels, validation, right)
    took = time.perf_counter() - began

    columns, began = np.ascontiguousarray(train.T), time.perf_counter()
    for point in validation:
        distances = np.zeros(n, dtype=np.float32)
        for column, coordinate in zip(columns, point, strict=True):
            distances += (column - coordinate) ** 2
        np.argsort(distances)
    bare = time.perf_counter() - began

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{n:,} train rows x {n_validation:,} validation rows: {took:.1f} s, sum of values {values.sum():.4f}")
    print(f"distances and their order alone: {bare:.1f} s, ratio {took / bare:.2f}; peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()
