"""How much of the accuracy lost to wrong labels comes back when rows are reviewed in one order or another?

A reviewer who does not err looks at 20 % of the train rows, 2 % at a time, and corrects what is wrong; the fixed model
is fitted again with each of five seeds, and its accuracy on the test rows is compared with that on the labels as they
were (0 %) and with all train labels true (100 %). Each signal is taken once, before review, and again after every 2 %.

- Adult, the demo's file, with its planted label errors (20 % and 30 % of the two classes, validation rows too), under
  the presets tabular and linear. Its test labels, whose full stop makes other classes of them, are read as the truth
  file has them. With ``--fresh N`` the errors are drawn N times anew at the same rates instead, train and validation
  rows alike, and what came of the N is averaged.
- banking77's texts (``--banking FOLDER``, which holds its train.csv and test.csv), a fifth of the train and validation
  labels replaced by that of the class they are most like, under the preset text.
- scikit-learn's digits with 20 % of the train and validation labels replaced by other digits, each alike, under the
  preset linear, three times.

"knn-balanced" is KNN-Shapley with each class of the validation rows counting alike, "mixed" the mean of the ranks by it
and by label quality, "expected-gain" the order of the queue, which learns from the answers. "true validation" gives the
validation rows their true labels: what is found where those were reviewed before.

Run from the project's folder:
python -m benchmarks.review_order [--digits-only | --fresh N | --banking FOLDER] [--fits N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity

import workbench
from workbench.api import OpenLake
from workbench.lake import Version
from workbench.simulation import Simulation, Truth, read_truth, simulate

DATA = Path("data")
WANTED = (0.04, 0.10, 0.20)
RUNS = (
    ("random", False, False),
    ("label-quality", False, False),
    ("label-quality", True, False),
    ("knn-shapley", False, False),
    ("knn-shapley", True, False),
    ("knn-balanced", False, False),
    ("knn-balanced", True, False),
    ("mixed", True, False),
    ("knn-balanced", True, True),
    ("expected-gain", True, False),
    ("perfect", False, False),
)
"""Order, whether rows are scored again after each round, whether validation labels are true."""

AIMED_RUNS = tuple(run for run in RUNS if not run[2] and run[0] != "mixed" and (run[1] or "knn" not in run[0]))
"""Those that the aims are about, up to 10 % of the rows."""


def adult(lake: OpenLake, model: str) -> tuple[Version, Truth]:
    """Import the demo's file for one preset."""
    data = lake.import_data(
        f"adult_{model}",
        str(DATA / "adult.csv"),
        key=["person_id"],
        label="income",
        split_column="split",
        schema=str(Path("schemas/adult.py").resolve()),
        model=model,
    )
    return data.newest, read_truth(lake.lake, data.newest, DATA / "adult_truth.csv")


def adult_anew(lake: OpenLake, model: str, seed: int) -> tuple[Version, Truth]:
    """Import the demo's file with label errors drawn anew: for each class as many as it has."""
    rows = pd.read_csv(DATA / "adult.csv", dtype=str, keep_default_na=False).set_index("person_id", drop=False)
    known = pd.read_csv(DATA / "adult_truth.csv", dtype=str).query("column == 'income'").set_index("person_id")["new"]
    given, learnt = rows["income"], rows["split"] != "test"
    true = known.reindex(rows.index).fillna(given)
    wrong = pd.Series(False, index=rows.index)
    random = np.random.default_rng(seed)
    for name in sorted(set(true)):
        of_class = learnt & (true == name)
        wrong |= of_class & (random.random(len(rows)) < (given != true)[of_class].mean())
    low, high = sorted(set(true))
    rows["income"] = true.mask(wrong, true.map({low: high, high: low}))
    name = f"adult_{model}_{seed}"
    with tempfile.TemporaryDirectory() as folder:
        rows.to_csv(f"{folder}/{name}.csv", index=False)
        data = lake.import_data(
            name, f"{folder}/{name}.csv", key=["person_id"], label="income", split_column="split", model=model,
            schema=str(Path("schemas/adult.py").resolve()),
        )  # fmt: skip
    return data.newest, Truth({f'{{"person_id":"{key}"}}': str(label) for key, label in true.items()}, True, "UCI")


