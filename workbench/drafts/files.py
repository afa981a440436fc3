"""Corrections files: CSV or JSON, one correction a line or object."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.drafts.records import ACTIONS, UNSEEN, Correction
from workbench.errors import DataError

_OWN = ("action", "column", "old", "new", "reason", "finding")


def read_corrections(path: str | Path, key: Sequence[str]) -> list[Correction]:
    """Read a corrections file.

    Parameters
    ----------
    path : str or Path
        CSV with a header, or JSON (an array of objects), with the key columns by name and ``action`` (``set`` where
        absent), ``column``, ``old`` (what the author saw; optional), ``new``, ``reason``, ``finding``. In CSV an empty
        ``new`` is a missing value and an empty ``old`` cell in a file that has the column means "was missing".
    key : sequence of str
        The dataset's key columns; without any, the file names rows by ``rid``.

    Raises
    ------
    DataError
        The file is missing, malformed, lacks a key column or has an unknown one; with its line.
    """
    path, key = Path(path), tuple(key) or ("rid",)
    if not path.is_file():
        raise DataError("there is no such file", source=str(path))
    records = _json(path) if path.suffix.lower() == ".json" else _csv(path)
    return [_correction(record, key, path, line) for line, record in records]


def _csv(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read CSV rows with the line each begins on."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, None)
            if header is None:
                raise DataError(
                    "the file is empty", source=str(path), hint="It needs a header and one correction a line."
                )
            if twice := [name for name in header if header.count(name) > 1]:
                raise DataError(f"has two columns '{twice[0]}'", source=str(path), line=1)
            line = reader.line_num + 1
            for row in reader:
                if row and len(row) != len(header):
                    raise DataError(
                        f"{len(row)} fields where the header has {len(header)}", source=str(path), line=line
                    )
                if row:
                    yield (
                        line,
                        {
                            name: (value if value != "" or name == "action" else None)
                            for name, value in zip(header, row, strict=True)
                        },
                    )
                line = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 text ({error.reason} at byte {error.start})", source=str(path)) from error
    except csv.Error as error:
        raise DataError(f"is not valid CSV: {error}", source=str(path)) from error


def _json(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read a JSON array of objects, numbered from 1."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if twice := [name for name in names if names.count(name) > 1]:
            raise DataError(f"has the member '{twice[0]}' twice in one object", source=str(path))
        return dict(pairs)

    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text, object_pairs_hook=once)
        # Half of a character that takes two escapes (\ud83d alone) is no text that could be stored.
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise DataError(f"is not valid JSON: {error}", source=str(path)) from error
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise DataError(
            "is not an array of objects", source=str(path), hint='Write [{"key": …, "column": …, "new": …}].'
        )
    yield from enumerate(content, start=1)


def _correction(record: dict[str, Any], key: Sequence[str], path: Path, line: int) -> Correction:
    """Make a correction of one record."""
    missing = [name for name in key if record.get(name) is None]
    if missing:
        raise DataError(
            f"has no value for the key column {', '.join(missing)}",
            source=str(path),
            line=line,
            hint=f"Each correction names its row by {', '.join(key)}.",
        )
    unknown = [name for name in record if name not in {*key, *_OWN}]
    if unknown:
        raise DataError(
            f"has a column '{unknown[0]}' that means nothing in a corrections file",
            source=str(path),
            line=line,
            hint=f"Columns: {', '.join([*key, *_OWN])}.",
        )
    for name in ("column", "reason", "finding"):
        if not isinstance(record.get(name) or "", str):
            raise DataError(f"{record[name]!r} is no text", source=str(path), line=line, column=name)
    for name in key:
        if isinstance(record[name], list | dict):
            raise DataError(f"{record[name]!r} is no value of a key", source=str(path), line=line, column=name)
    action = record.get("action") or "set"
    if action not in ACTIONS:
        raise DataError(
            f"'{action}' is no action", source=str(path), line=line, column="action", hint=f"Use {', '.join(ACTIONS)}."
        )
    if action == "set" and not record.get("column"):
        raise DataError("names no column to set", source=str(path), line=line, column="column")
    return Correction(
        key={name: record[name] for name in key},
        action=action,
        column=record.get("column") if action == "set" else None,
        old=record["old"] if "old" in record and action == "set" else UNSEEN,
        new=record.get("new"),
        reason=record.get("reason") or "",
        finding=record.get("finding") or "",
        where=f"{path}, line {line}",
    )
