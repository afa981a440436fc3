"""Samples of the train rows for those who ask whether a change would help on data like this.

The train rows at hand are one draw of all that might have been collected. How much a figure depends on which ones they
are is seen by fitting on bootstrap samples of them (Efron 1979, Bootstrap methods: Another look at the jackknife,
Annals of Statistics 7, 1–26; Bouthillier et al. 2021, Accounting for Variance in Machine Learning Benchmarks, MLSys 3).
Each row comes into a sample as often as a Poisson number of mean 1 says, which in large samples is what drawing with
replacement does, and can be settled for each row by itself (Chamandy et al. 2012, Estimating uncertainty for massive
data streams, Google): here by its key, so that two versions are fitted on samples of the same keys and stay paired.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLES = 20
"""Samples unless told otherwise: the variance between them is then known to about a third (2 / 19, square root)."""

_MOST = 16
# Times that a row comes into a sample at most; one in 10^14 would come more often.

_UP_TO = np.cumsum([math.exp(-1) / math.factorial(times) for times in range(_MOST)])


def times_drawn(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """Turn 64 random bits per row into how often the row is drawn: Poisson numbers of mean 1, by inverting their CDF.

    Parameters
    ----------
    bits : ndarray of uint64, shape (n_rows,)
        Of md5 of the sample's number and the row's key.
    """
    return np.searchsorted(_UP_TO, bits / 2.0**64, side="right").astype(np.uint8)


def drawn_rows(times: npt.NDArray[np.uint8], train: npt.NDArray[np.bool_], y: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Return the positions of a sample's rows, in key order, drawn ones repeated.

    Where the sample would have nothing to learn from, or a single class, it is all train rows.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
        From :func:`times_drawn`.
    train : ndarray of bool, shape (n_rows,)
        Which are train rows.
    y : ndarray of shape (n_rows,)
        Their labels.
    """
    chosen = np.repeat(np.arange(len(train)), np.where(train, times, 0))
    return chosen if enough(y[chosen]) else np.flatnonzero(train)


def enough(y: npt.NDArray[Any]) -> bool:
    """Tell whether a model can learn from these labels: some numbers, or two classes."""
    return len(y) > 0 if y.dtype != object else len(set(y)) > 1
