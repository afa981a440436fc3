"""Work on a whole column: find the variants of its values, and stage a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from workbench.drafts import base_of, draft_view, new_draft
from workbench.errors import UsageError
from workbench.iterations.checking import schema_of
from workbench.iterations.deciding import open_draft
from workbench.lake import Lake, View, names_of, newest, view_of

if TYPE_CHECKING:
    from workbench.clusters import Clusters, Method
    from workbench.recipes import Recipe, StagedRecipe


def rows_of(lake: Lake, dataset: str, draft: int | None = None) -> View:
    """Return the rows of a dataset's newest version, or as a draft of it would leave them.

    Raises
    ------
    UsageError
        The draft is of another dataset.
    """
    if draft is None:
        return view_of(lake, newest(lake, dataset))
    return draft_view(view_of(lake, base_of(lake, draft, dataset)), draft)


def column_clusters(
    lake: Lake,
    dataset: str,
    column: str,
    *,
    method: Method = "fingerprint",
    similarity: float = 0.85,
    measure: Literal["levenshtein", "jaro-winkler"] = "levenshtein",
    draft: int | None = None,
) -> Clusters:
    """Find the variants of a column's values; those that the schema lists are proposed before others."""
    from workbench.clusters import clusters

    view = rows_of(lake, dataset, draft)
    view.column(column)
    schema = schema_of(lake, view)
    allowed: tuple[str, ...] = ()
    if schema is not None:
        from workbench.validation import allowed_values

        allowed = allowed_values(schema, column)
    return clusters(view, column, method=method, allowed=allowed, similarity=similarity, measure=measure)


def apply_recipe(lake: Lake, dataset: str, recipe: Recipe, *, draft: int | None = None, author: str) -> StagedRecipe:
    """Stage a recipe as one step of undo.

    Parameters
    ----------
    draft : int, optional
        Default: the author's newest open draft on the newest version, or a new one.

    Raises
    ------
    UsageError
        The recipe is for another dataset, or nothing is left to do.
    """
    from workbench.recipes import dry_run, something_to_do, stage_recipe

    if recipe.dataset not in ("", dataset, *names_of(lake, dataset)):
        raise UsageError(f"The recipe '{recipe.name}' is for '{recipe.dataset}', not for '{dataset}'.")
    target = draft if draft is not None else open_draft(lake, dataset, author=author)
    if target is None:
        # A draft is only begun for a recipe that has something to put into it.
        something_to_do(dry_run(rows_of(lake, dataset), recipe))
        target = new_draft(lake, dataset, title=f"recipe {recipe.name}", author=author).draft
    return stage_recipe(lake, target, rows_of(lake, dataset, target), recipe, author=author)
