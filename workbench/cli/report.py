"""The command report: all about two versions in one file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from workbench.cli.impact import BY
from workbench.cli.state import State, pass_state, progress, say


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
@pass_state
def report(state: State, a: str, b: str, output: str, metric: str | None, changes: int, by: str | None) -> None:
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

    from workbench.reporting.comparisons import report_versions

    path = None if output == "-" else _writable(output)
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
    if path is None:
        click.echo(page, nl=False)
        return
    _write(path, page)
    say(f"wrote {output}")


def _writable(name: str) -> Path:
    """Refuse before any work what cannot become a file."""
    from workbench.errors import UsageError

    path = Path(name)
    if path.is_dir():
        raise UsageError(f"{name} is a folder.", hint="Name a file in it: -o report.html")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent} to write {path.name} into.", hint="Make it first.")
    return path


def _write(path: Path, page: str) -> None:
    """Put the whole file in its place, or leave what was there."""
    from workbench.errors import StoreError

    # A link stays one, and a device or a pipe is written into: neither is put aside for a file.
    path = path.resolve()
    special = path.exists() and not path.is_file()
    partial = path if special else path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(page, encoding="utf-8", newline="\n")
        if not special:
            partial.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        if not special:
            partial.unlink(missing_ok=True)


COMMANDS = (report,)
