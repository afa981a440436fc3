"""What speaks for looking at a train row: what models that did not learn from it say, and what it is worth.

**Label quality** is the probability of the given label out of fold (self-confidence, Northcutt, Jiang and Chuang 2021,
"Confident learning", JAIR 70), knowing which classes are mistaken for which (:mod:`workbench.ranking.noise`).
**KNN-Shapley** is what the row is worth to a nearest-neighbour classifier of the validation rows, each of their classes
counting alike (:mod:`workbench.valuation`); what it would be worth more with the label that is suggested is what a fix
promises. Two signals order the rows, and neither is the better one everywhere: KNN-Shapley alone, and its product with
label quality, the probability that the label is wrong times what its fix promises. Without validation rows label
quality orders them alone. Test rows have no part in any.

Neighbours may know nothing, and the fixed model is another classifier than theirs, so that a wrong label whose fix they
find harmful is still worth a look. In the product each fix therefore promises the root mean square of all of them more
than they say: where they say nothing the order is that of label quality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from workbench.progress import Progress, silent
from workbench.ranking.noise import true_labels
from workbench.valuation import knn_fixes

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.object_]
Points = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

MAX_VALIDATION = 2_000
"""Validation rows that train rows are valued against at most, evenly spaced in key order."""

QUALITY, PRODUCT, VALUE = "label quality", "label quality × KNN-Shapley", "KNN-Shapley"
"""The signals, as people read them."""


@dataclass(frozen=True)
class Signals:
    """What speaks for looking at each of some train rows.

    Attributes
    ----------
    given, suggested : ndarray of shape (n_rows,)
        The label that the row has, and the most probable one among the others.
    doubt : ndarray of shape (n_rows,)
        Probability that the given label is wrong.
    value : ndarray of shape (n_rows,) or None
        Balanced KNN-Shapley value; None without validation rows.
    fix : ndarray of shape (n_rows,) or None
        Value with the suggested label minus value with the given one.
    weight : dict
        Class → what a row of it counts where each class counts alike; 1 on average over the rows.
    """

    given: Labels = field(repr=False)
    suggested: Labels = field(repr=False)
    doubt: Floats = field(repr=False)
    value: Floats | None = field(repr=False)
    fix: Floats | None = field(repr=False)
    weight: dict[str, float] = field(repr=False)

    @cached_property
    def orders(self) -> dict[str, Places]:
        """Signal → the rows by it, the most suspect first; rows of equal score in the order that they have."""
        if self.value is None or self.fix is None:
            return {QUALITY: np.argsort(-self.doubt, kind="stable")}
        promised = self.fix + np.sqrt(np.mean(self.fix**2))
        return {
            PRODUCT: np.lexsort((-self.doubt, -self.doubt * promised)),
            VALUE: np.argsort(self.value, kind="stable"),
        }


def read_signals(
    labels: Labels,
    classes: tuple[str, ...],
    believed: Floats,
    *,
    points: Points | None = None,
    validation: Points | None = None,
    validation_labels: Labels | None = None,
    progress: Progress = silent,
) -> Signals:
    """Read the signals of train rows.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        Their labels now.
    classes : tuple of str
        At least two.
    believed : ndarray of shape (n_rows, n_classes)
        Probabilities out of fold.
    points, validation : ndarray of shape (n_rows, n_coordinates) and (n_validation, n_coordinates), optional
        The rows and the validation rows in the space of their features; without any there is no value.
    validation_labels : ndarray of shape (n_validation,), optional
        Labels of the validation rows.
    progress : Progress
        Told of validation rows.
    """
    numbers = {name: number for number, name in enumerate(classes)}
    y = np.array([numbers[label] for label in labels], dtype=np.int64)
    rows = np.arange(len(y))
    others = true_labels(tempered(believed, y), y)
    others[rows, y] = 0.0
    suggested = np.array(classes, dtype=object)[others.argmax(axis=1)]
    doubt = others.sum(axis=1)
    value = fix = None
    if points is not None and validation is not None and validation_labels is not None and len(validation):
        value, fix = knn_fixes(
            points, labels, suggested, validation, validation_labels, balanced=True, progress=progress
        )
    counts = np.bincount(y, minlength=len(classes))
    present = max(1, int((counts > 0).sum()))
    weight = {name: len(y) / (present * count) if count else 0.0 for name, count in zip(classes, counts, strict=True)}
    return Signals(labels, suggested, doubt, value, fix, weight)


def tempered(believed: Floats, y: Places) -> Floats:
    """Soften or sharpen probabilities until they fit the labels best: p^(1/T), scaled to sum to 1.

    One temperature for all rows, the maximum likelihood estimate among 49 between ¼ and 16 (Guo et al. 2017, "On
    calibration of modern neural networks", ICML). It does not change which label is the most probable one.

    Parameters
    ----------
    believed : ndarray of shape (n_rows, n_classes)
        Probabilities by models that did not learn from the rows.
    y : ndarray of int, shape (n_rows,)
        Places of the labels among the classes.
    """
    logs = np.log(np.clip(believed, 1e-12, 1.0))
    rows = np.arange(len(y))

    def scaled(temperature: float) -> Floats:
        logits = logs / temperature
        logits -= logits.max(axis=1, keepdims=True)
        shares: Floats = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return shares

    tried = np.geomspace(0.25, 16.0, 49)
    best = min(tried, key=lambda temperature: -float(scaled(temperature)[rows, y].mean())) if len(y) else 1.0
    fitted: Floats = np.exp(scaled(float(best)))
    return fitted
