"""How the app writes commands, counts and times."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.characters import visible
from workbench.reporting.figures import metric_name as metric_name
from workbench.settings import DEFAULT_LAKE, without_password

if TYPE_CHECKING:
    import pandas as pd

PAGES = Path(__file__).parent / "pages"
"""Folder of the pages' files, by which Streamlit knows them."""

_STEPS = ((timedelta(minutes=1), timedelta(hours=1), "min"), (timedelta(hours=1), timedelta(days=1), "h"))


def command(lake: str, *words: str) -> str:
    """Write a ``workbench`` command that can be pasted into a shell.

    Parameters
    ----------
    lake : str
        Catalogue URL. A SQLite catalogue elsewhere than at the default place is named in the command; another
        catalogue is not, since its URL may hold a password: it is taken to be in the settings.
    words : str
        Command and arguments, quoted here where the shell needs it; a word in capitals or a comment stays as it is.
    """
    usual = f"sqlite:{Path(DEFAULT_LAKE.removeprefix('sqlite:')).resolve()}"
    named = ["--lake", lake] if lake.startswith("sqlite:") and lake != usual else []
    return shlex.join(["workbench", *named, *words])


def place_of(lake: str) -> str:
    """Write where a lake is: the catalogue's path as seen from the working directory, or a URL without its password."""
    path = Path(lake.removeprefix("sqlite:"))
    if not lake.startswith("sqlite:"):
        return without_password(lake)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def ago(moment: datetime, *, now: datetime | None = None) -> str:
    """Write how long ago something was: ``5 min ago``, ``yesterday``, ``12 Mar 2026``."""
    passed = (now or datetime.now(UTC)) - moment
    if passed < timedelta(minutes=1):
        return "just now"
    for unit, below, name in _STEPS:
        if passed < below:
            return f"{passed // unit} {name} ago"
    if passed < timedelta(days=14):
        return "yesterday" if passed < timedelta(days=2) else f"{passed.days} days ago"
    return f"{moment.day} {moment:%b %Y}"


def plain(text: str) -> str:
    """Write a text for a label, so that nothing in it is read as markdown: no link, image, colour or formula.

    Characters that are not seen are marked, as :func:`workbench.characters.visible` does.
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(visible(text, lines=True).split()))


def marked(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark, in the texts of a table or of a chart's rows, characters that are not seen."""
    shown = frame.copy()
    for place, dtype in enumerate(frame.dtypes):
        if dtype.kind == "O":
            shown.isetitem(place, frame.iloc[:, place].map(_seen))
    return shown


def _seen(cell: object) -> object:
    """Mark a text; leave anything else."""
    return visible(cell) if isinstance(cell, str) else cell
