"""Digests of this package's own modules, and versions of installed libraries."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Iterable
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_DISTRIBUTIONS = {
    "cleanlab": "cleanlab", "duckdb": "duckdb", "joblib": "joblib", "numpy": "numpy", "pandas": "pandas",
    "pandera": "pandera", "scipy": "scipy", "sklearn": "scikit-learn",
}  # fmt: skip
# To ask which distribution a module comes from takes 0.2 s; of these it is known.


@functools.cache
def package_sources(*names: str) -> str:
    """Return the sha256 of this package's modules, in hexadecimal; comments, docstrings and layout do not count.

    Parameters
    ----------
    *names : str
        Modules or packages below ``workbench``: ``"labels"``, ``"evaluation.scores"``, ``"checks"`` (all its modules).

    Examples
    --------
    >>> len(package_sources("labels", "checks"))
    64
    """
    digest = hashlib.sha256()
    for name in sorted(names):
        base = _PACKAGE.joinpath(*name.split("."))
        files = sorted(base.rglob("*.py")) if base.is_dir() else [base.with_suffix(".py")]
        for file in files:
            digest.update(f"{file.relative_to(_PACKAGE).as_posix()} {_code(file.read_bytes())}\n".encode())
    return digest.hexdigest()


def library_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each library, by the name it is imported by; empty where it states none.

    Examples
    --------
    >>> sorted(library_versions(["sklearn", "pandas"]))
    ['pandas', 'sklearn']
    """
    return {name: _version(name) for name in sorted(set(names))}


def combined(*parts: object) -> str:
    """Return the sha256 of values that JSON can write."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _version(name: str) -> str:
    """Look a version up where the library was installed from."""
    for distribution in [_DISTRIBUTIONS[name]] if name in _DISTRIBUTIONS else _distributions().get(name, []):
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


@functools.cache
def _distributions() -> dict[str, list[str]]:
    """Map imported names to the distributions that bring them, in a settled order."""
    return {name: sorted(found) for name, found in importlib.metadata.packages_distributions().items()}


def _code(source: bytes) -> str:
    """Write a module's code without comments, docstrings and layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(node.body) > 1:
                node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()
