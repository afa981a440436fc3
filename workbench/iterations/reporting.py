"""All that is known about two versions, gathered for a report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, ModelError, UsageError
from workbench.findings import came_and_went, outcomes
from workbench.iterations.checking import schema_types
from workbench.iterations.measuring import version_documents
from workbench.lake import Lake, Version, view_of
from workbench.progress import Progress, silent
from workbench.versions import Diff, diff

if TYPE_CHECKING:
    from workbench.compare import Comparison, Near, RowChanges

LISTED = 20_000
"""Changes that are read at most; the counts are of all."""

FLIPS = 50
"""Flipped rows listed, those that moved most."""


@dataclass(frozen=True)
class ComparisonReport:
    """Two versions of one dataset, and everything that differs.

    Attributes
    ----------
    a, b : Version
        From and to.
    found : Comparison or None
        What became of the fixed model's figures; None where they cannot be compared.
    why_not : str
        Why they cannot; else empty.
    rows : RowChanges or None
        Test rows that flipped, and predictions by class.
    near : dict
        Identity of a flipped row → corrected train rows near it, nearest first.
    differs : Diff
        What was changed, cell by cell.
    findings : dict
        Check → findings gone, findings new.
    checked : int or None
        The newest version that was checked; None: no check ever ran.
    between : tuple of dict
        The versions after the older of the two up to the newer one, as ``workbench versions --json`` has them.
    """

    a: Version
    b: Version
    found: Comparison | None
    why_not: str
    rows: RowChanges | None
    near: dict[int, tuple[Near, ...]] = field(repr=False)
    differs: Diff = field(repr=False)
    findings: dict[str, tuple[int, int]]
    checked: int | None
    between: tuple[dict[str, Any], ...] = field(repr=False)


def gather_report(
    lake: Lake, a: Version, b: Version, *, metric: str | None = None, fit: bool = True, progress: Progress = silent
) -> ComparisonReport:
    """Gather what is known about two versions; where they were not measured yet, the model is fitted.

    Parameters
    ----------
    lake : Lake
        Where they are.
    a, b : Version
        From and to; the older one may be either.
    metric : str, optional
        What the verdict is about; default: accuracy or, in regression, r2.
    fit : bool
        False: nothing is fitted, and what was not measured is said.
    progress : Progress
        Told of each fit.

    Raises
    ------
    UsageError
        Two datasets, or a task that has no such metric.
    """
    from workbench.compare import NotMeasured, compare, corrections_near, flipped_rows, kept_comparison

    differs = diff(lake, a, b, limit=LISTED)
    before, after, types = view_of(lake, a), view_of(lake, b), schema_types(lake, b)
    found, rows, why_not, near = None, None, "", {}
    if b.definition.label is None:
        why_not = "This dataset has no label column, so there is nothing a model could be measured on."
    else:
        try:
            if fit:
                found = compare(lake, before, after, metric=metric, schema_types=types, slices=True, progress=progress)
            else:
                found = kept_comparison(lake, before, after, metric=metric, schema_types=types, slices=True)
        except (DataError, ModelError, NotMeasured) as error:
            why_not = str(error)
        except UsageError as error:
            if a.definition == b.definition:
                raise
            why_not = str(error)
    if found is not None:
        rows = flipped_rows(lake, before, after, schema_types=types, limit=FLIPS)
        corrected = {change.rid for change in differs.changes}
        near = corrections_near(before, after, rows.flips, corrected, schema_types=types)
    first, last = sorted((a.version, b.version))
    return ComparisonReport(
        a=a,
        b=b,
        found=found,
        why_not=why_not,
        rows=rows,
        near=near,
        differs=differs,
        findings=came_and_went(lake, a.dataset, a.version, b.version),
        checked=max((each.version for each in outcomes(lake, a.dataset)), default=None),
        between=tuple(each for each in version_documents(lake, a.dataset) if first < each["version"] <= last),
    )
