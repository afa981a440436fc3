"""The command that orders the queue: rescore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.state import State, json_option, pass_state, progress, say, show_json, show_table

if TYPE_CHECKING:
    from workbench.ranking import Ranking, Round


@click.command()
@click.argument("name", metavar="NAME")
@json_option
@pass_state
def rescore(state: State, name: str, as_json: bool) -> None:
    """Order the open findings by what each is expected to bring per decision.

    Rows are scored as your open draft leaves them. Two signals are read, KNN-Shapley against the validation rows and
    its product with label quality. The labels suggested for the next rows of each are tried on the validation rows; the
    signal leads the queue whose labels help the model there and whose first rows reviewers confirmed. What was
    predicted is held against what the validation rows show. Only the order changes, and an order that still holds is
    not made again.

    \b
    Examples:
      workbench rescore people
      workbench rescore people --json
      workbench findings people --order gain
    """
    with state.lake() as lake, progress() as report:
        found = lake.rescore(name, progress=report)
    if as_json:
        show_json(found.to_dict())
        return
    _show(found)


def _show(found: Ranking) -> None:
    """Print an order's grounds, and what came of it."""
    from workbench.ranking import FIRST
    from workbench.reporting.figures import format_change, format_points

    head = ["signal", "answered", "confirmed", "tried", "pays a decision", "of the next rows"]
    lines = [
        [
            share.signal, share.asked, share.confirmed, format_change(share.gain, *(share.interval or (None, None))),
            f"{share.reward:.2f}", f"{100 * share.share:.0f} %",
        ]
        for share in found.shares
    ]  # fmt: skip
    show_table(head, lines, right=head[1:])
    if found.rounds:
        show_table(
            ["round", "decisions", "predicted", "realised"],
            [
                [number, each.decisions, format_points(each.told), _realised(each)]
                for number, each in enumerate(found.rounds, start=1)
            ],
            right=["round", "decisions", "predicted", "realised"],
        )
    say(found.explanation)
    say(f"{found.findings:,} findings in order, round {found.round}, after {found.decisions:,} decisions.")
    if found.expected is not None:
        unchecked = "" if found.checked else "; no round of answers has checked such predictions yet"
        say(f"The next {FIRST} are expected to bring {format_points(found.expected)} of balanced accuracy{unchecked}.")
    for note in found.notes:
        say(f"Note: {note}")


def _realised(each: Round) -> str:
    """Write what a round brought, with its 95 % interval over validation rows."""
    from workbench.reporting.figures import format_change

    if each.realised is None:
        return "–"
    low, high = each.interval or (None, None)
    return format_change(each.realised, low, high)


COMMANDS = (rescore,)
