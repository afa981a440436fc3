"""Commands that look ahead: what-if, outlook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.filtering import filter_options
from workbench.cli.state import COUNT, State, json_option, pass_state, progress, say, show_json, show_table, show_text

if TYPE_CHECKING:
    from workbench.findings import Filter
    from workbench.findings.listing import Order
    from workbench.recipes import Recipe
    from workbench.whatif import Outcome, WhatIf


@click.command("what-if")
@click.argument("name")
@click.option(
    "--do",
    "answers",
    multiple=True,
    type=click.Choice(["fix", "exclude", "keep"]),
    help="One answer to all findings of the filter; repeat to set several side by side.",
)
@click.option(
    "--recipe", "recipes", multiple=True, metavar="FILE", help="A recipe's file, or the name it is kept under."
)
@click.option("--draft", "drafts", multiple=True, type=COUNT, metavar="ID", help="A draft; repeat for several.")
@click.option("--top", type=COUNT, metavar="N", help="Only the first N findings of the queue.")
@filter_options
@click.option("--no-model", is_flag=True, help="Count and validate only; fit nothing.")
@json_option
@pass_state
def what_if(
    state: State,
    name: str,
    answers: tuple[str, ...],
    recipes: tuple[str, ...],
    drafts: tuple[int, ...],
    top: int | None,
    order: Order,
    wanted: Filter,
    no_model: bool,
    as_json: bool,
) -> None:
    """Say what an edit would do, before anything is staged: rows, classes, failures, accuracy, slices.

    Nothing is left behind: no draft, no decision, no version. Labels of test rows are left out of an answer to many
    findings, since the figure rests on them.

    \b
    Examples:
      workbench what-if people --check label.issue --score-at-most 0.2 --do fix --do exclude
      workbench what-if people --recipe tidy.toml
      workbench what-if people --draft 7 --json
    """
    with state.lake() as lake, progress() as report:
        found = lake.what_if(
            name,
            do=answers,
            wanted=wanted,
            order=order,
            top=top,
            recipes=[_recipe(text) for text in recipes],
            drafts=drafts,
            measured=not no_model,
            progress=report,
        )
    if as_json:
        show_json(found.to_dict())
        return
    _show(found)


def _recipe(text: str) -> Recipe | str:
    """Read a recipe file; anything else is the name of a recipe that is kept."""
    from workbench.recipes import read_recipe

    path = Path(text)
    return read_recipe(path) if path.suffix.lower() in (".toml", ".csv") or path.is_file() else text


def _show(found: WhatIf) -> None:
    """Print what each edit would do, then which of two does better."""
    from workbench.whatif.telling import against_text, lines

    for outcome in found.outcomes:
        show_text(f"{outcome.name} on {outcome.base}")
        for what, told in lines(outcome):
            show_text(f"  {what:<9} {told}")
        _show_classes(outcome)
        for note in outcome.notes:
            say(f"Note: {note}")
    for comparison in found.against:
        show_text(against_text(comparison))
    for note in found.notes:
        say(f"Note: {note}")


def _show_classes(outcome: Outcome) -> None:
    """Print the class balance where it would change."""
    if any(before != after for before, after in outcome.classes.values()):
        show_table(
            ["  class", "before", "after", "change"],
            [[f"  {name}", f"{b:,}", f"{a:,}", f"{a - b:+,}"] for name, (b, a) in outcome.classes.items()],
            right=["before", "after", "change"],
        )


@click.command()
@click.argument("name")
@click.option(
    "--decisions", type=COUNT, default=100, show_default=True, metavar="N", help="How many more to look ahead."
)
@click.option("--sizes", is_flag=True, help="Fit the model on parts of the train rows, too: more data or cleaner data?")
@click.option(
    "--rows", type=COUNT, default=1000, show_default=True, metavar="N", help="Rows that cost as much as they."
)
@json_option
@pass_state
def outlook(state: State, name: str, decisions: int, sizes: bool, rows: int, as_json: bool) -> None:
    """Say what further review is likely to bring, when to stop, and whether more rows would buy more.

    A curve is fitted to the figures of the versions that decisions made; nothing is fitted but with --sizes, and what
    was fitted before is not again.

    \b
    Examples:
      workbench outlook people
      workbench outlook people --sizes --decisions 200 --rows 1000
    """
    from workbench.outlook.telling import sentences
    from workbench.reporting import format_count, format_metric, metric_name

    with state.lake() as lake, progress() as report:
        found = lake.outlook(name, decisions=decisions, sizes=sizes, rows=rows, progress=report)
    if as_json:
        show_json(found.to_dict())
        return
    named = metric_name(found.metric)
    shown = [[p.name, format_count(p.n), format_metric(found.metric, p.mean, p.low, p.high)] for p in found.points]
    show_table(["version", "corrected", named], shown, right=["corrected"])
    if found.sizes:
        parts = [[format_count(p.n), format_metric(found.metric, p.mean, p.low, p.high)] for p in found.sizes.points]
        show_table(["train rows", named], parts, right=["train rows"])
    for sentence in sentences(found):
        show_text(sentence)
    say(f"{named} on {found.test_rows:,} shared test rows, under the test labels of {found.test_labels}")
    for note in (*found.notes, *(found.sizes.notes if found.sizes else ())):
        say(f"Note: {note}")


COMMANDS = (what_if, outlook)
