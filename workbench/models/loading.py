"""Imports the user's own model: ``module:function`` → an unfitted estimator, or an error that says what to mend."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.errors import ModelError
from workbench.models.fingerprint import DIGEST_ATTRIBUTE


def estimator_of(spec: str, task: str, folder: Path | None = None) -> tuple[Any, Callable[[], Any]]:
    """Import a user's function, call it, and check what it returns.

    A module in the working directory, or else in ``folder``, is read from its file each time that has changed, so that
    the code that runs is the code that is fingerprinted; where the file is gone, so is the module. Modules that it
    imports in turn are read once per process.

    Returns
    -------
    tuple
        The unfitted estimator and the function.

    Raises
    ------
    ModelError
        The module cannot be imported, or has no such function; the function raises, or returns something that is not
        an unfitted scikit-learn estimator for the task.
    """
    module_name, _, function_name = spec.partition(":")
    if not module_name or not function_name.isidentifier():
        raise ModelError(f"'{spec}' is no model.", hint="Write module:function, as in mymodels:make_model.")
    places = [Path.cwd(), *([folder] if folder and folder != Path.cwd() else [])]
    with _first(places):
        module = _imported(module_name, spec, places)
        factory = getattr(module, function_name, None)
        if not callable(factory):
            raise ModelError(
                f"The module '{module_name}' has no function '{function_name}'.", hint=_functions_of(module)
            )
        try:
            estimator = factory()
        except Exception as error:
            raise ModelError(
                f"The model function '{spec}' raised {described(error)}.",
                hint="It is called without arguments and returns an unfitted scikit-learn estimator.",
            ) from error
    _check_estimator(estimator, spec, task)
    return estimator, factory


def described(error: BaseException) -> str:
    """Return an exception's class and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


@contextmanager
def _first(places: Sequence[Path]) -> Iterator[None]:
    """Let imports look in some folders first, as ``python -m`` does with the working directory."""
    sys.path[:0] = [str(place) for place in places]
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for place in places:
            sys.path.remove(str(place))


def _imported(name: str, spec: str, places: Sequence[Path]) -> ModuleType:
    """Import a module, from its file as it is now if that lies in one of these folders."""
    try:
        file = _file_in(places, name)
        if file:
            return _run(name, file)
        if hasattr(sys.modules.get(name), DIGEST_ATTRIBUTE):
            # It was run from a file that is gone, or from another project's: neither is what was asked for.
            del sys.modules[name]
        return importlib.import_module(name)
    except Exception as error:
        raise ModelError(
            f"The model '{spec}' cannot be loaded: importing the module '{name}' raised {described(error)}.",
            hint=f"Modules are looked for in {', '.join(map(str, places))} and among the installed packages.",
        ) from error


def _file_in(places: Sequence[Path], name: str) -> Path | None:
    """Find the module's file below one of these folders."""
    bases = [place.joinpath(*name.split(".")) for place in places]
    files = [file for base in bases for file in (base / "__init__.py", base.with_suffix(".py"))]
    return next((file for file in files if file.is_file()), None)


def _run(name: str, file: Path) -> ModuleType:
    """Run a module from the bytes its file has now, unless it was run from the same ones before."""
    source = file.read_bytes()
    digest = hashlib.sha256(source).hexdigest()
    loaded = sys.modules.get(name)
    if loaded and loaded.__file__ == str(file) and getattr(loaded, DIGEST_ATTRIBUTE, None) == digest:
        return loaded
    parent, _, child = name.rpartition(".")
    if parent:
        importlib.import_module(parent)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        exec(compile(source, str(file), "exec"), module.__dict__)
    except BaseException:
        if loaded:
            sys.modules[name] = loaded
        else:
            del sys.modules[name]
        raise
    setattr(module, DIGEST_ATTRIBUTE, digest)
    if parent:
        setattr(sys.modules[parent], child, module)
    return module


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
