"""The pieces of SQL that must be written in exactly one way: identifiers, canonical text, hashes.

Identifiers come from the catalogue and are quoted by :func:`quote`; values are parameters of the statement, or go
through :func:`literal` where DuckDB takes none (ATTACH, SET, long IN lists that are to prune files).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from workbench.lake.records import Column

SYSTEM_COLUMNS = ("_rid", "_lane", "_excluded")
_RENDERED = 100_000
_MARKS = re.compile(r"""\?|"(?:[^"]|"")*"|'(?:[^']|'')*'""")
_MASK = "18446744073709551615::UHUGEINT"


def quote(identifier: str) -> str:
    """Quote a name for use as an identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str | int | None) -> str:
    """Write a value as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def rendered(query: str, params: Sequence[object]) -> str | None:
    """Write a statement's parameters into it, quoted, in place of its question marks.

    To bind even one parameter DuckDB's Python client imports pandas, which takes longer than everything else that a
    short command does.

    Returns
    -------
    str or None
        None where a value is of a kind, or the whole of a size, that is better bound.
    """
    values = [_typed_literal(value) for value in params]
    if any(value is None for value in values) or sum(map(len, filter(None, values))) > _RENDERED:
        return None
    left = iter(values)
    marks = 0

    def put(found: re.Match[str]) -> str:
        nonlocal marks
        if found[0] != "?":
            return found[0]
        marks += 1
        return next(left, None) or ""

    text = _MARKS.sub(put, query)
    return text if marks == len(values) else None


