"""Look whether everything the workbench stands on is sound."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import WorkbenchError
from workbench.lake import open_lake, read_versions, verify
from workbench.progress import Progress, silent
from workbench.settings import Settings, without_password


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
        The lake itself, and the newest version of each dataset held against its hashes; a fault of one dataset does
        not hide the others. :func:`workbench.lake.verify` looks at older versions, too.
    """
    try:
        with open_lake(settings) as lake:
            # Dropped datasets are looked at as well: they may be brought back.
            newest = {version.dataset: version for version in read_versions(lake)}
            found = verify(lake, list(newest.values()), progress=progress)
            place = without_password(settings.lake)
            return [Diagnosis("lake", True, place), *(Diagnosis(v.name, v.state == "sound", v.detail) for v in found)]
    except WorkbenchError as error:
        return [Diagnosis("lake", False, str(error).replace("\n ", ""))]
