"""The command line: parse, call one function, print, exit code.

Only click is imported before a command runs, so that ``workbench --help`` answers at once. Data goes to stdout, talk
to stderr; the exit code of an error is the error's own (:mod:`workbench.errors`).
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

from workbench.addresses import remember_secrets
from workbench.cli import (
    datasets,
    definition,
    draft,
    forecast,
    impact,
    quality,
    recipes,
    report,
    rescore,
    runs,
    service,
    simulate,
    versions,
    wear,
)
from workbench.cli.state import State, say
from workbench.errors import ConflictError, WorkbenchError

_HELP = """Improve data in measured iterations while the model stays fixed.

\b
First steps:
  workbench demo                            the whole loop on the shipped data
  workbench import people people.csv --key id --label income
  workbench validate people                 what breaks the schema
  workbench check people                    suspicious labels, duplicates, leaks
  workbench evaluate people                 accuracy of the fixed model

NAME@V names a version: people@3, people@production, people (the newest).
"""


class _Commands(click.Group):
    """The commands, which can look up how they were called."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments for an error that proposes others."""
        ctx.meta["arguments"] = tuple(args)
        return super().parse_args(ctx, args)


@click.group(
    cls=_Commands, help=_HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.option("--lake", metavar="URL", help="Catalogue: sqlite:PATH or postgres:CONNECTION.")
@click.option("--config", metavar="FILE", help="Settings file; default: workbench.toml.")
@click.option("--author", metavar="NAME", help="Who is recorded; default: the system's user.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="data-quality-workbench", prog_name="workbench")
@click.pass_context
def cli(context: click.Context, lake: str | None, config: str | None, author: str | None, debug: bool) -> None:
    """Set up what every command shares."""
    context.obj = State(url=lake, config=config, author=author, debug=debug)


for _module in (
    datasets, definition, versions, quality, impact, wear, forecast, rescore, report, draft, recipes, simulate, runs,
    service,
):  # fmt: skip
    for _command in _module.COMMANDS:
        cli.add_command(_command)


def _refuse_undecodable(words: Sequence[str]) -> None:
    """Refuse bytes that are no text: Python lets them in, but nothing can store or print them."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(word).decode("utf-8", "backslashreplace")
            raise click.UsageError(f"The argument '{shown}' is not UTF-8 text.") from None


def main() -> None:
    """Run the command line and exit with its code."""
    for word in sys.argv[1:]:
        remember_secrets(word)
    debug = "--debug" in sys.argv
    try:
        _refuse_undecodable(sys.argv[1:])
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        say(told.getvalue().rstrip("\n"))
        code = 2
    except (KeyboardInterrupt, click.Abort):
        say("Stopped. Nothing was changed.")
        code = 130
    except BrokenPipeError:
        # The reader of a pipe (head, less) has left; Python must not complain at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except WorkbenchError as error:
        if debug:
            say(traceback.format_exc().rstrip("\n"))
        say(f"Error: {error}")
        if isinstance(error, ConflictError):
            for conflict in error.conflicts[:20]:
                where = ", ".join(f"{name}={value}" for name, value in conflict.key.items())
                expected, found, new = (
                    "missing" if value is None and conflict.column else repr(value)
                    for value in (conflict.expected, conflict.found, conflict.new)
                )
                say(f"  {where} {conflict.column or '(row)'}: expected {expected}, found {found}, new {new}")
        code = error.exit_code
    except Exception as error:
        if debug:
            say(traceback.format_exc().rstrip("\n"))
        say(f"Error: something unforeseen happened: {type(error).__name__}: {error}")
        if not debug:
            say("  Run the command again with --debug (workbench --debug …) to see where.")
        code = 3
    sys.exit(code)
