"""Open a draft, stage corrections in it, undo and redo them.

A correction is checked when it is staged: its row and column exist, its new value fits the column, and the old value
its author saw is still there. A file is staged whole or not at all, as one step of undo.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from workbench.drafts.overlay import folded, overlay
from workbench.drafts.records import UNSEEN, Correction, Draft, Staged
from workbench.errors import Conflict, ConflictError, DataError, UnknownName, UsageError
from workbench.lake import (
    Lake,
    Session,
    Version,
    View,
    canonical_text,
    literal,
    newest,
    quote,
    read_version,
    rid_list,
    view_of,
)
from workbench.lake.cells import by_kind, unpivoted
from workbench.lake.publish import PRUNED
from workbench.lake.sql import NAMED
from workbench.lake.values import FLOATING, WHOLE, differs, fitted_in, to_text, value_of

_DRAFT = (
    "SELECT d.draft, d.dataset, d.base, d.title, d.author, d.created_at, d.state, d.version, "
    "(SELECT count(*) FROM lake.workbench.corrections c WHERE c.draft = d.draft AND NOT c.undone) "
    "FROM lake.workbench.drafts d"
)

CORRECTION = (
    "draft, seq, step, dataset, rid, row_key, action, column_name, old, new, reason, finding, author, created_at, "
    "undone"
)
"""The columns of a staged correction."""


def new_draft(lake: Lake, dataset: str, *, title: str = "", author: str) -> Draft:
    """Begin a draft on the newest version of a dataset."""

    def work(session: Session) -> int:
        head = newest(session, dataset)
        number = int(session.rows("SELECT coalesce(max(draft), 0) + 1 FROM lake.workbench.drafts")[0][0])
        insert_draft(session, number, head.dataset, head.version, title=title, author=author)
        return number

    return get_draft(lake, lake.write(work, author=author, message=f"draft on {dataset}"))


def insert_draft(session: Session, number: int, dataset: str, base: int, *, title: str, author: str) -> None:
    """Put an open draft on record, inside a transaction of the caller's."""
    record = {"draft": number, "dataset": dataset, "base": base, "title": title, "author": author}
    session.insert("drafts", [{**record, "created_at": datetime.now(UTC), "state": "open"}])


def get_draft(lake: Lake | Session, draft: int) -> Draft:
    """Return one draft.

    Raises
    ------
    UnknownName
        There is none of that number.
    """
    read = lake.rows if isinstance(lake, Session) else lake.read
    found = read(f"{_DRAFT} WHERE d.draft = ?", [draft])
    if not found:
        known = [str(row[0]) for row in read("SELECT draft FROM lake.workbench.drafts ORDER BY 1 DESC LIMIT 12")]
        raise UnknownName("draft", str(draft), known)
    return Draft(*found[0])


def base_of(lake: Lake, draft: int, dataset: str) -> Version:
    """Return the version that a draft of a dataset is based on.

    Raises
    ------
    UnknownName
        There is no such draft.
    UsageError
        It is of another dataset.
    """
    state = get_draft(lake, draft)
    if state.dataset != dataset:
        raise UsageError(f"Draft {draft} is of '{state.dataset}', not of '{dataset}'.")
    return read_version(lake, dataset, state.base)


def list_drafts(lake: Lake, dataset: str | None = None, *, state: str | None = None) -> list[Draft]:
    """List drafts, newest first, of one dataset or of all, in one state or in any."""
    conditions = [("d.dataset = ?", dataset), ("d.state = ?", state)]
    where = " AND ".join(sql for sql, value in conditions if value is not None)
    params = [value for _, value in conditions if value is not None]
    return [
        Draft(*row) for row in lake.read(f"{_DRAFT} {'WHERE ' + where if where else ''} ORDER BY d.draft DESC", params)
    ]


def newest_of(lake: Lake, dataset: str, *, base: int, author: str) -> int | None:
    """Return an author's newest open draft on a version of a dataset, if there is one."""
    query = "SELECT max(draft) FROM lake.workbench.drafts WHERE dataset = ? AND base = ? AND author = ? AND state = ?"
    found = lake.read(query, [dataset, base, author, "open"])[0][0]
    return None if found is None else int(found)


