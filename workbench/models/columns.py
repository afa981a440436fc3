"""The scikit-learn transformers in front of the presets: a frame with columns of any type in, model input out.

What they learn (which columns count, which categories there are) they learn in ``fit``, from train rows alone; rows to
be predicted are then read the same way, whatever their types. The bytes of this file are part of every preset's
fingerprint.
"""

from __future__ import annotations

import datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from workbench.errors import ModelError

Kind = Literal["number", "time", "text", "vector"]

EMPTY_TEXT = "__empty__"
"""The word that stands for a text without any, so that there is always a vocabulary."""

_LARGEST = 1e100
# Sums and squares of larger numbers overflow.


class TabularColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Numbers, truth values, times and texts as floats and categories.

    Numbers and truth values become floats, times become seconds since 1970, texts become categories. A value that is
    missing, infinite or does not convert is NaN. A column that is missing throughout the train rows is left out; where
    no column is left, one column of zeros stands in, so that the model learns the class frequencies and nothing else.

    Parameters
    ----------
    max_categories : int
        Categories per column at most. The most frequent keep their own (ties by value), the last one stands for all
        others seen in the train rows and, where there is such a one, for values never seen; elsewhere those are NaN.
    """

    def __init__(self, max_categories: int = 255) -> None:
        self.max_categories = max_categories

    def fit(self, X: pd.DataFrame, y: Any = None) -> TabularColumns:
        """Learn kinds and categories from ``X`` of shape (n_rows, n_columns).

        Raises
        ------
        ModelError
            A column holds vectors.
        """
        kinds = _kinds(X)
        for name, kind in kinds.items():
            if kind == "vector":
                raise ModelError(
                    f"Column '{name}' holds vectors, which this preset cannot read.",
                    hint="Choose the preset 'embedding', or leave the column out.",
                )
        self.kinds_ = {
            name: kind for name, kind in kinds.items() if kind == "text" or not np.isnan(_floats(X[name], kind)).all()
        }
        self.categories_: dict[Any, list[str]] = {}
        self.has_rest_: dict[Any, bool] = {}
        for name, kind in self.kinds_.items():
            if kind == "text":
                counts = _texts(X[name]).value_counts().items()
                ranked = [value for value, _ in sorted(counts, key=lambda item: (-item[1], item[0]))]
                self.has_rest_[name] = len(ranked) > self.max_categories
                self.categories_[name] = ranked[: self.max_categories - 1] if self.has_rest_[name] else ranked
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return one float or category column per column that counts, shape (n_rows, n_kept)."""
        check_is_fitted(self)
        _refuse_missing(X, self.kinds_)
        columns: dict[str, Any] = {}
        for position, (name, kind) in enumerate(self.kinds_.items()):
            columns[f"{kind}{position}"] = self._categories(X[name], name) if kind == "text" else _floats(X[name], kind)
        return pd.DataFrame(columns or {"nothing": np.zeros(len(X))})

    def _categories(self, column: pd.Series, name: Any) -> pd.Categorical:
        """Number the column's values by the categories learnt."""
        known, rest = self.categories_[name], self.has_rest_[name]
        texts = _texts(column)
        among = pa.array(known, pa.large_string())
        found = pc.index_in(pa.array(texts, pa.large_string(), from_pandas=True), value_set=among)
        codes = found.fill_null(-1).to_numpy(zero_copy_only=False)
        if rest:
            codes = np.where((codes < 0) & texts.notna().to_numpy(), len(known), codes)
        return pd.Categorical.from_codes(codes, categories=range(len(known) + rest))


