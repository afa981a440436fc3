"""Commands on versions: versions, diff, blame, restore, tag."""

from __future__ import annotations

from typing import Any

import click

from workbench.cli.state import (
    COUNT,
    State,
    json_option,
    message_option,
    parse_key,
    pass_state,
    say,
    show_json,
    show_table,
)


@click.command("versions")
@click.argument("name")
@json_option
@pass_state
def list_versions(state: State, name: str, as_json: bool) -> None:
    """List the versions of a dataset, with accuracy and verdict where they were evaluated."""
    from workbench.reporting import accuracy_of, verdict_of
    from workbench.versions import DefinitionChange

    with state.lake() as lake:
        documents = lake[name].documents()
    if as_json:
        show_json(documents)
        return
    rows = [
        [
            f"v{d['version']}" + "".join(f" ({tag})" for tag in d["tags"]),
            d["created_at"][:16].replace("T", " "),
            d["author"],
            f"{d['rows']:,}",
            f"{d['cells_changed']:,}",
            accuracy_of(d),
            verdict_of(d),
            "; ".join([d["message"], *(str(DefinitionChange(**each)) for each in d["definition"])]),
        ]
        for d in documents
    ]
    headers = ["version", "when", "author", "rows", "cells changed", "accuracy", "against the one before", "message"]
    show_table(headers, rows, right=["rows", "cells changed"])


@click.command()
@click.argument("a", metavar="NAME@A")
@click.argument("b", metavar="NAME@B")
@click.option(
    "--limit", type=COUNT, default=1000, show_default=True, metavar="N", help="List at most N changes; 0: all."
)
@json_option
@pass_state
def diff(state: State, a: str, b: str, limit: int, as_json: bool) -> None:
    """Show what differs between two versions, cell by cell, with who and why.

    \b
    Example:
      workbench diff people@1 people@3
    """
    with state.lake() as lake:
        found = lake.diff(a, b, limit=limit or None)
    if as_json:
        show_json(found.to_dict())
        return
    for said in found.definition:
        say(f"{found.b}: {said}")
    rows = [
        [
            ", ".join(str(value) for value in change.key.values()),
            change.change,
            change.column,
            None if change.change == "added" else change.old,
            None if change.change == "removed" else change.new,
            change.author,
            change.reason,
        ]
        for change in found.changes
    ]
    show_table(["key", "change", "column", "old", "new", "who", "why"], rows)
    say(
        f"{found.a} → {found.b}: {found.rows_added:,} rows added, {found.rows_removed:,} removed, "
        f"{found.rows_changed:,} changed ({found.cells_changed:,} cells)"
        + (f"; only the first {len(found.changes):,} changes are listed" if found.truncated else "")
    )


@click.command()
@click.argument("name")
@click.option(
    "--key", "key", multiple=True, required=True, metavar="VALUE", help="The row's key; COLUMN=VALUE for several."
)
@click.option("--column", metavar="COLUMN", help="Only this cell.")
@json_option
@pass_state
def blame(state: State, name: str, key: tuple[str, ...], column: str | None, as_json: bool) -> None:
    """Tell who changed a row or cell, when and why.

    \b
    Example:
      workbench blame people --key 4711 --column age
    """
    with state.lake() as lake:
        dataset = lake[name]
        events = dataset.blame(parse_key(key, dataset.definition.key), column=column)
    if as_json:
        show_json([vars(event) for event in events])
        return
    rows = [
        [
            f"v{e.version}",
            e.created_at.strftime("%Y-%m-%d %H:%M"),
            e.author,
            e.change,
            e.column,
            e.old,
            e.new,
            e.reason or e.message,
        ]
        for e in events
    ]
    show_table(["version", "when", "who", "change", "column", "old", "new", "why"], rows)


@click.command()
@click.argument("name", metavar="NAME@V")
@message_option
@json_option
@pass_state
def restore(state: State, name: str, message: str, as_json: bool) -> None:
    """Make an old version the newest again, as a new version: its rows and what the dataset was then.

    \b
    Example:
      workbench restore people@2 -m "the December delivery was broken"
    """
    with state.lake() as lake:
        version = lake.resolve(name)
        dataset = lake[version.version.dataset]
        before = dataset.newest.version
        made = dataset.restore(version.version.version, message=message)
        document = dataset.at(made.version).document()
    if as_json:
        show_json(document)
    elif made.version == before:
        say(f"{made.name} is equal to {name} already; no version was made")
    else:
        say(f"{made.name} is now equal to {name}")
        tell_definition(document)


def tell_definition(document: dict[str, Any]) -> None:
    """Say what a version changed in what the dataset is, and what no longer compares."""
    from workbench.versions import DefinitionChange, consequences

    changes = [DefinitionChange(**each) for each in document["definition"]]
    for line in (*map(str, changes), *consequences(changes)):
        say(f"  {line}")


@click.command()
@click.argument("name", metavar="NAME@V")
@click.argument("tag")
@pass_state
def tag(state: State, name: str, tag: str) -> None:
    """Let TAG name a version; a tag in use moves.

    \b
    Example:
      workbench tag people@3 production
    """
    with state.lake() as lake:
        version = lake.resolve(name)
        lake[version.version.dataset].tag(version.version.version, tag)
    say(f"{tag} names {version.version.name}")


COMMANDS = (list_versions, diff, blame, restore, tag)
