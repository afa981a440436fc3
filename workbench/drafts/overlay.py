"""A draft's corrections folded into one change per cell, and laid over rows."""

from __future__ import annotations

import dataclasses

from workbench.lake import Column, View, quote

FOLDED = (
    "(SELECT rid, column_name, arg_min(old_new, seq).old AS old, arg_max(old_new, seq).new AS new, "
    "arg_max(action, seq) AS action, max(seq) AS seq FROM (SELECT *, {{'old': old, 'new': new}} AS old_new, "
    "CASE WHEN action = 'set' THEN 'set' ELSE 'row' END AS kind FROM lake.workbench.corrections "
    "WHERE draft = {draft} AND NOT undone) GROUP BY rid, column_name, kind)"
)
"""SQL of a draft's net corrections: per cell the first old and the last new value, per row the last action."""


def folded(draft: int) -> str:
    """SQL of a draft's net corrections, one row per cell or row: rid, column_name, old, new, action, seq."""
    return FOLDED.format(draft=int(draft))


def overlay(rows: str, columns: tuple[Column, ...], corrections: str, touched: set[str | None]) -> str:
    """SQL of rows with corrections laid over them; deleted rows are left out.

    Parameters
    ----------
    rows : str
        SELECT in parentheses, or a table, with the system columns and the physical ones.
    columns : tuple of Column
        Its columns.
    corrections : str
        As :func:`folded`, or a table of that shape.
    touched : set of str or None
        Columns that the corrections set; None stands for the actions on whole rows.
    """
    from workbench.lake import literal

    set_columns = [column for column in columns if column.name in touched]
    positions = {column.name: position for position, column in enumerate(set_columns)}
    parts = [
        f"bool_or(column_name = {literal(name)}) AS has{n}, "
        f"max(CASE WHEN column_name = {literal(name)} THEN new END) AS new{n}"
        for name, n in positions.items()
    ]
    per_row = ", ".join(["rid", *parts, "max(action) FILTER (WHERE action <> 'set') AS act"])
    cells = [
        f"CASE WHEN o.has{positions[column.name]} THEN CAST(o.new{positions[column.name]} AS {column.type}) "
        f"ELSE b.{quote(column.physical)} END AS {quote(column.physical)}"
        if column.name in positions
        else f"b.{quote(column.physical)}"
        for column in columns
    ]
    excluded = "CASE o.act WHEN 'exclude' THEN true WHEN 'restore' THEN false ELSE b._excluded END AS _excluded"
    return (
        f"(SELECT {', '.join(['b._rid', 'b._lane', excluded, *cells])} FROM {rows} b "
        f"LEFT JOIN (SELECT {per_row} FROM {corrections} GROUP BY rid) o ON o.rid = b._rid "
        "WHERE o.act IS DISTINCT FROM 'delete')"
    )


def draft_view(base: View, draft: int) -> View:
    """Lay a draft's corrections over the version it is based on.

    The view follows the draft: what is staged later shows in later queries.
    """
    touched = {row[0] for row in base.lake.read(f"SELECT DISTINCT column_name FROM {folded(draft)}")}
    if not touched:
        return dataclasses.replace(base, label=f"{base.label} + draft {draft}")
    return dataclasses.replace(
        base,
        rows=overlay(base.rows, base.columns, folded(draft), touched),
        label=f"{base.label} + draft {draft}",
        known_hash="",
    )
