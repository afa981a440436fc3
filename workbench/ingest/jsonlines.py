"""JSON: one object a line, or a document whose records are cut out to be so.

A column is the union of what its values are; several kinds together are text. JSON's own types are kept: a string stays
text whatever it looks like, and a number is a number, kept as it is spelt. Whole numbers beyond BIGINT become text,
digit by digit; objects and mixed arrays become JSON text; arrays of numbers become DOUBLE[].
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from workbench.errors import DataError, WorkbenchError
from workbench.ingest.jsondocs import JsonLines, as_lines, not_utf8
from workbench.ingest.naming import check_names
from workbench.ingest.options import ReadOptions
from workbench.ingest.partitions import Partitions
from workbench.ingest.reading import Reading, shortage
from workbench.lake import Session, literal

_MAX_LINE = 64_000_000
_LINES = re.compile(r"(?i)\.(jsonl|ndjson)(\.|$)")
_NOT_UTF8 = " is not UTF-8"
_STRING = r'"(\\.|[^"\\])*"'
_SPELT = (
    rf"replace(replace(regexp_replace(json::VARCHAR, '({_STRING})|(-?[0-9][0-9.eE+-]*)', '\1' || chr(1) || '\3' || "
    "chr(1), 'g'), chr(1) || chr(1), ''), chr(1), '\"')"
)
"""SQL of a line whose numbers are written as strings: marks are put behind each string and around each number."""

_EXACT = r"\.0*[1-9][0-9]{17,}|[eE][+-]?[0-9]{3,}|" + "|".join(
    rf"[1-9][0-9]{{{whole - 1}}}\.[0-9]{{{18 - whole},}}" for whole in range(1, 18)
)
"""Fractions of 18 and more digits, and large exponents: more than a DOUBLE may keep."""


def open_json(session: Session, paths: Mapping[Path, str], source: str, options: ReadOptions, scratch: Path) -> Reading:
    """Open JSON files as one source.

    Parameters
    ----------
    paths : mapping
        Files in the order of their rows, and what people call them.
    source : str
        For people.
    options : ReadOptions
        How they are to be read.
    scratch : Path
        Folder for what is rewritten.

    Raises
    ------
    DataError
        A line is no JSON object, names a member twice, or holds a fraction with more digits than a number keeps; or a
        document's records are deep inside.
    """
    files = [
        as_lines(path, name, options, scratch, lines=_LINES.search(name) is not None) for path, name in paths.items()
    ]
    listed = ", ".join(literal("".join(f"[{c}]" if c in "*?[" else c for c in str(file.path))) for file in files)

    def every_line(further: str) -> str:
        return (
            f"read_json_objects([{listed}], format = 'newline_delimited', maximum_object_size = {_MAX_LINE}, "
            f"hive_partitioning = false{further})"
        )

    lines = every_line("")
    explain = partial(_explain, files, options)
    try:
        total, sound = session.rows(
            "SELECT count(*), count(*) FILTER (CASE WHEN json_type(json) = 'OBJECT' THEN "
            f"len(json_keys(json)) = len(list_distinct(json_keys(json))) END) FROM {lines}"
        )[0]
        bare = f"regexp_replace(json::VARCHAR, {literal(_STRING)}, '', 'g')"
        doubtful = session.run(f"SELECT json FROM {lines} WHERE regexp_matches({bare}, {literal(_EXACT)})")
        while part := doubtful.fetchmany(1000):
            sound -= sum(1 for (line,) in part if _fault(line.encode()))
        if sound != total:
            raise explain(ValueError("not one object a line"), source)
        names = [
            row[0]
            for row in session.rows(
                "SELECT name FROM (SELECT unnest(json_keys(json)) AS name, row_number() OVER () AS line, "
                f"generate_subscripts(json_keys(json), 1) AS place FROM {lines}) "
                "GROUP BY name ORDER BY min((line, place))"
            )
        ]
        if not names:
            raise DataError("there are no rows, and so no columns", source=source)
        check_names(names, source)
        cells = [f"json_extract(json, {literal(_pointer(name))}) AS j{n}" for n, name in enumerate(names)]
        parsed = f"(SELECT {', '.join(cells)} FROM {lines})"
        partitions = Partitions.of([file.path for file in files], names, source)
        kinds = session.rows(
            "SELECT " + ", ".join(f"list(DISTINCT {_kind(f'j{n}')})" for n in range(len(names))) + f" FROM {parsed}"
        )[0]
    except WorkbenchError:
        raise
    except Exception as error:
        raise shortage(error, source) or explain(error, source) from error
    held = [{kind for kind in found if kind} for found in kinds]
    columns = [_column(f"j{n}", f"s{n}", found) for n, found in enumerate(held)]
    # DuckDB writes 2.50 as 2.5, so where there are fractions the numbers are taken from the line's own text.
    respelt = [n for n, found in enumerate(held) if found & {"double", "huge"}]
    asked = [*cells, *(f"json_extract(spelt, {literal(_pointer(names[n]))}) AS s{n}" for n in respelt)]
    line = f"json, {_SPELT} AS spelt" if respelt else "json"
    spelt = frozenset(name for name, found in zip(names, held, strict=True) if "double" in found <= {"whole", "double"})
    values = ", ".join(f"{sql} AS c{n}" for n, (sql, _) in enumerate(columns))

    def read(further: str) -> str:
        named = f", {further.partition(' = ')[2][1:-1]}" if further else ""
        every_record = f"(SELECT {line}{named} FROM {every_line(further)})"
        return f"(SELECT {values}{named} FROM (SELECT {', '.join(asked)}{named} FROM {every_record}))"

    whole = [partitions.whole(position) for position in range(len(partitions.names))]
    every = [f"c{n}" for n in range(len(names))]
    every += [
        f"c{len(names) + n}::{'BIGINT' if each else 'VARCHAR'} AS c{len(names) + n}" for n, each in enumerate(whole)
    ]
    relation = partitions.added(len(names), read)
    types = (*(kind for _, kind in columns), *("BIGINT" if each else "VARCHAR" for each in whole))
    return Reading(
        source=source, names=(*names, *partitions.names), types=types,
        relation=f"(SELECT {', '.join(every)} FROM {relation})" if whole else relation,
        large=sum(file.path.stat().st_size for file in files) > 64 * 1024 * 1024, rows=total, explain=explain,
        lines=partial(_lines, files), notes=partitions.notes, spelt=spelt,
    )  # fmt: skip


def _pointer(name: str) -> str:
    """Write a member's name as a JSON pointer (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _kind(cell: str) -> str:
    """SQL that sorts a JSON value into the few kinds that matter here."""
    numbers = (
        f"len(list_filter(json_extract({cell}, '$[*]'), x -> json_type(x) NOT IN ('BIGINT', 'UBIGINT', 'DOUBLE')))"
    )
    return (
        f"CASE coalesce(json_type({cell}), 'NULL') WHEN 'NULL' THEN NULL WHEN 'VARCHAR' THEN 'text' "
        "WHEN 'BOOLEAN' THEN 'boolean' "
        f"WHEN 'ARRAY' THEN CASE WHEN json_array_length({cell}) > 0 AND {numbers} = 0 THEN 'vector' ELSE 'json' END "
        f"WHEN 'OBJECT' THEN 'json' WHEN 'DOUBLE' THEN CASE WHEN regexp_full_match({cell}::VARCHAR, '-?[0-9]+') "
        f"THEN 'huge' WHEN TRY_CAST({cell}::VARCHAR AS DOUBLE) IS NULL THEN 'huge' "
        f"WHEN isfinite(TRY_CAST({cell}::VARCHAR AS DOUBLE)) THEN 'double' ELSE 'odd' END "
        f"ELSE CASE WHEN TRY_CAST({cell}::VARCHAR AS BIGINT) IS NULL THEN 'huge' "
        f"WHEN abs(TRY_CAST({cell}::VARCHAR AS HUGEINT)) < 1000000000000000 THEN 'whole' ELSE 'long' END END"
    )


