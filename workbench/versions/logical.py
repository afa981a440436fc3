"""What columns mean: set as a definition change, without a stored cell being touched, and what cannot be read so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from workbench.errors import UnknownName, UsageError
from workbench.lake import (
    Column,
    Definition,
    Lake,
    Session,
    Version,
    quote,
    view_of,
)
from workbench.lake.records import LOGICAL, natural_type
from workbench.lake.sql import count_where
from workbench.versions.definition import define

_TOGETHER = 50
"""Columns in one query: DuckDB compares all expressions of a query with each other."""

Why = Literal["spellings", "written", "unreadable", "respelt"]


@dataclass(frozen=True)
class TypeNote:
    """Something about a column's type that a person should know.

    Attributes
    ----------
    column : str
        Its name.
    logical_type : str
        What it is taken for.
    why : {"spellings", "written", "unreadable", "respelt"}
        One value is written in two ways; a cell is not written as numbers are; cells cannot be read as the type; a
        newer delivery writes a value in a second way.
    examples : tuple of str
        Cells that show it.
    cells : int
        How many cells, where they are counted.
    """

    column: str
    logical_type: str
    why: Why
    examples: tuple[str, ...]
    cells: int = 0

    def __str__(self) -> str:
        shown = [example if len(example) <= 40 else example[:39] + "…" for example in self.examples]
        if self.why == "spellings":
            return (
                f"Column '{self.column}' is text: {' and '.join(shown)} are the same number, written in two ways, so "
                "they look like codes. If they are numbers, set the type to number."
            )
        if self.why == "written":
            return (
                f"Column '{self.column}' is text: '{shown[0]}' is not how a number is written, so it looks like a "
                "code. If it is a number, set the type to number."
            )
        if self.why == "respelt":
            return (
                f"Column '{self.column}' is a number, and now has one value written in two ways: "
                f"{' and '.join(shown)}. If they are codes, set the type to text."
            )
        count = "1 cell that cannot" if self.cells == 1 else f"{self.cells:,} cells that cannot"
        return (
            f"Column '{self.column}' is a {self.logical_type}, with {count} be read as one (for example "
            f"'{shown[0]}'). They stay as they are; models and statistics take them as missing."
        )

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        return {
            "column": self.column, "logical_type": self.logical_type, "why": self.why, "examples": list(self.examples),
            "cells": self.cells, "message": str(self),
        }  # fmt: skip


def set_types(lake: Lake, dataset: str, types: Mapping[str, str], *, author: str, message: str = "") -> Version:
    """Say what columns mean, as a new version; no stored cell is rewritten.

    Parameters
    ----------
    dataset : str
        Name.
    types : mapping
        Column → logical type: ``number``, ``text``, ``boolean``, ``date`` or ``timestamp``.
    author, message : str
        Recorded with the version.

    Returns
    -------
    Version
        The new version, whose ``detail["types"]`` tells of cells that cannot be read as the new type; the newest one
        where the columns mean that already.

    Raises
    ------
    UnknownName
        There is no such dataset or column.
    UsageError
        There is no such logical type, or the column cannot have it.

    Examples
    --------
    >>> set_types(lake, "releases", {"release": "number"}, author="ann")  # doctest: +SKIP
    """
    wanted = lowered(types)

    def settle(session: Session, head: Version) -> tuple[Definition, tuple[Column, ...], dict[str, Any]]:
        definition, columns = meant(head, head.definition, wanted)
        notes = unreadable(session, view_of(lake, head).rows, [column for column in columns if column.name in wanted])
        return definition, columns, {"types": [note.to_dict() for note in notes], "set": {"types": wanted}}

    return define(lake, dataset, settle, author=author, message=message or types_said(wanted))


def lowered(types: Mapping[str, str]) -> dict[str, str]:
    """Return column → logical type as :data:`workbench.lake.records.LOGICAL` spells it."""
    return {name: kind.strip().lower() for name, kind in types.items()}


def check_logical(column: Column, logical: str, definition: Definition) -> None:
    """Refuse a logical type that a column cannot have.

    Raises
    ------
    UsageError
        There is no such type, its storage does not fit it, or the column is the key or the split column, which go by
        what is written.
    """
    natural = natural_type(column.type)
    if logical == natural:
        return
    if logical not in LOGICAL:
        raise UsageError(f"There is no logical type '{logical}'.", hint=f"Types: {', '.join(LOGICAL)}.")
    if column.name in (*definition.key, definition.split_column):
        part = "key" if column.name in definition.key else "split column"
        raise UsageError(
            f"Column '{column.name}' belongs to the {part}, which goes by what is written, so its type stays {natural}."
        )
    if column.type != "VARCHAR" and logical != "text":
        raise UsageError(
            f"Column '{column.name}' is stored as {column.type} and cannot be read as a {logical}.",
            hint=f"It can be {natural} or text." if natural in LOGICAL else "It can be text.",
        )


def unreadable(session: Session, rows: str, columns: Sequence[Column]) -> list[TypeNote]:
    """Count the cells that cannot be read as the logical type of their column, with an example.

    Parameters
    ----------
    rows : str
        FROM clause with the columns' physical names.
    """
    cast = [column for column in columns if column.type == "VARCHAR" and column.reads != "VARCHAR"]
    notes = []
    for start in range(0, len(cast), _TOGETHER):
        part = cast[start : start + _TOGETHER]
        cells = [quote(column.physical) for column in part]
        flaws = [
            f"{cell} IS NOT NULL AND TRY_CAST({cell} AS {c.reads}) IS NULL" for cell, c in zip(cells, part, strict=True)
        ]
        asked = ", ".join(
            f"{count_where(flaw)}, min(CASE WHEN {flaw} THEN {cell} END)"
            for cell, flaw in zip(cells, flaws, strict=True)
        )
        found = session.rows(f"SELECT {asked} FROM {rows}")[0]
        for column, count, example in zip(part, found[::2], found[1::2], strict=True):
            if count:
                notes.append(TypeNote(column.name, column.logical_type, "unreadable", (example,), count))
    return notes


def column_documents(version: Version) -> list[dict[str, Any]]:
    """Lay the columns of a version out as JSON: name, logical type, storage type, and what they are to the dataset."""
    definition = version.definition
    roles = {
        **dict.fromkeys(definition.ignore, "ignored"),
        **{name: role for name, role in ((definition.label, "label"), (definition.split_column, "split")) if name},
        **dict.fromkeys(definition.key, "key"),
    }
    return [
        {
            "column": column.name, "logical_type": column.logical_type, "stored_as": column.type,
            "role": roles.get(column.name, "feature"),
        }
        for column in version.columns
    ]  # fmt: skip


def meant(head: Version, definition: Definition, wanted: Mapping[str, str]) -> tuple[Definition, tuple[Column, ...]]:
    """Return a definition and a version's columns with the logical types that are asked for.

    Raises
    ------
    UnknownName
        There is no such column.
    UsageError
        A column cannot have the type, or cannot keep the one it has as part of the key or as split column.
    """
    known = [column.name for column in head.columns]
    for name in wanted:
        if name not in known:
            raise UnknownName("column", name, known, where=head.name)
    for column in head.columns:
        check_logical(column, wanted.get(column.name, column.logical_type), definition)
    columns = tuple(
        replace(column, logical=wanted[column.name])
        if column.name in wanted and wanted[column.name] != column.logical_type
        else column
        for column in head.columns
    )
    if columns != head.columns:
        definition = replace(definition, types={**definition.types, **wanted})
    return definition, columns


def types_said(wanted: Mapping[str, str]) -> str:
    """Say what types are set."""
    return "set type: " + ", ".join(f"{name} is {kind}" for name, kind in wanted.items())
