"""A schema file, run apart from everything else and made sure to hold one pandera schema."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.errors import SchemaError
from workbench.provenance import Loaded, library_versions, package_sources, run_file
from workbench.provenance.packages import combined

_HINT = "The schema of a file is the object named 'schema', or its only one, or the one chosen: --schema {file}:{name}."
_DATA = {".yaml": "from_yaml", ".yml": "from_yaml", ".json": "from_json"}
_OTHERS = ("polars", "pyspark", "ibis", "geopandas", "xarray", "modin", "dask", "datafusion")


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
        Changes with every byte of the file, of what it imports from the project and reads while it is loaded, with the
        versions of pandera, pandas, DuckDB and the libraries that the project's modules import, and with the code of
        this package. Files that are read or modules that are found only while checks run are not covered, unless an
        ``import`` names them.
    pandera : pandera.pandas.DataFrameSchema
        A DataFrameModel is turned into one.
    """

    name: str
    path: str
    fingerprint: str
    pandera: Any = field(repr=False, compare=False)


def load_schema(path: str | Path, *, places: tuple[Path, ...] = ()) -> Schema:
    """Load a schema: a Python file, or one of those that pandera writes (``.yaml``, ``.json``).

    A Python file runs apart from the other modules of the process. It can import its neighbours and, after the
    installed packages, what lies in ``places`` and the working directory.

    Parameters
    ----------
    path : str or Path
        The file; ``FILE:NAME`` chooses one of several schemas in it.
    places : tuple of Path
        The project's folders.

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
    loaded, file, part = _loaded(path, places)
    schema = loaded.result
    odd = [name for name in schema.columns if not isinstance(name, str)]
    if odd:
        raise SchemaError(
            f"The schema {file} names the column {odd[0]!r}, which is no text.", hint="Column names are text."
        )
    return Schema(str(schema.name or part or file.stem), str(path), _fingerprint(loaded, part), schema)


def fingerprint(path: str | Path, *, places: tuple[Path, ...] = ()) -> str:
    """Return a schema's fingerprint. The file is run once for as long as nothing that it rests on changes.

    Raises
    ------
    SchemaError
        As :func:`load_schema`.
    """
    loaded, _, part = _loaded(path, places)
    return _fingerprint(loaded, part)


def split_path(path: str | Path) -> tuple[Path, str]:
    """Split ``FILE:NAME`` into the file and the schema's name in it, which may be empty.

    Examples
    --------
    >>> split_path("schemas/multi.py:People")
    (PosixPath('schemas/multi.py'), 'People')
    """
    file, _, part = str(path).rpartition(":")
    if file and part.isidentifier() and not Path(path).is_file():
        return Path(file), part
    return Path(path), ""


def _fingerprint(loaded: Loaded, part: str) -> str:
    """Mark the project's code together with all else that decides the results."""
    versions = library_versions(["pandera", "pandas", "duckdb"])
    return combined(loaded.fingerprint, part, versions, package_sources("validation", "lake.values"))


def _loaded(path: str | Path, places: tuple[Path, ...]) -> tuple[Loaded, Path, str]:
    """Run the file and find the schema in it, unless that is known."""
    import pandera.pandas  # noqa: F401 - so that what pandera itself looks for is not taken for the project's

    file, part = split_path(path)
    _require_readable(file)
    if file.suffix.lower() in _DATA:
        return _from_data(file, part), file, part

    def build(module: ModuleType) -> Any:
        return _dataframe_schema(module, file, part)

    try:
        return run_file(file, build, places=[*places, Path.cwd()], part=part, around=_pandera_apart), file, part
    except SchemaError:
        raise
    except SyntaxError as error:
        raise SchemaError(
            f"The schema file {error.filename or file}, line {error.lineno}, is not valid Python: {error.msg}."
        ) from error
    except (Exception, SystemExit) as error:  # whatever the author's code may raise
        raise _raised(file, error) from error


def _from_data(file: Path, part: str) -> Loaded:
    """Read a schema that pandera wrote as YAML or JSON."""
    from workbench.provenance.loading import run_data

    def build() -> Any:
        from pandera.io import pandas_io

        try:
            return getattr(pandas_io, _DATA[file.suffix.lower()])(file)
        except Exception as error:  # pandera's readers raise whatever a malformed document leads to
            first = (str(error).strip().splitlines() or [""])[0]
            raise SchemaError(
                f"The schema file {file} cannot be read as pandera's {file.suffix[1:]}: "
                f"{type(error).__name__}: {first}",
                hint="It is what pandera writes with schema.to_yaml() or schema.to_json().",
            ) from error

    if part:
        raise SchemaError(f"The schema file {file} holds one schema without a name.", hint=f"Leave ':{part}' out.")
    return run_data(file, build, around=_pandera_apart)


