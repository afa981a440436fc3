"""Commands that bring data in and show it: init, import, refresh, datasets, show, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from workbench.cli.reading import reading_options
from workbench.cli.state import (
    COUNT,
    State,
    json_option,
    message_option,
    overwrite_option,
    pass_state,
    progress,
    say,
    show_json,
    show_table,
)

if TYPE_CHECKING:
    from workbench.ingest import ReadOptions


@click.command("init")
@click.argument("directory", default=".", type=click.Path(file_okay=False))
def init(directory: str) -> None:
    """Make workbench.toml, schemas/ and data/ in a folder.

    \b
    Example:
      workbench init my-project
    """
    from workbench.project import init_project

    for path in init_project(Path(directory)):
        say(f"made {path}")


@click.command("import")
@click.argument("name")
@click.argument("source")
@click.option("--key", multiple=True, metavar="COLUMN", help="Column that identifies a row; repeat for several.")
@click.option("--label", metavar="COLUMN", help="Column that the model learns to predict.")
@click.option("--task", type=click.Choice(["classification", "regression"]), help="Default: by the label's type.")
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="COLUMN=TYPE",
    help="Say what a column is: number or text, e.g. zip=text; cells stay as written. DuckDB's types are forced, e.g. "
    "amount=DECIMAL(18,2).",
)
@click.option("--split-column", metavar="COLUMN", help="Column that says train, validation or test.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="Column the model must not see, e.g. a comment.")
@click.option(
    "--schema",
    metavar="FILE",
    help="Pandera schema, as schemas/people.py or schemas/people.py:NAME; default: schemas/NAME.py where it exists.",
)
@click.option(
    "--model", default="tabular", metavar="PRESET", help="tabular, linear, text, embedding or module:function."
)
@reading_options
@message_option
@json_option
@pass_state
def import_(
    state: State,
    name: str,
    source: str,
    key: tuple[str, ...],
    label: str | None,
    task: Literal["classification", "regression"] | None,
    types: tuple[str, ...],
    split_column: str | None,
    ignore: tuple[str, ...],
    schema: str | None,
    model: str,
    options: ReadOptions,
    message: str,
    as_json: bool,
) -> None:
    """Make version 1 of dataset NAME from SOURCE, losing nothing and changing nothing.

    SOURCE is a CSV, Parquet, JSON or Excel file, packed or not, a glob of them, or a table: duckdb:FILE?table=T,
    sqlite:FILE?table=T. Every cell arrives, or the import fails, says where, and names the option that helps. How
    the source is read is remembered for refresh and run. A column in which one number is written in two ways (1.1 and
    1.10) is taken for codes and stays text.

    \b
    Examples:
      workbench import people people.csv --key id --label income
      workbench import sales 'sales/*.parquet' --key store --key day --label amount --task regression
      workbench import releases releases.csv --key id --type release=text --type price=number
      workbench import sites report.csv --encoding cp1252 --skip-rows 2 --skip-rows -1
    """
    forced = {}
    for item in types:
        column, separator, kind = item.rpartition("=")
        if not separator:
            raise click.UsageError(f"--type takes COLUMN=TYPE, not '{item}'.")
        forced[column] = kind
    from workbench.reporting import count_of

    with state.lake(create=True) as lake, progress() as report:
        dataset = lake.import_data(
            name,
            source,
            key=key,
            label=label,
            task=task,
            types=forced,
            split_column=split_column,
            ignore=ignore,
            schema=schema,
            model=model,
            options=options,
            message=message,
            progress=report,
        )
        notes = dataset.at(1).version.detail.get("notes", [])
        document = {**dataset.at(1).document(), "types": dataset.at(1).type_notes()}
    if as_json:
        show_json({**document, "notes": notes})
    else:
        say(f"{name}@1: {count_of(document['rows'], 'row')} from {source}")
        for note in document["types"]:
            say(f"  {note['message']}")
        for note in notes:
            say(f"  note: {note}")


@click.command()
@click.argument("name")
@click.argument("source", required=False)
@click.option("--mode", type=click.Choice(["full", "upsert", "append"]), default="upsert", show_default=True)
@click.option("--yes", "confirmed", is_flag=True, help="Merge it though it looks like a mistake.")
@click.option(
    "--rename", multiple=True, metavar="NEW=OLD", help="Read the delivery's column NEW as OLD: --rename 'E-Mail=email'."
)
@reading_options
@message_option
@json_option
@pass_state
def refresh(
    state: State,
    name: str,
    source: str | None,
    mode: str,
    confirmed: bool,
    rename: tuple[str, ...],
    options: ReadOptions,
    message: str,
    as_json: bool,
) -> None:
    """Merge a newer SOURCE into NAME by key; what people corrected stays corrected.

    A cell that the source still sends wrong keeps its correction; a cell that the source changed takes the new value.
    Rows missing from SOURCE leave only with --mode full. Without SOURCE the one of the import is read again, unless it
    is as it was and another one was merged since. It is read as the import's was; an option given here counts instead.

    A SOURCE that looks like a mistake is refused with the figures and exit code 3, unless --yes is given: no key is
    known, more than a third of the rows or half of the columns would leave, a column is spelt otherwise or holds
    something else than before, the label is missing or unknown, it was merged before a newer one. The
    limits are settings (refresh_…).

    \b
    Examples:
      workbench refresh people people-2026-12.csv -m "December delivery"
      workbench refresh people people-2026-12.csv --mode full --yes --rename 'E-Mail=email'
      workbench refresh people people.csv --skip-rows 3
    """
    for pair in rename:
        if "=" not in pair.strip("="):
            raise click.UsageError(f"--rename takes NEW=OLD, not '{pair}'.")
    renamed = dict(pair.rsplit("=", 1) for pair in rename)
    with state.lake() as lake, progress() as report:
        result = lake[name].refresh(
            source, mode=mode, options=options, message=message, confirmed=confirmed, rename=renamed, progress=report
        )
        made = result.version
        document = (lake[name].at(made.version).document() if made else {}) | result.to_dict()
    if as_json:
        show_json(document)
    else:
        say(result.summary())


@click.command("datasets")
@json_option
@pass_state
def list_datasets(state: State, as_json: bool) -> None:
    """List the datasets of the lake."""
    with state.lake() as lake:
        documents = [lake[name].documents()[-1] for name in lake.names()]
    if as_json:
        show_json(documents)
        return
    rows = [[d["dataset"], d["version"], f"{d['rows']:,}", d["author"], d["message"]] for d in documents]
    show_table(["dataset", "newest", "rows", "author", "message"], rows, right=["newest", "rows"])


@click.command()
@click.argument("name", metavar="NAME[@V]")
@click.option("--limit", type=COUNT, default=20, show_default=True, metavar="N", help="Rows to show.")
@click.option("--columns", "as_columns", is_flag=True, help="List the columns and their types instead of rows.")
@json_option
@pass_state
def show(state: State, name: str, limit: int, as_columns: bool, as_json: bool) -> None:
    """Show rows of a version, or its columns with their types.

    \b
    Examples:
      workbench show people@2 --limit 5
      workbench show people --columns
    """
    with state.lake() as lake:
        version = lake.resolve(name)
        columns, rows = version.head(0 if as_columns else limit)
        document, described = version.document(), version.columns()
    if as_json:
        data = [dict(zip(["rid", *columns], row, strict=True)) for row in rows]
        show_json({**document, "columns": columns, "types": described, "data": data})
        return
    if as_columns:
        names = ["column", "logical_type", "stored_as", "role"]
        show_table([each.replace("_", " ") for each in names], [[each[name] for name in names] for each in described])
        return
    show_table(["rid", *columns], rows)
    say(f"{min(limit, len(rows)):,} of {document['rows']:,} rows of {name}")


@click.command("export")
@click.argument("name", metavar="NAME[@V]")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--raw", is_flag=True, help="CSV: write text that a spreadsheet would run as it is.")
@click.option("--excluded", is_flag=True, help="Write excluded rows too.")
@overwrite_option
@pass_state
def export_(state: State, name: str, file: str, raw: bool, excluded: bool, overwrite: bool) -> None:
    """Write a version to FILE: .csv, .parquet or .jsonl.

    The rows read for FILE are checked against the version's content hash; FILE appears only if they agree. In CSV,
    text and column names that a spreadsheet would run get a ' in front. To read the file back as it was, add --raw,
    or export Parquet or JSON lines.

    \b
    Examples:
      workbench export people@production people.parquet
      workbench export people people.csv --overwrite
    """
    with state.lake() as lake:
        version = lake.resolve(name)
        written = version.export(file, formula_safe=not raw, excluded=excluded, overwrite=overwrite)
        left_out = 0 if excluded else version.version.excluded
    say(f"wrote {written:,} rows to {file}" + (f"; {left_out:,} excluded rows left out" if left_out else ""))


COMMANDS = (init, import_, refresh, list_datasets, show, export_)
