"""The order that learns: the very code that orders the queue, with a simulated reviewer's answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from workbench.evaluation.out_of_fold import deal, predict_others
from workbench.progress import Progress
from workbench.ranking.choosing import Asked, Share, expected_rewards, next_rows, paid_for, share_out
from workbench.ranking.gains import probability
from workbench.ranking.signals import read_signals
from workbench.ranking.trials import Trial, try_signals
from workbench.simulation.orders import FOLDS, Evidence, Floats, Labels


class ExpectedGain:
    """Orders rows by what has paid so far.

    Attributes
    ----------
    shares : tuple of Share
        How the next rows are shared out among the signals; empty before the first scoring.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.shares: tuple[Share, ...] = ()
        self._evidence = evidence
        self._looked = np.zeros(len(evidence.true), dtype=bool)
        self._ranks: dict[str, list[int]] = {}
        self._doubt = np.zeros(len(evidence.true))
        self._trial: Trial | None = None
        self._answers: list[tuple[int, frozenset[str], float]] = []

    def score(self, labels: Labels, looked: npt.NDArray[np.bool_], progress: Progress) -> Floats:
        """Score the rows with the labels that they have now; the lowest is to be looked at first.

        Parameters
        ----------
        looked : ndarray of bool, shape (n_train,)
            Rows that the reviewer has looked at.
        """
        fresh = np.flatnonzero(looked & ~self._looked)
        fronts = {name: set(order[: len(fresh)]) for name, order in self._ranks.items()}
        self._answers += [
            (int(row), frozenset(name for name, front in fronts.items() if row in front), float(self._doubt[row]))
            for row in fresh
        ]
        self._looked = looked.copy()
        evidence = self._evidence
        now = replace(evidence.train, y=labels, label=labels)
        classes = tuple(sorted(set(labels)))
        fold, _ = deal(now, FOLDS)
        believed = predict_others(
            evidence.model, now, fold, classes, stage="judging labels", workers=evidence.workers, progress=progress
        )
        against = evidence.validation.label
        points, asked = evidence.points if len(against) else (None, None)
        signals = read_signals(
            labels, classes, believed, points=points, validation=asked, validation_labels=against, progress=progress
        )
        given = evidence.train.label
        past = []
        for row, by, _ in self._answers:
            changed = labels[row] != given[row]
            past.append(Asked(by, paid_for(signals, labels[row], given[row], confirmed=changed), changed))
        still = np.flatnonzero(~looked)
        sure = probability(
            signals.doubt,
            np.array([doubt for *_, doubt in self._answers], dtype=np.float64),
            np.array([each.confirmed for each in past], dtype=np.float64),
        )
        trial = try_signals(
            evidence.model,
            now,
            evidence.validation.X,
            against,
            signals,
            still,
            sure,
            workers=evidence.workers,
            progress=progress,
        )
        if trial is not None:
            self._trial = trial.after(self._trial)
        self.shares, self._doubt = share_out(past, expected_rewards(signals, still), self._trial), signals.doubt
        self._ranks = {
            name: [row for row in order.tolist() if not looked[row]] for name, order in signals.orders.items()
        }
        scores = np.full(len(labels), float(len(labels)))
        scores[next_rows(signals, still, self.shares)] = np.arange(len(still))
        return scores
