"""The orders in which a simulated reviewer may look at train rows: a score per row, the lowest looked at first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from workbench.evaluation.inputs import ModelInputs
from workbench.evaluation.out_of_fold import deal, predict_others
from workbench.labels import label_issues
from workbench.models import FixedModel
from workbench.models.space import FeatureSpace
from workbench.progress import Progress
from workbench.valuation import knn_shapley

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.object_]

LEARNING = "expected-gain"
"""The order that the reviewer's answers change."""

ORDERS: Mapping[str, str] = MappingProxyType(
    {
        LEARNING: "as in the queue: led by KNN-Shapley, alone or times label quality, whichever pays more",
        "label-quality": "probability of the given label by models that did not learn from the row",
        "knn-shapley": "what the row is worth to a nearest-neighbour classifier of the validation rows",
        "knn-balanced": "the same with each class of the validation rows counting alike",
        "mixed": "mean of the ranks by label-quality and knn-balanced",
        "random": "no order: what any other must beat",
        "perfect": "wrong labels first: what no order can beat, where the reviewer does not err",
    }
)
"""The orders: name → what comes first by it."""

AGAINST_VALIDATION = ("knn-shapley", "knn-balanced", "mixed")
"""Orders that need validation rows."""

FOLDS = 5
"""Of the predictions that label quality is read from, as in the label check."""


@dataclass(frozen=True)
class Evidence:
    """What train rows are scored by; test rows have no part in it.

    Attributes
    ----------
    model : FixedModel
        The dataset's.
    train, validation : ModelInputs
        Rows of these lanes alone, all with a label.
    true : ndarray of shape (n_train,)
        True labels, which the order ``perfect`` looks at.
    drawn : ndarray of shape (n_train,)
        Random numbers, by which the order ``random`` goes.
    workers : int
        Models fitted at once, as the setting says it.
    """

    model: FixedModel
    train: ModelInputs = field(repr=False)
    validation: ModelInputs = field(repr=False)
    true: Labels = field(repr=False)
    drawn: Floats = field(repr=False)
    workers: int = 1

    @cached_property
    def points(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Train and validation rows in the space of their features, in which labels have no part."""
        space = FeatureSpace(self.train.X)
        return space.place(self.train.X), space.place(self.validation.X)


def score(order: str, evidence: Evidence, labels: Labels, *, progress: Progress) -> Floats:
    """Score train rows with the labels that they have now.

    Parameters
    ----------
    order : str
        One of :data:`ORDERS` but :data:`LEARNING`, which is :class:`workbench.simulation.learning.ExpectedGain`.
    labels : ndarray of shape (n_train,)
        Current labels.
    progress : Progress
        Told of fits and validation rows.

    Returns
    -------
    ndarray of shape (n_train,)
        The row with the lowest is to be looked at first.
    """
    return _SCORES[order](evidence, labels, progress)


def _label_quality(evidence: Evidence, labels: Labels, progress: Progress) -> Floats:
    """Self-confidence (Northcutt, Jiang and Chuang 2021), as the label check has it."""
    now = replace(evidence.train, y=labels, label=labels)
    classes = tuple(sorted(set(labels)))
    fold, _ = deal(now, FOLDS)
    believed = predict_others(
        evidence.model, now, fold, classes, stage="judging labels", workers=evidence.workers, progress=progress
    )
    return label_issues(labels, believed, classes).score


def _knn_shapley(evidence: Evidence, labels: Labels, progress: Progress, *, balanced: bool = False) -> Floats:
    """KNN-Shapley (Jia et al. 2019) against the validation rows."""
    train, validation = evidence.points
    return knn_shapley(train, labels, validation, evidence.validation.label, balanced=balanced, progress=progress)


def _mixed(evidence: Evidence, labels: Labels, progress: Progress) -> Floats:
    """Mean of both ranks; rows of equal score share a rank."""
    both = (_label_quality(evidence, labels, progress), _knn_shapley(evidence, labels, progress, balanced=True))
    first, second = (np.unique(scores, return_inverse=True)[1] for scores in both)
    ranks: Floats = (first + second) / (2 * len(labels))
    return ranks


_SCORES: Mapping[str, Callable[[Evidence, Labels, Progress], Floats]] = {
    "label-quality": _label_quality,
    "knn-shapley": _knn_shapley,
    "knn-balanced": partial(_knn_shapley, balanced=True),
    "mixed": _mixed,
    "random": lambda evidence, labels, progress: evidence.drawn,
    "perfect": lambda evidence, labels, progress: (labels == evidence.true).astype(np.float64),
}
