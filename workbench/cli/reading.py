"""The options that say how a source is to be read, and the command to paste where a file is refused."""

from __future__ import annotations

import contextlib
import functools
import shlex
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workbench.cli.state import Whole

if TYPE_CHECKING:
    from workbench.ingest import ReadOptions

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--encoding", metavar="NAME", help="Of a text or JSON file, e.g. cp1252, utf-16; default: UTF-8."),
    click.option(
        "--skip-rows", type=Whole(-(10**12), 10**12), multiple=True, metavar="N",
        help="Lines to leave out: 3 from the top, -2 from the end; repeat for both.",
    ),
    click.option("--comment", metavar="TEXT", help="Leave out lines that begin so, e.g. '#'."),
    click.option("--delimiter", metavar="CHAR", help="Between cells: ';', tab, or none for one column."),
    click.option("--quote", metavar="CHAR", help="Around cells, e.g. \"'\"; none: quotes are text."),
    click.option("--escape", metavar="CHAR", help="Before a character to be taken as it is, e.g. '\\'."),
    click.option(
        "--header", metavar="HOW", help="yes, no, unique (number blank and repeated names), a row (3), rows (3-4), "
        "or names: id,name,x.",
    ),
    click.option(
        "--ragged-rows", "ragged", metavar="HOW",
        help="fill: short rows get missing cells, empty cells beyond the header go; default: refuse.",
    ),
    click.option("--trim", metavar="HOW", help="yes: take blanks around names and cells away; default: no."),
    click.option("--sheet", metavar="NAME", help="Of an Excel workbook, e.g. 'Sheet2'."),
    click.option("--records", metavar="PATH", help="Where the records are in a JSON document, e.g. data.items."),
)  # fmt: skip
_NAMES = {option for each in _OPTIONS for option in each(lambda: None).__click_params__[-1].opts}  # type: ignore[attr-defined]


def reading_options(function: F) -> F:
    """Add the options to a command, which takes them as one ``options``; a refused source comes with what helps."""

    @functools.wraps(function)
    def command(*args: Any, **values: Any) -> Any:
        from workbench.ingest import ReadOptions, parse_header

        found = {name: values.pop(name) for name in (*_PLAIN, "header", "skip_rows")}
        top = [each for each in found["skip_rows"] if each >= 0]
        end = [-each for each in found["skip_rows"] if each < 0]
        if len(top) > 1 or len(end) > 1:
            raise click.UsageError("--skip-rows is for once from the top (3) and once from the end (-2).")
        options = ReadOptions(
            **{name: found[name] for name in _PLAIN}, header=parse_header(found["header"]),
            skip_rows=top[0] if top else None, skip_end=end[0] if end else None,
        )  # fmt: skip
        with _pasteable():
            return function(*args, options=options, **values)

    result: Any = command
    for option in reversed(_OPTIONS):
        result = option(result)
    return result  # type: ignore[no-any-return]


_PLAIN = ("encoding", "comment", "delimiter", "quote", "escape", "ragged", "trim", "sheet", "records")


@contextlib.contextmanager
def _pasteable() -> Iterator[None]:
    """Add to a refusal the command that would read the source."""
    from workbench.errors import DataError
    from workbench.ingest import ReadOptions

    try:
        yield
    except DataError as error:
        if error.options:
            line = _command(click.get_current_context(), ReadOptions.from_dict(error.options))
            error.hint = f"{error.hint}\n  Try: {line}"
        raise


def _command(context: click.Context, options: ReadOptions) -> str:
    """Write the command that is running with other read options."""
    kept: list[str] = []
    given = iter(context.find_root().meta.get("arguments", ()))
    for argument in given:
        if argument in _NAMES:
            next(given, None)
        elif argument.partition("=")[0] not in _NAMES:
            kept.append(argument)
    return shlex.join(["workbench", *kept, *options.arguments()])
