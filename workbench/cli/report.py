"""The command report: all about two versions in one file."""

from __future__ import annotations

import click

from workbench.cli.impact import BY
from workbench.cli.state import State, overwrite_option, pass_state, progress, say, show_document


@click.command()
@click.argument("a", metavar="NAME@A")
@click.argument("b", metavar="NAME@B")
@click.option("-o", "--output", required=True, metavar="FILE", help="The HTML file to write; - for stdout.")
@click.option("--metric", metavar="NAME", help="Default: accuracy, or r2 for regression.")
@click.option(
    "--changes", type=click.IntRange(min=0), default=200, show_default=True, metavar="N", help="List N changed cells."
)
@click.option(
    "--by", type=click.Choice(BY), help="Also share the change out among the corrections, grouped by this: fits models."
)
@overwrite_option
@pass_state
def report(
    state: State, a: str, b: str, output: str, metric: str | None, changes: int, by: str | None, overwrite: bool
) -> None:
    """Write all about two versions into one HTML file that stands alone.

    Verdict, metrics, change by class and slice, flipped rows, findings gone and new, every changed cell with who and
    why. The file needs no network and no script; it can be mailed, kept and printed. What was not measured yet is.

    \b
    Examples:
      workbench report people@1 people@3 -o report.html
      workbench report people@1 people@3 -o report.html --by check
      workbench report people@production people -o - > report.html
    """
    from datetime import UTC, datetime

    from workbench.output import check_output, write_output
    from workbench.reporting.comparisons import report_versions

    if output != "-":
        check_output(output, overwrite=overwrite)
    with state.lake() as lake, progress() as shown:
        gathered = lake.report(a, b, metric=metric, progress=shown)
        measured = gathered.found
        found = lake.attribute(a, b, by=by, metric=measured.metric, progress=shown) if by and measured else None
    shares = None
    if found is not None:
        shares = [
            (share.group.name, share.effect.change, share.effect.low, share.effect.high, share.effect.verdict)
            for share in found.shares
        ]
    page = report_versions(gathered, written_at=datetime.now(UTC), changes=changes, attribution=shares)
    if gathered.why_not:
        say(f"Note: the fixed model's figures cannot be compared: {gathered.why_not}")
    if output == "-":
        show_document(page, nl=False)
        return
    write_output(output, page, overwrite=overwrite)
    say(f"wrote {output}")


COMMANDS = (report,)
