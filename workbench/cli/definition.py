"""Commands on what a dataset is: set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from workbench.cli.reading import reading_options
from workbench.cli.state import State, json_option, message_option, pass_state, progress, say, show_json
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


COMMANDS = (set_,)
