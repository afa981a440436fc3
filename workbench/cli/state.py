"""What the commands share: the settings, the open lake, and how results and progress are shown."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workbench.addresses import without_password
from workbench.characters import escaped_json, printable, visible

if TYPE_CHECKING:
    from workbench.api import OpenLake
    from workbench.progress import Progress
    from workbench.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class State:
    """The global options.

    Attributes
    ----------
    url, config, author : str or None
        As given on the command line.
    debug : bool
        Show tracebacks.
    """

    url: str | None
    config: str | None
    author: str | None
    debug: bool

    def settings(self) -> Settings:
        """Read the settings, with the global options on top."""
        from workbench.settings import load

        return load(config=Path(self.config) if self.config else None, lake=self.url, author=self.author)

    @contextlib.contextmanager
    def lake(self, *, create: bool = False) -> Iterator[OpenLake]:
        """Open the lake for one command."""
        from workbench.api import OpenLake

        with OpenLake.from_settings(self.settings(), create=create) as opened:
            yield opened


pass_state = click.make_pass_decorator(State)


class Whole(click.types.IntParamType):
    """A whole number within limits: what is beyond them would only fail deep inside.

    Parameters
    ----------
    lowest, highest : int
        Both are allowed.
    """

    def __init__(self, lowest: int, highest: int) -> None:
        self.lowest, self.highest = lowest, highest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it from the command line."""
        number = int(super().convert(value, param, ctx))
        if not self.lowest <= number <= self.highest:
            self.fail(f"{number} is not between {self.lowest:,} and {self.highest:,}.", param, ctx)
        return number


COUNT = Whole(0, 10**12)
"""How many, or which number."""


def json_option(function: F) -> F:
    """Add ``--json`` to a command that prints data."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(function)


def overwrite_option(function: F) -> F:
    """Add ``--overwrite`` to a command that writes a file."""
    return click.option("--overwrite", is_flag=True, help="Replace FILE where it exists.")(function)


def report_options(function: F) -> F:
    """Add ``--format``, ``--output``, ``--overwrite`` and ``--json`` to a command that prints a report."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
        overwrite_option,
        click.option(
            "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write there instead of stdout."
        ),
        click.option(
            "--format",
            "form",
            type=click.Choice(["text", "json", "junit", "sarif", "github"]),
            default="text",
            show_default=True,
        ),
    ):
        function = option(function)
    return function


def show_report(text: str, output: str | None, *, form: str, overwrite: bool) -> None:
    """Print a report to stdout, or write it to a file and say so.

    Parameters
    ----------
    text : str
        The report.
    output : str or None
        The file.
    form : str
        Its format: only a text for people is made printable, the others have escapes of their own.
    overwrite : bool
        Replace the file where it exists.
    """
    from workbench.output import write_output

    text = printable(text) if form == "text" else escaped_json(text) if form in ("json", "sarif") else text
    if output:
        write_output(output, text, overwrite=overwrite)
        say(f"wrote {output}")
    else:
        show_document(text)


def message_option(function: F) -> F:
    """Add ``-m`` to a command that makes a version."""
    return click.option("-m", "--message", default="", metavar="TEXT", help="Why; recorded with the version.")(function)


def text_option(help_: str, *, required: bool = False) -> Callable[[F], F]:
    """Add ``-m`` to a command that says something about a draft."""
    return click.option("-m", "--message", "text", default="", required=required, metavar="TEXT", help=help_)


def show_json(document: Any) -> None:
    """Print one JSON document to stdout; what a terminal would obey is escaped, which changes no value."""
    show_document(escaped_json(json.dumps(document, ensure_ascii=False, indent=2, default=str)))


def show_text(text: str) -> None:
    """Print a text for people to stdout, with what is not seen made visible."""
    click.echo(printable(text))


def show_document(text: str, *, nl: bool = True) -> None:
    """Print what another program reads to stdout, as it is: JSON, HTML, XML, TOML, workflow commands."""
    click.echo(text, nl=nl)


def say(text: str) -> None:
    """Tell the person something that is not data, without passwords and with what is not seen made visible."""
    click.echo(printable(without_password(text)), err=True)


def show_table(headers: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Sequence[str] = ()) -> None:
    """Print a table to stdout; on a terminal it fits the width, in a pipe nothing is cut.

    Parameters
    ----------
    headers : sequence of str
        Column names.
    rows : sequence of sequences
        Cells; None shows as a dash.
    right : sequence of str
        Headers of the columns that align right.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        table.add_column(Text(visible(header)), justify="right" if header in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("–" if cell is None else visible(str(cell))) for cell in row))
    terminal = sys.stdout.isatty()
    console = Console(file=sys.stdout, width=None if terminal else 1000, soft_wrap=not terminal)
    with console.capture() as capture:
        console.print(table)
    # The cells are visible already; what is left is rich's own colours, which a terminal may have.
    text = capture.get()
    click.echo(text if terminal else printable(text), nl=False)


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """Show the progress of work that takes over two seconds: a bar on a terminal, now and then a line elsewhere."""
    shown = _Bar() if sys.stderr.isatty() else _Lines()
    try:
        yield shown
    finally:
        shown.stop()


class _Lines:
    """Progress as a line after two seconds, and then every ten."""

    def __init__(self) -> None:
        self.next = time.monotonic() + 2

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now > self.next:
            say(f"{stage}: {done:,}{f' of {total:,}' if total else ''}")
            self.next = now + 10

    def stop(self) -> None:
        """Leave nothing behind."""


class _Bar:
    """Progress as a bar that goes away when the work is done."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.stage = ""
        self.bar: Any = None
        self.task: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if time.monotonic() - self.started < 2:
            return
        if self.bar is None:
            from rich.console import Console
            from rich.progress import Progress as Bar

            self.bar = Bar(console=Console(stderr=True), transient=True)
            self.bar.start()
        from rich.markup import escape

        if stage != self.stage:
            self.stage, self.task = stage, self.bar.add_task(escape(visible(stage)), total=total or None)
        self.bar.update(self.task, completed=done, total=total or None)

    def stop(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()


def parse_key(values: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    """Read ``--key``: a bare value for a dataset with one key column, else ``COLUMN=VALUE`` for each."""
    names = list(columns) or ["rid"]
    if len(names) == 1 and len(values) == 1 and not values[0].startswith(f"{names[0]}="):
        return {names[0]: values[0]}
    pairs = dict(value.partition("=")[::2] for value in values)
    if set(pairs) != set(names):
        raise click.UsageError(
            f"The key is {', '.join(names)}: give --key {' --key '.join(f'{n}=VALUE' for n in names)}."
        )
    return pairs
