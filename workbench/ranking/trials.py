"""What the fixed model gains on the validation rows where a signal's next rows get the labels suggested for them.

Before anybody looks at a signal's next rows, the fixed model is fitted on the train labels as they are, and again with
the labels that the models suggest for those rows. What that gains in balanced accuracy on the validation rows estimates
what the signal yields, and with many rows at once it is seen sooner than by the answers of a round. It stays a good
estimate where validation labels are wrong themselves: wrong labels that depend on the class alone change balanced
accuracy by a factor (Menon, van Rooyen, Ong and Williamson 2015, "Learning from corrupted binary labels via
class-probability estimation", ICML).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.evaluation.fits import MadeFits, fit_all
from workbench.evaluation.fitting import fitted_rows
from workbench.evaluation.inputs import ModelInputs
from workbench.models import FixedModel
from workbench.models.asking import Fit, Question
from workbench.progress import Progress, silent
from workbench.ranking.signals import Floats, Labels, Places, Signals

if TYPE_CHECKING:
    import pandas as pd

FITS = 5
"""Fits of each state that is tried."""

FRONT = 0.05
"""Share of the train rows that is tried at the front of each signal."""

LEAST_TRIED = 100
"""Rows that are tried at least."""

MAX_ASKED = 10_000
"""Validation rows that a trial is scored on at most, evenly spaced in key order."""


@dataclass(frozen=True)
class Trial:
    """What came of trying each signal's next rows; all arrays in the order of the signals.

    Attributes
    ----------
    signals : tuple of str
        Names.
    rows : int
        Train rows that the models learnt from.
    tried : ndarray of int, shape (n_signals,)
        Rows that got the suggested label: those more likely wrong than right among the first of the signal.
    stakes : ndarray of shape (n_signals,)
        Reward that these labels stand for: the classes' weights, a right suggestion counting for and a wrong one
        against.
    promised : ndarray of shape (n_signals,)
        What a nearest-neighbour classifier would gain by them, in balanced accuracy.
    gains : ndarray of shape (n_signals,)
        What the fixed model gained, in balanced accuracy on the validation rows.
    covariance : ndarray of shape (n_signals, n_signals)
        Of the gains, over validation rows and fits.
    times : int
        Trials that all of these are the means of.
    """

    signals: tuple[str, ...]
    rows: int
    tried: Places = field(repr=False)
    stakes: Floats = field(repr=False)
    promised: Floats = field(repr=False)
    gains: Floats = field(repr=False)
    covariance: Floats = field(repr=False)
    times: int = 1

    def after(self, before: Trial | None) -> Trial:
        """Average with the trials before, which tell of the same signals at other rows.

        All were scored on the same validation rows, so that an average of many is taken to be no surer than one.
        """
        if before is None or before.signals != self.signals:
            return self
        times = before.times + self.times

        def mean(then: Floats, now: Floats) -> Floats:
            """Average, each trial counting alike."""
            return (before.times * then + self.times * now) / times

        return replace(
            self,
            stakes=mean(before.stakes, self.stakes),
            promised=mean(before.promised, self.promised),
            gains=mean(before.gains, self.gains),
            covariance=mean(before.covariance, self.covariance),
            times=times,
        )

    def to_kept(self) -> dict[str, Any]:
        """Lay out as the lake keeps it, from which :meth:`from_kept` reads it back."""
        return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(self).items()}

    @classmethod
    def from_kept(cls, kept: dict[str, Any]) -> Trial:
        """Read what :meth:`to_kept` laid out, also after JSON."""
        arrays = {name: np.array(value) for name, value in kept.items() if name not in ("signals", "rows", "times")}
        return cls(signals=tuple(kept["signals"]), rows=kept["rows"], times=kept["times"], **arrays)


def try_signals(
    model: FixedModel,
    train: ModelInputs,
    X: pd.DataFrame,
    right: Labels,
    signals: Signals,
    open_rows: Places,
    sure: Floats,
    *,
    workers: int = 1,
    made: MadeFits | None = None,
    progress: Progress = silent,
) -> Trial | None:
    """Try the suggested labels of each signal's next rows.

    Parameters
    ----------
    model : FixedModel
        The dataset's.
    train : ModelInputs
        The train rows, each a row of ``signals``, with the labels that they have now; fitted as often as it has columns
        of ``left_out``.
    X, right : DataFrame of shape (n_validation, n_features), ndarray of shape (n_validation,)
        Validation rows and their labels.
    signals : Signals
        What speaks for looking at the train rows.
    open_rows : ndarray of int
        Rows that nobody has answered.
    sure : ndarray of shape (n_rows,)
        Probability that a reviewer would confirm that the row's label is wrong.
    workers : int
        As in :func:`workbench.execution.run`.
    made : MadeFits, optional
        Keeps fits until the result is kept.
    progress : Progress
        Told of each fit.

    Returns
    -------
    Trial or None
        None without a second signal, validation rows or open rows.
    """
    if signals.fix is None or not len(right) or not len(open_rows):
        return None
    if len(right) > MAX_ASKED:
        few = np.linspace(0, len(right) - 1, MAX_ASKED).astype(np.int64)
        X, right = X.iloc[few], right[few]
    front = max(LEAST_TRIED, int(FRONT * len(signals.given)))
    unanswered = np.isin(np.arange(len(signals.given)), open_rows)
    first = [order[unanswered[order]][:front] for order in signals.orders.values()]
    put = [rows[sure[rows] > 0.5] for rows in first]
    fits = train.left_out.shape[1]
    states = [signals.given.copy() for _ in range(1 + len(put))]
    for labels, rows in zip(states[1:], put, strict=True):
        labels[rows] = signals.suggested[rows]
    hits = np.zeros((len(states), fits, len(right)))
    learnt = [fitted_rows(train, seed) for seed in range(fits)]
    classes = [tuple(sorted(set(labels))) for labels in states]
    trials = {
        number * fits + seed: Fit(seed, learnt[seed], labels=number)
        for number, seed in itertools.product(range(len(states)), range(fits))
    }
    question = Question(model, train.X, states, X, classes)
    found = fit_all(question, trials, workers=workers, made=made, stage="trying suggested labels", progress=progress)
    for place, predicted in found.items():
        number, seed = divmod(place, fits)
        hits[number, seed] = np.array(classes[number], dtype=object)[predicted.argmax(axis=1)] == right
    gains, covariance = balanced_gains(hits[1:] - hits[0], right)
    weights = np.array([signals.weight[label] for label in signals.suggested])
    return Trial(
        signals=tuple(signals.orders),
        rows=len(signals.given),
        tried=np.array([len(rows) for rows in put], dtype=np.int64),
        stakes=np.array([((2 * sure - 1) * weights)[rows].sum() for rows in put]),
        promised=np.array([signals.fix[rows].sum() for rows in put]),
        gains=gains,
        covariance=covariance,
    )


def balanced_gains(steps: Floats, right: npt.NDArray[np.object_]) -> tuple[Floats, Floats]:
    """Average changes over fits and rows, each class counting alike, and say how far the averages can be trusted.

    Parameters
    ----------
    steps : ndarray of shape (n_states, n_fits, n_rows)
        1 where a state's model became right, -1 where it became wrong.
    right : ndarray of shape (n_rows,)
        Classes.

    Returns
    -------
    gains : ndarray of shape (n_states,)
        Change of the balanced accuracy.
    covariance : ndarray of shape (n_states, n_states)
        Of the gains: over the rows of each class, over fits, and that of half a row, since no change may be chance. A
        class of one row counts as if it had been as uncertain as a yes or no can be.
    """
    names = sorted(set(right))
    of_fits: Floats = np.mean([steps[:, :, right == name].mean(axis=2) for name in names], axis=0)
    covariance = np.eye(len(steps)) * (0.5 / len(right)) ** 2
    for name in names:
        rows = steps[:, :, right == name].mean(axis=1)
        within = np.cov(rows) if rows.shape[1] > 1 else np.eye(len(steps)) / 4
        covariance += np.reshape(within, covariance.shape) / (rows.shape[1] * len(names) ** 2)
    if steps.shape[1] > 1:
        covariance += np.reshape(np.cov(of_fits), covariance.shape) / steps.shape[1]
    return of_fits.mean(axis=1), covariance
