"""Commands that explain a change of the model's figure: attribute, bisect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.state import State, json_option, pass_state, progress, say, show_json, show_table, show_text

if TYPE_CHECKING:
    from workbench.impact import Change

BY = ("check", "cause", "column", "author", "version", "step")
"""By what changes can be grouped."""


@click.command()
@click.argument("a", metavar="NAME@A")
@click.argument("b", metavar="NAME@B")
@click.option("--by", type=click.Choice(BY), default="check", show_default=True, help="What a group has in common.")
@click.option("--metric", metavar="NAME", help="A mean over rows: accuracy, log_loss, mae.")
@json_option
@pass_state
def attribute(state: State, a: str, b: str, by: str, metric: str | None, as_json: bool) -> None:
    """Say which part of what changed from version A to version B moved the model's figure.

    Each group's share is its Shapley value: what it adds on average over all orders in which the groups could have
    been changed. The shares sum to the whole. Up to six groups every subset is evaluated, above that some orders are
    drawn; what was evaluated before is not fitted again.

    \b
    Examples:
      workbench attribute people@1 people@4
      workbench attribute people@1 people@4 --by author --json
    """
    from workbench.reporting.figures import badge, metric_name

    with state.lake() as lake, progress() as report:
        found = lake.attribute(a, b, by=by, metric=metric, progress=report)
    if as_json:
        show_json(found.to_dict())
        return
    total = found.total
    whole = badge(total.verdict, total.change, total.low, total.high, total.detectable, metric=found.metric)
    show_text(f"{found.b} against {found.a}: {whole}")
    if not found.shares:
        show_text("Nothing differs between them.")
        return
    show_table(
        [by, "cells", "rows", metric_name(found.metric), "what it did"],
        [
            [share.group.name, f"{share.group.cells:,}", f"{share.group.rows:,}", *_said(share.effect, found.metric)]
            for share in found.shares
        ],
        right=["cells", "rows"],
    )
    say(
        f"{metric_name(found.metric)} on {found.test_rows:,} shared test rows, under the test labels of "
        f"{found.test_labels}; {found.figures} states of the data"
    )
    for note in found.notes:
        say(f"Note: {note}")


@click.command()
@click.argument("a", metavar="NAME@A")
@click.argument("b", metavar="NAME@B")
@click.option("--by", type=click.Choice(BY), default="version", show_default=True, help="What a batch is.")
@click.option("--metric", metavar="NAME", help="A mean over rows: accuracy, log_loss, mae.")
@click.option("--revert", is_flag=True, help="Stage the way back of what is found in a new draft.")
@json_option
@pass_state
@click.pass_context
def bisect(
    context: click.Context,
    state: State,
    a: str,
    b: str,
    by: str,
    metric: str | None,
    revert: bool,
    as_json: bool,
) -> None:
    """Find the batch of changes between two versions that did harm; exit code 1 where there is one.

    What a batch does is the figure with all changes minus the figure with all but its own. The worst quarter of the
    batches is cut again until one is left, or no part of it is shown to do harm by itself.

    \b
    Examples:
      workbench bisect people@1 people@9
      workbench bisect people@4 people@5 --by step
      workbench bisect people@1 people@9 --revert
    """
    from workbench.reporting.figures import metric_name

    with state.lake() as lake, progress() as report:
        found = lake.bisect(a, b, by=by, metric=metric, progress=report)
        names = [group.name for group in found.found]
        draft = lake.take_back(a, b, names, by=by) if revert and names else None
    if as_json:
        show_json(found.to_dict() | {"draft": draft.draft if draft else None})
        context.exit(1 if names else 0)
    for number, step in enumerate(found.steps, start=1):
        show_table(
            [f"step {number}", "batches", metric_name(found.metric), "what they did"],
            [
                [batches[0] if len(batches) == 1 else f"{batches[0]} … {batches[-1]}", f"{len(batches):,}"]
                + _said(effect, found.metric)
                for batches, effect in step.parts
            ],
            right=["batches"],
        )
    if found.effect is None:
        say(f"No batch is shown to do harm. {found.figures} states of the data were evaluated.")
        return
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
    say(f"{shown} did harm. {found.figures} states of the data were evaluated.")
    if draft:
        say(f"Draft {draft.draft} takes it back: workbench draft show {draft.draft}")
    context.exit(1)


def _said(effect: Change, metric: str) -> list[str]:
    """Write an effect with its interval, and in a word."""
    from workbench.reporting.figures import format_change

    words = {"cannot tell": "below the noise", "no change": "no change"}
    told = "" if effect.verdict == "no change" else format_change(effect.change, effect.low, effect.high, metric=metric)
    return [told, words.get(effect.verdict, effect.verdict)]


COMMANDS = (attribute, bisect)
