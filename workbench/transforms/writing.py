"""Transforms by name, with their parameters as plain values, as recipes and the command line write them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from workbench.errors import DataError, UnknownName
from workbench.lake.values import to_text
from workbench.transforms.kinds import Case, Fill, Map, Regex, Replace, Split, Transform, Trim
from workbench.transforms.readers import ParseDate, ParseNumber, ParseUnit

TRANSFORMS: dict[str, type[Any]] = {
    "trim": Trim,
    "case": Case,
    "replace": Replace,
    "regex": Regex,
    "parse number": ParseNumber,
    "parse date": ParseDate,
    "parse unit": ParseUnit,
    "split": Split,
    "fill": Fill,
    "map": Map,
}
MISSING = {"missing": True}
"""How a missing value is written where only text can stand, such as TOML."""

_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,), "bool": (bool,), "int": (int,), "tuple[str, ...]": (list, tuple), "str | None": (str, int, float),
}  # fmt: skip


def transform_of(name: str, parameters: Mapping[str, Any]) -> Transform:
    """Make a transform of its name and parameters.

    Raises
    ------
    UnknownName
        There is no such transform, or it has no such parameter.
    DataError
        A parameter is absent or cannot be used.
    """
    if name not in TRANSFORMS:
        raise UnknownName("transform", name, TRANSFORMS)
    kind = TRANSFORMS[name]
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for given in parameters:
        if given not in fields:
            raise UnknownName("parameter", given, fields, where=f"the transform '{name}'")
    absent = [each for each, field in fields.items() if field.default is dataclasses.MISSING and each not in parameters]
    if absent:
        raise DataError("is not given", source=f"field '{absent[0]}'", hint=f"The transform '{name}' needs it.")
    values = {given: _read(fields[given], value) for given, value in parameters.items()}
    made: Transform = kind(**values)
    return made


def parameters_of(transform: Transform) -> dict[str, Any]:
    """Lay out a transform's parameters as plain values; those left at their default are not written."""
    written: dict[str, Any] = {}
    for field in dataclasses.fields(transform):  # type: ignore[arg-type]
        value = getattr(transform, field.name)
        if field.name in ("values", "units"):
            written[field.name] = {old: MISSING if new is None else new for old, new in value}
        elif value != field.default:
            written[field.name] = list(value) if isinstance(value, tuple) else value
    return written


def described(transform: Transform) -> str:
    """Say in a few words what a transform does: ``replace (old 'St.', new 'Saint')``."""
    shown = []
    for name, value in parameters_of(transform).items():
        text = f"{len(value)} {name}" if isinstance(value, dict) else f"{name} {value!r}"
        shown.append(text)
    return f"{transform.name} ({', '.join(shown)})" if shown else transform.name


def read_value(value: Any) -> str | None:
    """Read a value as it stands in TOML or JSON: text, number or truth value, or ``{missing = true}``.

    Raises
    ------
    DataError
        It is none of these.
    """
    if value == MISSING:
        return None
    if isinstance(value, (str, int, date, time)) or (isinstance(value, float) and math.isfinite(value)):
        return to_text(value)
    raise DataError(f"{value!r} is no value of a cell", hint="Give a text, a number, or { missing = true }.")


def _read(field: dataclasses.Field[Any], value: Any) -> Any:
    """Read one parameter."""
    try:
        if field.name == "values" and isinstance(value, Mapping):
            return tuple((to_text(old), read_value(new)) for old, new in value.items())
        if field.name == "units" and isinstance(value, Mapping):
            return tuple(value.items())
    except DataError as error:
        raise DataError(error.message, source=f"field '{field.name}'", hint=error.hint) from error
    wanted = _KINDS.get(str(field.type), (str,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise DataError(f"{value!r} cannot be used", source=f"field '{field.name}'", hint=f"It takes {_words(field)}.")
    if str(field.type) == "str | None":
        return to_text(value)
    if isinstance(value, (list, tuple)):
        if not all(isinstance(item, str) for item in value):
            raise DataError(
                f"{value!r} cannot be used", source=f"field '{field.name}'", hint="It takes a list of texts."
            )
        return tuple(value)
    return value


def _words(field: dataclasses.Field[Any]) -> str:
    """Name what a parameter takes, for people."""
    if field.name in ("values", "units"):
        return "a table"
    return {"bool": "true or false", "int": "a whole number", "tuple[str, ...]": "a list of texts"}.get(
        str(field.type), "a text"
    )
