"""The estimators behind the preset names, unfitted: what to choose where nobody has a model of their own.

The bytes of this file are part of every preset's fingerprint.
"""

from __future__ import annotations

from typing import Any

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder, StandardScaler

from workbench.models.columns import JoinedText, TabularColumns, VectorColumns

_STEPS = 1000
# L-BFGS took 60 to 80 steps on 8,000 rows of census tables, so scikit-learn's limit of 100 would end some fits short of
# the optimum. Where fewer are enough a higher limit costs nothing.


def tabular(task: str) -> Pipeline:
    """Gradient boosting on numbers, times and categories."""
    # Early stopping (scikit-learn's choice above 10,000 rows) sets rows aside by class, which fails on a class of one
    # row, and would make two versions of a dataset stop at different numbers of trees around that size.
    options: dict[str, Any] = {"early_stopping": False}
    boosting = HistGradientBoostingClassifier if task == "classification" else HistGradientBoostingRegressor
    # 255 categories are all that the boosting's bins can hold.
    return Pipeline([("columns", TabularColumns(max_categories=255)), ("model", boosting(**options))])


def linear(task: str) -> Pipeline:
    """Logistic regression or ridge on scaled numbers and one-hot categories."""
    # A missing number becomes the median (the mean would follow one wild value), and a column of its own says so.
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), *_scaling())
    # A missing category is a category; one that the train rows do not have is none of them.
    categories = OneHotEncoder(handle_unknown="ignore")
    encoded = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (categories, make_column_selector(dtype_include="category")),
    )
    return Pipeline([("columns", TabularColumns(max_categories=255)), ("encoded", encoded), ("model", _line(task))])


def text(task: str) -> Pipeline:
    """TF-IDF of words, then logistic regression or ridge."""
    words = TfidfVectorizer(
        # Words of one letter count (scikit-learn drops them), and so do runs of other signs: emoji, "!!!".
        token_pattern=r"\w+|[^\w\s]+",
        # A logarithm of the count keeps a word that comes 100 times in a text from drowning its others.
        sublinear_tf=True,
        # Bounds time and memory where nearly every row brings words of its own: the most frequent ones.
        max_features=50_000,
    )
    # TF-IDF rows have length one, so coefficients must be larger than on scaled numbers and the usual penalty of 1 is
    # too strong: on 77 kinds of bank questions accuracy is .88 with 1 and .90 with 0.1.
    return Pipeline([("columns", JoinedText()), ("words", words), ("model", _line(task, strength=0.1))])


def embedding(task: str) -> Pipeline:
    """Logistic regression or ridge on the scaled numbers of a vector column, or on the number columns."""
    # A place of the vector that holds nothing in any row stays (as zeros): vectors keep their length.
    imputed = SimpleImputer(keep_empty_features=True)
    scaled = make_pipeline(imputed, *_scaling())
    return Pipeline([("columns", VectorColumns()), ("scaled", scaled), ("model", _line(task))])


def _scaling() -> list[MaxAbsScaler | StandardScaler]:
    """Return the steps to mean 0 and variance 1."""
    # The mean of many times 1e30 is not exactly 1e30, which StandardScaler alone would blow up to a column of noise;
    # of many times 1 it is exactly 1.
    return [MaxAbsScaler(), StandardScaler()]


def _line(task: str, strength: float = 1.0) -> LogisticRegression | Ridge:
    """Return the linear model of the task with this penalty."""
    if task == "classification":
        return LogisticRegression(C=1 / strength, max_iter=_STEPS)
    return Ridge(alpha=strength)
