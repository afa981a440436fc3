"""Give a dataset another name, drop it, bring it back, and delete for good what was dropped long ago."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from workbench.errors import UsageError
from workbench.lake.names import check_name, dropped, unknown_dataset
from workbench.lake.publish import data_table, newest
from workbench.lake.session import Session
from workbench.lake.sql import literal
from workbench.lake.store import Lake

_DOCUMENTS = {"evaluations": ("result",), "measurements": ("result", "comparison"), "runs": ("document",)}
"""Columns with JSON documents that name the dataset."""


def rename(lake: Lake, dataset: str, new: str, *, author: str, message: str = "") -> None:
    """Give a dataset another name, everywhere at once: versions, drafts, findings, answers, runs, recipes, tags, views.

    The rows stay in the table that they are in, and findings keep their identity, so that nothing that was answered
    comes back. What is ordered by snapshot keeps its order: the snapshot that wrote a row is noted in it.

    Raises
    ------
    UnknownName
        There is no such dataset.
    UsageError
        The new name is none, or another dataset has or had it.
    """

    def work(session: Session) -> None:
        head = newest(session, dataset)
        if new == dataset:
            raise UsageError(f"The dataset is called '{dataset}' already.")
        check_name(session, new, of=dataset)
        session.insert("names", [_event("rename", dataset, dataset, author, message)])
        patch = json.dumps({"dataset": new, "table": head.definition.table or dataset})
        for table, columns in _tables(session).items():
            if not session.row(f"SELECT 1 FROM lake.workbench.{table} WHERE dataset = ? LIMIT 1", [dataset]):
                continue
            also = ", written = coalesce(written, snapshot_id)" if "written" in columns else ""
            for column in _DOCUMENTS.get(table, ()):
                also += f", {column} = {_retold(column, dataset, new)}"
            if table == "versions":
                also += f", definition = json_merge_patch(definition::JSON, {literal(patch)}::JSON)::VARCHAR"
            session.run(f"UPDATE lake.workbench.{table} SET dataset = ?{also} WHERE dataset = ?", [new, dataset])

    lake.write(work, author=author, message=message or f"rename {dataset} to {new}")


def drop(lake: Lake, dataset: str, *, author: str, message: str = "") -> None:
    """Hide a dataset everywhere; nothing is deleted before the retention is over.

    Raises
    ------
    UnknownName
        There is no such dataset.
    """

    def work(session: Session) -> None:
        newest(session, dataset)
        session.insert("names", [_event("drop", dataset, dataset, author, message)])

    lake.write(work, author=author, message=message or f"drop {dataset}")


def undrop(lake: Lake, dataset: str, *, author: str, message: str = "") -> None:
    """Bring a dropped dataset back, with all that belongs to it.

    Raises
    ------
    UnknownName
        No dataset of that name was dropped, or it was deleted for good.
    UsageError
        It is not dropped.
    """

    def work(session: Session) -> None:
        if dataset not in dropped(session):
            newest(session, dataset)
            raise UsageError(f"'{dataset}' is not dropped.")
        session.insert("names", [_event("undrop", dataset, dataset, author, message)])

    lake.write(work, author=author, message=message or f"undrop {dataset}")


def delete_dropped(lake: Lake, oldest: datetime) -> tuple[str, ...]:
    """Delete for good the datasets that were dropped before a moment, tagged versions included; their names are free.

    Returns
    -------
    tuple of str
        Their names.
    """
    due = [one.dataset for one in dropped(lake).values() if one.at < oldest]
    return tuple(name for name in due if _delete(lake, name, oldest))


def _delete(lake: Lake, dataset: str, oldest: datetime) -> bool:
    """Delete a dataset, unless somebody has just brought it back."""

    def work(session: Session) -> bool:
        one = dropped(session).get(dataset)
        if one is None or one.at >= oldest:
            return False
        texts = session.rows("SELECT definition FROM lake.workbench.versions WHERE dataset = ? LIMIT 1", [dataset])
        if not texts:
            raise unknown_dataset(session, dataset)
        session.run(f"DROP TABLE {data_table(json.loads(texts[0][0]).get('table') or dataset)}")
        mine = "SELECT {} FROM lake.workbench.{} WHERE dataset = ?"
        session.run(
            f"DELETE FROM lake.workbench.predictions WHERE evaluation IN ({mine.format('evaluation', 'evaluations')})",
            [dataset],
        )
        session.run(
            f"DELETE FROM lake.workbench.draft_events WHERE draft IN ({mine.format('draft', 'drafts')})", [dataset]
        )
        for table in _tables(session):
            session.run(f"DELETE FROM lake.workbench.{table} WHERE dataset = ?", [dataset])
        return True

    return lake.write(work, message=f"maintain: delete {dataset}, which was dropped")


def _retold(column: str, old: str, new: str) -> str:
    """SQL of a JSON text in which the fields that name the dataset have its new name.

    A quotation mark inside a JSON text has a backslash before it, so that no value of the data looks like such a field.
    """
    said = (
        f"replace({column}, {literal(_field('dataset', old) + chr(34))}, {literal(_field('dataset', new) + chr(34))})"
    )
    for name in ("state", "a", "b", "test_labels"):
        said = f"replace({said}, {literal(_field(name, old) + '@')}, {literal(_field(name, new) + '@')})"
    return said


def _field(name: str, value: str) -> str:
    """Write a field of JSON up to the end of its value."""
    return f'"{name}": "{value}'


def _event(event: str, name: str, dataset: str, author: str, message: str) -> dict[str, object]:
    """Lay out a record of the table ``names``."""
    now = datetime.now(UTC)
    return {
        "name": name, "dataset": dataset, "event": event, "author": author, "message": message, "created_at": now,
    }  # fmt: skip


def _tables(session: Session) -> dict[str, set[str]]:
    """List the bookkeeping tables whose rows belong to a dataset, with their columns."""
    found: dict[str, set[str]] = {}
    query = (
        "SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = 'lake' AND schema_name = 'workbench'"
    )
    for table, column in session.rows(query):
        found.setdefault(table, set()).add(column)
    return {table: columns for table, columns in sorted(found.items()) if "dataset" in columns}
