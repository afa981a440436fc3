"""Recipes kept in the lake, under a name of their dataset; every earlier text stays on record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from workbench.errors import UnknownName, UsageError
from workbench.lake import Lake, Session, latest, names_of, newest
from workbench.recipes.files import parse_recipe, write_recipe
from workbench.recipes.records import Recipe

_LONGEST = 100


@dataclass(frozen=True)
class KeptRecipe:
    """A recipe as the lake keeps it.

    Attributes
    ----------
    dataset : str
        Whose it is.
    recipe : Recipe
        What it says.
    text : str
        The same as TOML.
    replay : bool
        Whether each refresh applies it to the rows that it brought.
    author : str
        Who saved it last.
    created_at : datetime
        When, in UTC.
    """

    dataset: str
    recipe: Recipe
    text: str
    replay: bool
    author: str
    created_at: datetime

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        return {
            "dataset": self.dataset, "recipe": self.name, "description": self.recipe.description,
            "steps": len(self.recipe.steps), "replay": self.replay, "author": self.author,
            "created_at": self.created_at, "text": self.text,
        }  # fmt: skip


def save_recipe(lake: Lake, dataset: str, recipe: Recipe, *, replay: bool = False, author: str) -> KeptRecipe:
    """Keep a recipe under its name; one of that name is replaced.

    Parameters
    ----------
    replay : bool
        Let each refresh apply it to the rows that it brought.

    Raises
    ------
    UsageError
        The name cannot be used, or the recipe was made for another dataset.
    DataError
        One of its steps cannot be used.
    """
    _refuse_name(recipe.name)
    if recipe.dataset not in ("", dataset, *names_of(lake, dataset)):
        raise UsageError(
            f"The recipe '{recipe.name}' is for '{recipe.dataset}', not for '{dataset}'.",
            hint="Take the line 'dataset' out of it, or name its dataset.",
        )
    kept = replace(recipe, dataset=dataset)
    _write(lake, dataset, kept.name, write_recipe(kept), replay=replay, author=author)
    return get_recipe(lake, dataset, kept.name)


def list_recipes(lake: Lake, dataset: str) -> list[KeptRecipe]:
    """List the recipes kept for a dataset, by name."""
    newest(lake, dataset)  # an unknown dataset is an error, not an empty list
    columns = ("text", "replay", "author", "created_at", "removed")
    rows = latest(lake, "recipes", "name", columns, where="dataset = ?", params=[dataset])
    kept = []
    for name, text, replay, author, created_at, removed in sorted(rows):
        if removed:
            continue
        recipe = parse_recipe(text, source=f"recipe {name}", name=name, lenient=True)
        if recipe.dataset != dataset:
            # It was kept under a name that the dataset had before.
            recipe = replace(recipe, dataset=dataset)
            text = write_recipe(recipe)
        kept.append(KeptRecipe(dataset, recipe, text, replay, author, created_at))
    return kept


def get_recipe(lake: Lake, dataset: str, name: str) -> KeptRecipe:
    """Return the recipe of a name.

    Raises
    ------
    UnknownName
        None is kept.
    """
    kept = list_recipes(lake, dataset)
    for each in kept:
        if each.name == name:
            return each
    raise UnknownName("recipe", name, [each.name for each in kept], where=f"'{dataset}'")


def remove_recipe(lake: Lake, dataset: str, name: str, *, author: str) -> KeptRecipe:
    """Keep a recipe no longer, and return what it was; what it changed stays."""
    kept = get_recipe(lake, dataset, name)
    _write(lake, dataset, name, kept.text, replay=False, author=author, removed=True)
    return kept


def _write(lake: Lake, dataset: str, name: str, text: str, *, replay: bool, author: str, removed: bool = False) -> None:
    """Add a row about a recipe."""

    def work(session: Session) -> None:
        newest(session, dataset)
        record = {
            "dataset": dataset, "name": name, "text": text, "replay": replay, "author": author,
            "created_at": datetime.now(UTC), "removed": removed,
        }  # fmt: skip
        session.insert("recipes", [record])

    lake.write(work, author=author, message=f"{'remove' if removed else 'save'} recipe {name}")


def _refuse_name(name: str) -> None:
    """Refuse a name that cannot be told apart from other words, or does not fit on a line."""
    if not name.strip() or name != name.strip() or len(name) > _LONGEST or not name.isprintable():
        raise UsageError(
            f"A recipe cannot be called {name!r}.",
            hint=f'Give it a name of up to {_LONGEST} characters in one line: name = "tidy".',
        )