def _column(cell: str, spelt: str, kinds: set[str]) -> tuple[str, str]:
    """SQL of a column, and its type, for the kinds of values it holds.

    ``spelt`` is the cell with its numbers as strings.
    """
    if kinds and kinds <= {"whole", "long"}:
        return f"CAST({cell}->>'$' AS BIGINT)", "BIGINT"
    if kinds and kinds <= {"whole", "double"}:
        return f"{spelt}->>'$'", "VARCHAR"
    if kinds and kinds <= {"whole", "double", "odd"}:  # NaN and Infinity, which are no numbers of JSON's
        return f"CAST({cell}->>'$' AS DOUBLE)", "DOUBLE"
    if kinds == {"boolean"}:
        return f"CAST({cell}->>'$' AS BOOLEAN)", "BOOLEAN"
    if kinds == {"vector"}:
        return f"CAST({cell} AS DOUBLE[])", "DOUBLE[]"
    if kinds & {"double", "huge"}:
        # In objects and arrays numbers stay numbers, however DuckDB writes them.
        cell = f"CASE WHEN json_type({cell}) IN ('OBJECT', 'ARRAY') THEN {cell} ELSE {spelt} END"
    return f"{cell}->>'$'", "VARCHAR"


def _explain(files: Sequence[JsonLines], options: ReadOptions, error: Exception, source: str) -> WorkbenchError:
    """Find the line that is at fault, by reading the files ourselves."""
    for file in files:
        with file.path.open("rb") as content:
            for number, line in enumerate(content, start=1):
                what = _fault(line) if line.strip() else ""
                if what:
                    if what.endswith(_NOT_UTF8):
                        return not_utf8(file.path, file.name, what, options, line=file.line(number))
                    hint = "Each line must be one JSON object." if "object" in what else ""
                    return DataError(what, source=file.name, line=file.line(number), hint=hint)
    return DataError(f"cannot be read: {str(error).strip().splitlines()[0]}", source=source)


def _fault(line: bytes) -> str:
    """Say what is wrong with a line, if anything is."""
    twice: list[str] = []
    exact: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in names if names.count(name) > 1)
        return dict(pairs)

    def fraction(text: str) -> float:
        digits = text.lower().partition("e")[0].replace(".", "").replace("-", "").strip("0")
        value = float(text)
        if len(digits) > 17 or math.isinf(value) or (digits and not value):
            exact.append(text)
        return value

    try:
        value = json.loads(line.decode("utf-8-sig"), object_pairs_hook=members, parse_float=fraction)
    except UnicodeDecodeError as error:
        return f"byte 0x{line[error.start]:02x}{_NOT_UTF8}"
    except (ValueError, RecursionError) as error:
        return f"no JSON object: {error}"
    if not isinstance(value, dict):
        return "this is JSON, but no object"
    if twice:
        return f"the member '{twice[0]}' stands twice in one object"
    if exact:
        return f"{exact[0]} has more digits than a number keeps; write it as a string"
    return ""


def _lines(files: Sequence[JsonLines], wanted: Sequence[int]) -> Mapping[int, int]:
    """Look up the lines of records: blank lines are none."""
    if len(files) != 1 or not wanted:
        return {}
    found, record = {}, 0
    with files[0].path.open("rb") as content:
        for number, line in enumerate(content, start=1):
            record += bool(line.strip())
            if record in wanted:
                found[record] = files[0].line(number)
            if record >= max(wanted):
                break
    return found
