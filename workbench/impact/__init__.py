"""What a change of the data did to the model: intervals and verdicts that hold up.

:func:`interval` and :func:`paired` take scores per seed and row; :func:`estimate` and :func:`difference` take a metric
and predictions, for metrics that are no mean over rows as well. The formula and its sources are in
:mod:`workbench.impact.intervals`.

Examples
--------
>>> import numpy as np
>>> a = np.array([[1.0, 0, 1, 0, 1, 0, 1, 0], [1, 0, 1, 0, 1, 0, 0, 0]])
>>> paired(a, np.ones((2, 8))).verdict
'gain'
"""

from workbench.impact.intervals import interval, paired, together
from workbench.impact.records import NO_CHANGE, Change, Estimate, Verdict
from workbench.impact.scores import difference, estimate
from workbench.impact.sources import Needed, Sources

__all__ = [
    "NO_CHANGE",
    "Change",
    "Estimate",
    "Needed",
    "Sources",
    "Verdict",
    "difference",
    "estimate",
    "interval",
    "paired",
    "together",
]
