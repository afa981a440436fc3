"""Write docs/cli.md from the commands themselves: python docs/make_reference.py [--check].

With --check nothing is written; it ends with 1 where the file is not what the commands say.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parents[1]))

from workbench.cli import cli

FILE = Path(__file__).parent / "cli.md"
HEAD = """# Command line

Made from the commands' own help by `python docs/make_reference.py`; `workbench COMMAND --help` says the same.

Data goes to stdout, talk to stderr. `--json` prints one JSON document with stable field names.
Exit codes: 0 done or passed, 1 checks failed, 2 usage or configuration, 3 could not run.
"""


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Walk a command and all below it."""
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from commands(command.commands[name], (*path, name))


def reference() -> str:
    """Write the reference."""
    parts = [HEAD]
    for path, command in commands(cli, ("workbench",)):
        context = click.Context(command, info_name=" ".join(path), max_content_width=110, terminal_width=110)
        parts.append(
            f"{'#' * min(len(path) + 1, 3)} {' '.join(path)}\n\n```\n{command.get_help(context).rstrip()}\n```\n"
        )
    return "\n".join(parts)


def main() -> int:
    """Write the file, or compare it."""
    text = reference()
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if FILE.is_file() and FILE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{FILE.name} is not what the commands say: run python docs/make_reference.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
