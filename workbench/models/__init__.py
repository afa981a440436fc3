"""The fixed model: an estimator recipe with its fingerprint, which stays the same while versions are compared.

A model is named by a spec: one of the :data:`PRESETS`, or ``module:function``, where the function returns an unfitted
scikit-learn estimator. scikit-learn is loaded by the first call, not by importing this package.

Examples
--------
>>> import pandas as pd
>>> model = load_model("linear", "classification")
>>> X = pd.DataFrame({"city": ["Oslo", "Rome"] * 10, "height": range(20)})
>>> fitted = fit(model, X, X["city"].to_numpy(), seed=0)
>>> predict(fitted, X.head(1), classes=["Oslo", "Rome"]).round(1)
array([[0.9, 0.1]])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ModelError, UnknownName, WorkbenchError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

TASKS = ("classification", "regression")
"""What a model can be asked to predict: one of several classes, or a number."""

PRESETS: Mapping[str, str] = MappingProxyType(
    {
        "tabular": "gradient boosting on numbers, times and categories",
        "linear": "logistic regression or ridge on scaled numbers and one-hot categories",
        "text": "logistic regression or ridge on the TF-IDF of the text columns",
        "embedding": "logistic regression or ridge on a column of vectors, or on the number columns",
    }
)
"""The models that come with the workbench: name → what it is."""


@dataclass(frozen=True)
class FixedModel:
    """An estimator recipe.

    Attributes
    ----------
    spec : str
        The preset's name, or ``module:function``.
    task : str
        One of :data:`TASKS`.
    fingerprint : str
        sha256 over parameters, code and library versions; figures of different fingerprints are never compared.
    folders : tuple of Path
        Where its module was looked for.
    """

    spec: str
    task: str
    fingerprint: str
    _prototype: Any = field(repr=False, compare=False)
    folders: tuple[Path, ...] = field(default=(), repr=False, compare=False)

    def build(self, random_state: int) -> Any:
        """Return a new, unfitted estimator, with ``random_state`` set wherever it takes one."""
        from sklearn.base import clone

        estimator = clone(self._prototype)
        seeds = [
            name
            for name in estimator.get_params(deep=True)
            if name == "random_state" or name.endswith("__random_state")
        ]
        return estimator.set_params(**dict.fromkeys(seeds, random_state))


@dataclass(frozen=True)
class FittedModel:
    """A fixed model after :func:`fit`.

    Attributes
    ----------
    model : FixedModel
        The recipe.
    estimator : sklearn estimator
        Fitted.
    """

    model: FixedModel
    estimator: Any = field(repr=False, compare=False)


def load_model(spec: str, task: str, *, folders: Sequence[Path] = ()) -> FixedModel:
    """Look a model up, import it where it is the user's own, and take its fingerprint.

    Parameters
    ----------
    spec : str
        A preset's name, or ``module:function``; the project is searched before installed packages. The function is
        called without arguments, once for as long as nothing changes that it rests on.
    task : str
        One of :data:`TASKS`.
    folders : sequence of Path
        The project's folders and those that are trusted, from :func:`workbench.provenance.code_folders`; default: the
        working directory.

    Raises
    ------
    UnknownName
        No such preset or task.
    ModelError
        The module cannot be imported or has no such function; the function raises, or does not return an unfitted
        scikit-learn estimator that suits the task.
    """
    if task not in TASKS:
        raise UnknownName("task", task, TASKS)
    if ":" not in spec and spec not in PRESETS:
        raise UnknownName("model", spec, PRESETS, hint=_other_models(spec))
    from workbench.models import loading, presets
    from workbench.models.fingerprint import fingerprint

    loaded = None
    if ":" in spec:
        estimator, factory, loaded = loading.estimator_of(spec, task, folders)
    else:
        factory = getattr(presets, spec)
        estimator = factory(task)
    mark = fingerprint(spec, task, estimator, factory, loaded)
    model = FixedModel(spec, task, mark, estimator, tuple(folders))
    _build(model, seed=0)
    return model


def fit(model: FixedModel, X: pd.DataFrame, y: npt.ArrayLike, *, seed: int) -> FittedModel:
    """Fit the model on train rows.

    Parameters
    ----------
    model : FixedModel
        The recipe.
    X : DataFrame of shape (n_rows, n_features)
        Features only, of any column types. Row order matters to some models: pass rows in key order.
    y : array-like of shape (n_rows,)
        Class names (str) or numbers (float), none missing.
    seed : int
        The model's random state.

    Raises
    ------
    ModelError
        There are no rows, labels are missing or all the same class, or the estimator raised; the message names the
        model and the first line of the estimator's own.
    """
    labels = _labels(model, y, len(X))
    estimator = _build(model, seed=seed)
    try:
        with one_thread():
            estimator.fit(X, labels)
    except WorkbenchError:
        raise
    except Exception as error:
        raise _failed(model, "fit", len(X), error) from error
    return FittedModel(model, estimator)


def predict(fitted: FittedModel, X: pd.DataFrame, *, classes: Sequence[str] = ()) -> npt.NDArray[np.float64]:
    """Predict rows.

    Parameters
    ----------
    fitted : FittedModel
        From :func:`fit`.
    X : DataFrame of shape (n_rows, n_features)
        The columns that the model was fitted on, and others, which do not count for the presets.
    classes : sequence of str
        For classification: every class, in the order wanted.

    Returns
    -------
    ndarray
        Classification: probabilities of shape (n_rows, n_classes), 0 for a class that the train rows did not have,
        each row summing to 1. Regression: values of shape (n_rows,).

    Raises
    ------
    ModelError
        The estimator raised, knows a class that is not among ``classes``, or answered with something that is no
        prediction (wrong shape, not finite, negative probabilities).
    """
    model = fitted.model
    if len(X) == 0:
        return np.zeros((0, len(classes)) if model.task == "classification" else 0)
    method = fitted.estimator.predict_proba if model.task == "classification" else fitted.estimator.predict
    try:
        with one_thread():
            predicted = np.asarray(method(X), dtype=np.float64)
    except WorkbenchError:
        raise
    except Exception as error:
        raise _failed(model, "predict", len(X), error) from error
    if not np.isfinite(predicted).all():
        raise ModelError(
            f"The model '{model.spec}' predicted {int((~np.isfinite(predicted)).sum())} values not finite."
        )
    if model.task == "regression":
        return _of_shape(predicted.reshape(-1) if predicted.ndim == 2 else predicted, (len(X),), model)
    return _probabilities(predicted, fitted, classes)


def _probabilities(
    predicted: npt.NDArray[np.float64], fitted: FittedModel, classes: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Bring the estimator's probabilities into the order of ``classes``, each row summing to 1."""
    spec = fitted.model.spec
    known = getattr(fitted.estimator, "classes_", None)
    if known is None:
        raise ModelError(f"The model '{spec}' does not say which class each probability is for (classes_).")
    names = [str(name) for name in known]
    _of_shape(predicted, (len(predicted), len(names)), fitted.model)
    places = {name: place for place, name in enumerate(classes)}
    strange = [name for name in names if name not in places]
    if strange:
        raise ModelError(f"The model '{spec}' was fitted on class '{strange[0]}', which is not among those asked for.")
    ordered: npt.NDArray[np.float64] = np.zeros((len(predicted), len(classes)))
    ordered[:, [places[name] for name in names]] = predicted
    totals: npt.NDArray[np.float64] = ordered.sum(axis=1, keepdims=True)
    if (ordered < 0).any() or (totals <= 0).any():
        raise ModelError(f"The model '{spec}' predicted probabilities that are negative or all 0.")
    return ordered / totals


