"""What a dataset is (key, label, model, schema, source, …): changed as a version, and told between versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import LakeBusy
from workbench.lake import (
    Column,
    Definition,
    Lake,
    Session,
    Version,
    canonical_text,
    data_table,
    kept_snapshots,
    literal,
    newest,
    publish_rows,
    quote,
    read_version,
    read_versions,
    rid_list,
    view_of,
)

FIELDS = ("key", "label", "task", "model", "schema", "split_column", "ignore", "source", "reading")
"""What a definition says that can be set, besides the columns' types."""

Settle = Callable[[Session, Version], tuple[Definition, tuple[Column, ...], dict[str, Any]]]
_ATTEMPTS = 5
_NAMES = {"split_column": "split column", "ignore": "ignored columns", "reading": "read options", "types": "type"}


class _MovedError(Exception):
    """Somebody published while the new definition was being checked."""


@dataclass(frozen=True)
class DefinitionChange:
    """One thing that two versions say differently about what the dataset is.

    Attributes
    ----------
    field : str
        ``key``, ``label``, ``task``, ``model``, ``schema``, ``split_column``, ``ignore``, ``source``, ``reading`` or
        ``types``.
    old, new : object
        JSON values; of ``types`` the column's logical type, with the column in front: ``release: text``.
    """

    field: str
    old: Any
    new: Any

    def __str__(self) -> str:
        name = _NAMES.get(self.field, self.field)
        if self.field == "types":
            column, _, was = self.old.rpartition(": ")
            return f"type of {column}: {was} → {self.new.rpartition(': ')[2]}"
        return f"{name}: {_shown(self.old)} → {_shown(self.new)}"


def definition_changes(a: Version, b: Version) -> tuple[DefinitionChange, ...]:
    """List what two versions say differently about what the dataset is."""
    found = []
    for name in FIELDS:
        old, new = (getattr(version.definition, name) for version in (a, b))
        if old != new:
            found.append(DefinitionChange(name, _plain(old), _plain(new)))
    types = {column.name: column.logical_type for column in a.columns}
    found += [
        DefinitionChange("types", f"{column.name}: {types[column.name]}", f"{column.name}: {column.logical_type}")
        for column in b.columns
        if types.get(column.name, column.logical_type) != column.logical_type
    ]
    return tuple(found)


def consequences(changes: Sequence[DefinitionChange]) -> tuple[str, ...]:
    """Say which figures, findings and checks no longer compare once a definition has changed so."""
    fields = {change.field for change in changes}
    said = []
    if fields & {"label", "task", "model", "key"}:
        what = " and ".join(name for name in ("label", "task", "model", "key") if name in fields)
        said.append(f"Figures: a new series begins. Versions with another {what} cannot be compared with this one.")
    elif fields & {"ignore", "split_column", "types"}:
        said.append("Figures: the model reads other features or types. Run `evaluate` again.")
    if "label" in fields:
        said.append("Findings: those about labels are about the label before. Run `check` again.")
    if "key" in fields:
        said.append(
            "Findings: those about single rows and their answers stay; those about groups of rows are found anew."
        )
        said.append("Refresh: rows of a delivery are matched by the new key.")
    if "schema" in fields:
        said.append("Validation: results of the schema before no longer count. Run `validate` again.")
    if fields & {"source", "reading"}:
        said.append("Refresh: the next one reads the source as it is set now.")
    if fields & {"ignore", "split_column", "label", "key"}:
        said.append("Split: rows keep the part they have.")
    return tuple(said)


