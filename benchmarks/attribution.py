"""Attribution: how long six groups take on the demo's table, and how often planted batches get the right sign.

    python -m benchmarks.attribution            both
    python -m benchmarks.attribution --signs    the second alone, in a minute

The first mends the planted label errors of the shipped Adult in six parts by six authors and shares the change of
accuracy out among them, with the tabular preset: 64 states of the data. It is set against evaluating the 64 states one
after another.

The second plants a good, a bad and an idle batch of changes into tables drawn at random, a hundred times for each of
some sizes. What a batch truly does is its Shapley value on 20,000 test rows; the attribution sees 2,000 of its own.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

import workbench
from workbench.attribution.shapley import shapley
from workbench.drafts import Correction
from workbench.impact import paired, together

ROOT = Path(__file__).resolve().parents[1]
AUTHORS = ("ann", "ben", "cleo", "dora", "eve", "finn")
SEEDS, TRAIN, SEEN, TRUE = 5, 1_000, 2_000, 20_000


def speed() -> None:
    """Time six groups on the demo's table."""
    with (ROOT / "data" / "adult_truth.csv").open(newline="") as file:
        truth = list(csv.DictReader(file))
    flipped = [row for row in truth if row["kind"] == "flipped_label"]
    named = [row for row in truth if row["kind"] == "label_stop"]
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder:
        url = f"sqlite:{folder}/lake/catalog.sqlite"
        with workbench.open(url, author="bench", create=True) as lake:
            lake.import_data(
                "adult", ROOT / "data" / "adult.csv", key=["person_id"], label="income", split_column="split"
            )
        # The classes of the test rows are named otherwise first: without that no model can be right about them.
        parts = {"namer": named} | {name: flipped[n :: len(AUTHORS)] for n, name in enumerate(AUTHORS)}
        for author, mine in parts.items():
            with workbench.open(url, author=author) as lake:
                draft = lake["adult"].draft(title=author).draft
                fixes = [Correction({"person_id": int(r["person_id"])}, column="income", new=r["new"]) for r in mine]
                lake.stage(draft, fixes)
                lake.publish(draft, message=f"{len(mine)} labels")
        with workbench.open(url, author="bench") as lake:
            began = time.perf_counter()
            lake["adult"].evaluate()
            one = time.perf_counter() - began
            began = time.perf_counter()
            found = lake.attribute("adult@2", f"adult@{len(AUTHORS) + 2}", by="author")
            took = time.perf_counter() - began
            began = time.perf_counter()
            lake.attribute("adult@2", f"adult@{len(AUTHORS) + 2}", by="author")
            again = time.perf_counter() - began
    sys.stdout.write(
        f"{len(flipped):,} labels, {found.figures} states: {took:.0f} s; one state alone {one:.1f} s, so "
        f"{found.figures * one / took:.1f} times as fast as one after another; again {again:.1f} s\n"
    )
    for share in found.shares:
        effect = share.effect
        sys.stdout.write(f"  {share.group.name:<6} {share.group.cells:>4} {effect.change:+.4f} {effect.verdict}\n")


def signs(runs: int = 100) -> None:
    """Count the signs that planted batches get."""
    for size in (50, 150, 300):
        random = np.random.default_rng(size)
        clear = {"right": 0, "wrong": 0, "below noise": 0}
        small, idle, worst = dict(clear), dict(clear), 0.0
        for _ in range(runs):
            for batch, (share, truth) in _one(random, size).items():
                says = {"gain": 1, "loss": -1}.get(share.verdict, 0)
                worst = max(worst, truth[1])
                if batch == "idle":
                    idle["wrong" if says else "below noise"] += 1
                    continue
                told = clear if abs(truth[0]) >= 2 * share.detectable else small
                told["below noise" if not says else "right" if says == np.sign(truth[0]) else "wrong"] += 1
        sys.stdout.write(
            f"{size:>4} labels a batch: true effect of twice the detectable change or more {clear}; smaller {small}; "
            f"idle {idle}; sum of parts off by {worst:.0e} at most\n"
        )


def _one(random: np.random.Generator, size: int) -> dict[str, tuple[workbench.impact.Change, tuple[float, float]]]:
    """Draw a table, plant three batches, and share out what they did: batch → (effect, (true effect, gap))."""
    weights = random.normal(size=8)
    X = random.normal(size=(TRAIN + SEEN + TRUE, 8))
    y = (X @ weights + 0.5 * random.normal(size=len(X)) > 0).astype(int)
    order = random.permutation(np.flatnonzero(X[:TRAIN] @ weights > 0))
    good, bad = order[:size], random.permutation(np.flatnonzero(X[:TRAIN] @ weights < 0))[:size]
    left_out = [random.random(TRAIN) < 0.1 for _ in range(SEEDS)]
    seen, true = slice(TRAIN, TRAIN + SEEN), slice(TRAIN + SEEN, None)
    hits: dict[frozenset[str], tuple[np.ndarray, np.ndarray]] = {}

    def worth(chosen: frozenset[str]) -> tuple[np.ndarray, np.ndarray]:
        if chosen not in hits:
            label, features = y[:TRAIN].copy(), X[:TRAIN].copy()
            if "good" not in chosen:
                label[good] = 1 - label[good]
            if "bad" in chosen:
                label[bad] = 1 - label[bad]
            if "idle" in chosen:
                features[:size, 7] += 1e-6 * random.normal(size=min(size, TRAIN))
            models = [LogisticRegression(C=1.0).fit(features[~out], label[~out]) for out in left_out]
            hits[chosen] = tuple(
                np.stack([(m.predict(X[part]) == y[part]).astype(float) for m in models]) for part in (seen, true)
            )  # type: ignore[assignment]
        return hits[chosen]

    names = ["good", "bad", "idle"]
    shares = shapley(names, lambda chosen: worth(chosen)[0])
    truths = shapley(names, lambda chosen: worth(chosen)[1].mean(axis=1, keepdims=True))
    whole = (worth(frozenset(names))[0] - worth(frozenset())[0]).mean()
    gap = abs(sum(share.mean() for share in shares.values()) - whole)
    level = together(len(names))
    return {
        name: (paired(np.zeros_like(shares[name]), shares[name], span=1.0, level=level), (truths[name].mean(), gap))
        for name in names
    }


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signs", action="store_true")
    if not parser.parse_args().signs:
        speed()
    signs()


if __name__ == "__main__":
    main()
