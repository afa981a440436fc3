"""The options that narrow findings, for every command that takes some."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

ORDERS = click.Choice(["score", "row", "group", "gain"])
"""What findings can be sorted by."""

_OPTIONS = (
    click.option(
        "--status",
        default="open",
        show_default=True,
        metavar="STATUS",
        help="open, staged, fixed, kept, excluded, unsure or all.",
    ),
    click.option("--check", metavar="CODE", help="Only this check (or all that begin with it)."),
    click.option("--column", metavar="COL", help="Only about this column."),
    click.option("--lane", type=click.Choice(["train", "validation", "test"]), help="Only about rows of this lane."),
    click.option("--class", "label", metavar="CLASS", help="Only about rows of this class."),
    click.option("--cause", metavar="CAUSE", help="Only this kind of fault: missing, 'out of range', 'wrong form', …"),
    click.option("--by", "reviewer", metavar="PERSON", help="Only answered by this person."),
    click.option("--score-at-most", type=float, metavar="X", help="Only with a score of at most X (0 worst, 1 fine)."),
    click.option("--search", default="", metavar="TEXT", help="Only where the value or the row's key holds this text."),
    click.option(
        "--order",
        type=ORDERS,
        default="score",
        show_default=True,
        help="Most urgent first, by row, largest group first, or by expected gain (see rescore).",
    ),
)


def filter_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command is given them as one :class:`workbench.findings.Filter` named ``wanted``."""

    @functools.wraps(function)
    def command(
        *arguments: Any,
        status: str,
        check: str | None,
        column: str | None,
        lane: Any,
        label: str | None,
        cause: str | None,
        reviewer: str | None,
        score_at_most: float | None,
        search: str,
        **others: Any,
    ) -> None:
        from workbench.findings import Filter

        known: Any = None if status == "all" else status
        wanted = Filter(known, check, column, lane, label, cause, reviewer, score_at_most, search)
        function(*arguments, wanted=wanted, **others)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command
