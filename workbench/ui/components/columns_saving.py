"""Saving a recipe: what was staged from here, rules learnt from the draft, or a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import streamlit as st

from workbench.api import OpenLake
from workbench.errors import DataError, UsageError, WorkbenchError
from workbench.recipes import KeptRecipe, Learned, Recipe, parse_recipe, write_recipe
from workbench.reporting import count_of, format_count
from workbench.ui.components.columns_bench import Bench, as_seen, said_wrong, staged_here, worked_out
from workbench.ui.components.markup import element

STAGED, LEARNT, PASTED = "staged", "learnt", "pasted"
LARGEST = 1_000_000
"""Characters of a recipe that is pasted or uploaded."""


def show_saving(lake: OpenLake, here: Bench, kept: Sequence[KeptRecipe], *, primary: bool) -> None:
    """Show the form."""
    staged = staged_here(lake, here)
    sources = {}
    if staged:
        sources[STAGED] = f"What you staged here ({count_of(sum(len(each.steps) for each in staged), 'step')})"
    if here.draft is not None and here.draft.corrections:
        sources[LEARNT] = f"Rules learnt from draft {here.draft.draft}"
    sources[PASTED] = "A file, or text"
    with st.container(border=True, key="recipe-save"):
        st.subheader("Save a recipe")
        source = PASTED
        if len(sources) > 1:
            name_of_choice = f"recipe-from-{'-'.join(sources)}"
            source = st.radio("From", [*sources], key=name_of_choice, format_func=sources.__getitem__, horizontal=True)
        try:
            recipe = _recipe(lake, here, source, staged)
        except WorkbenchError as error:
            st.html(said_wrong(error))
            recipe = None
        pasted = {"recipe-text": st.session_state.get("recipe-text")} if source == PASTED else {}
        usual = recipe.name if recipe is not None else ""
        with st.container(horizontal=True, vertical_alignment="bottom"):
            named = f"recipe-name-{source}-{usual}"
            name = st.text_input("Name", usual, key=named, width=320)
            st.checkbox(
                "Replay on every refresh", key="recipe-replay",
                help="Each refresh applies it to the rows that it brought. A value that a person put somewhere or "
                "kept is never undone.",
            )  # fmt: skip
            st.button(
                "Save", key="recipe-save-now", type="primary" if primary else "secondary",
                disabled=recipe is None or not recipe.steps, on_click=_save,
                args=(lake, here, recipe, named, pasted),
            )  # fmt: skip
        known = next((each for each in kept if each.name == name.strip()), None)
        with st.container(height=30, border=False, key="recipe-replaces"):
            if known is not None:
                said = f"It takes the place of the one that {known.author} saved."
                st.html(element("p", said, css="wb-plain wb-small"))
        if recipe is not None and recipe.steps and source != PASTED:
            with st.expander("What will be saved"):
                st.code(write_recipe(recipe), language="toml", wrap_lines=True)


def _recipe(lake: OpenLake, here: Bench, source: str, staged: Sequence[Recipe]) -> Recipe | None:
    """Return what is to be saved; None where there is nothing yet."""
    if source == STAGED:
        name = staged[0].name if len(staged) == 1 else "tidy"
        return Recipe(name, tuple(step for each in staged for step in each.steps))
    if source == LEARNT:
        number = here.number
        found: Learned | None = worked_out(
            here, ("learn",), f"Learning from draft {number}", lambda: lake[here.dataset].learn(draft=number)
        )
        if found is None:
            return None
        st.text(f"{count_of(len(found.recipe.steps), 'rule')} held for every row with the value.")
        if found.left_out:
            rows = sum(each.rows for each in found.left_out)
            with st.popover(f"{count_of(rows, 'correction')} became no rule"):
                for each in found.left_out[:20]:
                    change = f" {each.old!r} → {each.new!r}" if (each.old, each.new) != (None, None) else ""
                    st.text(f"{each.column or 'rows'}{change}: {each.reason} ({format_count(each.rows)})")
        return found.recipe
    given = st.file_uploader("Recipe file (TOML)", type="toml", key="recipe-file", max_upload_size=2)
    text = st.text_area(
        "Or paste one", key="recipe-text", height=140, max_chars=LARGEST,
        placeholder='[[step]]\nkind = "merge"\ncolumn = "city"\nvalues = ["NYC", "new york"]\nvalue = "New York"',
    )  # fmt: skip
    if given is not None:
        try:
            text = given.getvalue().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError("is not UTF-8 text", source=given.name, hint="Save the file as UTF-8.") from error
    if not text.strip():
        return None
    return parse_recipe(text, source=given.name if given is not None else "recipe")


def _save(lake: OpenLake, here: Bench, recipe: Recipe | None, named: str, pasted: dict[str, str | None]) -> None:
    """Keep a recipe under the name typed."""
    here.problem, here.notice = None, ""
    if not as_seen(here, pasted):
        return
    name, replay = str(st.session_state[named]), bool(st.session_state["recipe-replay"])
    try:
        if recipe is None or not recipe.steps:
            raise UsageError("There is nothing to save.", hint="Stage a merge or a transform first, or paste a recipe.")
        saved = lake[here.dataset].save_recipe(dataclasses.replace(recipe, name=name.strip()), replay=replay)
    except WorkbenchError as error:
        here.problem = error
        return
    here.notice = f"{saved.name} is saved{', and replayed on every refresh' if replay else ''}."
    st.query_params["recipe"] = saved.name
