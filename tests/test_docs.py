"""What the documents say can be typed, and the generated one is fresh."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from workbench.cli import cli

ROOT = Path(__file__).parents[1]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]


def code(path: Path, language: str) -> list[str]:
    """The code blocks of a document."""
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def commands() -> list[str]:
    """Every command line of ours that a document tells people to type."""
    lines = [line for path in GUIDES for block in code(path, "sh") for line in block.splitlines()]
    calls = [part.strip() for line in lines for part in line.split("&&") if "workbench " in part]
    return sorted({call[call.index("workbench ") :].split(" #")[0].strip() for call in calls if "pip" not in call})


def parsed(group: click.Group, words: list[str]) -> None:
    """Let click read a command line without running it."""
    while words[0] in ("--lake", "--config", "--author"):
        words = words[2:]
    command = group.commands[words[0]]
    if isinstance(command, click.Group):
        parsed(command, words[1:])
    else:
        command.make_context(words[0], words[1:])


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_documents_is_understood(line):
    parsed(cli, shlex.split(line)[1:])


def test_the_reference_is_what_the_commands_say():
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "make_reference.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_links_lead_somewhere_and_examples_are_well_formed(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target).exists(), target
    for block in code(path, "toml"):
        tomllib.loads(block)
    for block in code(path, "python"):
        compile(block, path.name, "exec")
