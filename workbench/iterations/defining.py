"""Change what a dataset is (key, label, model, schema, source, …), with everything checked before a version says so."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import UnknownName, UsageError
from workbench.ingest.checking import check_columns, check_key, check_label
from workbench.ingest.doubts import renamed
from workbench.ingest.lanes import lane
from workbench.ingest.options import AS_IT_COMES, ReadOptions
from workbench.ingest.reading import Reading
from workbench.ingest.sources import located, opened, source_name
from workbench.iterations.checking import try_choices
from workbench.lake import (
    LANES,
    Column,
    Definition,
    Lake,
    Session,
    Task,
    Version,
    View,
    canonical_text,
    newest,
    quote,
    read_versions,
    view_of,
)
from workbench.progress import Progress, silent
from workbench.versions.definition import define
from workbench.versions.logical import lowered, meant, unreadable

REMOVABLE = ("key", "label", "schema", "split_column", "ignore", "source", "reading")
"""What a definition can do without."""


@dataclass(frozen=True, kw_only=True)
class NewDefinition:
    """What is to be said differently about a dataset; None: as before.

    Attributes
    ----------
    key, ignore : sequence of str, optional
        Columns, in place of those before.
    label, split_column : str, optional
        A column.
    task : {"classification", "regression"}, optional
        Default with a new label: by the label's type.
    model : str, optional
        Preset or ``module:function``.
    schema : str, optional
        Schema file, or ``FILE:NAME``.
    source : str, optional
        What the next refresh reads.
    options : ReadOptions
        How it is to be read; what they do not say is as before.
    types : mapping
        Column → logical type.
    unset : collection of str
        Of :data:`REMOVABLE`: what is to be said no more.
    """

    key: Sequence[str] | None = None
    label: str | None = None
    task: Task | None = None
    model: str | None = None
    schema: str | None = None
    split_column: str | None = None
    ignore: Sequence[str] | None = None
    source: str | None = None
    options: ReadOptions = AS_IT_COMES
    types: Mapping[str, str] = field(default_factory=dict)
    unset: Sequence[str] = ()


def set_definition(
    lake: Lake,
    dataset: str,
    wanted: NewDefinition,
    *,
    author: str,
    message: str = "",
    progress: Progress = silent,
) -> Version:
    """Publish a version that says something else about what the dataset is; its rows are those of the one before.

    Everything is checked first: a key must be there in every row and only once, a label must be something that can be
    learnt, the schema and the model must load, the source must be readable and have the dataset's columns. An open
    draft stays: it is published on the new definition, except where it corrects a column that is now part of the key.

    Returns
    -------
    Version
        The new version, whose ``detail["types"]`` tells of cells that cannot be read as a new type; the newest one
        where it says all that already.

    Raises
    ------
    UsageError
        Nothing is to be changed, one thing is both set and unset, or it cannot be as it is wanted.
    UnknownName
        There is no such dataset, column, preset or type.
    DataError, KeyColumnError
        The rows do not allow it, or the source cannot be read.
    SchemaError, ModelError
        The schema or the model cannot be loaded.
    """
    said = _said(wanted)
    head = newest(lake, dataset)
    if wanted.schema is not None or wanted.model is not None or wanted.task is not None:
        label_task = wanted.task or (None if wanted.label else head.definition.task)
        model = wanted.model or head.definition.model
        try_choices(lake, schema=wanted.schema, model=model, task=label_task)

    def settle(session: Session, head: Version) -> tuple[Definition, tuple[Column, ...], dict[str, Any]]:
        return _settled(lake, session, head, wanted, said, progress)

    return define(lake, dataset, settle, author=author, message=message or f"set {', '.join(said)}")


def _said(wanted: NewDefinition) -> dict[str, Any]:
    """Return what is to be set, by field, as JSON values.

    Raises
    ------
    UsageError
        It is nothing, or contradicts itself.
    """
    names = ("key", "label", "task", "model", "schema", "split_column", "ignore", "source")
    said: dict[str, Any] = {
        name: list(value) if name in ("key", "ignore") else value
        for name in names
        if (value := getattr(wanted, name)) not in (None, "", (), [])
    }
    if wanted.options.to_dict():
        said["reading"] = wanted.options.to_dict()
    if wanted.types:
        said["types"] = lowered(wanted.types)
    for name in wanted.unset:
        if name not in REMOVABLE:
            raise UnknownName("part of a definition", name, REMOVABLE, hint=f"Can be unset: {', '.join(REMOVABLE)}.")
        if name in said:
            raise UsageError(f"{name} is to be set and unset.", hint="Give one of the two.")
        said[name] = None
    if not said:
        raise UsageError("There is nothing to set.", hint="For example --label COLUMN, or --model linear.")
    return said


def _settled(
    lake: Lake, session: Session, head: Version, wanted: NewDefinition, said: Mapping[str, Any], progress: Progress
) -> tuple[Definition, tuple[Column, ...], dict[str, Any]]:
    """Check a new definition against the newest version, and return it with the columns and what is remembered."""
    before = head.definition
    given = {name: said[name] for name in ("label", "model", "schema", "split_column") if name in said}
    given |= {name: tuple(said[name] or ()) for name in ("key", "ignore") if name in said}
    definition = dataclasses.replace(before, **given)
    if "source" in said:
        source = source_name(said["source"], lake.url) if said["source"] else None
        definition = dataclasses.replace(definition, source=source)
    if "reading" in said:
        reading = wanted.options.over(ReadOptions.from_dict(before.reading)) if said["reading"] else AS_IT_COMES
        definition = dataclasses.replace(definition, reading=reading.to_dict())
    view = view_of(lake, head)
    names = tuple(column.name for column in head.columns)
    here = Reading(head.name, names, tuple(column.type for column in head.columns), view.rows)
    check_columns(definition, here)
    definition, columns = meant(head, definition, said.get("types", {}))
    if definition.key and set(definition.key) != set(before.key):
        check_key(session, view.rows, [view.column(name) for name in definition.key], here, progress)
    if definition.label and (definition.label != before.label or wanted.task):
        definition = check_label(session, view.rows, definition, columns, head.name, wanted.task)
    if definition.split_column and definition.split_column != before.split_column:
        _check_split(session, view, definition)
    if definition.source and (definition.source, definition.reading) != (before.source, before.reading):
        _check_source(lake, session, head, definition, wanted.options)
    retyped = [column for column in columns if column.name in said.get("types", {})]
    notes = [note.to_dict() for note in unreadable(session, view.rows, retyped)]
    return definition, columns, {"types": notes, "set": dict(said)}


def _check_split(session: Session, view: View, definition: Definition) -> None:
    """Refuse a split column that puts a row elsewhere than it is: the split is drawn once, for good."""
    column = view.column(str(definition.split_column))
    text = canonical_text(quote(column.physical), column.type)
    elsewhere = f"{lane(definition, {column.name: text})} IS DISTINCT FROM _lane"
    other, example, now = session.rows(
        f"SELECT count(*), arg_min({text}, _rid), arg_min(_lane, _rid) FROM {view.rows} WHERE {elsewhere}"
    )[0]
    if other:
        raise UsageError(
            f"Column '{column.name}' cannot be the split column: {other:,} row{'s are' if other > 1 else ' is'} in "
            f"another part of the split than it says (for example '{example}', now {LANES[now]}).",
            hint="A row's part never changes, since figures before and after would not compare. "
            "Import the data as a new dataset with --split-column.",
        )


def _check_source(lake: Lake, session: Session, head: Version, definition: Definition, options: ReadOptions) -> None:
    """Refuse a source that cannot be read, or that lacks columns of the dataset."""
    remembered = ReadOptions.from_dict(definition.reading)
    with opened(lake, session, located(str(definition.source), lake.url), options, remembered) as reading:
        names = renamed(reading, head, read_versions(session, head.dataset), {}).names
        missing = [column.name for column in head.columns if column.name not in names]
        if missing:
            raise UnknownName(
                "column", missing[0], names, where=reading.source,
                hint=f"The source lacks {len(missing)} of the {len(head.columns)} columns of {head.name}. Nothing was "
                "changed.",
            )  # fmt: skip
        session.rows(f"SELECT * FROM {reading.relation} LIMIT 1")
