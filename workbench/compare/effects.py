"""What happened to each metric, and to each class, on the test rows that two versions share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.compare.parts import Floats
from workbench.compare.records import UNDEFINED, Effect, effect_of, share_of
from workbench.impact import Estimate, difference, estimate, interval, paired
from workbench.metrics import Metric


@dataclass(frozen=True)
class Scored:
    """The shared test rows with both versions' predictions.

    Attributes
    ----------
    y : ndarray of shape (n_rows,)
        Labels, as the metrics take them.
    a, b : ndarray of shape (n_seeds, n_rows) or (n_seeds, n_rows, n_classes)
        Predictions of both versions.
    identical, resampled : bool
        As in :func:`workbench.impact.paired`.
    """

    y: npt.NDArray[Any]
    a: Floats
    b: Floats
    identical: bool
    resampled: bool

    def by(self, metric: Metric, *, level: float) -> Effect:
        """Say what happened to one metric, by an interval of some level."""
        y, a, b, resampled = self.y, self.a, self.b, self.resampled
        if metric.why_undefined(y, a.shape[2] if a.ndim == 3 else 1):
            return UNDEFINED
        before = estimate(metric, y, a, resampled=resampled)
        after = before if np.array_equal(a, b) else estimate(metric, y, b, resampled=resampled)
        change = difference(metric, y, a, b, identical=self.identical, level=level, resampled=resampled)
        return effect_of(change, before, after)

    def by_class(self, classes: Sequence[str], *, level: float) -> dict[str, Effect]:
        """Say what happened to the recall of each class that a shared test row has; none without classes.

        Parameters
        ----------
        classes : sequence of str
            Names of the classes, in the order of the predictions.
        level : float
            Of each class's interval.
        """
        if not classes:
            return {}
        hits = [(values.argmax(axis=2) == self.y).astype(float) for values in (self.a, self.b)]
        effects = {}
        for number, name in enumerate(classes):
            of_class = self.y == number
            if of_class.any():
                before, after = (part[:, of_class] for part in hits)
                change = paired(
                    before, after, identical=self.identical, span=1.0, level=level, resampled=self.resampled
                )
                effects[name] = effect_of(change, self._recall(before), self._recall(after))
        return effects

    def _recall(self, hits: Floats) -> Estimate:
        """Estimate a share of rows; its interval stays between 0 and 1, as any metric's stays within its bounds."""
        return share_of(interval(hits, span=1.0, resampled=self.resampled), (0.0, 1.0))
