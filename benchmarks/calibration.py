"""Do the verdicts claim what is not there, and do the intervals cover what is?

Three data sets (Adult, scikit-learn's digits and its breast cancer) and three models: a linear one and gradient
boosting, which are those of the presets and vary only by the rows that a seed leaves out, and a small neural network,
which each seed makes another one. Each is fitted under 60 seeds, and its predictions of all test rows are kept: a pool.
A replicate draws ten seeds for version A and ten for version B, and as many test rows as there are, with replacement,
the same for both. The truth is the difference of the two pools' means over all test rows, so that replicates are
independent samples from a population whose truth is known.

- A/A: A and B from one pool, under different seeds. Whatever a verdict claims is false: at most 6 % of replicates may.
- Change: B's pool was fitted on sound train labels, A's on labels of which a few are wrong, or so many that accuracy
  falls by about five points; A and B under the same seeds, as in real use, and under different ones. At least 94 % of
  intervals must hold the truth, and the five points must be found. Under the same seeds the interval is to be no wider
  than 1.3 times that from rows alone, for the models of the presets.
- Neutral edits: a chain of versions, each exchanging 1 % of the train rows for others from the same source. Both
  neighbours are fitted under the same ten seeds, as in real use. At most 6 % of pairs may be called a gain or a loss.
  The rows are dealt anew for every few pairs, since the edits of one chain have their model and their test rows in
  common; and as a data set without a split of its own is: 70 % train, 10 % validation, 20 % test rows.

- Planted effects: as many wrong train labels as make the true change one or two times the change that the verdict
  itself calls detectable. It promises to find the first in 80 % of cases; wanted are 75 % and 99 %.

For comparison, "rows only" is the share of A/A replicates with a claim where an interval knows no source of variance
but the test rows.

Run from the project's folder:
python -m benchmarks.calibration [--data FILE] [--replicates N] [--seeds N] [--pairs N] [--planted]
"""

from __future__ import annotations

import argparse
import hashlib
import math
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from workbench.impact import difference, paired
from workbench.metrics import METRICS, Metric, encode, metrics_of
from workbench.models import presets

SEEDS_PER_VERSION = 10
PAIRS_PER_DEAL = 4
DEALT = (0.7, 0.8)
MODELS = ("linear", "boosting", "network")


@dataclass(frozen=True)
class Task:
    """A data set, cut into train rows, spare rows from the same source, and test rows.

    ``X`` holds the features as each model takes them; ``many`` is the share of train labels that costs each model about
    five points of accuracy where they are replaced by other classes, ``few`` one that costs little.
    """

    name: str
    X: dict[str, np.ndarray]
    y: np.ndarray
    n_classes: int
    train: np.ndarray
    spare: np.ndarray
    test: np.ndarray
    few: float
    many: dict[str, float]
    trees: int


@dataclass(frozen=True)
class Rates:
    """What became of the replicates: the share that claimed a gain or loss, and that held the truth.

    ``detectable`` is the median of the changes called detectable, ``width`` the interval's mean width as a multiple of
    that from rows alone.
    """

    claims: float
    rows_only: float
    covered: float
    truth: float
    detectable: float
    width: float


@dataclass(frozen=True)
class Measured:
    """All rates of one metric; pairs are (the same seeds for both versions, other seeds)."""

    replicates: int
    same: Rates
    neutral: float
    small: tuple[Rates, Rates]
    large: tuple[Rates, Rates]

    @property
    def changes(self) -> tuple[tuple[Rates, Rates], tuple[Rates, Rates]]:
        """The slight change and the large one."""
        return self.small, self.large

    @property
    def coverage(self) -> float:
        """The lowest share of intervals that held the true change."""
        return min(rates.covered for pair in self.changes for rates in pair)


def adult(path: Path) -> Task:
    """Cut the test rows of the demo's file, whose labels are sound, into 3,600 train, 400 spare and 4,000 test rows."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows = rows[rows["split"] == "test"].drop(columns=["person_id", "split"])
    y = encode(rows.pop("income").str.removesuffix("."), ["<=50K", ">50K"])
    numbers = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
    features = rows.assign(**{name: pd.to_numeric(rows[name]) for name in numbers})
    codes = presets.tabular("classification")[:-1].fit_transform(features)
    plain = np.column_stack([codes[name].cat.codes if name.startswith("text") else codes[name] for name in codes])
    encoded = presets.linear("classification")[:-1].fit_transform(features)
    dense = encoded.toarray() if hasattr(encoded, "toarray") else encoded
    return _cut(
        "adult",
        {"linear": dense, "boosting": plain, "network": dense},
        y,
        few=0.03,
        many={"linear": 0.33, "network": 0.3, "boosting": 0.32},
        trees=50,
    )


def digits() -> Task:
    """Cut scikit-learn's digits into about 810 train, 90 spare and 898 test rows."""
    return _shipped("digits", load_digits, many={"linear": 0.06, "network": 0.22, "boosting": 0.28})


