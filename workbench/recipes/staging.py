"""Stage what a recipe comes to in a draft, where it can be seen, checked, measured and undone before it counts."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.drafts import Draft, stage
from workbench.errors import UsageError
from workbench.lake import Lake, Version, View
from workbench.recipes.records import DryRun, Recipe
from workbench.recipes.trying import tried


@dataclass(frozen=True)
class StagedRecipe:
    """A recipe that was staged.

    Attributes
    ----------
    draft : Draft
        The draft as it is now.
    run : DryRun
        What each step did.
    """

    draft: Draft
    run: DryRun


def stage_recipe(
    lake: Lake, draft: int, view: View, recipe: Recipe, *, author: str, since: Version | None = None
) -> StagedRecipe:
    """Stage a recipe in a draft as one step of undo; what stands against it is left alone.

    Parameters
    ----------
    view : View
        The rows as the draft leaves them so far (:func:`workbench.drafts.draft_view`).
    since : Version, optional
        Only rows that were added or changed after this version.

    Raises
    ------
    UsageError
        Nothing is left to do.
    """
    found = tried(view, recipe, draft=draft, since=since)
    something_to_do(found.run)
    return StagedRecipe(stage(lake, draft, found.corrections, author=author), found.run)


def something_to_do(run: DryRun) -> None:
    """Refuse a recipe that would change nothing, and say why it would not.

    Raises
    ------
    UsageError
        It would not.
    """
    if not run.changes:
        stopped = run.conflicting
        raise UsageError(
            f"The recipe '{run.recipe.name}' has nothing to do on {run.label}.",
            hint=f"Step {stopped[0].number} {stopped[0].said}." if stopped else "Its changes are there already.",
        )
