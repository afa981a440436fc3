"""Imports the user's own model: ``module:function`` → an unfitted estimator, or an error that says what to mend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.errors import ModelError
from workbench.provenance import Loaded, require_trusted, run_module


def estimator_of(spec: str, task: str, folders: Sequence[Path] = ()) -> tuple[Any, Callable[[], Any], Loaded]:
    """Import a user's function, call it, and check what it returns.

    A module of the project, and all that it imports from there, is run from its file as that is now, apart from the
    other modules of the process; see :mod:`workbench.provenance`.

    Parameters
    ----------
    folders : sequence of Path
        The project's folders, and those that the settings trust; default: the working directory.

    Returns
    -------
    tuple
        The unfitted estimator, the function, and what they rest on.

    Raises
    ------
    ModelError
        The module cannot be imported, lies in a folder that is not trusted, or has no such function; the function
        raises, or returns something that is not an unfitted scikit-learn estimator for the task.
    """
    module_name, _, function_name = spec.partition(":")
    if not module_name or not function_name.isidentifier():
        raise ModelError(f"'{spec}' is no model.", hint="Write module:function, as in mymodels:make_model.")
    places = list(folders) or [Path.cwd()]

    def make(module: ModuleType) -> tuple[Any, Callable[[], Any]]:
        factory = getattr(module, function_name, None)
        if not callable(factory):
            raise ModelError(
                f"The module '{module_name}' has no function '{function_name}'.", hint=_functions_of(module)
            )
        try:
            return factory(), factory
        except Exception as error:
            raise ModelError(
                f"The model function '{spec}' raised {described(error)}.",
                hint="It is called without arguments and returns an unfitted scikit-learn estimator.",
            ) from error

    def trusted(file: Path) -> None:
        require_trusted(file, [place.resolve() for place in places], what="model file", error=ModelError)

    try:
        loaded = run_module(module_name, make, places=places, part=function_name, trusted=trusted)
    except ModelError:
        raise
    except (Exception, SystemExit) as error:
        raise ModelError(
            f"The model '{spec}' cannot be loaded: importing the module '{module_name}' raised {described(error)}.",
            hint=f"Modules are looked for in {', '.join(map(str, places))} and among the installed packages.",
        ) from error
    estimator, factory = loaded.result
    _check_estimator(estimator, spec, task)
    return estimator, factory, loaded


def described(error: BaseException) -> str:
    """Return an exception's class and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _functions_of(module: ModuleType) -> str:
    """Name the module's own functions, for a hint."""
    own = [
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
    ]
    return f"It has: {', '.join(own[:12])}." if own else "It defines no functions."


def _check_estimator(estimator: Any, spec: str, task: str) -> None:
    """Refuse what is not an unfitted estimator for the task."""
    from sklearn.base import is_classifier, is_regressor

    what = f"The model function '{spec}' returned"
    if isinstance(estimator, type):
        raise ModelError(f"{what} the class {estimator.__name__}.", hint=f"Return {estimator.__name__}(…).")
    lacking = [name for name in ("fit", "predict", "get_params") if not callable(getattr(estimator, name, None))]
    if lacking:
        raise ModelError(
            f"{what} {_a(estimator)} without {' and '.join(lacking)}.",
            hint="Return an unfitted scikit-learn estimator or pipeline.",
        )
    if _is_fitted(estimator):
        raise ModelError(f"{what} an estimator that is fitted already.", hint="Return it before calling fit.")
    if task == "classification" and not hasattr(estimator, "predict_proba"):
        raise ModelError(
            f"{what} {_a(estimator)}, which has no predict_proba; classification needs probabilities.",
            hint="Choose a classifier with probabilities, or wrap it in sklearn.calibration.CalibratedClassifierCV.",
        )
    tagged = hasattr(estimator, "__sklearn_tags__")
    if task == "regression" and tagged and is_classifier(estimator) and not is_regressor(estimator):
        raise ModelError(f"{what} {_a(estimator)}, a classifier; the task is regression.")


def _is_fitted(estimator: Any) -> bool:
    """Tell whether the estimator, or a step of a pipeline, has learnt anything."""
    parts = [estimator, *(part for part in estimator.get_params(deep=True).values() if hasattr(part, "fit"))]
    return any(
        name.endswith("_") and not name.startswith("_")
        for part in parts
        if not isinstance(part, type)
        for name in getattr(part, "__dict__", ())
    )


def _a(value: Any) -> str:
    """Name a value by its type."""
    return f"a {type(value).__name__}" if value is not None else "None"
