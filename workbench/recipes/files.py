"""Recipe files: TOML that people read, write and keep beside their code.

.. code-block:: toml

    name = "tidy"
    description = "One spelling for each city"

    [[step]]
    kind = "merge"
    column = "city"
    values = ["NYC", "New York City"]
    value = "New York"

    [[step]]
    kind = "set"
    column = "age"
    old = -1
    new = { missing = true }
    reason = "impossible"

A list of rules in CSV (``column,old,new,reason``; an empty field is a missing value) is read as ``set`` steps.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import DataError, UnknownName
from workbench.recipes.records import (
    BrokenStep,
    ExcludeStep,
    MergeStep,
    Recipe,
    SetStep,
    Step,
    TransformStep,
    Where,
    kind_of,
)
from workbench.transforms import parameters_of, read_value, transform_of
from workbench.transforms.writing import MISSING

_RULES = ["column", "old", "new", "reason"]
_FIELDS = {
    "set": ("column", "old", "new"),
    "merge": ("column", "values", "value"),
    "cluster": ("column", "values", "value"),
    "transform": ("column", "transform"),
    "exclude": ("where",),
}
_SHARED = ("kind", "where", "reason")


def read_recipe(path: str | Path, *, lenient: bool = False) -> Recipe:
    """Read a recipe file: TOML, or CSV rules.

    Parameters
    ----------
    lenient : bool
        Keep a step that cannot be used as a :class:`BrokenStep`, so that the others can be tried.

    Raises
    ------
    DataError
        The file is missing or malformed, with its line, or with the step and field.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("there is no such file", source=str(path))
    if path.suffix.lower() == ".csv":
        return _rules(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 text ({error.reason} at byte {error.start})", source=str(path)) from error
    return parse_recipe(text, source=str(path), name=path.stem, lenient=lenient)


def parse_recipe(text: str, *, source: str = "", name: str = "", lenient: bool = False) -> Recipe:
    """Read a recipe from its text.

    Parameters
    ----------
    source : str
        For error messages.
    name : str
        The recipe's name where the text gives none.
    lenient : bool
        As for :func:`read_recipe`.

    Raises
    ------
    DataError
        The text is malformed, with its line, or with the step and field.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Besides its own error: an integer of thousands of digits, lists in lists without end.
        # tomllib tells the place in words: "… (at line 3, column 7)" or "… (at end of document)".
        place = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        said, line = str(error), text.rstrip("\n").count("\n") + 1
        if place:
            said, line = f"{said[: place.start()]} at character {place[2]}", int(place[1])
        raise DataError(f"is not valid TOML: {said}", source=source, line=line) from error
    for field in content:
        if field not in ("name", "dataset", "description", "step"):
            raise DataError(
                f"'{field}' means nothing in a recipe", source=source,
                hint="A recipe has name, dataset, description and [[step]]s.",
            )  # fmt: skip
    for field in ("name", "dataset", "description"):
        if not isinstance(content.get(field, ""), str):
            raise DataError(f"'{field}' is no text", source=source)
    given = content.get("step", [])
    if not isinstance(given, list) or not given or not all(isinstance(step, dict) for step in given):
        raise DataError("has no steps", source=source, hint="Begin each with a line [[step]].")
    lines = [text.count("\n", 0, found.start()) + 1 for found in re.finditer(r"(?m)^[ \t]*\[\[ *step *\]\]", text)]
    steps = []
    for number, step in enumerate(given, start=1):
        try:
            steps.append(_step(step))
        except (DataError, UnknownName) as error:
            if lenient and step.get("kind") in _FIELDS:
                column = step.get("column", "")
                steps.append(BrokenStep(step["kind"], column if isinstance(column, str) else "", error.message))
                continue
            begun = lines[number - 1] if len(lines) == len(given) else None
            raise DataError(f"step {number}: {error.message}", source=source, line=begun, hint=error.hint) from error
    chosen = content.get("name") or name
    return Recipe(chosen, tuple(steps), content.get("dataset", ""), content.get("description", ""))


def write_recipe(recipe: Recipe) -> str:
    """Write a recipe as TOML; reading it gives an equal recipe, and equal recipes give the same text."""
    head = {"name": recipe.name, "dataset": recipe.dataset, "description": recipe.description}
    lines = [f"{field} = {_toml(value)}" for field, value in head.items() if value]
    for step in recipe.steps:
        lines += ["", "[[step]]"]
        tables = []
        for field, value in _laid_out(step).items():
            if isinstance(value, Mapping) and len(value) > 3:
                tables += ["", f"[step.{_key(field)}]", *(f"{_key(k)} = {_toml(v)}" for k, v in value.items())]
            else:
                lines.append(f"{_key(field)} = {_toml(value)}")
        lines += tables
    return "\n".join(lines) + "\n"


def _step(given: Mapping[str, Any]) -> Step:
    """Read one step."""
    kind = given.get("kind")
    if kind is None:
        raise DataError("has no kind", source="field 'kind'", hint=f"Kinds: {', '.join(_FIELDS)}.")
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise UnknownName("kind of step", str(kind), _FIELDS)
    for field in _FIELDS[kind]:
        if field not in given:
            raise DataError("is not given", source=f"field '{field}'", hint=f"A step of kind '{kind}' needs it.")
    parameters = {name: value for name, value in given.items() if name not in {*_SHARED, *_FIELDS[kind]}}
    if parameters and kind != "transform":
        raise UnknownName("field", next(iter(parameters)), [*_FIELDS[kind], *_SHARED], where=f"a step '{kind}'")
    where = _where(given.get("where", {}))
    reason = _text(given, "reason") if "reason" in given else ""
    if kind == "exclude":
        return ExcludeStep(where, reason)
    column = _text(given, "column")
    if kind == "transform":
        return TransformStep(column, transform_of(_text(given, "transform"), parameters), where, reason)
    if kind == "set":
        return SetStep(column, _value(given, "old"), _value(given, "new"), where, reason)
    values = given["values"]
    if not isinstance(values, list) or not values:
        raise DataError("is no list of values", source="field 'values'")
    return MergeStep(column, tuple(_present(value) for value in values), _value(given, "value"), where, reason)


def _where(given: Any) -> Where:
    """Read the rows a step is for."""
    if not isinstance(given, Mapping):
        raise DataError("is no table of columns and values", source="field 'where'", hint='Write { state = "NY" }.')
    return tuple((name, _value(given, name)) for name in given)


def _text(given: Mapping[str, Any], field: str) -> str:
    """Read a field that is a text."""
    value = given[field]
    if not isinstance(value, str):
        raise DataError(f"{value!r} is no text", source=f"field '{field}'")
    return value


def _value(given: Mapping[str, Any], field: str) -> str | None:
    """Read a field that is a value of a cell."""
    try:
        return read_value(given[field])
    except DataError as error:
        raise DataError(error.message, source=f"field '{field}'", hint=error.hint) from error


def _present(value: Any) -> str:
    """Read a value that cannot be missing."""
    text = read_value(value)
    if text is None:
        raise DataError(
            "a missing value is no variant", source="field 'values'", hint="Use a step of kind 'set' for it."
        )
    return text


def _laid_out(step: Step) -> dict[str, Any]:
    """Lay a step out as the fields of its table, in the order in which they are read best."""
    if isinstance(step, BrokenStep):
        raise DataError(f"a step cannot be written: {step.fault}")
    fields: dict[str, Any] = {"kind": kind_of(step)}
    if isinstance(step, SetStep):
        fields |= {"column": step.column, "old": _out(step.old), "new": _out(step.new)}
    elif isinstance(step, MergeStep):
        fields |= {"column": step.column, "values": list(step.values), "value": _out(step.value)}
    elif isinstance(step, TransformStep):
        fields |= {"column": step.column, "transform": step.transform.name, **parameters_of(step.transform)}
    if step.where:
        fields["where"] = {name: _out(value) for name, value in step.where}
    if step.reason:
        fields["reason"] = step.reason
    return fields


def _out(value: str | None) -> Any:
    """Write a missing value as a table."""
    return MISSING if value is None else value


def _toml(value: Any) -> str:
    """Write a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_toml(item)}" for name, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        short = ", ".join(_toml(item) for item in value)
        return f"[{short}]" if len(short) <= 100 else "[\n" + "".join(f"    {_toml(item)},\n" for item in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _key(name: str) -> str:
    """Write a name, quoted where it must be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _rules(path: Path) -> Recipe:
    """Read CSV rules."""
    steps = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            if next(reader, None) != _RULES:
                raise DataError("is no rules file", source=str(path), line=1, hint=f"Its header is {','.join(_RULES)}.")
            for row in reader:
                if len(row) != len(_RULES):
                    raise DataError(f"{len(row)} fields where a rule has 4", source=str(path), line=reader.line_num)
                steps.append(SetStep(row[0], row[1] or None, row[2] or None, reason=row[3]))
        except UnicodeDecodeError as error:
            raise DataError(f"is not UTF-8 text ({error.reason} at byte {error.start})", source=str(path)) from error
        except csv.Error as error:
            raise DataError(f"is not valid CSV: {error}", source=str(path), line=reader.line_num) from error
    if not steps:
        raise DataError("has no rules", source=str(path))
    return Recipe(path.stem, tuple(steps))