def define(lake: Lake, dataset: str, settle: Settle, *, author: str, message: str) -> Version:
    """Publish a version that says something else about what the dataset is; its rows are those of the one before.

    Parameters
    ----------
    settle : callable
        Takes a session and the newest version; checks what is wanted and returns the definition, the columns and what
        the version's ``detail`` remembers. Called again where somebody published meanwhile.
    author, message : str
        Recorded with the version.

    Returns
    -------
    Version
        The new version; the newest one where it says all that already.

    Raises
    ------
    LakeBusy
        Others published again and again meanwhile.
    """
    with lake.session() as session:
        for _ in range(_ATTEMPTS):
            head = newest(session, dataset)
            definition, columns, detail = settle(session, head)
            try:
                number = _published(lake, session, head, definition, columns, detail, author, message)
            except _MovedError:
                continue
            return read_version(lake, dataset, number)
    raise LakeBusy(
        f"Others published '{dataset}' {_ATTEMPTS} times while its new definition was checked. Nothing was changed.",
        hint="Try again when they are done.",
    )


def rekey(session: Session, lake: Lake, head: Version, definition: Definition) -> None:
    """Let deleted rows and rows that left with a delivery be known by the key of a new definition.

    A refresh knows them by their key, so that it does not bring them back. Each is read from the newest version that
    has it; one that no kept version has, or that lacks a new key column there, is not known any more.
    """
    if definition.key == head.definition.key:
        return
    which = "dataset = ? AND state IN ('deleted', 'left')"
    missing = {
        row[0] for row in session.rows(f"SELECT rid FROM lake.workbench.overrides WHERE {which}", [head.dataset])
    }
    if not missing:
        return
    session.run("CREATE OR REPLACE TEMP TABLE new_keys (rid BIGINT, row_key VARCHAR)")
    kept = kept_snapshots(session)
    for version in reversed(read_versions(session, head.dataset)):
        names = {column.name for column in version.columns}
        if not missing or version.snapshot not in kept or not names.issuperset(definition.key):
            continue
        rows, text = view_of(lake, version).rows, _key_text(version, definition)
        session.run(f"INSERT INTO new_keys SELECT _rid, {text} FROM {rows} WHERE _rid IN ({rid_list(missing)})")
        missing -= {row[0] for row in session.rows("SELECT rid FROM new_keys")}
    session.run(f"UPDATE lake.workbench.overrides SET row_key = NULL WHERE {which}", [head.dataset])
    session.run(
        "UPDATE lake.workbench.overrides SET row_key = n.row_key FROM new_keys n "
        f"WHERE {which} AND n.rid = overrides.rid",
        [head.dataset],
    )


def _published(
    lake: Lake,
    session: Session,
    head: Version,
    definition: Definition,
    columns: tuple[Column, ...],
    detail: dict[str, Any],
    author: str,
    message: str,
) -> int:
    """Publish a definition unless the head moved since it was checked."""

    def work(current: Session) -> int:
        if newest(current, head.dataset).version != head.version:
            raise _MovedError
        names = ", ".join(["_rid", "_lane", "_excluded", *(quote(column.physical) for column in columns)])
        table = data_table(head.table)
        current.run(f"CREATE OR REPLACE TEMP TABLE new_rows AS SELECT {names} FROM {table} LIMIT 0")
        current.run("CREATE OR REPLACE TEMP TABLE gone_rows (_rid BIGINT)")
        rekey(current, lake, head, definition)
        made = publish_rows(
            current, head, kind="set", author=author, message=message, definition=definition, columns=columns,
            detail=detail,
        )  # fmt: skip
        return made or head.version

    return lake.write(work, author=author, message=message, session=session)


def _key_text(version: Version, definition: Definition) -> str:
    """SQL of a row's key as JSON text, as :mod:`workbench.ingest.merging` compares it; NULL without a key."""
    pairs = ", ".join(
        f"{literal(column.name)}, {canonical_text(quote(column.physical), column.type)}"
        for column in version.columns
        if column.name in definition.key
    )
    return f"json_object({pairs})::VARCHAR" if pairs else "NULL::VARCHAR"


def _plain(value: Any) -> Any:
    """Return a value of a definition as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    """Write a value of a definition for people."""
    if value in (None, [], {}, ()):
        return "none"
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)