def digits(lake: OpenLake, seed: int) -> tuple[Version, Truth]:
    """Import scikit-learn's digits, a fifth of the train and validation labels wrong."""
    X, y = load_digits(return_X_y=True)
    random = np.random.default_rng(seed)
    lane = random.permutation(np.repeat(["train", "validation", "test"], [1000, 200, len(y) - 1200]))
    wrong = (random.random(len(y)) < 0.2) & (lane != "test")
    given = np.where(wrong, (y + random.integers(1, 10, len(y))) % 10, y)
    frame = pd.DataFrame(X, columns=[f"pixel{n}" for n in range(X.shape[1])])
    frame = frame.assign(id=range(len(y)), digit=given.astype(str), lane=lane)
    name = f"digits_{seed}"
    data = lake.import_data(name, frame, key=["id"], label="digit", split_column="lane", model="linear")
    return data.newest, Truth({f'{{"id":"{n}"}}': str(label) for n, label in enumerate(y)}, True, "scikit-learn")


def banking(lake: OpenLake, folder: Path, seed: int) -> tuple[Version, Truth]:
    """Import 4,000 train and 1,000 validation texts of banking77, a fifth of them under the class they are like most.

    The class next to a class is the one whose texts have the nearest mean of TF-IDF vectors: people take those for each
    other.
    """
    train, test = (pd.read_csv(folder / f"{name}.csv").drop_duplicates("text") for name in ("train", "test"))
    train = train.sample(5000, random_state=seed)
    words = TfidfVectorizer(stop_words="english").fit(train["text"])
    means = pd.DataFrame(words.transform(train["text"]).toarray()).groupby(train["category"].to_numpy()).mean()
    near = cosine_similarity(means)
    np.fill_diagonal(near, -1.0)
    next_to = dict(zip(means.index, means.index[near.argmax(axis=1)], strict=True))
    rows = pd.concat([train, test], ignore_index=True)
    lane = np.repeat(["train", "validation", "test"], [4000, 1000, len(test)])
    wrong = (np.random.default_rng(seed).random(len(rows)) < 0.2) & (lane != "test")
    given = rows["category"].where(~wrong, rows["category"].map(next_to))
    frame = pd.DataFrame({"id": range(len(rows)), "text": rows["text"], "category": given, "lane": lane})
    name = f"banking_{seed}"
    data = lake.import_data(name, frame, key=["id"], label="category", split_column="lane", model="text")
    return data.newest, Truth({f'{{"id":"{n}"}}': label for n, label in enumerate(rows["category"])}, True, "banking77")


def replays(
    lake: OpenLake,
    version: Version,
    truth: Truth,
    *,
    fits: int,
    runs: Sequence[tuple[str, bool, bool]] = RUNS,
    budget: float = 0.2,
) -> Iterator[tuple[str, Simulation, float]]:
    """Replay each order; yields its name, what it came to, and seconds."""
    for order, rescore, true_validation in runs:
        began = time.perf_counter()
        found = simulate(
            lake.lake,
            version,
            truth,
            order=order,
            budget=budget,
            every=0.02,
            rescore=rescore,
            true_validation=true_validation,
            fits=fits,
        )
        name = f"{order}, {'every 2 %' if rescore else 'once'}{', true validation' if true_validation else ''}"
        yield name, found, time.perf_counter() - began


def at(found: Simulation, share: float) -> int:
    """The point of the curve nearest to a share of rows inspected."""
    return int(np.argmin([abs(step.share - share) for step in found.steps]))


