"""Refresh, and let the recipes that are kept for it have their say on the rows that the refresh brought."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.drafts import discard, draft_view, list_drafts, new_draft
from workbench.errors import ConflictError, RequirementsNotMet, WorkbenchError
from workbench.iterations.publishing import publish
from workbench.lake import Lake, Session, Version, claimed, newest, read_version, read_versions, view_of
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
    is left open for people to see to. Recipes that an earlier refresh did not come to, because its process was killed,
    are replayed first.

    Parameters
    ----------
    source, mode, options, author, message, confirmed, rename, progress
        As for :func:`workbench.ingest.refresh`.

    Returns
    -------
    RefreshResult
        Its ``recipes`` says what each recipe did.

    Raises
    ------
    AlreadyUnderWay
        Another process refreshes the dataset and replays its recipes.
    """
    from workbench.ingest import ReadOptions, refresh
    from workbench.recipes import list_recipes

    def refreshed() -> RefreshResult:
        return refresh(
            lake, dataset, source, mode=mode, options=options or ReadOptions(), author=author, message=message,
            confirmed=confirmed, rename=rename, progress=progress,
        )  # fmt: skip

    kept = [each for each in list_recipes(lake, dataset) if each.replay]
    if not kept:
        return refreshed()
    with claimed(lake, f"refresh of {dataset}"):
        told = _finish(lake, dataset, kept, author, progress)
        _note(lake, dataset, newest(lake, dataset).version)
        result = refreshed()
        if result.version is not None:
            since = read_version(lake, dataset, result.version.parent or 1)
            told += _replay_all(lake, kept, since, author, progress)
        _note(lake, dataset, None)
    return dataclasses.replace(result, recipes=tuple(told))


def _note(lake: Lake, dataset: str, since: int | None) -> None:
    """Remember that recipes are to be replayed on what a refresh changes after a version; None: they have been.

    Without this note nobody would know, after a kill between the refresh and its last recipe, that some are missing:
    the next refresh finds nothing new.
    """

    def work(session: Session) -> None:
        session.run("DELETE FROM lake.workbench.replays WHERE dataset = ?", [dataset])
        if since is not None:
            session.insert("replays", [{"dataset": dataset, "since": since, "created_at": datetime.now(UTC)}])

    lake.write(work, message=f"recipes of {dataset}")


def _finish(lake: Lake, dataset: str, kept: list[KeptRecipe], author: str, progress: Progress) -> list[dict[str, Any]]:
    """Replay what an earlier refresh did not come to because its process ended, and say what came of it."""
    noted = lake.read("SELECT since FROM lake.workbench.replays WHERE dataset = ?", [dataset])
    landed = [
        version
        for version in read_versions(lake, dataset)
        if version.kind == "refresh" and any(version.version > since for (since,) in noted)
    ]
    if not landed:
        return []
    since = read_version(lake, dataset, landed[0].parent or 1)
    return _replay_all(lake, kept, since, author, progress, again=True)


def _replay_all(
    lake: Lake, kept: list[KeptRecipe], since: Version, author: str, progress: Progress, *, again: bool = False
) -> list[dict[str, Any]]:
    """Apply recipes to the rows changed since a version.

    The refresh is published: what happens to a recipe is told with it, and takes nothing of it back.
    """
    told = []
    for each in kept:
        try:
            progress(f"recipe {each.name}", 0, 0)
            told.append(_replay(lake, each, since, author, again=again))
        except WorkbenchError as error:
            by_hand = f"workbench recipe apply {each.dataset} '{each.name}'"
            told.append(_told(each) | {"note": f"not replayed: {error.message} Apply it by hand: {by_hand}."})
    return told


def _replay(lake: Lake, kept: KeptRecipe, since: Version, author: str, *, again: bool) -> dict[str, Any]:
    """Apply one recipe to the rows changed since a version, and say what came of it.

    ``again``: an earlier attempt may have begun, and its draft is gone on with: a recipe applied twice may change a
    cell twice.
    """
    from workbench.recipes import dry_run, stage_recipe

    title = f"recipe {kept.name}"
    begun = [
        draft
        for draft in (list_drafts(lake, kept.dataset) if again else [])
        if draft.title == title and draft.base > since.version
    ]
    if begun and begun[0].state != "open":
        return _told(kept) | {"version": begun[0].version, "note": "replayed before the interruption"}
    head = newest(lake, kept.dataset)
    run = dry_run(view_of(lake, head), kept.recipe, since=since)
    told = _told(kept) | {"conflicts": [f"step {step.number} {step.said}" for step in run.conflicting]}
    if not run.changes:
        for left in begun:
            discard(lake, left.draft, author=author)
        return told
    draft = begun[0].draft if begun else new_draft(lake, kept.dataset, title=title, author=author).draft
    try:
        if not begun or not begun[0].corrections:
            view = draft_view(view_of(lake, head), draft)
            run = stage_recipe(lake, draft, view, kept.recipe, author=author, since=since).run
        made = publish(lake, draft, message=title, author=author).version
    except RequirementsNotMet as error:
        return told | {"draft": draft, "note": f"draft {draft} waits: {error.message}"}
    except ConflictError as error:
        discard(lake, draft, author=author)
        return told | {"note": f"somebody changed the same cells meanwhile: {error.message}"}
    except WorkbenchError:
        discard(lake, draft, author=author)
        raise
    return told | {"version": made.version, "cells": run.cells, "excluded": run.excluded}


def _told(kept: KeptRecipe) -> dict[str, Any]:
    """Lay out what is said of a recipe that has done nothing yet."""
    return {
        "recipe": kept.name, "version": None, "draft": None, "cells": 0, "excluded": 0, "conflicts": [], "note": "",
    }  # fmt: skip
