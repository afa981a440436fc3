"""What Python's csv module writes, in any dialect and encoding, comes back cell by cell with the right options."""

from __future__ import annotations

import csv
import io
import uuid

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.ingest import ReadOptions

TEXT = st.text(st.sampled_from("aé7 ,;|\t\"'\\\n\r.#-"), max_size=5) | st.sampled_from(["", "x,", ",", "007", "1,5"])


def text_of(value: object) -> str:
    return "" if value is None else str(value)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(1, 3).flatmap(lambda n: st.lists(st.lists(TEXT, min_size=n, max_size=n), min_size=1, max_size=4)),
    delimiter=st.sampled_from(",;\t|~"),
    quote=st.sampled_from("\"'"),
    doubled=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32-be"]),
    preamble=st.integers(0, 2),
    told=st.booleans(),
)
def test_every_dialect_comes_back_or_is_refused(
    load, rows, table, delimiter, quote, doubled, quoting, end, encoding, preamble, told
):
    header = [f"c{n}" for n in range(len(table[0]))]
    out = io.StringIO(newline="")
    csv.writer(
        out, delimiter=delimiter, quotechar=quote, doublequote=doubled, escapechar=None if doubled else "\\",
        quoting=quoting, lineterminator=end,
    ).writerows([header, *table])  # fmt: skip
    content = ("by X" + end) * preamble + out.getvalue()
    options = ReadOptions(
        delimiter=delimiter, quote=quote, escape=None if doubled else "\\", skip_rows=preamble or None,
        encoding=None if encoding.startswith("utf-8") else encoding,
    )  # fmt: skip
    name = f"d{uuid.uuid4().hex}"
    if not told:
        # Without options a file in plain CSV is read as it is or refused; in another dialect quotes are text.
        if quote != '"' or not doubled or preamble:
            return
        options = ReadOptions()
    try:
        version = load(content.encode(encoding), name, file=f"{name}.csv", options=options)
    except DataError:
        assert not told or "\n" not in end or any("\r" in cell for row in table for cell in row)
        return
    stored = rows(version)
    if told or len(version.columns) == len(header):
        assert [[text_of(cell) for cell in row] for row in stored] == table or numbers(stored, table)


def numbers(stored: list[tuple[object, ...]], table: list[list[str]]) -> bool:
    """Tell whether cells differ in nothing but the way a number is written."""
    return len(stored) == len(table) and all(
        text_of(value) == cell or (isinstance(value, int | float) and float(cell) == value)
        for row, cells in zip(stored, table, strict=True)
        for value, cell in zip(row, cells, strict=True)
    )
