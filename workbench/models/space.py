"""The space in which rows are alike: a frame with columns of any type in, points out.

Every column is a block of coordinates, scaled so that two values that have nothing to do with each other are at a
distance of 1: each column weighs alike, as in Gower's mixed distance (Gower 1971, "A general coefficient of similarity
and some of its properties", Biometrics 27), whose categories are at 0 or 1 as well.

=========  =============================================================================================
numbers    standardised, at most 3 either way: two rows drawn at random differ by 1 in the mean square
times      as numbers, in seconds
category   one coordinate for each of the most frequent values, one for all others, one for missing
free text  TF-IDF of its words, the 64 directions in which texts differ most, at unit length: 1 − cosine
vector     at unit length: 1 − cosine
=========  =============================================================================================

What is missing is 0, and a coordinate of its own says so: as far from any value as two values are from each other. A
text column is free text where its values have more than :data:`FREE_WORDS` words on average.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from workbench.models.columns import Kind, _first, _floats, _kinds, _refuse_missing, _stacked, _texts

FREE_WORDS = 3.0
"""Words per value; a column of texts that have more on average is free text. "Married, spouse absent" is no prose."""

MOST_CATEGORIES = 50
"""Categories of a column that keep a coordinate of their own; all others share one."""

MOST_STEPS = 3.0
"""Standard deviations from the mean beyond which a number is not told apart: one wild cell must not decide alone."""

TEXT_WIDTH = 64
"""Coordinates of a free text at most."""

_TEXTS, _WORDS = 20_000, 20_000
# Texts that the directions are learnt from, evenly spaced, and words that count: fits in 3 s, whatever the table.

_HALF = np.float32(np.sqrt(0.5))
# Two unrelated values differ by 1 in two coordinates, or by a mean square of 2 in one: squared distance 2.


class _Block(Protocol):
    """Turns a column into coordinates."""

    width: int

    def place(self, column: pd.Series) -> npt.NDArray[np.float32]:
        """Return coordinates of shape (n_rows, width)."""


class FeatureSpace:
    """The space of a frame's rows.

    The order of columns or rows does not change a distance.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        Rows to learn scales, categories and words from.

    Attributes
    ----------
    width : int
        Coordinates of a point, at least 1.

    Raises
    ------
    ModelError
        A column comes twice, or holds vectors of more than one length.

    Examples
    --------
    >>> frame = pd.DataFrame({"city": ["Oslo", "Rome", "Oslo"]})
    >>> a, b, c = FeatureSpace(frame).place(frame)
    >>> [round(float(np.linalg.norm(a - other)), 3) for other in (b, c)]
    [1.0, 0.0]
    """

    def __init__(self, X: pd.DataFrame) -> None:
        kinds = sorted(_kinds(X).items(), key=lambda item: str(item[0]))
        self._blocks: dict[Any, _Block] = {name: _block(X[name], kind) for name, kind in kinds}
        self.width = max(1, sum(block.width for block in self._blocks.values()))

    def place(self, X: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Place rows in the space.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_columns)
            The columns that the space was learnt from; one that was missing throughout there does not count.

        Returns
        -------
        ndarray of shape (n_rows, width)
            Points, all finite; the squared distance between two is the sum of the columns' squared distances.

        Raises
        ------
        ModelError
            A column is not there, or its vectors are of another length.
        """
        _refuse_missing(X, self._blocks)
        points: npt.NDArray[np.float32] = np.zeros((len(X), self.width), dtype=np.float32)
        at = 0
        for name, block in self._blocks.items():
            points[:, at : at + block.width] = block.place(X[name]) * _HALF
            at += block.width
        return points


def _block(column: pd.Series, kind: Kind) -> _Block:
    """Learn how a column is placed."""
    if kind == "vector":
        return _Vectors(column)
    if kind != "text":
        return _Numbers(column, kind)
    counts = _texts(column).value_counts()
    words = (counts.index.str.split().str.len().to_numpy() * counts.to_numpy()).sum()
    return _Words(column) if words > FREE_WORDS * counts.sum() else _Categories(counts)


