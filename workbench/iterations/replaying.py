"""Refresh, and let the recipes that are kept for it have their say on the rows that the refresh brought."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.drafts import discard, draft_view, new_draft
from workbench.errors import ConflictError, RequirementsNotMet, WorkbenchError
from workbench.iterations.publishing import publish
from workbench.lake import Lake, Version, newest, read_version, view_of
from workbench.progress import Progress, silent

if TYPE_CHECKING:
    from workbench.ingest import ReadOptions, RefreshResult
    from workbench.recipes import KeptRecipe


def refresh_and_replay(
    lake: Lake,
    dataset: str,
    source: Any = None,
    *,
    mode: str = "upsert",
    options: ReadOptions | None = None,
    author: str,
    message: str = "",
    confirmed: bool = False,
    rename: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> RefreshResult:
    """Merge a newer delivery, and then replay the recipes that are kept for that.

    Each recipe is applied to the rows that the refresh added or changed, and published as a version of its own, named
    after it. What stands against a recipe is left alone and told; nothing is forced, and a value that a person put
    somewhere or kept is never undone. Where a policy wants more than that (approval, for instance), the recipe's draft
    is left open for people to see to.

    Parameters
    ----------
    source, mode, options, author, message, confirmed, rename, progress
        As for :func:`workbench.ingest.refresh`.

    Returns
    -------
    RefreshResult
        Its ``recipes`` says what each recipe did.
    """
    from workbench.ingest import ReadOptions, refresh
    from workbench.recipes import list_recipes

    result = refresh(
        lake, dataset, source, mode=mode, options=options or ReadOptions(), author=author, message=message,
        confirmed=confirmed, rename=rename,
        progress=progress,
    )  # fmt: skip
    if result.version is None:
        return result
    replayed = [kept for kept in list_recipes(lake, dataset) if kept.replay]
    told = []
    for kept in replayed:
        # The refresh is published: what happens to a recipe is told with it, and takes nothing of it back.
        try:
            progress(f"recipe {kept.name}", 0, 0)
            told.append(_replay(lake, kept, read_version(lake, dataset, result.version.parent or 1), author))
        except WorkbenchError as error:
            why = f"not replayed: {error.message} Apply it by hand: workbench recipe apply {dataset} '{kept.name}'."
            told.append(_told(kept) | {"note": why})
    return dataclasses.replace(result, recipes=tuple(told))


def _replay(lake: Lake, kept: KeptRecipe, since: Version, author: str) -> dict[str, Any]:
    """Apply one recipe to the rows changed since a version, and say what came of it."""
    from workbench.recipes import dry_run, stage_recipe

    head = newest(lake, kept.dataset)
    run = dry_run(view_of(lake, head), kept.recipe, since=since)
    told = _told(kept) | {"conflicts": [f"step {step.number} {step.said}" for step in run.conflicting]}
    if not run.changes:
        return told
    draft = new_draft(lake, kept.dataset, title=f"recipe {kept.name}", author=author).draft
    try:
        staged = stage_recipe(
            lake, draft, draft_view(view_of(lake, head), draft), kept.recipe, author=author, since=since
        )
        made = publish(lake, draft, message=f"recipe {kept.name}", author=author).version
    except RequirementsNotMet as error:
        return told | {"draft": draft, "note": f"draft {draft} waits: {error.message}"}
    except ConflictError as error:
        discard(lake, draft, author=author)
        return told | {"note": f"somebody changed the same cells meanwhile: {error.message}"}
    except WorkbenchError:
        discard(lake, draft, author=author)
        raise
    return told | {"version": made.version, "cells": staged.run.cells, "excluded": staged.run.excluded}


def _told(kept: KeptRecipe) -> dict[str, Any]:
    """Lay out what is said of a recipe that has done nothing yet."""
    return {
        "recipe": kept.name, "version": None, "draft": None, "cells": 0, "excluded": 0, "conflicts": [], "note": "",
    }  # fmt: skip