class JoinedText(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """All text columns of a frame, joined to one text per row."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> JoinedText:
        """Learn which columns hold text.

        Raises
        ------
        ModelError
            Columns there are, but none of them text.
        """
        kinds = _kinds(X)
        self.columns_ = [name for name, kind in kinds.items() if kind == "text"]
        if kinds and not self.columns_:
            raise ModelError(
                f"The preset 'text' needs a text column; there is none among {_listed(kinds)}.",
                hint="Choose the preset 'tabular' or 'linear'.",
            )
        return self

    def transform(self, X: pd.DataFrame) -> npt.NDArray[np.object_]:
        """Return one text per row, shape (n_rows,)."""
        check_is_fitted(self)
        _refuse_missing(X, self.columns_)
        texts = [_texts(X[name]).fillna("").tolist() for name in self.columns_]
        joined = [" ".join(parts).strip() or EMPTY_TEXT for parts in zip(*texts, strict=True)]
        return np.array(joined if self.columns_ else [EMPTY_TEXT] * len(X), dtype=object)


class VectorColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The vector columns of a frame side by side, or its number columns where it has no vectors."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> VectorColumns:
        """Learn which columns count, and how long their vectors are.

        Raises
        ------
        ModelError
            Neither vectors nor numbers among the columns, or vectors of more than one length.
        """
        kinds = _kinds(X)
        vectors = [name for name, kind in kinds.items() if kind == "vector"]
        self.columns_ = vectors or [name for name, kind in kinds.items() if kind in ("number", "time")]
        if kinds and not self.columns_:
            raise ModelError(
                f"The preset 'embedding' needs a column of vectors or numbers; there is none among {_listed(kinds)}.",
                hint="Choose the preset 'tabular', 'linear' or 'text'.",
            )
        self.kinds_ = {name: kinds[name] for name in self.columns_}
        self.lengths_ = {name: len(_first(X[name])) for name in vectors}
        return self

    def transform(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the numbers, shape (n_rows, n_numbers); a missing vector is a row of NaN."""
        check_is_fitted(self)
        _refuse_missing(X, self.columns_)
        blocks = [
            _stacked(X[name], self.lengths_[name]) if kind == "vector" else _floats(X[name], kind)[:, None]
            for name, kind in self.kinds_.items()
        ]
        return np.hstack(blocks) if blocks else np.zeros((len(X), 1))


def _kinds(X: pd.DataFrame) -> dict[Any, Kind]:
    """Say what each column holds that is not missing throughout."""
    repeated = X.columns[X.columns.duplicated()]
    if len(repeated):
        raise ModelError(f"The column '{repeated[0]}' comes twice among the features.")
    kinds = {name: _kind(X[name]) for name in X.columns}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _kind(column: pd.Series) -> Kind | None:
    """Say what a column holds: by its type, or by its values where the type is object."""
    first = _first(column)
    types = pd.api.types
    if first is None:
        return None
    if isinstance(first, list | tuple | np.ndarray):
        return "vector"
    if types.is_numeric_dtype(column) or types.is_bool_dtype(column) or types.is_timedelta64_dtype(column):
        return "number"
    if types.is_datetime64_any_dtype(column):
        return "time"
    if types.is_object_dtype(column):
        inferred = types.infer_dtype(column, skipna=True)
        if inferred in ("boolean", "integer", "floating", "mixed-integer-float", "decimal"):
            return "number"
        if inferred in ("date", "datetime", "datetime64"):
            return "time"
    return "text"


def _first(column: pd.Series) -> Any:
    """Return the first value that is not missing, or None."""
    position = column.first_valid_index()
    return None if position is None else column.array[int(np.argmax(column.notna().to_numpy()))]


def _texts(column: pd.Series) -> pd.Series:
    """Return every value as its text, with None or NaN where it is missing."""
    if isinstance(column.dtype, pd.StringDtype):
        return column
    return column.astype(object).where(column.notna(), None).map(str, na_action="ignore")


def _floats(column: pd.Series, kind: Kind) -> npt.NDArray[np.float64]:
    """Return numbers, or seconds since 1970, as floats within what can be squared; NaN where there is none."""
    if kind == "time":
        column = _seconds(column)
    elif pd.api.types.is_timedelta64_dtype(column):
        column = column.dt.total_seconds()
    elif not pd.api.types.is_numeric_dtype(column):
        column = pd.to_numeric(column.astype(object).where(column.notna(), np.nan), errors="coerce")
    values = column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.clip(np.where(np.isinf(values), np.nan, values), -_LARGEST, _LARGEST)


def _seconds(column: pd.Series) -> pd.Series:
    """Return seconds since 1970 in UTC; a time without a zone is taken as UTC."""
    if not pd.api.types.is_datetime64_any_dtype(column):
        values = column.astype(object)
        column = values.where(values.map(lambda value: isinstance(value, str | datetime.date)), None)
    times = pd.to_datetime(column, errors="coerce", utc=True, format=None if column.dtype != object else "ISO8601")
    return (times - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds()


def _stacked(column: pd.Series, length: int) -> npt.NDArray[np.float64]:
    """Stack vectors of ``length`` numbers to (n_rows, length)."""
    stacked = np.full((len(column), length), np.nan)
    present = column.notna().to_numpy()
    for row, (vector, there) in enumerate(zip(column.array, present, strict=True)):
        if not there:
            continue
        if len(vector) != length:
            raise ModelError(
                f"Column '{column.name}': the vector in row {row} has {len(vector)} numbers; the first one of the "
                f"train rows has {length}."
            )
        stacked[row] = np.asarray(vector, dtype=np.float64)
    return np.clip(np.where(np.isinf(stacked), np.nan, stacked), -_LARGEST, _LARGEST)


def _refuse_missing(X: pd.DataFrame, names: Any) -> None:
    """Refuse a frame without a column that was there in ``fit``."""
    gone = [name for name in names if name not in X.columns]
    if gone:
        raise ModelError(f"The model was fitted with column '{gone[0]}', which the rows to predict do not have.")


def _listed(names: Any) -> str:
    """Name up to eight columns."""
    shown = [f"'{name}'" for name in names]
    return ", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")
