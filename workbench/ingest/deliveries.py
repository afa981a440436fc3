"""What was delivered before: a source that is as it was when it was merged is not merged over a newer delivery.

Each version that an import or a refresh makes remembers its delivery: which source it was, and a digest of what that
held. A dataset's source that has not changed since, while another one was merged, has nothing new to say; merged
again, it would take back what the newer delivery changed and what people corrected there.
"""

from __future__ import annotations

import glob
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.ingest.databases import KINDS
from workbench.ingest.options import ReadOptions
from workbench.ingest.reading import Reading
from workbench.ingest.sources import files_digest, located
from workbench.lake import Session, Version
from workbench.lake.sql import digest_sums

_KINDS = ("import", "refresh")


@dataclass(frozen=True)
class Overtaken:
    """A delivery that was merged before another one.

    Attributes
    ----------
    version : int
        The newest version that was made of it, or that it was compared with and did not change.
    since : int
        The newest version that another source made afterwards.
    source : str or None
        That source, as :func:`workbench.ingest.sources.source_name` writes it; None for data in memory.
    """

    version: int
    since: int
    source: str | None


def source_digest(name: str, url: str, options: ReadOptions) -> str | None:
    """Digest what the files of a remembered source hold and how they are read; None for a table of a database.

    Raises
    ------
    DataError
        There is no such file.
    """
    place = located(name, url)
    return None if place.partition(":")[0] in KINDS else _with_options(files_digest(place), options)


def delivery_digest(session: Session, source: Any, reading: Reading, options: ReadOptions) -> str | None:
    """Digest an opened source: the bytes of files, the rows of a table in any order; None for data in memory."""
    if not isinstance(source, (str, Path)):
        return None
    if not isinstance(source, str) or source.partition(":")[0] not in KINDS:
        return _with_options(files_digest(str(source)), options)
    cells = ", ".join(f"c{position}::VARCHAR" for position in range(len(reading.names)))
    rows = f"(SELECT md5_number(json_array({cells})::VARCHAR) AS row_digest FROM {reading.relation})"
    sums = [str(each) for each in session.rows(f"SELECT {digest_sums('row_digest')} FROM {rows}")[0]]
    return hashlib.sha256(json.dumps([reading.names, sums]).encode()).hexdigest()


def overtaken(
    versions: Sequence[Version], source: str | None, digest: str | None, read: Mapping[str, Any] | None = None
) -> Overtaken | None:
    """Tell whether a delivery was merged before, and only other sources have been since.

    A source that said something else in between and is as it was again has changed: that is news.

    Parameters
    ----------
    versions : sequence of Version
        All of the dataset, oldest first.
    source : str or None
        The delivery's source, as :func:`workbench.ingest.sources.source_name` writes it.
    digest : str or None
        Of the delivery.
    read : mapping, optional
        ``source``, the digest of a delivery that was read and perhaps changed nothing, and ``spoke``, the version that
        the source had last made then.
    """
    spoke = [version for version in versions if version.kind in _KINDS]
    told = [version.version for version in spoke if digest and _delivery(version).get("digest") == digest]
    if not told and digest and read and read.get("source") == digest and read.get("spoke"):
        told = [int(read["spoke"])]
    later = [version for version in spoke if told and version.version > told[-1]]
    if not later or (source is not None and any(_delivery(version).get("source") == source for version in later)):
        return None
    newer = later[-1]
    return Overtaken(told[-1], newer.version, _delivery(newer).get("source", newer.detail.get("source")))


def why_not_merged(dataset: str, source: str, found: Overtaken, url: str) -> str:
    """Say in words why a dataset's source was not merged again."""
    other, hint = "another delivery", ""
    if found.source is not None:
        there = located(found.source, url)
        other = Path(found.source).name
        if there.partition(":")[0] in KINDS or glob.glob(there):
            other = found.source
            hint = f" `workbench set {dataset} --source {shlex.quote(found.source)}` has runs read that one."
    return (
        f"{source} is as it was when v{found.version} was made of it, and {other} was merged since (v{found.since}): "
        f"nothing was merged.{hint}"
    )


def _delivery(version: Version) -> dict[str, Any]:
    """Return what a version remembers of its delivery; nothing for one of older days."""
    found: dict[str, Any] = version.detail.get("delivery", {})
    return found


def _with_options(digest: str, options: ReadOptions) -> str:
    """Let the same bytes read in another way be another delivery."""
    return hashlib.sha256(f"{digest}:{json.dumps(options.to_dict(), sort_keys=True)}".encode()).hexdigest()