def _require_readable(file: Path) -> None:
    """Refuse a file that is not there or cannot be read."""
    try:
        with file.open("rb"):
            pass
    except FileNotFoundError:
        raise SchemaError(
            f"There is no schema file '{file}'.",
            hint="Give the path of a Python file that holds a pandera schema, or of pandera's YAML or JSON.",
        ) from None
    except OSError as error:
        raise SchemaError(f"The schema file '{file}' cannot be read: {error.strerror}.") from error


def _raised(file: Path, error: BaseException) -> SchemaError:
    """Say what the file raised, and where."""
    own = str(file.resolve())
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]
    where = f", line {lines[-1]}," if lines else ""
    lacking = str(getattr(error, "name", "") or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if lacking in _OTHERS:
        return _other_library(file, lacking)
    return SchemaError(
        f"The schema file {file}{where} raised {type(error).__name__}: {error}",
        hint="Run it with Python to see the whole traceback.",
    )


@contextmanager
def _pandera_apart() -> Iterator[None]:
    """Let no check that the file registers stay behind, where it would stand in the way of its next version's."""
    from pandera.pandas import Check

    registered = Check.REGISTERED_CUSTOM_CHECKS
    before = dict(registered)
    with warnings.catch_warnings():
        # `import pandera as pa` prints twenty lines each time; to the workbench it is the same as pandera.pandas.
        warnings.filterwarnings("ignore", category=FutureWarning, module="pandera")
        warnings.filterwarnings("ignore", message="(?s).*top-level pandera module", category=FutureWarning)
        try:
            yield
        finally:
            registered.clear()
            registered.update(before)


def _dataframe_schema(module: ModuleType, file: Path, part: str) -> Any:
    """Find the schema that is meant: the one chosen, the object named schema, or the only one of the file."""
    import pandera.pandas as pandera

    if part:
        if not hasattr(module, part):
            held = ", ".join(sorted(_schemas(module))) or "no schema"
            raise SchemaError(f"The schema file {file} holds no '{part}'.", hint=f"It holds: {held}.")
        name = part
    elif hasattr(module, "schema"):
        name = "schema"
    else:
        found = _schemas(module)
        own = {
            name: thing
            for name, thing in found.items()
            if not isinstance(thing, type) or thing.__module__ == module.__name__
        }
        chosen = own or found
        if len(chosen) != 1:
            names = ", ".join(sorted(chosen))
            raise SchemaError(
                f"The schema file {file} holds {f'several schemas: {names}' if chosen else 'no schema'}.",
                hint=_HINT.format(file=file, name=sorted(chosen)[0] if chosen else "NAME"),
            )
        name = next(iter(chosen))
    found_schema, what = getattr(module, name), f"'{name}'"
    for library in _OTHERS:
        if any(f".{library}." in f".{kind.__module__}." for kind in _kinds(found_schema)):
            raise _other_library(file, library)
    if isinstance(found_schema, type) and issubclass(found_schema, pandera.DataFrameModel):
        try:
            found_schema = found_schema.to_schema()
        except Exception as error:  # annotations and options are resolved only now: the author's code again
            raise SchemaError(
                f"The schema file {file}: {what} makes no schema: {type(error).__name__}: {error}"
            ) from error
    if not isinstance(found_schema, pandera.DataFrameSchema):
        raise SchemaError(
            f"The schema file {file}: {what} is a {type(found_schema).__module__}.{type(found_schema).__qualname__}, "
            "not a pandera schema for pandas.",
            hint="Use pandera.pandas.DataFrameSchema or pandera.pandas.DataFrameModel.",
        )
    return found_schema


def _schemas(module: ModuleType) -> dict[str, Any]:
    """List the schemas among a module's names, for whatever library; each once, under its first name."""
    from pandera.api.base.model import BaseModel
    from pandera.api.base.schema import BaseSchema

    found: dict[int, tuple[str, Any]] = {}
    for name, thing in vars(module).items():
        of_class = (
            isinstance(thing, type) and issubclass(thing, BaseModel) and not thing.__module__.startswith("pandera.")
        )
        tabular = isinstance(thing, BaseSchema) and hasattr(thing, "columns") and hasattr(thing, "ordered")
        if (of_class or tabular) and not name.startswith("__"):
            found.setdefault(id(thing), (name, thing))
    return dict(found.values())


def _kinds(thing: Any) -> tuple[type, ...]:
    """List the classes of a schema, or those that a model class is made of."""
    return (thing if isinstance(thing, type) else type(thing)).__mro__


def _other_library(file: Path, library: str) -> SchemaError:
    """Refuse a schema that is written for another kind of table."""
    return SchemaError(
        f"The schema file {file} is written for {library}; the workbench asks pandera's schemas for pandas.",
        hint=f"Import pandera.pandas in place of pandera.{library}: its classes and checks have the same names.",
    )
