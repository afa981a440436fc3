"""What a dataset does with columns as a whole, recipes included. A part of :class:`workbench.datasets.Dataset`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench import iterations
from workbench.lake import Lake
from workbench.versions import resolve

if TYPE_CHECKING:
    from workbench.clusters import Clusters, Method
    from workbench.recipes import DryRun, KeptRecipe, Learned, Recipe, StagedRecipe
    from workbench.transforms import Preview, Transform


@dataclass(frozen=True)
class ColumnCalls:
    """The calls on columns as a whole.

    Attributes
    ----------
    lake : Lake
        Where the dataset is.
    name : str
        The dataset.
    author : str
        Recorded with what is staged or kept.
    """

    lake: Lake
    name: str
    author: str

    def clusters(
        self,
        column: str,
        *,
        method: Method = "fingerprint",
        similarity: float = 0.85,
        measure: Literal["levenshtein", "jaro-winkler"] = "levenshtein",
        draft: int | None = None,
    ) -> Clusters:
        """Find the values of a text column that are probably one value written in several ways.

        Values that the schema allows are proposed before those that it does not.
        """
        return iterations.column_clusters(
            self.lake, self.name, column, method=method, similarity=similarity, measure=measure, draft=draft
        )

    def preview(
        self, column: str, steps: Transform | Sequence[Transform], *, draft: int | None = None, limit: int = 20
    ) -> Preview:
        """Say what transforms would do to a column of the newest version, or of a draft."""
        from workbench.transforms import preview

        chosen = steps if isinstance(steps, Sequence) else [steps]
        return preview(iterations.rows_of(self.lake, self.name, draft), column, chosen, limit=limit)

    def recipes(self) -> list[KeptRecipe]:
        """List the recipes kept for the dataset."""
        from workbench.recipes import list_recipes

        return list_recipes(self.lake, self.name)

    def recipe(self, name: str) -> KeptRecipe:
        """Return the recipe kept under a name."""
        from workbench.recipes import get_recipe

        return get_recipe(self.lake, self.name, name)

    def save_recipe(self, recipe: Recipe, *, replay: bool = False) -> KeptRecipe:
        """Keep a recipe; with ``replay`` each refresh applies it to the rows that it brought."""
        from workbench.recipes import save_recipe

        return save_recipe(self.lake, self.name, recipe, replay=replay, author=self.author)

    def remove_recipe(self, name: str) -> KeptRecipe:
        """Keep a recipe no longer; what it changed stays."""
        from workbench.recipes import remove_recipe

        return remove_recipe(self.lake, self.name, name, author=self.author)

    def dry_run(self, recipe: Recipe | str, *, draft: int | None = None) -> DryRun:
        """Say what each step of a recipe, or of the one kept under a name, would do; nothing is changed."""
        from workbench.recipes import dry_run

        chosen = self.recipe(recipe).recipe if isinstance(recipe, str) else recipe
        return dry_run(iterations.rows_of(self.lake, self.name, draft), chosen, draft=draft)

    def apply_recipe(self, recipe: Recipe | str, *, draft: int | None = None) -> StagedRecipe:
        """Stage a recipe in a draft as one step; default: the author's newest open draft, or a new one."""
        chosen = self.recipe(recipe).recipe if isinstance(recipe, str) else recipe
        return iterations.apply_recipe(self.lake, self.name, chosen, draft=draft, author=self.author)

    def learn(
        self, *, draft: int | None = None, versions: tuple[int | str, int | str] | None = None, name: str = ""
    ) -> Learned:
        """Learn rules from a draft's corrections, or from what changed between two versions."""
        from workbench.errors import UsageError
        from workbench.recipes import learn, learn_between

        if versions is not None and draft is None:
            a, b = (resolve(self.lake, f"{self.name}@{version}") for version in versions)
            return learn_between(self.lake, a, b, name=name)
        if draft is None or versions is not None:
            raise UsageError("Rules are learnt from a draft or from two versions.", hint="Name one of them.")
        return learn(self.lake, draft, name=name)
