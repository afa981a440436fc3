"""Commands on what a dataset is and is called: set, rename, drop, undrop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from workbench.cli.reading import reading_options
from workbench.cli.state import State, json_option, message_option, pass_state, progress, say, show_json, show_table
from workbench.cli.versions import tell_definition

if TYPE_CHECKING:
    from workbench.ingest import ReadOptions

_REMOVABLE = ("key", "label", "schema", "split-column", "ignore", "source", "reading")


@click.command("set")
@click.argument("name")
@click.option("--key", multiple=True, metavar="COLUMN", help="Column that identifies a row; repeat for several.")
@click.option("--label", metavar="COLUMN", help="Column that the model learns to predict, e.g. --label income.")
@click.option("--task", type=click.Choice(["classification", "regression"]), help="Default: by a new label's type.")
@click.option("--model", metavar="PRESET", help="tabular, linear, text, embedding or module:function.")
@click.option("--schema", metavar="FILE", help="Pandera schema, e.g. schemas/people.py or schemas/people.py:NAME.")
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="COLUMN=TYPE",
    help="What a column means: number, text, boolean, date or timestamp, e.g. zip=text.",
)
@click.option("--split-column", metavar="COLUMN", help="Column that says train, validation or test, as rows are now.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="Columns the model must not see, instead of before.")
@click.option("--source", metavar="SOURCE", help="What refresh and run read, e.g. 'deliveries/people.csv'.")
@click.option(
    "--unset", multiple=True, type=click.Choice(_REMOVABLE), help="Take away; repeat for several: --unset schema."
)
@reading_options
@message_option
@json_option
@pass_state
def set_(
    state: State,
    name: str,
    key: tuple[str, ...],
    label: str | None,
    task: Literal["classification", "regression"] | None,
    model: str | None,
    schema: str | None,
    types: tuple[str, ...],
    split_column: str | None,
    ignore: tuple[str, ...],
    source: str | None,
    unset: tuple[str, ...],
    options: ReadOptions,
    message: str,
    as_json: bool,
) -> None:
    """Change what dataset NAME is: key, label, model, schema, types, source.

    The change is a version whose rows are the same, with author and message; `versions` and `diff` show it, and
    `restore NAME@V` takes it back. Everything is checked first: the key must be there in every row and only once, the
    schema and the model must load, the source must be readable and have the dataset's columns. The output says which
    figures and findings no longer compare. Open drafts stay and are published on the new definition; a correction of a
    column that is now part of the key is a conflict then.

    \b
    Examples:
      workbench set people --model linear -m "a simpler model"
      workbench set people --key id --key day
      workbench set people --source deliveries/people.csv --encoding cp1252
      workbench set people --unset schema --type zip=text
    """
    meant = {}
    for item in types:
        column, separator, kind = item.rpartition("=")
        if not separator:
            raise click.UsageError(f"--type takes COLUMN=TYPE, not '{item}'.")
        meant[column] = kind
    with state.lake() as lake, progress() as report:
        dataset = lake[name]
        before = dataset.newest.version
        made = dataset.set(
            key=key or None, label=label, task=task, model=model, schema=schema, split_column=split_column,
            ignore=ignore or None, source=source, options=options, types=meant,
            unset=[each.replace("-", "_") for each in unset], message=message, progress=report,
        )  # fmt: skip
        document = dataset.at(made.version).document()
        notes = made.detail.get("types", []) if made.version > before else []
    if as_json:
        show_json({**document, "types": notes})
    elif made.version == before:
        say(f"{made.name} says that already; no version was made")
    else:
        say(f"{made.name}: {document['message']}")
        tell_definition(document)
        for note in notes:
            say(f"  {note['message']}")


@click.command()
@click.argument("name")
@click.argument("new")
@message_option
@json_option
@pass_state
def rename(state: State, name: str, new: str, message: str, as_json: bool) -> None:
    """Give dataset NAME the name NEW.

    Versions, drafts, findings and their answers, runs, recipes, saved views, tags and the policy in the settings go
    with it. The old name says where it went, is given to no other dataset, and can be taken back by this one.

    \b
    Example:
      workbench rename people customers -m "suppliers are apart now"
    """
    with state.lake() as lake:
        document = lake[name].rename(new, message=message).documents()[-1]
    if as_json:
        show_json({"dataset": new, "before": name, "newest": document})
    else:
        say(f"{name} is called {new} now")


@click.command()
@click.argument("name")
@message_option
@json_option
@pass_state
def drop(state: State, name: str, message: str, as_json: bool) -> None:
    """Hide dataset NAME everywhere. `undrop NAME` brings it back.

    Nothing is deleted before the setting retention_days is over; then `workbench maintain` deletes the dataset for
    good, tagged versions included, and its name is free.

    \b
    Example:
      workbench drop people -m "moved to the warehouse"
    """
    with state.lake() as lake:
        days = lake.lake.settings.retention_days
        lake.drop(name, message=message)
    if as_json:
        show_json({"dropped": name, "retention_days": days})
    else:
        say(f"{name} is dropped; `workbench undrop {name}` brings it back for {days} days")


@click.command()
@click.argument("name", required=False)
@message_option
@json_option
@pass_state
def undrop(state: State, name: str | None, message: str, as_json: bool) -> None:
    """Bring dropped dataset NAME back; without NAME list what is dropped.

    \b
    Examples:
      workbench undrop
      workbench undrop people
    """
    with state.lake() as lake:
        if name is None:
            found = [vars(each) for each in lake.dropped()]
        else:
            document = lake.undrop(name, message=message).documents()[-1]
    if name is not None:
        if as_json:
            show_json(document)
        else:
            say(f"{name} is back, at version {document['version']}")
    elif as_json:
        show_json(found)
    else:
        rows = [[each["dataset"], f"{each['at']:%Y-%m-%d %H:%M}", each["author"], each["message"]] for each in found]
        show_table(["dataset", "dropped", "author", "message"], rows)


COMMANDS = (set_, rename, drop, undrop)
