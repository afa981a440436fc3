"""What must be true of a source before it becomes a version: columns, key, lanes, label, and that nothing was lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.errors import DataError, KeyColumnError, UnknownName
from workbench.ingest.lanes import check_lanes
from workbench.ingest.proposals import TOTAL
from workbench.ingest.reading import Reading
from workbench.ingest.watching import watched
from workbench.lake import Column, Definition, Session, Task, canonical_text, literal, quote
from workbench.lake.sql import digest_sums, identity_digest, row_digest
from workbench.progress import Progress

MOST_CLASSES = 1_000
"""A label with more distinct values than this is no class (or somebody's key)."""

_SHOWN = 5


def check_columns(definition: Definition, reading: Reading) -> None:
    """Refuse a definition that names columns the source lacks.

    Raises
    ------
    KeyColumnError
        A key column is not there.
    UnknownName
        Another column is not there.
    """
    for name in definition.key:
        if name not in reading.names:
            missing = UnknownName("column", name, reading.names)
            raise KeyColumnError(f"there is no key column '{name}'", source=reading.source, hint=missing.hint)
    for other in (definition.label, definition.split_column, *definition.ignore):
        if other is not None and other not in reading.names:
            raise UnknownName("column", other, reading.names, where=reading.source)


def read_sums(
    session: Session, file: str, columns: Sequence[Column], stage: str, progress: Progress
) -> tuple[tuple[int, int, int], tuple[int, int, int], int]:
    """Read the sums of row and identity digests from a written file, and the first row identity above all in it."""
    digests = f"SELECT {row_digest(columns)} AS row_digest, _rid, _lane FROM read_parquet({literal(file)})"
    both = f"SELECT row_digest, {identity_digest('row_digest')} AS identity, _rid FROM ({digests})"
    query = f"SELECT {digest_sums('row_digest')}, {digest_sums('identity')}, coalesce(max(_rid), 0) + 1 FROM ({both})"
    row = [int(number) for number in watched(session, query, stage, progress)[0]]
    return (row[0], row[1], row[2]), (row[3], row[4], row[5]), row[6]


def check_rows(
    session: Session,
    rows: str,
    definition: Definition,
    columns: Sequence[Column],
    reading: Reading,
    count: int,
    progress: Progress,
) -> None:
    """Refuse rows that are too few, have no lane, or whose key is null or repeated.

    Parameters
    ----------
    rows : str
        FROM clause with ``_rid``, ``_lane`` and the columns' physical names.
    count : int
        How many rows there are.

    Raises
    ------
    DataError, KeyColumnError
    """
    if reading.rows is not None and reading.rows != count and reading.recount() != count:
        raise DataError(f"it has {reading.rows:,} rows, but {count:,} were read", source=reading.source)
    by_name = {column.name: column for column in columns}
    if definition.split_column in by_name:
        split = by_name[definition.split_column]
        check_lanes(session, rows, canonical_text(quote(split.physical), split.type), split.name, reading.source)
    if definition.key:
        check_key(session, rows, [by_name[name] for name in definition.key], reading, progress)


def check_key(session: Session, rows: str, key: Sequence[Column], reading: Reading, progress: Progress) -> None:
    """Refuse a key that is null or repeated.

    Raises
    ------
    KeyColumnError
        Naming up to five keys and, in a text file that is not large, their lines.
    """
    names = [quote(column.physical) for column in key]
    stage = f"checking the key of {reading.source}"
    nulls = ", ".join(f"count(*) FILTER ({name} IS NULL), min(_rid) FILTER ({name} IS NULL)" for name in names)
    found = session.rows(f"SELECT {nulls} FROM {rows}")[0]
    for column, count, first in zip(key, found[::2], found[1::2], strict=True):
        if count:
            raise KeyColumnError(
                f"the key is missing in {count:,} row{'s' if count > 1 else ''}",
                source=reading.source, line=reading.lines([first]).get(first), column=column.name,
                hint="Every row needs a key: fill it at the source, or choose other key columns.",
            )  # fmt: skip
    listed = ", ".join(names)
    repeated = f"SELECT {listed} FROM {rows} GROUP BY {listed} HAVING count(*) > 1"
    number = watched(session, f"SELECT count(*) FROM ({repeated})", stage, progress)[0][0]
    if not number:
        return
    keys = session.rows(
        f"SELECT {listed}, list_sort(list(_rid))[:3] FROM {rows} SEMI JOIN "
        f"({repeated}) USING ({listed}) GROUP BY {listed} ORDER BY min(_rid) LIMIT {_SHOWN}"
    )
    lines = reading.lines([rid for row in keys for rid in row[-1]])
    shown = []
    for *values, rids in keys:
        places = [str(lines[rid]) for rid in rids if rid in lines]
        shown.append(", ".join(map(str, values)) + (f" (lines {', '.join(places)})" if places else ""))
    raise KeyColumnError(
        f"{number:,} key{'s stand' if number > 1 else ' stands'} more than once: {'; '.join(shown)}"
        + ("; …" if number > _SHOWN else ""),
        source=reading.source, line=lines.get(keys[0][-1][0]), column=", ".join(column.name for column in key),
        hint="Remove the repeated rows, or add a column to the key.",
    )  # fmt: skip


def check_label(
    session: Session,
    rows: str,
    definition: Definition,
    columns: Sequence[Column],
    source: str,
    task: Task | None,
) -> Definition:
    """Refuse a label that nothing can be learnt from, and settle the task.

    Parameters
    ----------
    source : str
        For people.

    Raises
    ------
    DataError
        The label is missing everywhere, has one value, too many classes, or is no number where one is to be predicted.
    """
    if definition.label is None:
        return definition
    column = next(column for column in columns if column.name == definition.label)
    floating = column.reads in ("FLOAT", "DOUBLE") or column.reads.startswith("DECIMAL")
    definition = replace(definition, task=task or ("regression" if floating else "classification"))
    cell = quote(column.physical)
    filled, values = session.rows(f"SELECT count({cell}), count(DISTINCT {cell}) FROM {rows}")[0]
    numbers = filled
    if definition.task == "regression" or values > MOST_CLASSES:
        numbers = session.rows(f"SELECT count(TRY_CAST({cell}::VARCHAR AS DOUBLE)) FROM {rows}")[0][0]
    fault = hint = ""
    if not filled:
        fault, hint = "the label is missing in every row", "Choose another label column."
    elif definition.task == "regression" and not numbers:
        fault, hint = "the label holds no number to be predicted", "Use --task classification."
    elif values == 1:
        fault, hint = "the label has only one value", "A model needs at least two to tell apart."
    elif definition.task == "classification" and values > MOST_CLASSES:
        fault = f"the label has {values:,} classes, more than {MOST_CLASSES:,}"
        hint = "Use --task regression." if numbers == filled else "Choose another label column."
    if fault:
        raise DataError(fault, source=source, column=column.name, hint=hint)
    return definition


def strays(session: Session, rows: str, columns: Sequence[Column]) -> list[str]:
    """Say which rows look like no data: the header once more, or a line of totals. They are imported all the same."""
    first = columns[0]
    if first.type != "VARCHAR":
        return []
    found = []
    cell = quote(first.physical)
    if len(columns) > 1 and all(column.type == "VARCHAR" for column in columns):
        cells, names = (
            ", ".join(part) for part in zip(*((quote(c.physical), literal(c.name)) for c in columns), strict=True)
        )
        same = f"{cell} = {literal(first.name)} AND [{cells}] = [{names}]"
        count = session.rows(f"SELECT count(*) FROM {rows} WHERE {same}")[0][0]
        if count:
            found.append(f"{count:,} row{'s are' if count > 1 else ' is'} the header once more, {_TAKEN}")
    text = f"{cell} IS NOT NULL AND TRY_CAST({cell} AS DOUBLE) IS NULL"
    numbers, others, total = session.rows(
        f"SELECT count(TRY_CAST({cell} AS DOUBLE)), count(*) FILTER ({text}), "
        f"max({cell}) FILTER ({text} AND regexp_full_match({cell}, {literal(TOTAL.pattern)})) FROM {rows}"
    )[0]
    if total is not None and numbers and others <= _FEW:
        found.append(
            f"a row whose {first.name} is '{total}' looks like a line of totals, {_TAKEN}, "
            "or with --skip-rows -1 if it is the last line"
        )
    return found


_TAKEN = "and was taken as data: take it out at the source"
_FEW = 3
"""Texts among numbers that may be lines of totals."""