def show(found: Simulation) -> None:
    """Print what the runs on a dataset have in common."""
    low, high = found.low or 0.0, found.high or 0.0
    print(
        f"\n{found.dataset}: {found.wrong_labels:,} of {found.train_rows:,} train labels wrong, {found.test_rows:,} "
        f"test rows, {found.fits} fits; accuracy {found.dirty:.4f} as it is, {found.clean:.4f} with true labels "
        f"({low:+.4f} to {high:+.4f})"
    )


def head() -> None:
    """Print what the columns are."""
    print(f"{'':<40}{'    recovered at':<24}{'at 10 %':>9}{'wrong found':>12}{'95 % of clean':>15}")
    shares = "".join(f"{share:>8.0%}" for share in WANTED)
    print(f"{'order':<40}{shares}{'95 %':>9}{'at 10 %':>12}{'reached at':>15}{'s':>8}")


def line(name: str, runs: Sequence[Simulation], seconds: float) -> None:
    """Print one order, averaged over data sets."""
    recovered = [np.mean([run.steps[at(run, share)].recovered or 0.0 for run in runs]) for share in WANTED]
    found = np.mean([run.steps[at(run, 0.1)].found / run.wrong_labels for run in runs])
    reached = [run.share_to_reach for run in runs]
    told = "never" if None in reached else f"{np.mean([share for share in reached if share is not None]):.0%}"
    # The interval is that of the gain; that of what there was to gain is left out.
    ends = [(run.steps[at(run, 0.1)], run.clean - run.dirty) for run in runs]
    spread = np.linalg.norm([((step.high or 0.0) - step.gain) / gap for step, gap in ends]) / len(ends)
    shown = "".join(f"{part:>8.0%}" for part in recovered)
    print(f"{name:<40}{shown}{f'± {100 * spread:.0f}':>9}{found:>12.0%}{told:>15}{seconds:>8.1f}", flush=True)


def averaged(
    lake: OpenLake,
    sets: Sequence[tuple[Version, Truth]],
    *,
    fits: int,
    runs: Sequence[tuple[str, bool, bool]] = RUNS,
    budget: float = 0.2,
) -> list[dict[str, Any]]:
    """Replay each order on some sets, print what they average, and return the curves."""
    curves = []
    for number, run in enumerate(runs):
        of_sets = [next(replays(lake, *one, fits=fits, runs=[run], budget=budget)) for one in sets]
        if not number:
            for _, found, _ in of_sets:
                show(found)
            head()
        line(of_sets[0][0], [found for _, found, _ in of_sets], sum(seconds for *_, seconds in of_sets))
        curves += [found.to_dict() for _, found, _ in of_sets]
    return curves


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--digits-only", action="store_true")
    parser.add_argument("--fresh", type=int, metavar="N", help="only Adult, its label errors drawn N times anew")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="of these draws and those of digits")
    parser.add_argument("--banking", type=Path, metavar="FOLDER", help="only banking77, from this folder")
    parser.add_argument("--fits", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write all curves there")
    options = parser.parse_args()
    curves = []
    with (
        tempfile.TemporaryDirectory() as folder,
        workbench.open(f"sqlite:{folder}/catalog.sqlite", author="benchmark", create=True) as lake,
    ):
        first = options.first
        if options.banking:
            version, truth = banking(lake, options.banking, first)
            curves += averaged(lake, [(version, truth)], fits=options.fits, runs=AIMED_RUNS, budget=0.1)
        elif options.fresh:
            for model in ("tabular", "linear"):
                drawn = [adult_anew(lake, model, first + number) for number in range(options.fresh)]
                curves += averaged(lake, drawn, fits=options.fits, runs=AIMED_RUNS, budget=0.1)
        else:
            for model in () if options.digits_only else ("tabular", "linear"):
                curves += averaged(lake, [adult(lake, model)], fits=options.fits)
            curves += averaged(lake, [digits(lake, first + number) for number in range(3)], fits=options.fits)
    if options.json:
        options.json.write_text(json.dumps(curves, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
