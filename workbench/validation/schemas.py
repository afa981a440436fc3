"""A schema file, executed by itself and made sure to hold one pandera schema."""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.errors import SchemaError

RULES = 1
"""Raised whenever the same schema would give other results, so that stored ones are not taken for today's."""

_HINT = "A schema file holds one schema: the object named 'schema', or its only DataFrameModel class."
_LOADING = threading.Lock()


@dataclass(frozen=True)
class Schema:
    """A schema ready for use.

    Attributes
    ----------
    name : str
        The schema's own name, or the file's.
    path : str
        As it was given.
    fingerprint : str
        Changes with every byte of the file, with pandera's version and with the rules of this package. Files that the
        schema file imports are not covered.
    pandera : pandera.pandas.DataFrameSchema
        A DataFrameModel is turned into one.
    """

    name: str
    path: str
    fingerprint: str
    pandera: Any = field(repr=False, compare=False)


def load_schema(path: str | Path) -> Schema:
    """Load a schema file.

    The file runs under a module name of its own; its folder and the working directory can be imported from meanwhile.

    Raises
    ------
    SchemaError
        The file is missing or unreadable, raises (with the line), or does not hold exactly one pandera pandas schema
        with text as column names.

    Examples
    --------
    >>> load_schema("schemas/adult.py").name  # doctest: +SKIP
    'adult'
    """
    source = _read(path)
    mark = _fingerprint(source)
    module = ModuleType(f"workbench_schema_{mark[:16]}")
    module.__file__ = str(path)
    with _importable(Path(path).resolve().parent, module):
        _execute(module, source, str(path))
        schema = _dataframe_schema(module, str(path))
    odd = [name for name in schema.columns if not isinstance(name, str)]
    if odd:
        raise SchemaError(
            f"The schema {path} names the column {odd[0]!r}, which is no text.", hint="Column names are text."
        )
    return Schema(str(schema.name or Path(path).stem), str(path), mark, schema)


def fingerprint(path: str | Path) -> str:
    """Return a schema file's fingerprint without executing it or importing pandera.

    Raises
    ------
    SchemaError
        The file is missing or unreadable.
    """
    return _fingerprint(_read(path))


def _read(path: str | Path) -> bytes:
    """Read the file's bytes."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise SchemaError(
            f"There is no schema file '{path}'.", hint="Give the path of a Python file that holds a pandera schema."
        ) from None
    except OSError as error:
        raise SchemaError(f"The schema file '{path}' cannot be read: {error.strerror}.") from error


def _fingerprint(source: bytes) -> str:
    """Mark the file's content together with all else that decides the results."""
    head = f"{RULES} {importlib.metadata.version('pandera')}\n".encode()
    return hashlib.sha256(head + source).hexdigest()


def _execute(module: ModuleType, source: bytes, path: str) -> None:
    """Execute the file's code in a module of its own."""
    try:
        exec(compile(source, path, "exec"), module.__dict__)  # the schema is the user's own code
    except SyntaxError as error:
        raise SchemaError(f"The schema file {path}, line {error.lineno}, is not valid Python: {error.msg}.") from error
    except (Exception, SystemExit) as error:  # whatever the author's code may raise
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        where = f", line {lines[-1]}" if lines else ""
        raise SchemaError(
            f"The schema file {path}{where}, raised {type(error).__name__}: {error}",
            hint="Run it with Python to see the whole traceback.",
        ) from error


@contextmanager
def _importable(folder: Path, module: ModuleType) -> Iterator[None]:
    """Let the module be found by its name, and let it import from its folder and from the working directory."""
    with _LOADING:
        added = [entry for entry in (str(folder), str(Path.cwd())) if entry not in sys.path]
        sys.path[:0] = added
        sys.modules[module.__name__] = module
        try:
            yield
        finally:
            del sys.modules[module.__name__]
            for entry in added:
                sys.path.remove(entry)


def _dataframe_schema(module: ModuleType, path: str) -> Any:
    """Find the one schema that the file holds."""
    import pandera.pandas as pandera

    if hasattr(module, "schema"):
        found = module.schema
        what = "'schema'"
    else:
        models = [
            thing
            for thing in vars(module).values()
            if isinstance(thing, type)
            and issubclass(thing, pandera.DataFrameModel)
            and thing.__module__ == module.__name__
        ]
        if len(models) != 1:
            names = ", ".join(sorted(model.__name__ for model in models))
            raise SchemaError(
                f"The schema file {path} holds {f'several schemas: {names}' if models else 'no schema'}.", hint=_HINT
            )
        found = models[0]
        what = f"'{found.__name__}'"
    if isinstance(found, type) and issubclass(found, pandera.DataFrameModel):
        try:
            found = found.to_schema()
        except Exception as error:  # annotations and options are resolved only now: the author's code again
            raise SchemaError(
                f"The schema file {path}: {what} makes no schema: {type(error).__name__}: {error}"
            ) from error
    if not isinstance(found, pandera.DataFrameSchema):
        raise SchemaError(
            f"The schema file {path}: {what} is a {type(found).__module__}.{type(found).__qualname__}, "
            "not a pandera schema for pandas.",
            hint="Use pandera.pandas.DataFrameSchema or pandera.pandas.DataFrameModel.",
        )
    return found