class _Numbers:
    """Standardised numbers, and whether there is one."""

    width = 2

    def __init__(self, column: pd.Series, kind: Kind) -> None:
        self.kind = kind
        values = _floats(column, kind)
        values = values[~np.isnan(values)]
        # Mean and spread are those of the values with the outermost halves of a per cent moved in (winsorised), since
        # one age of 9,999,999 would make all others look alike; where that leaves one value, those of all values.
        moved = np.clip(values, *np.quantile(values, [0.005, 0.995])) if len(values) else np.zeros(1)
        moved = moved if np.ptp(moved) > 0 else values
        self.mean, self.spread = (float(moved.mean()), float(moved.std())) if len(moved) else (0.0, 0.0)

    def place(self, column: pd.Series) -> npt.NDArray[np.float32]:
        """Return the standardised number and 1 where it is missing."""
        values = _floats(column, self.kind)
        gone = np.isnan(values)
        # A spread within rounding of the mean is none: many times 0.1 have a mean that is not exactly 0.1.
        flat = self.spread <= 1e-12 * abs(self.mean)
        steps = np.zeros(len(values)) if flat else (np.where(gone, self.mean, values) - self.mean) / self.spread
        return np.column_stack([np.clip(steps, -MOST_STEPS, MOST_STEPS), gone]).astype(np.float32)


class _Categories:
    """One coordinate per frequent value, one for all others, one for missing."""

    def __init__(self, counts: pd.Series) -> None:
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        self.known = pd.Index([value for value, _ in ranked[:MOST_CATEGORIES]], dtype=object)
        self.width = len(self.known) + 2

    def place(self, column: pd.Series) -> npt.NDArray[np.float32]:
        """Return 1 in the value's coordinate and 0 in the others."""
        texts = _texts(column)
        codes = self.known.get_indexer(texts)
        codes = np.where(codes < 0, len(self.known) + texts.isna().to_numpy(), codes)
        placed: npt.NDArray[np.float32] = np.zeros((len(codes), self.width), dtype=np.float32)
        placed[np.arange(len(codes)), codes] = 1
        return placed


class _Words:
    """The directions in which free texts differ most (latent semantic analysis), and whether there is a text."""

    def __init__(self, column: pd.Series) -> None:
        texts = _texts(column).dropna().sort_values()
        texts = texts.iloc[:: max(1, -(-len(texts) // _TEXTS))]
        # Words as the preset 'text' reads them: one letter counts, and so do runs of other signs.
        self.words = TfidfVectorizer(token_pattern=r"\w+|[^\w\s]+", sublinear_tf=True, max_features=_WORDS)
        counted = self.words.fit_transform(texts)
        n_words = counted.shape[1]
        self.directions = None
        if n_words > TEXT_WIDTH and len(texts) > 1:
            self.directions = TruncatedSVD(min(TEXT_WIDTH, len(texts)), random_state=0).fit(counted)
        self.width = 1 + (n_words if self.directions is None else len(self.directions.components_))

    def place(self, column: pd.Series) -> npt.NDArray[np.float32]:
        """Return directions of unit length, 0 for a text without a known word, and 1 where there is no text."""
        texts = _texts(column)
        counted = self.words.transform(texts.fillna(""))
        found = counted.toarray() if self.directions is None else self.directions.transform(counted)
        return np.column_stack([_unit(found), texts.isna()]).astype(np.float32)


class _Vectors:
    """Vectors of unit length, and whether there is one."""

    def __init__(self, column: pd.Series) -> None:
        self.length = len(_first(column))
        self.width = self.length + 1

    def place(self, column: pd.Series) -> npt.NDArray[np.float32]:
        """Return the vector at unit length, with 0 for numbers that are missing, and 1 where there is no vector."""
        stacked = _stacked(column, self.length)
        return np.column_stack([_unit(np.nan_to_num(stacked)), column.isna()]).astype(np.float32)


def _unit(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Scale rows to unit length; a row of zeros stays."""
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    rows = np.divide(rows, largest, out=np.zeros_like(rows, dtype=np.float64), where=largest > 0)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: npt.NDArray[np.float64] = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit
