"""What an open lake does to explain a change of the model's figure. A part of :class:`workbench.api.OpenLake`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench import versions
from workbench.drafts import Draft
from workbench.iterations import Wear, compare_many, schema_types, wear
from workbench.lake import Lake, Version
from workbench.progress import Progress, silent

if TYPE_CHECKING:
    from workbench.attribution import Attribution, Bisection
    from workbench.compare import Comparisons


@dataclass(frozen=True)
class ImpactCalls:
    """The calls on versions, each as ``NAME@V``, and on what was concluded from them.

    Attributes
    ----------
    lake : Lake
        Where they are.
    author : str
        Recorded with what is done.
    """

    lake: Lake
    author: str

    def attribute(
        self, a: str, b: str, *, by: str = "check", metric: str | None = None, progress: Progress = silent
    ) -> Attribution:
        """Share out what changed the figure between two versions; see :func:`workbench.attribution.attribute`."""
        from workbench.attribution import attribute

        first, second, types = self._pair(a, b)
        return attribute(self.lake, first, second, by=by, metric=metric, schema_types=types, progress=progress)

    def bisect(
        self, a: str, b: str, *, by: str = "version", metric: str | None = None, progress: Progress = silent
    ) -> Bisection:
        """Find the batch of changes between two versions that did harm; see :func:`workbench.attribution.bisect`."""
        from workbench.attribution import bisect

        first, second, types = self._pair(a, b)
        return bisect(self.lake, first, second, by=by, metric=metric, schema_types=types, progress=progress)

    def compare_many(
        self,
        base: str,
        *others: str,
        metric: str | None = None,
        seeds: int | None = None,
        resample: int = 0,
        progress: Progress = silent,
    ) -> Comparisons:
        """Compare several versions with one base, by intervals that hold together at 95 %."""
        first, *rest = (versions.resolve(self.lake, name) for name in (base, *others))
        return compare_many(
            self.lake, first, rest, metric=metric, slices=True, seeds=seeds, resample=resample, progress=progress
        )

    def wear(self, dataset: str) -> Wear:
        """Count the decisions that a dataset's newest test rows have informed."""
        return wear(self.lake, dataset)

    def take_back(self, a: str, b: str, batches: Sequence[str], *, by: str = "version") -> Draft:
        """Stage the way back of some batches in a new draft; all other changes stay."""
        from workbench.attribution import revert

        first, second, _ = self._pair(a, b)
        return revert(self.lake, first, second, batches, by=by, author=self.author)

    def _pair(self, a: str, b: str) -> tuple[Version, Version, dict[str, str]]:
        """Find two versions, and the types that the schema gives their columns."""
        first, second = versions.resolve(self.lake, a), versions.resolve(self.lake, b)
        return first, second, schema_types(self.lake, second)