def corrections_of(lake: Lake | Session, draft: int) -> list[Staged]:
    """List a draft's corrections in the order they were staged; undone ones are left out."""
    read = lake.rows if isinstance(lake, Session) else lake.read
    rows = read(
        "SELECT seq, step, rid, row_key, action, column_name, old, new, reason, finding, author, created_at "
        "FROM lake.workbench.corrections WHERE draft = ? AND NOT undone ORDER BY seq",
        [draft],
    )
    return [Staged(*(json.loads(value) if place == 3 else value for place, value in enumerate(row))) for row in rows]


def stage(lake: Lake, draft: int, corrections: Sequence[Correction], *, author: str) -> Draft:
    """Add corrections to a draft as one step, all or none.

    Raises
    ------
    UsageError
        The draft is not open, or there are no corrections.
    UnknownName
        A correction names a row or column that is not there.
    DataError
        A new value does not fit its column.
    ConflictError
        A correction's old value is not what the draft holds.
    """
    with lake.session() as session:
        lake.write(
            lambda current: stage_in(current, lake, draft, corrections, author=author),
            author=author,
            message=f"draft {draft}",
            session=session,
        )
    return get_draft(lake, draft)


def stage_in(session: Session, lake: Lake, draft: int, corrections: Sequence[Correction], *, author: str) -> int:
    """Do what :func:`stage` does inside a transaction of the caller's, and return the number of the step."""
    if not corrections:
        raise UsageError("There are no corrections to stage.", hint="Give at least one.")
    state = open_draft(session, draft)
    base = view_of(lake, read_version(lake, state.dataset, state.base))
    _load(session, base, corrections)
    _fill(session, base, draft)
    _refuse_bad(session, base, corrections)
    seq, step, undone = session.rows(
        "SELECT coalesce(max(seq) FILTER (NOT undone), 0), coalesce(max(step) FILTER (NOT undone), 0) + 1, "
        "count(*) FILTER (undone) FROM lake.workbench.corrections WHERE draft = ?",
        [draft],
    )[0]
    if undone:
        session.run("DELETE FROM lake.workbench.corrections WHERE draft = ? AND undone", [draft])
    session.run(
        f"INSERT INTO lake.workbench.corrections ({CORRECTION}) SELECT {draft}, {seq} + seq, {step}, "
        f"{literal(state.dataset)}, rid, row_key, action, column_name, found, fitted, reason, finding, "
        f"{literal(author)}, now(), false FROM filled ORDER BY seq"
    )
    return int(step)


def undo(lake: Lake, draft: int, *, author: str) -> Draft:
    """Take back the draft's last step.

    Raises
    ------
    UsageError
        There is nothing to undo.
    """
    return _flip(lake, draft, author, undone=True)


def redo(lake: Lake, draft: int, *, author: str) -> Draft:
    """Do again the step that was undone last.

    Raises
    ------
    UsageError
        There is nothing to redo.
    """
    return _flip(lake, draft, author, undone=False)


def undo_in(session: Session, draft: int, *, undone: bool = True) -> int:
    """Undo or redo one step inside a transaction of the caller's, and return the step's number."""
    open_draft(session, draft)
    pick = "max(step) FILTER (WHERE NOT undone)" if undone else "min(step) FILTER (WHERE undone)"
    step = session.rows(f"SELECT {pick} FROM lake.workbench.corrections WHERE draft = ?", [draft])[0][0]
    if step is None:
        raise UsageError(f"Draft {draft} has nothing to {'undo' if undone else 'redo'}.")
    session.run(f"UPDATE lake.workbench.corrections SET undone = {undone} WHERE draft = ? AND step = ?", [draft, step])
    return int(step)


def _flip(lake: Lake, draft: int, author: str, *, undone: bool) -> Draft:
    """Undo or redo in a transaction of its own."""
    lake.write(lambda session: undo_in(session, draft, undone=undone), author=author, message=f"draft {draft}")
    return get_draft(lake, draft)


def open_draft(session: Session, draft: int) -> Draft:
    """Return a draft that can still be changed.

    Raises
    ------
    UsageError
        It was published or discarded.
    """
    state = get_draft(session, draft)
    if state.state != "open":
        became = f"published as {state.dataset}@{state.version}" if state.version else state.state
        raise UsageError(f"Draft {draft} was {became}; it takes no more changes.", hint="Begin a new draft.")
    return state


