"""Look whether everything the workbench stands on is sound."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from workbench.errors import WorkbenchError
from workbench.lake import Lake, newest, open_lake, read_versions, view_of
from workbench.progress import Progress, silent
from workbench.settings import Settings


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at.

    Attributes
    ----------
    what : str
        What was examined.
    ok : bool
        Whether it is sound.
    detail : str
        What was seen, or how to mend it.
    """

    what: str
    ok: bool
    detail: str


def examine(settings: Settings, *, progress: Progress = silent) -> list[Diagnosis]:
    """Examine the installation and the lake that settings name.

    Returns
    -------
    list of Diagnosis
        The lake itself, and the newest version of each dataset recomputed against its content hash.
    """
    try:
        with open_lake(settings) as lake:
            return [Diagnosis("lake", True, settings.lake), *_datasets(lake, progress)]
    except WorkbenchError as error:
        return [Diagnosis("lake", False, str(error).replace("\n ", ""))]


def _datasets(lake: Lake, progress: Progress) -> list[Diagnosis]:
    """Recompute the newest version of each dataset."""
    names = sorted({version.dataset for version in read_versions(lake)})
    found = []
    for done, name in enumerate(names):
        progress("recomputing content hashes", done, len(names))
        version = newest(lake, name)
        actual = dataclasses.replace(view_of(lake, version), known_hash="").content_hash()
        sound = actual == version.content_hash
        detail = f"{version.rows:,} rows" if sound else f"content hash is {actual}, recorded {version.content_hash}"
        found.append(Diagnosis(version.name, sound, detail))
    return found
