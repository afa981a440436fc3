"""The recipes kept for a dataset: which there are, what the one that is open would do, and saving another."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.errors import UnknownName, WorkbenchError
from workbench.recipes import DryRun, KeptRecipe
from workbench.reporting import count_of
from workbench.ui.components.columns_bench import Bench, in_words, stage, worked_out
from workbench.ui.components.columns_outcome import steps_table
from workbench.ui.components.columns_saving import show_saving
from workbench.ui.components.markup import element
from workbench.ui.wording import ago, plain


def show_recipes(lake: OpenLake, here: Bench, busy: bool) -> None:
    """Show the list, the recipe that the address names, and the form to save one."""
    kept = lake[here.dataset].recipes()
    names = [each.name for each in kept]
    wanted = st.query_params.get("recipe")
    if wanted is not None and wanted not in names:
        raise UnknownName("recipe", wanted, names, where=f"'{here.dataset}'")
    if not kept:
        st.text("No recipe is kept for this dataset yet.")
        st.text("Merge variants or stage a transform, and save it below: it can be applied again, or by each refresh.")
    with st.container(key="recipes-list", gap="small"):
        for each in kept:
            _show_line(lake, here, each, opened=each.name == wanted)
            if each.name == wanted:
                _show_opened(lake, here, each, busy)
    show_saving(lake, here, kept, primary=wanted is None)


def _show_line(lake: OpenLake, here: Bench, kept: KeptRecipe, *, opened: bool) -> None:
    """Show a recipe as a line."""
    replay = f"recipe-replay-{kept.name}"
    st.session_state[replay] = kept.replay
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"recipe-{kept.name}"):
        st.button(
            plain(kept.name), key=f"recipe-open-{kept.name}", on_click=_open,
            args=(here, None if opened else kept.name), help="Close it" if opened else "See what it would do",
            icon=":material/expand_more:" if opened else ":material/chevron_right:",
        )  # fmt: skip
        said = [count_of(len(kept.recipe.steps), "step"), f"saved by {kept.author} {ago(kept.created_at)}"]
        said += [kept.recipe.description] if kept.recipe.description else []
        st.html(element("p", " · ".join(said), css="wb-plain wb-small"), width="stretch")
        st.toggle(
            "Replay on every refresh", key=replay, on_change=_set_replay, args=(lake, here, kept),
            help="Each refresh applies it to the rows that it brought, and publishes that as a version of its own.",
        )  # fmt: skip


def _show_opened(lake: OpenLake, here: Bench, kept: KeptRecipe, busy: bool) -> None:
    """Show what a recipe says, and what it would do now."""
    dataset, number = lake[here.dataset], here.number
    run: DryRun | None = worked_out(
        here, ("recipe", kept.text), f"Trying {kept.name} on {here.version.name}",
        lambda: dataset.dry_run(kept.recipe, draft=number),
    )  # fmt: skip
    with st.container(key="recipe-opened"):
        if run is not None:
            st.text(_summary(run))
            steps_table(run)
        with st.container(horizontal=True):
            changes = run.changes if run is not None else 0
            st.button(
                f"Stage what applies: {count_of(changes, 'change')}" if changes else "Stage what applies",
                key="recipe-stage", type="primary", disabled=busy or not changes, on_click=stage,
                args=(lake, here, kept.recipe), help="One step of your draft; one undo takes it back.",
            )  # fmt: skip
            st.download_button(
                "Download", kept.text, file_name=f"{_file(kept.name)}.toml", mime="application/toml", on_click="ignore",
                key="recipe-download",
            )  # fmt: skip
            with st.popover("Remove …", key="recipe-remove-open"):
                st.text("What it changed stays; no refresh applies it any more.")
                st.button("Remove the recipe", key="recipe-remove", on_click=_remove, args=(lake, here, kept.name))
        with st.expander("As a file (TOML)"):
            st.code(kept.text, language="toml", wrap_lines=True)


def _summary(run: DryRun) -> str:
    """Say what a recipe would do in one line."""
    if not run.changes:
        return f"On {run.label} {'none of it applies' if run.conflicting else 'it has nothing to do'}."
    against = f"; {count_of(len(run.conflicting), 'step')} in conflict" if run.conflicting else ""
    return f"On {run.label} would come to: {in_words(run)}{against}."


def _file(name: str) -> str:
    """Make a file name of a recipe's."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)


def _open(here: Bench, name: str | None) -> None:
    """Open a recipe, or close the one that is open."""
    here.problem, here.notice = None, ""
    if name is None:
        st.query_params.pop("recipe", None)
    else:
        st.query_params["recipe"] = name


def _set_replay(lake: OpenLake, here: Bench, kept: KeptRecipe) -> None:
    """Let refreshes apply a recipe, or no longer."""
    replay = bool(st.session_state[f"recipe-replay-{kept.name}"])
    here.problem, here.notice = None, ""
    try:
        lake[here.dataset].save_recipe(kept.recipe, replay=replay)
    except WorkbenchError as error:
        here.problem = error
        return
    here.notice = f"{kept.name}: {'replayed on every refresh' if replay else 'no longer replayed'}."


def _remove(lake: OpenLake, here: Bench, name: str) -> None:
    """Keep a recipe no longer."""
    here.problem, here.notice = None, ""
    try:
        lake[here.dataset].remove_recipe(name)
    except WorkbenchError as error:
        here.problem = error
    else:
        here.notice = f"{name} is removed."
    st.query_params.pop("recipe", None)
