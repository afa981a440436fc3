"""Replay review under an order, a budget and a reviewer's error rate, and measure what it brings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.errors import UnknownName, UsageError
from workbench.impact import NO_CHANGE, Change
from workbench.lake import Lake, Version
from workbench.metrics import encode
from workbench.progress import Progress, silent
from workbench.simulation.bench import Bench, read_bench
from workbench.simulation.learning import ExpectedGain
from workbench.simulation.orders import AGAINST_VALIDATION, LEARNING, ORDERS, Evidence, Floats, Labels, score
from workbench.simulation.records import REACHED, Simulation, Step
from workbench.simulation.truth import Truth

FITS = 5
"""Behind each accuracy, unless told otherwise."""


def simulate(
    lake: Lake,
    version: Version,
    truth: Truth,
    *,
    order: str = "label-quality",
    budget: float = 0.2,
    every: float = 0.02,
    error_rate: float = 0.0,
    seed: int = 0,
    rescore: bool = True,
    true_validation: bool = False,
    fits: int = FITS,
    progress: Progress = silent,
) -> Simulation:
    """Replay the review of a version's train labels; the dataset and the lake stay as they are.

    In each round the train rows not yet looked at are scored with the labels as they are now, the reviewer looks at the
    lowest and gives each a label, and the model is fitted and asked about the test rows. Rows of equal score come in
    random order. Test rows are scored on their true labels and have no part in any order.

    Parameters
    ----------
    lake : Lake
        Only read.
    version : Version
        What is reviewed.
    truth : Truth
        True labels, of :func:`workbench.simulation.read_truth`.
    order : str
        One of :data:`workbench.simulation.ORDERS`.
    budget, every : float
        Share of the train rows to look at in all, above 0 and at most 1, and in each round.
    error_rate : float
        Probability that the reviewer gives a label that is not the true one, each other class alike: a wrong label may
        stay, and a right one may become wrong. Which rows are misjudged depends on ``seed`` alone, not on the order.
    seed : int
        Of the reviewer's errors, the order ``random`` and rows of equal score.
    rescore : bool
        False: rows are scored once, before review.
    true_validation : bool
        Whether validation labels were reviewed beforehand; they do not count as inspected.
    fits : int
        Fits behind each accuracy, as in :func:`workbench.evaluation.evaluate`.
    progress : Progress
        Told of each round; raise from it to stop.

    Raises
    ------
    UnknownName
        There is no such order.
    UsageError
        No label column, a regression, a share out of range, or an order that needs validation rows where there are
        none.
    DataError
        The truth does not know a train row, or there is too little to learn from or to score on.
    ModelError
        The model fails.
    """
    _refuse_odd(order, budget, every, error_rate, fits)
    bench = read_bench(lake, version, truth, fits=fits, true_validation=true_validation)
    if order in AGAINST_VALIDATION and not len(bench.validation.label):
        raise UsageError(
            f"{bench.view.label} has no labelled validation row, against which '{order}' values train rows.",
            hint="Choose the order label-quality, or import the data with a split column that names validation rows.",
        )
    n = len(bench.true)
    ends = _ends(n, budget, every)
    fitted = 0

    def told(stage: str, done: int, total: int) -> None:
        progress(f"simulating {bench.view.label}", fitted, len(ends) + 2)

    dirty = bench.predictions(bench.train.label, told)
    fitted += 1
    clean = bench.predictions(bench.true, told)
    lowest, highest = bench.accuracy(dirty), bench.accuracy(clean)
    gap = bench.change(dirty, clean)
    random = np.random.default_rng(seed)
    answers, shuffled = _answers(bench, error_rate, random), random.permutation(n)
    workers = bench.view.lake.settings.workers
    evidence = Evidence(bench.series.model, bench.train, bench.validation, bench.true, random.random(n), workers)
    labels, looked = bench.train.label.copy(), np.zeros(n, dtype=bool)
    learner = ExpectedGain(evidence)

    def scored() -> Floats:
        if order == LEARNING:
            return learner.score(labels, looked, told)
        return score(order, evidence, labels, progress=told)

    scores = scored()
    steps = [_step(bench, looked, labels, lowest, NO_CHANGE, highest - lowest)]
    for end in ends:
        fitted += 1
        if rescore and looked.any():
            scores = scored()
        ranked = shuffled[np.argsort(scores[shuffled], kind="stable")]
        chosen = ranked[~looked[ranked]][: end - int(looked.sum())]
        labels[chosen], looked[chosen] = answers[chosen], True
        now = bench.predictions(labels, told)
        gain = bench.change(dirty, now, identical=bool((labels == bench.train.label).all()))
        steps.append(_step(bench, looked, labels, bench.accuracy(now), gain, highest - lowest))
    fitted += 1
    told("", 0, 0)
    return Simulation(
        dataset=version.dataset,
        version=version.version,
        state=bench.view.label,
        model=bench.series.model.spec,
        order=order,
        rescored=rescore,
        budget=budget,
        every=every,
        error_rate=error_rate,
        seed=seed,
        fits=fits,
        train_rows=n,
        wrong_labels=steps[0].wrong,
        test_rows=len(bench.judged),
        dirty=lowest,
        clean=highest,
        low=gap.low if np.isfinite(gap.low) else None,
        high=gap.high if np.isfinite(gap.high) else None,
        share_to_reach=next((each.share for each in steps if each.accuracy >= REACHED * highest), None),
        steps=tuple(steps),
        notes=(*bench.notes, *_doubts(steps[0].wrong, gap)),
    )


def _step(
    bench: Bench, looked: npt.NDArray[np.bool_], labels: Labels, accuracy: float, gain: Change, gap: float
) -> Step:
    """Lay out one point of the curve; ``gap`` is what true labels bring."""
    inspected, bounded = int(looked.sum()), bool(np.isfinite(gain.high))
    return Step(
        inspected=inspected,
        share=inspected / len(labels),
        found=int((bench.train.label != bench.true)[looked].sum()),
        wrong=int((labels != bench.true).sum()),
        accuracy=accuracy,
        gain=gain.change,
        low=gain.low if bounded else None,
        high=gain.high if bounded else None,
        recovered=gain.change / gap if gap > 0 else None,
    )


def _refuse_odd(order: str, budget: float, every: float, error_rate: float, fits: int) -> None:
    """Refuse what cannot be simulated, before anything is read."""
    if order not in ORDERS:
        raise UnknownName("order", order, ORDERS)
    if not 0 < budget <= 1:
        raise UsageError(f"A budget of {budget:g} is no share of the train rows.", hint="Give one above 0, at most 1.")
    if not 0 < every <= budget:
        raise UsageError(
            f"A round of {every:g} does not fit a budget of {budget:g}.", hint="Give one above 0, at most the budget."
        )
    if not 0 <= error_rate <= 1:
        raise UsageError(f"An error rate of {error_rate:g} is no probability.", hint="Give one from 0 to 1.")
    if fits < 1:
        raise UsageError(f"{fits} fits give no figure.", hint="Ask for 1 or more; 5 are usual.")


def _ends(n: int, budget: float, every: float) -> list[int]:
    """Rows inspected after each round: all multiples of ``every`` below the budget, and the budget."""
    shares = [every * number for number in range(1, int(budget / every + 1e-9) + 1)]
    return sorted({max(1, round(n * min(share, budget))) for share in [*shares, budget]})


def _answers(bench: Bench, error_rate: float, random: np.random.Generator) -> Labels:
    """What the reviewer says of each train row if asked: the true label, or now and then another class."""
    classes = sorted({*bench.train.label, *bench.true})
    place = encode(bench.true, classes)
    errs = random.random(len(place)) < error_rate
    other = (place + random.integers(1, max(2, len(classes)), len(place))) % len(classes)
    return np.array(classes, dtype=object)[np.where(errs, other, place)]


def _doubts(wrong: int, gap: Change) -> list[str]:
    """Say where recovered shares mean little."""
    if not wrong:
        return ["no train label is wrong: there is nothing to recover"]
    if not np.isfinite(gap.high):
        return ["one fit cannot tell how much of these figures is chance"]
    if gap.verdict == "loss":
        return [f"true labels lower accuracy by {-gap.change:.4f}: there is nothing to recover by this model"]
    if gap.verdict != "gain":
        return [
            f"true labels change accuracy by {gap.change:+.4f}, within what chance does on these test rows "
            f"(± {gap.high - gap.change:.4f}): recovered shares say little"
        ]
    return []
