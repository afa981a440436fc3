"""Recipes kept in the lake: saved, replaced, listed, removed."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import UnknownName, UsageError
from workbench.recipes import Recipe, SetStep, get_recipe, list_recipes, parse_recipe, remove_recipe, save_recipe

TIDY = Recipe("tidy", (SetStep("city", "NYC", "New York"),))


@pytest.fixture(autouse=True)
def people(make):
    make(pd.DataFrame({"id": [1], "city": ["NYC"]}), "people", key=("id",))
    make(pd.DataFrame({"id": [1]}), "others", key=("id",))


def test_the_newest_text_of_a_name_counts(lake):
    save_recipe(lake, "people", TIDY, author="ann")
    kept = save_recipe(lake, "people", Recipe("tidy", (SetStep("city", "nyc", "NYC"),)), replay=True, author="ben")
    assert [each.name for each in list_recipes(lake, "people")] == ["tidy"]
    assert (kept.replay, kept.author, kept.recipe.dataset) == (True, "ben", "people")
    assert parse_recipe(kept.text) == kept.recipe
    assert list_recipes(lake, "others") == []


def test_a_recipe_that_was_removed_is_gone_and_can_come_back(lake):
    save_recipe(lake, "people", TIDY, author="ann")
    assert remove_recipe(lake, "people", "tidy", author="ann").name == "tidy"
    with pytest.raises(UnknownName, match="no recipe 'tidy' in 'people'"):
        get_recipe(lake, "people", "tidy")
    assert save_recipe(lake, "people", TIDY, author="ann").name == "tidy"


@pytest.mark.parametrize("name", ["", " tidy", "two\nlines", "x" * 101])
def test_a_name_fits_on_a_line(lake, name):
    with pytest.raises(UsageError, match="cannot be called"):
        save_recipe(lake, "people", Recipe(name, TIDY.steps), author="ann")


def test_a_recipe_stays_with_its_dataset(lake):
    with pytest.raises(UsageError, match="is for 'others', not for 'people'"):
        save_recipe(lake, "people", Recipe("tidy", TIDY.steps, "others"), author="ann")
    with pytest.raises(UnknownName, match="no dataset"):
        save_recipe(lake, "nobody", TIDY, author="ann")