def cancer() -> Task:
    """Cut scikit-learn's breast cancer into about 256 train, 28 spare and 285 test rows."""
    return _shipped("cancer", load_breast_cancer, many={"linear": 0.25, "network": 0.3, "boosting": 0.25})


def _shipped(name: str, load: Callable[..., Any], *, many: dict[str, float]) -> Task:
    """Cut a data set of numbers that comes with scikit-learn."""
    X, y = load(return_X_y=True)
    scaled = StandardScaler().fit_transform(X)
    return _cut(name, {"linear": scaled, "boosting": X, "network": scaled}, y, few=0.03, many=many, trees=15)


def _cut(name: str, X: dict[str, np.ndarray], y: np.ndarray, *, few: float, many: dict[str, float], trees: int) -> Task:
    """Make a task with half of the rows for the test, so that the truth is about many."""
    train, spare, test = _deal(len(y), 0, (0.45, 0.5))
    return Task(name, X, np.asarray(y), len(np.unique(y)), train, spare, test, few, many, trees)


def _deal(n_rows: int, random_state: int, ends: tuple[float, float]) -> list[np.ndarray]:
    """Deal rows at random into train, spare and test rows; the first two end at these shares of the rows."""
    rows = np.random.default_rng(random_state).permutation(n_rows)
    return np.split(rows, [int(end * n_rows) for end in ends])


def estimator(task: Task, model: str, seed: int) -> LogisticRegression | MLPClassifier | HistGradientBoostingClassifier:
    """Build an unfitted model, small enough for thousands of fits."""
    if model == "linear":
        return LogisticRegression(max_iter=300)
    if model == "network":
        return MLPClassifier((16,), max_iter=12, batch_size=64, learning_rate_init=0.005, random_state=seed)
    return HistGradientBoostingClassifier(max_iter=task.trees, early_stopping=False, random_state=seed)


# One thread is as fast on fits this small, and two wait for each other for seconds where other processes run.
@threadpool_limits.wrap(limits=1)
def predictions(
    task: Task, model: str, rows: np.ndarray, labels: np.ndarray, seeds: Sequence[int], *, leave_out: bool = True
) -> np.ndarray:
    """Fit under each seed, without the tenth of the rows that the seed leaves out, and predict all test rows."""
    X, out = task.X[model], np.zeros((len(seeds), len(task.test), task.n_classes))
    for place, seed in enumerate(seeds):
        kept = np.array([not leave_out or _digest(seed, key) % 10 > 0 for key in rows])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted = estimator(task, model, seed).fit(X[rows[kept]], labels[kept])
        out[place][:, fitted.classes_] = fitted.predict_proba(X[task.test])
    return out


def _digest(seed: int, key: int) -> int:
    """Hash a seed and a row's key to a number."""
    return int(hashlib.md5(f"{seed}:{key}".encode()).hexdigest()[:8], 16)


def mislabelled(task: Task, share: float) -> np.ndarray:
    """Replace a share of the train labels by other classes; the smaller share's rows are among the larger's."""
    random = np.random.default_rng(1)
    chosen = random.random(len(task.train)) < share
    other = (task.y[task.train] + random.integers(1, task.n_classes, len(task.train))) % task.n_classes
    return np.where(chosen, other, task.y[task.train])