def _build(model: FixedModel, *, seed: int) -> Any:
    """Build an estimator; one that cannot be copied is its author's to mend."""
    try:
        return model.build(seed)
    except Exception as error:
        from workbench.models.loading import described

        raise ModelError(
            f"The model '{model.spec}' cannot be copied: {described(error)}.",
            hint="Its constructor must store its parameters unchanged, as scikit-learn's estimators do.",
        ) from error


def one_thread() -> AbstractContextManager[Any]:
    """Keep OpenMP and BLAS to one thread, so that figures do not depend on the machine's cores or on what else it does.

    It costs little: on two cores gradient boosting took 0.25 s with one thread and 0.30 s with two on 7,000 rows, 2.8 s
    and 2.4 s on 190,000; but with two, whenever another process kept a core busy, up to 25 s.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limits


def _labels(model: FixedModel, y: npt.ArrayLike, rows: int) -> npt.NDArray[Any]:
    """Return labels as the task's type, after checking that there is one per row."""
    import pandas as pd

    labels = np.asarray(y)
    if labels.shape != (rows,):
        raise ModelError(f"There are {rows} train rows, but labels of shape {labels.shape}.")
    if rows == 0:
        raise ModelError(f"The model '{model.spec}' cannot be fitted: there are no train rows.")
    missing = int(pd.isna(labels).sum())
    if missing:
        raise ModelError(
            f"{missing} of {rows} train labels are missing.", hint="Leave these rows out, or correct them."
        )
    if model.task == "regression":
        return labels.astype(np.float64)
    labels = labels.astype(str)
    if len(set(labels)) == 1:
        raise ModelError(f"All {rows} train rows have the same label, '{labels[0]}': there is nothing to learn.")
    return labels


def _of_shape(predicted: npt.NDArray[np.float64], shape: tuple[int, ...], model: FixedModel) -> npt.NDArray[np.float64]:
    """Refuse predictions of another shape."""
    if predicted.shape != shape:
        raise ModelError(f"The model '{model.spec}' predicted an array of shape {predicted.shape}, not {shape}.")
    return predicted


def _failed(model: FixedModel, phase: str, rows: int, error: Exception) -> ModelError:
    """Say which model failed at what."""
    from workbench.models.loading import described

    hint = "" if model.spec in PRESETS else "The error comes from your own estimator; its traceback: --debug."
    return ModelError(f"The model '{model.spec}' failed to {phase} ({rows} rows): {described(error)}", hint=hint)


def _other_models(spec: str) -> str:
    """Say what a spec may be, with the nearest preset first where there is one."""
    from difflib import get_close_matches

    close = get_close_matches(spec, PRESETS, n=1)
    meant = f"Did you mean '{close[0]}'? " if close else ""
    return f"{meant}A model is one of {', '.join(PRESETS)}, or module:function."
