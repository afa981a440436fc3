"""Is the number of test rows that would settle a change right, and does an interval of samples cover fresh train rows?

    python -m benchmarks.settling            both
    python -m benchmarks.settling --rows     the first alone
    python -m benchmarks.settling --samples  the second alone

Rows: half of the planted label errors of the shipped Adult are mended. The change is compared on 500, 1,000 and 2,000
of its 8,000 test rows, 300 times each, and each time the smallest change that all 8,000 would show is foretold, which
is what the number of rows needed rests on. It is set against what all 8,000 do show, and against a forecast that takes
all noise of the seeds for noise that no test row takes away.

Samples: logistic regression on 300 train rows of Adult, of whose positive labels one in three is wrong (version A) or
none (version B). The truth is the mean effect over 400 fresh draws of train rows, on test rows that nothing else uses.
Over 100 fresh draws of train and 5,000 of test rows: how often the interval of 20 bootstrap samples holds it, and how
often that of ten seeds, which is about the very train rows.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import workbench
from workbench.drafts import Correction
from workbench.evaluation import evaluate, read_predictions
from workbench.evaluation.bootstrap import drawn_rows, times_drawn
from workbench.impact import paired
from workbench.lake import read_versions, view_of

ROOT = Path(__file__).resolve().parents[1]
LEVEL, SEEDS, SAMPLES, TRAIN = 0.95, 10, 20, 300
NUMBERS = ["age", "education_num", "capital_gain", "capital_loss", "hours_per_week"]


def rows(times: int = 300) -> None:
    """Foretell from few test rows what many show."""
    with (ROOT / "data" / "adult_truth.csv").open(newline="") as file:
        truth = list(csv.DictReader(file))
    named = [row for row in truth if row["kind"] == "label_stop"]
    mended = [row for row in truth if row["kind"] == "flipped_label"][::2]
    hits = []
    with (
        tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder,
        workbench.open(f"sqlite:{folder}/lake/catalog.sqlite", author="bench", create=True) as lake,
    ):
        source = ROOT / "data" / "adult.csv"
        lake.import_data("adult", source, key=["person_id"], label="income", split_column="split")
        for part in (named, mended):
            draft = lake["adult"].draft().draft
            fixes = [Correction({"person_id": int(row["person_id"])}, column="income", new=row["new"]) for row in part]
            lake.stage(draft, fixes)
            lake.publish(draft, message=f"{len(part)} labels")
        for version in read_versions(lake.lake, "adult")[1:]:
            found = evaluate(lake.lake, view_of(lake.lake, version))
            kept = read_predictions(lake.lake, found.id)
            said = np.array(found.train_classes)[kept.by_seed(found.seeds).argmax(axis=2)]
            hits.append((said == kept.label).astype(float))
    whole = paired(*hits, span=1.0)
    assert whole.sources is not None
    all_rows = whole.sources.rows
    print(f"\nall {all_rows:,} test rows show {100 * whole.detectable:.2f} points")
    random = np.random.default_rng(0)
    for few in (500, 1_000, 2_000):
        foretold, plainly = [], []
        for _ in range(times):
            chosen = random.choice(all_rows, few, replace=False)
            seen = paired(*(side[:, chosen] for side in hits), span=1.0).sources
            assert seen is not None
            plain = replace(seen, per_seed=seen.by_seed, per_cell=0.0)
            foretold.append(replace(seen, rows=all_rows).detectable(LEVEL))
            plainly.append(replace(plain, rows=all_rows).detectable(LEVEL))
        low, middle, high = 100 * np.quantile(foretold, [0.1, 0.5, 0.9])
        print(
            f"  foretold from {few:>5,} of them: {middle:.2f} ({low:.2f} to {high:.2f} in 80 % of cases); "
            f"with all noise of the seeds left in: {100 * np.median(plainly):.2f}"
        )


def samples(times: int = 100, draws: int = 400) -> None:
    """Count how often intervals hold the effect over fresh train rows."""
    frame = pd.read_csv(ROOT / "data" / "adult.csv", usecols=[*NUMBERS, "income"])
    frame = frame.apply(lambda column: column if column.name == "income" else pd.to_numeric(column, errors="coerce"))
    frame = frame.dropna()
    y = frame["income"].str.contains(">50K").to_numpy().astype(float)
    X = np.log1p(frame[NUMBERS].clip(lower=0))
    X = StandardScaler().fit_transform(X)
    random = np.random.default_rng(1)
    order = random.permutation(len(y))
    held, pool = order[:5_000], order[5_000:]

    def collected() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        chosen = random.choice(pool, TRAIN, replace=False)
        wrong = np.where(random.random(TRAIN) < 1 / 3, 0.0, y[chosen])
        return chosen, wrong, y[chosen]

    def said(chosen: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return LogisticRegression(C=10).fit(X[chosen], labels).predict(X[asked])

    effects = []
    for _ in range(draws):
        chosen, wrong, right = collected()
        before, after = (np.mean(said(chosen, labels, held) == y[held]) for labels in (wrong, right))
        effects.append(after - before)
    effect = float(np.mean(effects))
    covered, widths = dict.fromkeys(("samples", "seeds"), 0), {"samples": [], "seeds": []}
    everything = np.ones(TRAIN, dtype=bool)
    for _ in range(times):
        chosen, wrong, right = collected()
        asked = random.choice(held, len(held), replace=True)
        drawn = [times_drawn(random.integers(0, 2**64, TRAIN, dtype=np.uint64)) for _ in range(SAMPLES)]
        parts = {
            "samples": [drawn_rows(each, everything, right) for each in drawn],
            "seeds": [np.flatnonzero(random.random(TRAIN) >= 0.1) for _ in range(SEEDS)],
        }
        for name, of in parts.items():
            hits = [
                np.stack([said(chosen[part], labels[part], asked) == y[asked] for part in of]).astype(float)
                for labels in (wrong, right)
            ]
            found = paired(*hits, span=1.0, resampled=name == "samples")
            covered[name] += found.low <= effect <= found.high
            widths[name].append(found.high - found.low)
    print(f"\neffect of mending 1 in 3 positive labels of {TRAIN} train rows: {100 * effect:+.2f} points")
    for name, count in covered.items():
        width = 100 * float(np.median(widths[name]))
        print(f"  {name:<8} hold it in {count:>3} of {times} fresh draws; width {width:.2f} points (median)")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--samples", action="store_true")
    given = parser.parse_args()
    began = time.perf_counter()
    with threadpool_limits(1):
        if given.rows or not given.samples:
            rows()
        if given.samples or not given.rows:
            samples()
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