def replicates(
    metric: Metric, y: np.ndarray, a: np.ndarray, b: np.ndarray, *, number: int, same_seeds: bool = False
) -> Rates:
    """Compare ``number`` samples of seeds and rows from two pools of predictions (n_seeds, n_rows, n_classes)."""
    random = np.random.default_rng(2)
    truth = float(np.mean([metric.score(y, two) - metric.score(y, one) for one, two in zip(a, b, strict=True)]))
    if metric.row_score is not None:
        a, b = (np.stack([metric.row_score(y, of_seed) for of_seed in pool]) for pool in (a, b))
    claims = rows_only = covered = 0
    detectable, width = [], []
    for _ in range(number):
        seeds = random.permutation(len(a))
        of_a = seeds[:SEEDS_PER_VERSION]
        of_b = of_a if same_seeds else seeds[SEEDS_PER_VERSION : 2 * SEEDS_PER_VERSION]
        rows = random.integers(0, len(y), len(y))
        one, two = a[np.ix_(of_a, rows)], b[np.ix_(of_b, rows)]
        if metric.row_score is not None:
            found = paired(one, two, greater_is_better=metric.greater_is_better, span=metric.span)
            d = (two - one).mean(axis=0)
            half = 1.96 * d.std(ddof=1) / len(d) ** 0.5
            rows_only += abs(d.mean()) > half
            width.append((found.high - found.low) / (2 * half) if half > 0 else np.nan)
        else:
            found = difference(metric, y[rows], one, two, replicates=200)
        detectable.append(found.detectable)
        claims += found.verdict in ("gain", "loss")
        covered += found.low <= truth <= found.high
    wide = float(np.nanmean(width)) if width else float("nan")
    return Rates(claims / number, rows_only / number, covered / number, truth, float(np.median(detectable)), wide)


@threadpool_limits.wrap(limits=1)
def planted(task: Task, model: str, times: float, *, seeds: int, number: int) -> tuple[float, Rates]:
    """Plant wrong labels whose true effect is about ``times`` the detectable change; returns their share, and rates."""
    y, accuracy = task.y[task.test], METRICS["accuracy"]
    few = range(min(seeds, 15))
    sound = predictions(task, model, task.train, task.y[task.train], few)
    low, high = 0.0, 0.5
    for _ in range(7):
        share = (low + high) / 2
        wrong = predictions(task, model, task.train, mislabelled(task, share), few)
        found = replicates(accuracy, y, wrong, sound, number=50, same_seeds=True)
        low, high = (share, high) if found.truth < times * found.detectable else (low, share)
    # That was found with few seeds; of three shares about there the one is taken whose effect is the nearest.
    sound = predictions(task, model, task.train, task.y[task.train], range(seeds))
    tried = []
    for share in (0.9 * high, high, min(0.5, 1.1 * high)):
        wrong = predictions(task, model, task.train, mislabelled(task, share), range(seeds))
        found = replicates(accuracy, y, wrong, sound, number=number, same_seeds=True)
        tried.append((abs(found.truth / found.detectable - times), share, found))
    return min(tried, key=lambda each: each[0])[1:]


