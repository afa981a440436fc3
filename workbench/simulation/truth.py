"""The file that knows the true labels."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import DataError
from workbench.evaluation.reading import Reading, reading_of
from workbench.iterations import schema_types
from workbench.lake import Lake, Version, View, literal, quote, view_of
from workbench.lake.values import fitted


@dataclass(frozen=True)
class Truth:
    """What is known of the true labels.

    Attributes
    ----------
    labels : mapping
        Key of a row as JSON text → its true label as canonical text.
    complete : bool
        Whether it names every row; otherwise the rows that it does not name are labelled right.
    source : str
        The file, for people.
    """

    labels: Mapping[str, str]
    complete: bool
    source: str


def read_truth(lake: Lake, version: Version, path: str | Path) -> Truth:
    """Read the true labels of a version from a CSV file with a header.

    It takes one of two forms, both with the key columns by name (``rid`` for a dataset without a key): a column named
    as the label column, with the true label of every train row; or the columns ``column`` and ``new``, as in a
    corrections file, one line for each wrong label, lines about other columns being passed over.

    Raises
    ------
    UsageError
        The dataset has no label column.
    DataError
        The file is missing, malformed, or in neither form; a key or label does not fit its column; a row has two
        labels; no row of the version is named.
    """
    path = Path(path)
    view, source = view_of(lake, version), str(path)
    reading = reading_of(view, schema_types(lake, version))
    if not path.is_file():
        raise DataError("there is no such file", source=source)
    lines = _lines(path)
    header = next(lines, (0, []))[1]
    keys = list(view.definition.key) or ["rid"]
    lacking = [name for name in keys if name not in header]
    if lacking:
        raise DataError(
            f"it has no column '{lacking[0]}'", source=source, hint=f"It names rows by their key, {', '.join(keys)}."
        )
    complete = reading.label in header
    if not complete and not {"column", "new"} <= set(header):
        raise DataError(
            f"it has no column '{reading.label}' with the true labels",
            source=source,
            hint=f"Name it '{reading.label}', or list the wrong labels in the columns 'column' and 'new'.",
        )
    places = {name: place for place, name in enumerate(header)}
    named: list[tuple[int, list[str], str]] = []
    for line, cells in lines:
        if len(cells) != len(header):
            raise DataError(f"{len(cells)} fields where the header has {len(header)}", source=source, line=line)
        if complete or cells[places["column"]] == reading.label:
            label = cells[places[reading.label if complete else "new"]]
            named.append((line, [cells[places[name]] for name in keys], label))
    return Truth(_canonical(view, reading, named, source), complete, source)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read the file's lines, each with its number."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            yield from ((reader.line_num, cells) for cells in reader if cells)
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 text ({error.reason} at byte {error.start})", source=str(path)) from error
    except csv.Error as error:
        raise DataError(f"is not valid CSV: {error}", source=str(path)) from error


def _canonical(view: View, reading: Reading, named: list[tuple[int, list[str], str]], source: str) -> dict[str, str]:
    """Bring keys and labels to the form in which the version's rows have them; empty labels are passed over."""
    import pyarrow as pa

    columns = [(column.name, column.type) for column in view.key] or [("rid", "BIGINT")]
    texts = {f"key{place}": [key[place] for _, key, _ in named] for place in range(len(columns))}
    types = pa.schema([("n", pa.int64()), *((name, pa.string()) for name in [*texts, "label"])])
    cells = {"n": range(len(named)), **texts, "label": [label for _, _, label in named]}
    keys = [fitted(quote(f"key{place}"), kind) for place, (_, kind) in enumerate(columns)]
    pairs = ", ".join(f"{literal(name)}, {key}" for (name, _), key in zip(columns, keys, strict=True))
    if not view.definition.key:
        pairs = f"'rid', TRY_CAST({quote('key0')} AS BIGINT)"
    with view.session() as session:
        session.register("truth", pa.table(cells, schema=types))
        found = session.rows(
            f"SELECT json_object({pairs})::VARCHAR, {' AND '.join(f'({key}) IS NOT NULL' for key in keys)}, "
            f"{fitted('label', reading.label_type)} FROM truth ORDER BY n"
        )
        known = {row[0] for row in session.rows(f"SELECT {view.key_json('r')} FROM {view.rows} r")}
    labels: dict[str, str] = {}
    for (line, written, given), (key, fits, label) in zip(named, found, strict=True):
        if not fits:
            raise DataError(
                f"the key {', '.join(map(repr, written))} does not fit its column", source=source, line=line
            )
        if not given:
            continue
        if label is None:
            raise DataError(f"'{given}' is no {reading.label_type}", source=source, line=line, column=reading.label)
        if labels.setdefault(key, label) != label:
            raise DataError(
                f"the row {key} has two true labels, '{labels[key]}' and '{label}'", source=source, line=line
            )
    if named and not labels.keys() & known:
        raise DataError(
            f"it names no row of {view.label}", source=source, hint="Check the key columns, and which dataset it is of."
        )
    return labels