def _load(session: Session, base: View, corrections: Sequence[Correction]) -> None:
    """Put the corrections into the temporary table ``incoming`` with their rows' identities."""
    names = set(corrections[0].key)
    known = all(correction.rid is not None for correction in corrections)
    by_rid = known or (names == {"rid"} and "rid" not in base.definition.key)
    if not by_rid and names != set(base.definition.key):
        raise UsageError(
            f"The key of '{base.dataset}' is {', '.join(base.definition.key) or 'rid'}, "
            f"not {', '.join(sorted(names))}.",
            hint="Name each correction's row by it.",
        )
    keys = ["rid"] if by_rid else list(base.definition.key)
    records = [
        {
            "seq": number,
            **(
                {"k0": str(correction.rid)}
                if known
                else {f"k{n}": to_text(correction.key[k]) for n, k in enumerate(keys)}
            ),
            "action": correction.action,
            "column_name": correction.column,
            "has_old": correction.old is not UNSEEN,
            "old": None if correction.old is UNSEEN else to_text(correction.old),
            "new": to_text(correction.new),
            "reason": correction.reason,
            "finding": correction.finding,
        }
        for number, correction in enumerate(corrections, start=1)
    ]
    shape = {
        "seq": "BIGINT", **{f"k{n}": "VARCHAR" for n in range(len(keys))}, "action": "VARCHAR",
        "column_name": "VARCHAR", "has_old": "BOOLEAN", "old": "VARCHAR", "new": "VARCHAR", "reason": "VARCHAR",
        "finding": "VARCHAR",
    }  # fmt: skip
    session.temporary("incoming", shape, records)
    if by_rid:
        rids = [int(str(r["k0"])) for r in records if str(r["k0"]).isdecimal()]
        named = len(rids) <= NAMED
        where = f"_rid IN ({rid_list(rids) if named else 'SELECT TRY_CAST(k0 AS BIGINT) FROM incoming'})"
        on = "b._rid = TRY_CAST(i.k0 AS BIGINT)"
    else:
        typed = [f"TRY_CAST(i.k{n} AS {column.type})" for n, column in enumerate(base.key)]
        on = " AND ".join(f"b.{quote(column.physical)} = {cast}" for column, cast in zip(base.key, typed, strict=True))
        # The first key column's values as a literal list let DuckLake skip row groups.
        first = base.key[0]
        values = {record["k0"] for record in records}
        where = "true"
        if len(values) <= PRUNED and first.type in {*WHOLE, "VARCHAR"}:
            listed = ", ".join(f"TRY_CAST({literal(str(value))} AS {first.type})" for value in values)
            where = f"{quote(first.physical)} IN ({listed})"
    session.run(f"CREATE OR REPLACE TEMP TABLE found_rows AS SELECT * FROM {base.rows} WHERE {where}")
    session.run(
        "CREATE OR REPLACE TEMP TABLE placed AS SELECT i.*, b._rid AS rid, "
        f"{base.key_json('b')} AS row_key FROM incoming i LEFT JOIN found_rows b ON {on}"
    )


def _fill(session: Session, base: View, draft: int) -> None:
    """Add to each correction what the draft holds at its cell now, and its new value as the column would store it."""
    touched = {row[0] for row in session.rows(f"SELECT DISTINCT column_name FROM {folded(draft)}")}
    held = overlay("found_rows", base.columns, folded(draft), touched) if touched else "found_rows"
    session.run(f"CREATE OR REPLACE TEMP TABLE held AS SELECT * FROM {held} h")
    named = {row[0] for row in session.rows("SELECT DISTINCT column_name FROM placed WHERE action = 'set'")}
    columns = [column for column in base.columns if column.name in named]
    known = ", ".join(literal(column.name) for column in columns) or "NULL"
    of_cell = f"p.action = 'set' AND coalesce(p.column_name IN ({known}), false)"
    query = (
        "CREATE OR REPLACE TEMP TABLE filled AS SELECT p.*, h._rid IS NOT NULL AS present, "
        "p.action <> 'set' AS known, h._excluded AS out, NULL::VARCHAR AS found, NULL::VARCHAR AS fitted, "
        f"false AS stale FROM placed p LEFT JOIN held h ON h._rid = p.rid WHERE NOT ({of_cell})"
    )
    if columns:
        cells = unpivoted(
            "held h", columns, "h._rid", found=lambda column: canonical_text(f"h.{quote(column.physical)}", column.type)
        )
        fitting = by_kind(columns, lambda column: fitted_in("p.new", column), kind="c.kind")
        stale = by_kind(
            columns,
            lambda column: differs(f"coalesce({fitted_in('p.old', column)}, p.old)", "c.found", column),
            kind="c.kind",
        )
        query += (
            " UNION ALL SELECT p.*, c._rid IS NOT NULL, true, h._excluded, c.found, "
            f"{fitting}, p.has_old AND {stale} FROM placed p LEFT JOIN held h ON h._rid = p.rid "
            f"LEFT JOIN {cells} c ON c._rid = p.rid AND c.column_name = p.column_name WHERE {of_cell}"
        )
    session.run(query)


