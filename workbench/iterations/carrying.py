"""What was found out about a draft, kept for the version that it became, where the rows are the same."""

from __future__ import annotations

from dataclasses import replace

from workbench.drafts import Draft, FoundKind, Published, discussion_of
from workbench.errors import WorkbenchError
from workbench.iterations import measuring
from workbench.iterations.checking import check, validate
from workbench.lake import Lake, Version, read_version
from workbench.progress import Progress, silent

NAMES: dict[FoundKind, str] = {"checked": "validation", "findings": "checks", "evaluated": "effect on the model"}
"""What is found out about a draft → what people call it."""


def carry_over(lake: Lake, draft: Draft, done: Published, *, author: str, progress: Progress = silent) -> Published:
    """Record for a new version what was found out about the draft that it came from.

    The version's rows are those that were judged where nobody published since the draft's base and no correction was
    left out. Validation and checks are then recorded from what is kept of the draft and its base, and the effect from
    the fits that were made for it: no model is fitted again. Otherwise they say nothing about the version.

    Parameters
    ----------
    draft : Draft
        As it was before it was published.
    done : Published
        What publishing gave.

    Returns
    -------
    Published
        With ``carried`` and ``stale``. What cannot be recorded is among the latter, and does not undo the version.
    """
    talk = discussion_of(lake, draft.draft)
    known = {kind: found for kind in NAMES if (found := talk.found(kind)) is not None}
    known = {kind: found for kind, found in known.items() if found["base"] == draft.base}
    if not known:
        return done
    if done.version.parent != draft.base or done.conflicts:
        why = "some corrections were left out" if done.conflicts else f"v{done.version.parent} was published meanwhile"
        return replace(done, stale=tuple(f"{NAMES[kind]}: found on v{draft.base}, but {why}" for kind in known))
    base = read_version(lake, draft.dataset, draft.base)
    carried, stale = [], []
    for kind in known:
        try:
            _record(lake, kind, base, done.version, author, progress)
            carried.append(NAMES[kind])
        except WorkbenchError as error:
            stale.append(f"{NAMES[kind]}: {error.message}")
    return replace(done, carried=tuple(carried), stale=tuple(stale))


def _record(lake: Lake, kind: FoundKind, base: Version, version: Version, author: str, progress: Progress) -> None:
    """Record one kind of knowledge for a version whose rows are the draft's."""
    if kind == "checked":
        validate(lake, version, progress=progress)
    elif kind == "findings":
        check(lake, version, author=author, progress=progress)
    else:
        # The draft was compared with its base, so both are evaluated; the verdict takes both on record.
        if not any(row["version"] == base.version for row in measuring.measurements(lake, base.dataset)):
            measuring.measure(lake, base, progress=progress)
        measuring.measure(lake, version, progress=progress)
