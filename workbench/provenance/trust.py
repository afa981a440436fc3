"""Which files of code may run: those of the project, and of folders that a setting trusts."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.settings import Settings, project_folder, project_of

_SAID: set[str] = set()


def code_folders(settings: Settings, url: str) -> tuple[Path, ...]:
    """List the folders whose schema and model files may run, resolved: the project's first, then the trusted ones.

    The project's folder is that of the settings file, the nearest one at or above the working directory that has
    ``workbench.toml``, ``pyproject.toml`` or ``schemas``, and the nearest such one above a SQLite lake; without any of
    them it is the working directory. A PostgreSQL lake lies in no folder, so the first two count.

    Parameters
    ----------
    url : str
        The lake's catalogue.
    """
    found = [Path(settings.project) if settings.project else None, project_of(Path.cwd()), project_folder(url)]
    projects = [folder for folder in found if folder is not None] or [Path.cwd()]
    listed = [*projects, *(Path(folder).expanduser() for folder in settings.trusted_folders)]
    return tuple(dict.fromkeys(folder.resolve() for folder in [*listed, *_shipped()]))


def _shipped() -> list[Path]:
    """List the folders of the schemas that come with the package, which the demo uses."""
    checkout = Path(__file__).parents[2]
    beside = [checkout / "schemas"] if (checkout / "data" / "adult.csv").is_file() else []
    return [*beside, Path(sys.prefix) / "share" / "workbench" / "schemas"]


def require_trusted(file: Path, folders: Sequence[Path], *, what: str, error: type[WorkbenchError]) -> Path:
    """Return a file's true path if it lies in one of these folders, links and ``..`` resolved.

    Parameters
    ----------
    what : str
        For people: ``schema file``.
    error : type
        What to raise.
    """
    true = file.resolve()
    if any(true.is_relative_to(folder) for folder in folders):
        return true
    leads = f" (it leads to {true})" if true != Path(os.path.abspath(file)) else ""
    raise error(
        f"The {what} '{file}'{leads} is not run: it lies outside the project's folder, {folders[0]}.",
        hint=f'Copy it into the project, or trust its folder in workbench.toml: trusted_folders = ["{true.parent}"].',
    )


def announce(file: Path, digest: str) -> None:
    """Say on standard error which file's code is about to run, once per file and content.

    What was said is kept in ``workbench/code`` of the user's state folder (``XDG_STATE_HOME``, else
    ``~/.local/state``), one line per file and content. Where that cannot be written it is
    said once per process. Schemas that come with the package are not announced.
    """
    entry = hashlib.sha256(f"{digest} {file}".encode()).hexdigest()
    if entry in _SAID or multiprocessing.parent_process() is not None:
        return
    if any(file.is_relative_to(folder) for folder in _shipped()):
        return
    _SAID.add(entry)
    known = _state_file()
    try:
        if known.is_file() and any(line.startswith(entry) for line in known.read_text("utf-8").splitlines()):
            return
    except (OSError, UnicodeDecodeError):
        pass
    if sys.stderr is not None:
        sys.stderr.write(f"First use of this code, which runs with your rights: {file}\n")
    try:
        known.parent.mkdir(parents=True, exist_ok=True)
        with known.open("a", encoding="utf-8") as lines:
            lines.write(f"{entry} {str(file)!r}\n")
    except OSError:
        pass


def _state_file() -> Path:
    """Say where it is kept what was announced."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(base) / "workbench" / "code"
