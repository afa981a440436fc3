"""Simulated review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.state import State, Whole, json_option, pass_state, progress, say, show_json, show_table

if TYPE_CHECKING:
    from workbench.simulation import Simulation, Step

_BAR = 14
# Characters that stand for everything recovered: the table then fits a terminal of 80.


@click.command()
@click.argument("name", metavar="NAME[@V]")
@click.option(
    "--truth",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV with the key and the label column, every train row's true label in it; or a corrections file with the "
    "wrong labels in its columns 'column' and 'new'.",
)
@click.option(
    "--order",
    type=click.Choice(["expected-gain", "label-quality", "knn-shapley", "knn-balanced", "mixed", "random", "perfect"]),
    default="label-quality",
    show_default=True,
    help="What the reviewer looks at first; 'expected-gain' learns from the answers, 'perfect' knows the truth.",
)
@click.option("--budget", default=0.2, show_default=True, metavar="SHARE", help="Share of train rows looked at.")
@click.option("--every", default=0.02, show_default=True, metavar="SHARE", help="Share of train rows a round.")
@click.option(
    "--error-rate", default=0.0, show_default=True, metavar="SHARE", help="How often the reviewer gives a wrong label."
)
@click.option("--once", is_flag=True, help="Order the rows once, not anew after each round.")
@click.option("--true-validation", is_flag=True, help="Validation labels were reviewed beforehand.")
@click.option(
    "--seed",
    type=Whole(0, 2**32 - 1),
    default=0,
    show_default=True,
    metavar="N",
    help="Of the reviewer's errors and random choices.",
)
@click.option(
    "--fits", type=Whole(1, 1000), default=5, show_default=True, metavar="N", help="Fits behind each accuracy."
)
@json_option
@pass_state
def simulate(
    state: State,
    name: str,
    truth: Path,
    order: str,
    budget: float,
    every: float,
    error_rate: float,
    once: bool,
    true_validation: bool,
    seed: int,
    fits: int,
    as_json: bool,
) -> None:
    """Replay review of a dataset whose truth is known: accuracy recovered against rows inspected.

    Nothing is changed. Only train labels are reviewed; the test rows measure the result and never choose what to look
    at.

    \b
    Examples:
      workbench simulate adult --truth data/adult_truth.csv
      workbench simulate adult@2 --truth data/adult_truth.csv --order knn-shapley --budget 0.3 --error-rate 0.05
    """
    from workbench.simulation import read_truth
    from workbench.simulation import simulate as replay

    with state.lake() as lake, progress() as report:
        at = lake.resolve(name)
        found = replay(
            at.lake,
            at.version,
            read_truth(at.lake, at.version, truth),
            order=order,
            budget=budget,
            every=every,
            error_rate=error_rate,
            seed=seed,
            rescore=not once,
            true_validation=true_validation,
            fits=fits,
            progress=report,
        )
    if as_json:
        show_json(found.to_dict())
    else:
        _show(found)


def _show(found: Simulation) -> None:
    """Print the curve as a table with bars, and what it comes to."""
    from workbench.simulation import REACHED

    rows = [
        [
            f"{step.inspected:,} ({step.share:.1%})",
            f"{step.found:,}",
            f"{step.accuracy:.4f}",
            _gain(step) if step.inspected else None,
            None if step.recovered is None else f"{step.recovered:.0%}",
            _bar(step.recovered or 0.0),
        ]
        for step in found.steps
    ]
    headers = ["inspected", "wrong found", "accuracy", "gain (95 %)", "recovered", ""]
    show_table(headers, rows, right=headers[:-1])
    gain = "" if found.low is None else f" (gain {found.low:+.4f} to {found.high:+.4f})"
    say(
        f"{found.state}: {found.model}, {found.fits} fits, {found.test_rows:,} test rows; {found.wrong_labels:,} of "
        f"{found.train_rows:,} train labels are wrong"
    )
    say(f"accuracy {found.dirty:.4f} with the labels as they are, {found.clean:.4f} with true train labels{gain}")
    again = "ordered anew after each round" if found.rescored else "ordered once"
    say(f"order {found.order}, {again}; the reviewer errs in {100 * found.error_rate:g} % of looks")
    say(f"{found.steps[-1].wrong:,} train labels are wrong after review")
    reached = "not reached"
    if found.share_to_reach is not None:
        reached = f"reached at {found.share_to_reach:.1%} inspected" if found.share_to_reach else "there before review"
    say(f"{REACHED:.0%} of the accuracy with true labels: {reached}")
    for note in found.notes:
        say(f"Note: {note}")


def _gain(step: Step) -> str:
    """Write a gain with the half of its interval."""
    return f"{step.gain:+.4f}" + ("" if step.high is None else f" ± {step.high - step.gain:.4f}")


def _bar(share: float) -> str:
    """Draw a share from 0 to 1 in eighths of a character."""
    eighths = round(8 * _BAR * min(max(share, 0.0), 1.0))
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


COMMANDS = (simulate,)