def _typed_literal(value: object) -> str | None:
    """Write a value as a literal of the type that binding it would give."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"'{float(value)!r}'::DOUBLE"
    if isinstance(value, str):
        return None if "\0" in value else literal(value) + "::VARCHAR"
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'::{'TIMESTAMPTZ' if value.tzinfo else 'TIMESTAMP'}"
    return None


def any_of(conditions: Sequence[str]) -> str:
    """SQL condition that one of several holds, as a balanced tree: a chain of 1,000 is too deep for DuckDB."""
    return _balanced(conditions, "OR") if conditions else "false"


def sum_of(terms: Sequence[str]) -> str:
    """SQL of the sum of several terms, as a balanced tree."""
    return _balanced(terms, "+") if terms else "0"


def count_where(condition: str) -> str:
    """SQL of the number of rows for which a condition holds.

    Not FILTER: for each aggregate that has one, DuckDB copies the arguments of every aggregate of the statement, which
    takes more than a gigabyte for 2,000 columns.
    """
    return f"count(CASE WHEN {condition} THEN 1 END)"


def _balanced(terms: Sequence[str], operator: str) -> str:
    """Join SQL expressions, each half in parentheses of its own."""
    if len(terms) <= 8:
        return "(" + f" {operator} ".join(terms) + ")"
    half = len(terms) // 2
    return f"({_balanced(terms[:half], operator)} {operator} {_balanced(terms[half:], operator)})"


def rid_list(rids: Iterable[int]) -> str:
    """Write row identities as the inside of an IN list, which prunes files where a join cannot."""
    return ", ".join(str(int(rid)) for rid in rids) or "NULL"


NAMED = 300
"""Up to so many rows a scan is quicker when they are named one by one, which lets it skip files and row groups; above
that a join is (1,000 of a million rows: 0.25 s named, 0.09 s joined)."""


def canonical_text(expression: str, storage_type: str) -> str:
    """SQL for a value as text that does not depend on how it is stored.

    Whole numbers are written alike whether stored as BIGINT, DOUBLE or text; a missing value stays NULL.
    """
    if storage_type in ("DOUBLE", "FLOAT"):
        whole = f"{expression} = trunc({expression}) AND abs({expression}) < 1e15"
        return f"CASE WHEN {whole} THEN {expression}::BIGINT::VARCHAR ELSE {expression}::VARCHAR END"
    if storage_type == "VARCHAR":
        return expression
    return f"{expression}::VARCHAR"


def row_digest(columns: Sequence[Column], *, alias: str = "") -> str:
    """SQL for the 128-bit digest of one row: md5 of its values as a JSON array in the order of their sorted names.

    The names are the same in every row, so they are hashed once (:func:`names_digest`) and not with each row.
    """
    prefix = f"{alias}." if alias else ""
    ordered = sorted(columns, key=lambda column: column.name)
    values = ", ".join(canonical_text(prefix + quote(column.physical), column.type) for column in ordered)
    array = f"json_array({values})::VARCHAR"
    return f"md5_number(CASE WHEN {prefix}_excluded THEN {array} || '-' ELSE {array} END)"


def identity_digest(digest: str) -> str:
    """SQL for the digest of which row is which: row identity, split and the row's own digest.

    Needs the columns ``_rid`` and ``_lane`` beside the row digest. Two rows that swapped identities have the content
    that they had, and other identity digests.
    """
    # In halves: writing out a number of 128 bits takes DuckDB twenty times as long as all the rest.
    return f"md5_number(concat_ws(':', _rid, _lane, {digest_halves(digest)}))"


def digest_sums(digest: str) -> str:
    """SQL for the aggregates of a row digest: row count, sum of the low and sum of the high 64 bits.

    Sums and not XOR: under XOR two equal rows would cancel each other.
    """
    return f"count(*), coalesce(sum(({digest} & {_MASK})::UBIGINT), 0), coalesce(sum(({digest} >> 64)::UBIGINT), 0)"


def digest_halves(digest: str) -> str:
    """SQL for the low and the high 64 bits of a row digest, to be summed elsewhere."""
    return f"({digest} & {_MASK})::UBIGINT, ({digest} >> 64)::UBIGINT"


def low_bits(digest: str) -> str:
    """SQL for the low 64 bits of a 128-bit digest."""
    return f"({digest} & {_MASK})::UBIGINT"


def lane_of(features: Sequence[str]) -> str:
    """SQL for the lane that a row's feature values choose: 20 % test, 10 % validation, the rest train.

    Key and label have no say, so rows with equal features share a lane and a changed label moves nothing.

    Parameters
    ----------
    features : sequence of str
        SQL expressions for the canonical texts of the features, in the order of the sorted column names.
    """
    text = ", ".join(features)
    bucket = f"{low_bits(f'md5_number(json_array({text})::VARCHAR)')} % 10"
    return f"list_extract([2, 2, 1, 0, 0, 0, 0, 0, 0, 0], ({bucket} + 1)::INTEGER)::UTINYINT"


def names_digest(columns: Sequence[Column]) -> str:
    """Eight hexadecimal digits that stand for the set of column names."""
    names = json.dumps(sorted(column.name for column in columns), ensure_ascii=False)
    return hashlib.md5(names.encode(), usedforsecurity=False).hexdigest()[:8]


def content_hash(columns: Sequence[Column], sums: tuple[int, int, int]) -> str:
    """Write the content hash of a table: rows, names and the two sums modulo 2**64."""
    rows, low, high = sums
    return f"{rows}-{names_digest(columns)}-{low % 2**64:016x}{high % 2**64:016x}"


def hash_sums(text: str) -> tuple[int, int, int]:
    """Read the three numbers back from a content hash."""
    rows, _, digits = text.split("-")
    return int(rows), int(digits[:16], 16), int(digits[16:], 16)


def physical_names(names: Sequence[str]) -> list[str]:
    """Choose a stored name for each column: the name itself where the lake can hold it.

    DuckDB's names ignore case and DuckLake keeps some for itself, so a twin or a reserved name gets a number. Names
    that begin with an underscore are left to the workbench: wherever its own SQL puts a name beside those of a dataset
    (an alias, a column of a temporary table), it begins with one, or the dataset's are told by their table.
    """
    taken = set(_RESERVED)
    chosen = []
    for position, name in enumerate(names, start=1):
        base = name if name.strip() else f"column_{position}"
        base = f"c{base}" if base.startswith("_") else base
        candidate, number = base, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{base}_{number}"
        taken.add(candidate.casefold())
        chosen.append(candidate)
    return chosen


_RESERVED = {
    *SYSTEM_COLUMNS,
    "row_id",
    "rowid",
    "begin_snapshot",
    "end_snapshot",
    "snapshot_id",
    "change_type",
    "filename",
    "file_row_number",
    "file_index",
}
