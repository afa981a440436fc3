"""What an open lake does to look ahead at edits and at more work. A part of :class:`workbench.api.OpenLake`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.lake import Lake, newest
from workbench.progress import Progress, silent

if TYPE_CHECKING:
    from workbench.findings import Filter
    from workbench.findings.listing import Order
    from workbench.outlook import Outlook
    from workbench.recipes import Recipe
    from workbench.whatif import WhatIf


@dataclass(frozen=True)
class ForecastCalls:
    """The calls that look ahead, each by the name of a dataset.

    Attributes
    ----------
    lake : Lake
        Where it is.
    """

    lake: Lake

    def what_if(
        self,
        dataset: str,
        *,
        do: Sequence[str] = (),
        wanted: Filter | None = None,
        order: Order = "score",
        top: int | None = None,
        recipes: Sequence[Recipe | str] = (),
        drafts: Sequence[int] = (),
        measured: bool = True,
        progress: Progress = silent,
    ) -> WhatIf:
        """Say what edits of the newest version would do, side by side; nothing is staged.

        Parameters
        ----------
        do : sequence of {"fix", "exclude", "keep"}
            Answers to the findings of ``wanted``; a fix takes the suggested value.
        wanted : Filter, optional
            Which findings; default: the open ones.
        order : {"score", "row", "group", "gain"}
            Of the queue.
        top : int, optional
            Only so many findings, the first in that order; at most :data:`workbench.whatif.CAP`.
        recipes : sequence of Recipe or str
            Recipes, or the names under which they are kept.
        drafts : sequence of int
            Drafts, each against the version that it is based on.
        measured : bool
            Fit and compare the fixed model, too.

        Raises
        ------
        UsageError
            Nothing to try was named, or findings were asked for without an answer.
        """
        from workbench.errors import UsageError
        from workbench.findings import OPEN, count, queue
        from workbench.recipes import get_recipe
        from workbench.whatif import CAP, of_draft, of_findings, of_recipe, what_if

        newest(self.lake, dataset)
        if not (do or recipes or drafts):
            raise UsageError(
                "There is nothing to try.", hint="Name an answer to findings (fix, exclude, keep), a recipe or a draft."
            )
        if top is not None and top < 1:
            raise UsageError(f"The first {top} findings are none.", hint="Ask for 1 or more.")
        chosen = OPEN if wanted is None else wanted
        edits = []
        if do:
            found = queue(self.lake, dataset, chosen, order=order, limit=min(CAP, top or CAP))
            beyond = count(self.lake, dataset, chosen) - len(found)
            edits = [of_findings(self.lake, dataset, found, each, beyond=beyond) for each in dict.fromkeys(do)]
        for recipe in recipes:
            whole = get_recipe(self.lake, dataset, recipe).recipe if isinstance(recipe, str) else recipe
            edits.append(of_recipe(self.lake, dataset, whole))
        edits += [of_draft(self.lake, dataset, draft) for draft in drafts]
        return what_if(self.lake, edits, measured=measured, progress=progress)

    def outlook(
        self,
        dataset: str,
        *,
        decisions: int | None = None,
        sizes: bool = False,
        rows: int | None = None,
        progress: Progress = silent,
    ) -> Outlook:
        """Say what more decisions, and more rows, are likely to bring; see :func:`workbench.outlook.outlook`."""
        from workbench.outlook import DECISIONS, ROWS, outlook

        return outlook(
            self.lake,
            dataset,
            decisions=DECISIONS if decisions is None else decisions,
            sizes=sizes,
            rows=ROWS if rows is None else rows,
            progress=progress,
        )
