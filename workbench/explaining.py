"""What an open lake does to explain a change of the model's figure. A part of :class:`workbench.api.OpenLake`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench import versions
from workbench.drafts import Draft
from workbench.iterations import schema_types
from workbench.lake import Lake, Version
from workbench.progress import Progress, silent

if TYPE_CHECKING:
    from workbench.attribution import Attribution, Bisection


@dataclass(frozen=True)
class ImpactCalls:
    """The calls on two versions, each as ``NAME@V``.

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

    def take_back(self, a: str, b: str, batches: Sequence[str], *, by: str = "version") -> Draft:
        """Stage the way back of some batches in a new draft; all other changes stay."""
        from workbench.attribution import revert

        first, second, _ = self._pair(a, b)
        return revert(self.lake, first, second, batches, by=by, author=self.author)

    def _pair(self, a: str, b: str) -> tuple[Version, Version, dict[str, str]]:
        """Find two versions, and the types that the schema gives their columns."""
        first, second = versions.resolve(self.lake, a), versions.resolve(self.lake, b)
        return first, second, schema_types(self.lake, second)
