"""Versions on one curve: each came from the one before by people's answers, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.evaluation import Evaluation
from workbench.evaluation.reading import trained_on
from workbench.iterations import measurements
from workbench.lake import Lake, Version, read_versions
from workbench.outlook.effort import Effort

BEGINS = ("import", "refresh", "restore")
"""Kinds of version that change rows otherwise than by answers: where one does, a curve begins anew."""


@dataclass(frozen=True)
class Series:
    """Measured versions on one curve, oldest first.

    Attributes
    ----------
    versions : tuple of Version
        The versions.
    found : tuple of Evaluation
        Of each.
    n : tuple of int
        Train rows corrected since the first.
    notes : tuple of str
        What was left out, and why.
    """

    versions: tuple[Version, ...]
    found: tuple[Evaluation, ...]
    n: tuple[int, ...]
    notes: tuple[str, ...]


def series_up_to(lake: Lake, head: Version, done: Effort) -> Series:
    """Find the newest curve of a dataset.

    It begins anew where the model learnt something else although no train row was corrected (a rule, a refresh, a
    restore), and where the model or the label changed. A version that the model learns the same from stands for those
    before it, unless rows were corrected in between: then that brought nothing, and the curve is to know it.
    """
    versions = read_versions(lake, head.dataset)
    kept = measurements(lake, head.dataset)
    known = {row["version"]: Evaluation.from_dict(row["result"]) for row in kept}
    notes = [] if head.version in known else [f"{head.name} is not measured yet: workbench evaluate {head.name}"]
    measured = [version for version in versions if version.version in known and known[version.version].comparable]
    points: list[tuple[Version, int]] = []
    before, last = 0, known[measured[-1].version] if measured else None
    for version in measured:
        found = known[version.version]
        if last is None or found.fingerprint != last.fingerprint or version.definition.label != head.definition.label:
            points = []
            continue
        added = sum(count for number, count in done.corrected.items() if before < number <= version.version)
        begins = any(before < each.version <= version.version and each.kind in BEGINS for each in versions)
        alike = bool(points) and trained_on(known[before].input_hash) == trained_on(found.input_hash)
        if not points or (not alike and (begins or not added)):
            points = [(version, 0)]
        elif alike and not added:
            points[-1] = (version, points[-1][1])
        else:
            points.append((version, points[-1][1] + added))
        before = version.version
    if points and any(each.version < points[0][0].version for each in measured):
        first = points[0][0].name
        notes.append(f"the curve begins at {first}: what changed before is not, or not only, what people answered")
    chosen = tuple(version for version, _ in points)
    return Series(chosen, tuple(known[each.version] for each in chosen), tuple(n for _, n in points), tuple(notes))
