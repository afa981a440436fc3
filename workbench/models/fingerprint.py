"""What makes two fixed models the same: parameters, code and library versions, as one hash.

The hash is the same in every process and on every machine with the same code and libraries: nothing in it depends on
memory addresses, on paths or on the order in which Python keeps sets. ``random_state`` is left out everywhere, since
the seeds of an evaluation set it.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from workbench.provenance import Loaded, library_versions

_VERSIONED = ("numpy", "scipy", "sklearn")
# Their code is known by their versions alone, which always count.


def fingerprint(spec: str, task: str, estimator: Any, factory: Callable[[], Any], loaded: Loaded | None = None) -> str:
    """Return the sha256 of everything that decides what the estimator would do, in hexadecimal.

    Covered are the spec and the task; the class names and parameters of the estimator and of every estimator within
    it; every file of the project that loading it pulled in, and the versions of the libraries that those import; the
    bytes of the module file of every other class and function among the parameters (NumPy, SciPy and scikit-learn
    count by version instead, other packages by both). Not covered are files that are read, and modules that are found
    by a computed name, only while it is fitted.

    Parameters
    ----------
    spec, task : str
        As given to :func:`workbench.models.load_model`.
    estimator : sklearn estimator
        Unfitted.
    factory : callable
        What returned it.
    loaded : Loaded, optional
        What it rests on in the project.
    """
    modules = {spec.partition(":")[0] if ":" in spec else "", getattr(factory, "__module__", None) or ""}
    parameters = _canonical(estimator, modules, ())
    modules -= sys.stdlib_module_names | {""}
    if loaded is not None:
        modules -= set(loaded.own.modules)
    libraries = loaded.libraries if loaded is not None else ()
    packages = {name.partition(".")[0] for name in modules} | set(_VERSIONED) | set(libraries)
    content = {
        "spec": spec,
        "task": task,
        "parameters": parameters,
        "code": {name: digest for name in sorted(modules) if (digest := _digest(name))},
        "versions": library_versions(packages - {"workbench"}),
        "project": loaded.files if loaded is not None else {},
    }
    return hashlib.sha256(_text(content).encode()).hexdigest()


def _canonical(value: Any, modules: set[str], above: tuple[int, ...]) -> Any:
    """Return ``value`` as something JSON writes one way only; note in ``modules`` whose code it needs."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, np.generic):
        return {"scalar": str(value.dtype), "value": repr(value)}
    if id(value) in above:
        return "within itself"
    above = (*above, id(value))
    if isinstance(value, np.random.RandomState | np.random.Generator):
        return "random"
    if isinstance(value, np.ndarray):
        return {
            "array": str(value.dtype),
            "shape": value.shape,
            "values": _each(value.ravel().tolist(), modules, above),
        }
    if isinstance(value, list | tuple):
        return {type(value).__name__: _each(value, modules, above)}
    if isinstance(value, set | frozenset):
        return {"set": sorted(_each(value, modules, above), key=_text)}
    if isinstance(value, dict):
        pairs = [_each(pair, modules, above) for pair in value.items() if not _is_random(pair[0])]
        return {"dict": sorted(pairs, key=_text)}
    return _canonical_object(value, modules, above)


def _canonical_object(value: Any, modules: set[str], above: tuple[int, ...]) -> Any:
    """Return a class, a function or an object with its state."""
    if isinstance(value, type):
        modules.add(value.__module__)
        return {"class": _qualified(value)}
    if isinstance(value, functools.partial):
        return {"partial": _each((value.func, value.args, value.keywords), modules, above)}
    if inspect.ismethod(value):
        return {"method": value.__func__.__qualname__, "of": _canonical(value.__self__, modules, above)}
    if inspect.isfunction(value):
        modules.add(value.__module__)
        held = [cell.cell_contents for cell in value.__closure__ or ()]
        details = (value.__defaults__, value.__kwdefaults__, held)
        return {"function": _qualified(value), "source": _source(value), "holds": _each(details, modules, above)}
    if callable(value) and hasattr(value, "__name__"):
        return {"built in": f"{getattr(value, '__module__', '')}.{value.__name__}"}
    modules.add(type(value).__module__)
    if callable(getattr(value, "get_params", None)):
        state = value.get_params(deep=False)
    elif hasattr(value, "__dict__"):
        state = vars(value)
    else:
        state = {"text": re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))}
    return {"object": _qualified(type(value)), "state": _canonical(state, modules, above)}


def _each(values: Iterable[Any], modules: set[str], above: tuple[int, ...]) -> list[Any]:
    """Return every value in canonical form."""
    return [_canonical(value, modules, above) for value in values]


def _is_random(name: Any) -> bool:
    """Tell whether a parameter is a seed or a generator, which an evaluation sets."""
    return isinstance(name, str) and (name == "random_state" or name.endswith("_random_state"))


def _text(content: Any) -> str:
    """Write canonical content as JSON."""
    return json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _qualified(value: Any) -> str:
    """Name a class or function with its module."""
    return f"{value.__module__}.{value.__qualname__}"


def _source(function: Callable[..., Any]) -> str:
    """Return a function's source, or its byte code where there is no file to read."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return function.__code__.co_code.hex()


def _digest(module: str) -> str:
    """Return the sha256 of a module's file; empty where its version says it all or there is no file."""
    if module.partition(".")[0] in _VERSIONED or module not in sys.modules:
        return ""
    file = getattr(sys.modules[module], "__file__", None)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file and Path(file).is_file() else ""