def _refuse_bad(session: Session, base: View, corrections: Sequence[Correction]) -> None:
    """Refuse the whole step where one of its corrections cannot be taken."""

    def where(seq: int) -> str:
        place = corrections[seq - 1].where
        return f"{place}: " if place else ""

    def key(seq: int) -> str:
        correction = corrections[seq - 1]
        return ", ".join(f"{name}={value}" for name, value in (correction.key or {"rid": correction.rid}).items())

    bad = session.row("SELECT seq, count(*) OVER () FROM filled WHERE NOT present ORDER BY seq LIMIT 1")
    if bad:
        more = f" (and {bad[1] - 1} more)" if bad[1] > 1 else ""
        raise UnknownName(
            "row", key(bad[0]), where=base.label,
            hint=f"{where(bad[0])}Correct the key{more}; a row that the draft deletes cannot be changed.",
        )  # fmt: skip
    bad = session.row("SELECT seq, column_name FROM filled WHERE NOT known ORDER BY seq LIMIT 1")
    if bad:
        raise UnknownName("column", bad[1], [column.name for column in base.columns], where=base.label)
    locked = ", ".join(map(literal, base.definition.key)) or "NULL"
    bad = session.row(f"SELECT seq, column_name FROM filled WHERE column_name IN ({locked}) LIMIT 1")
    if bad:
        raise UsageError(
            f"{where(bad[0])}'{bad[1]}' is part of the key of '{base.dataset}' and is never corrected.",
            hint="Delete the row, and import it under its right key with the next refresh.",
        )
    bad = session.row(
        "SELECT seq, column_name, new FROM filled WHERE new IS NOT NULL AND fitted IS NULL AND action = 'set' "
        "ORDER BY seq LIMIT 1"
    )
    if bad:
        column = base.column(bad[1])
        kind = column.type if column.reads == column.type else column.logical_type
        raise DataError(
            f"{where(bad[0])}'{bad[2]}' does not fit the column's type {kind} (row {key(bad[0])})",
            source=base.label, column=bad[1], hint=f"Give {_example(column.reads)}, or nothing for a missing value.",
        )  # fmt: skip
    stale = session.rows("SELECT seq, row_key, column_name, old, found, new FROM filled WHERE stale ORDER BY seq")
    if stale:
        conflicts = [
            Conflict(json.loads(row_key), column, *(_typed(base, column, text) for text in (old, found, new)))
            for _, row_key, column, old, found, new in stale
        ]
        first = conflicts[0]
        raise ConflictError(
            f"{where(stale[0][0])}{len(stale)} correction{'s' if len(stale) > 1 else ''} expected another value: "
            f"{first.column} of {key(stale[0][0])} is {_said(first.found)}, not {_said(first.expected)}. Nothing was "
            "staged.",
            conflicts,
            hint=_EMPTY_OLD if first.expected is None else _OLD,
        )


_OLD = "Look at the cell as it is now, and correct the file's 'old' or drop the line."
_EMPTY_OLD = (
    "An empty 'old' says that the cell must be missing. Write the value that is there, or leave 'old' out (of a CSV "
    "file the whole column, of a JSON object the member): then the correction is taken whatever is there."
)


def _said(value: Any) -> str:
    """Write a cell's value for people."""
    return "missing" if value is None else repr(value)


def _typed(base: View, column: str, text: str | None) -> Any:
    """Read a canonical text as the column's JSON value; a text that does not fit stays text."""
    try:
        return value_of(text, base.column(column))
    except ValueError:
        return text


def _example(kind: str) -> str:
    """Name what a type takes, for people."""
    if kind in WHOLE:
        return "a whole number"
    if kind in FLOATING or kind.startswith("DECIMAL"):
        return "a number"
    return {"DATE": "a date like 2026-01-31", "BOOLEAN": "true or false"}.get(kind, f"a {kind}")