def neutral_edits(task: Task, model: str, metrics: Sequence[str], *, pairs: int) -> dict[str, float]:
    """Walk down chains of versions that differ by 1 % of exchanged rows; return each metric's share of claims."""
    if not pairs:
        return dict.fromkeys(metrics, float("nan"))
    random, seeds = np.random.default_rng(3), range(SEEDS_PER_VERSION)
    claims, deals = dict.fromkeys(metrics, 0), math.ceil(pairs / PAIRS_PER_DEAL)
    for deal in range(deals):
        train, spare, test = _deal(len(task.y), deal + 1, DEALT)
        dealt = replace(task, train=train, spare=spare, test=test)
        rows, y, exchanged = train.copy(), task.y[test], max(1, len(train) // 100)
        before = predictions(dealt, model, rows, task.y[rows], seeds)
        for _ in range(PAIRS_PER_DEAL):
            out, into = random.permutation(len(rows))[:exchanged], random.permutation(len(spare))[:exchanged]
            rows[out], spare[into] = spare[into], rows[out]
            after = predictions(dealt, model, rows, task.y[rows], seeds)
            for name in metrics:
                claims[name] += difference(METRICS[name], y, before, after).verdict in ("gain", "loss")
            before = after
    return {name: count / (deals * PAIRS_PER_DEAL) for name, count in claims.items()}


@threadpool_limits.wrap(limits=1)
def measure(
    task: Task, model: str, metrics: Sequence[str], *, seeds: int, number: int, pairs: int
) -> dict[str, Measured]:
    """Run everything for one task and model; means over rows get ``number`` replicates, other metrics a quarter."""
    y, labels = task.y[task.test], task.y[task.train]
    sound, few, many = (
        predictions(task, model, task.train, part, range(seeds))
        for part in (labels, mislabelled(task, task.few), mislabelled(task, task.many[model]))
    )
    neutral = neutral_edits(task, model, metrics, pairs=pairs)
    measured = {}
    for name in metrics:
        metric = METRICS[name]
        count = number if metric.row_score is not None else max(1, number // 4)
        same = replicates(metric, y, sound, sound, number=count)
        small, large = (
            tuple(replicates(metric, y, wrong, sound, number=count, same_seeds=alike) for alike in (True, False))
            for wrong in (few, many)
        )
        measured[name] = Measured(count, same, neutral[name], small, large)
    return measured


def show(task: Task, model: str, measured: dict[str, Measured]) -> None:
    """Print one task and model."""
    y, labels = task.y[task.test], task.y[task.train]
    once, again = predictions(task, model, task.train, labels, [0, 1], leave_out=False).argmax(axis=2)
    varied = predictions(task, model, task.train, labels, range(10)).argmax(axis=2) == y
    print(
        f"\n{task.name}, {model}: accuracy {varied.mean():.4f}, over seeds ± {varied.mean(axis=1).std():.4f}; "
        f"on the same rows two random states differ in {(once != again).mean():.2%} of predictions"
    )
    print(f"{'':<51} few labels wrong: change, width, coverage   many wrong: change, width, coverage, found")
    print(
        f"{'metric':<18}{'n':>6}{'A/A':>7}{'rows only':>11}{'neutral':>9}"
        f"{'(seeds: same, same, same/other)':>40}{'(same, same, same/other)':>33}"
    )
    for name, row in measured.items():
        rows_only = f"{row.same.rows_only:.1%}" if METRICS[name].row_score is not None else ""
        print(
            f"{name:<18}{row.replicates:>6}{row.same.claims:>7.1%}{rows_only:>11}{row.neutral:>9.1%}"
            + "".join(
                f"{pair[0].truth:>+16.4f} {_times(pair[0].width)} {pair[0].covered:>6.1%} {pair[1].covered:>6.1%}"
                for pair in row.changes
            )
            + f"{min(rates.claims for rates in row.large):>7.1%}"
        )


def _times(width: float) -> str:
    """Write a width as a multiple; blank where no interval from rows alone was made."""
    return f"{width:>5.2f} x" if np.isfinite(width) else " " * 7


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data/adult.csv"), help="the demo's Adult file")
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--planted", action="store_true", help="only the planted effects, in a few minutes")
    options = parser.parse_args()
    began, everything = time.perf_counter(), []
    names = [metric.name for metric in metrics_of("classification")]
    jobs = [(task, model) for task in (adult(options.data), digits(), cancer()) for model in MODELS]
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
        grown = [
            (
                task,
                model,
                times,
                pool.submit(planted, task, model, times, seeds=options.seeds, number=options.replicates),
            )
            for task, model in jobs
            for times in (1, 2)
        ]
        for task, model, times, result in grown:
            share, rates = result.result()
            print(
                f"{task.name}, {model}, planted {times} x detectable: {share:.1%} of train labels wrong, true change "
                f"{rates.truth:+.4f}, {rates.truth / rates.detectable:.2f} x the detectable {rates.detectable:.4f}; "
                f"found in {rates.claims:.1%}, coverage {rates.covered:.1%}, width {rates.width:.2f} x rows only",
                flush=True,
            )
        if options.planted:
            return
        running = [
            pool.submit(measure, *job, names, seeds=options.seeds, number=options.replicates, pairs=options.pairs)
            for job in jobs
        ]
        for job, result in zip(jobs, running, strict=True):
            show(*job, result.result())
            everything += [(job[1], name, row) for name, row in result.result().items()]
    print(f"\n{time.perf_counter() - began:.0f} s")
    for mean_over_rows, what in ((True, "accuracy and log loss"), (False, "the other metrics")):
        part = [row for _, name, row in everything if (METRICS[name].row_score is not None) == mean_over_rows]
        print(
            f"{what}, {part[0].replicates} replicates: A/A claims at most {max(row.same.claims for row in part):.1%},"
            f" neutral edits at most {max(row.neutral for row in part):.1%} (both: 6 % allowed), coverage at least "
            f"{min(row.coverage for row in part):.1%} (94 % wanted)"
        )
    for models in (MODELS[:2], MODELS[2:]):
        widths = [
            pair[0].width
            for model, name, row in everything
            if model in models
            for pair in row.changes
            if METRICS[name].row_score
        ]
        print(
            f"{' and '.join(models)}: under the same seeds the interval is {min(widths):.2f} to {max(widths):.2f} "
            "times as wide as that from rows only (1.3 allowed)"
        )


if __name__ == "__main__":
    main()
