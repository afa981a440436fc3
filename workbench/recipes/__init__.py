"""Rules made of corrections: tried first, staged like any correction, kept in the lake and replayed on new data."""

from workbench.recipes.files import parse_recipe, read_recipe, write_recipe
from workbench.recipes.keeping import KeptRecipe, get_recipe, list_recipes, remove_recipe, save_recipe
from workbench.recipes.learning import Learned, LeftOut, learn, learn_between
from workbench.recipes.records import (
    BrokenStep,
    DryRun,
    ExcludeStep,
    Held,
    MergeStep,
    Recipe,
    SetStep,
    Step,
    StepOutcome,
    TransformStep,
    kind_of,
)
from workbench.recipes.staging import StagedRecipe, something_to_do, stage_recipe
from workbench.recipes.trying import dry_run

__all__ = [
    "BrokenStep",
    "DryRun",
    "ExcludeStep",
    "Held",
    "KeptRecipe",
    "Learned",
    "LeftOut",
    "MergeStep",
    "Recipe",
    "SetStep",
    "StagedRecipe",
    "Step",
    "StepOutcome",
    "TransformStep",
    "dry_run",
    "get_recipe",
    "kind_of",
    "learn",
    "learn_between",
    "list_recipes",
    "parse_recipe",
    "read_recipe",
    "remove_recipe",
    "save_recipe",
    "something_to_do",
    "stage_recipe",
    "write_recipe",
]
