"""What an open lake does to put findings in order. A part of :class:`workbench.api.OpenLake`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.lake import Lake
from workbench.progress import Progress, silent

if TYPE_CHECKING:
    from workbench.ranking import Ranking


@dataclass(frozen=True)
class RankingCalls:
    """The calls on the order of a dataset's queue.

    Attributes
    ----------
    lake : Lake
        Where it is kept.
    author : str
        Whose open draft counts.
    """

    lake: Lake
    author: str

    def rescore(self, dataset: str, *, progress: Progress = silent) -> Ranking:
        """Order the open findings by what they are expected to bring; see :func:`workbench.ranking.rescore`."""
        from workbench.ranking import rescore

        return rescore(self.lake, dataset, author=self.author, progress=progress)

    def ranking(self, dataset: str) -> Ranking | None:
        """Return the order that counts now; None where the findings were never scored."""
        from workbench.ranking import newest_ranking

        return newest_ranking(self.lake, dataset)
