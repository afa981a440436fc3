"""What to do next with a dataset: one step, done by the page's one primary button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from workbench.api import OpenLake
from workbench.reporting import count_of
from workbench.ui import jobs, tasks
from workbench.ui.components.import_dialog import import_dialog
from workbench.ui.components.job import show_job
from workbench.ui.standing import Standing
from workbench.ui.wording import PAGES, command

Action = Literal["check", "measure", "review", "publish", "refresh"]


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes
    ----------
    label : str
        On the button.
    why : str
        What it is good for.
    commands : tuple of str
        The same in a shell, one after the other.
    action : {"check", "measure", "review", "publish", "refresh"}
        What the button does.
    """

    label: str
    why: str
    commands: tuple[str, ...]
    action: Action


def next_step(state: Standing, lake: str) -> Step:
    """Choose the step that brings the newest version on: check, measure, review, publish, or fetch newer data.

    Parameters
    ----------
    state : Standing
        Where the dataset stands.
    lake : str
        Catalogue URL, for the commands.
    """
    name, newest = state.version.dataset, state.newest

    def workbench(*words: str) -> str:
        return command(lake, *words)

    if state.checked != newest:
        why = f"Nothing is known yet of what may be wrong in v{newest}; the checks put what they find into a queue."
        return Step(f"Check v{newest}", why, (workbench("check", name),), "check")
    if state.version.definition.label and newest not in state.results:
        why = f"v{newest} has no figure yet; the fixed model is fitted on it and compared with the version before."
        return Step(f"Measure v{newest}", why, (workbench("evaluate", name),), "measure")
    if state.open_now:
        why = "Each is fixed, kept, excluded or set aside; fixes are staged in a draft until it is published."
        listing, deciding = workbench("findings", name), workbench("decide", name, "FINDING", "--suggested")
        return Step(f"Review {count_of(state.open_now, 'finding')}", why, (listing, deciding), "review")
    if state.drafts:
        draft = state.drafts[0]
        why = "Its corrections become the next version once it is published; first see what they would do."
        number = str(draft.draft)
        steps = (("evaluate", number), ("publish", number, "-m", "why"))
        return Step(f"Publish draft {number}", why, tuple(workbench("draft", *words) for words in steps), "publish")
    why = "No finding is open. Merge newer data from the source; corrections stay."
    return Step("Fetch newer data", why, (workbench("refresh", name, "FILE"),), "refresh")


def show_next_step(step: Step, lake: OpenLake, state: Standing) -> None:
    """Show the page's primary button, with what it is good for and how a shell does the same."""
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        if st.button(step.label, type="primary", icon=":material/arrow_forward:", key="next-step", help=step.why):
            _do(step, lake, state)
        with st.popover("In a shell", icon=":material/terminal:", key="next-step-shell"):
            st.text(step.why)
            st.code("\n".join(step.commands), language=None, wrap_lines=True)


def show_step_job(lake: OpenLake, state: Standing) -> None:
    """Show how far the work is that the button began."""
    show_job(_key(lake, state))


def _key(lake: OpenLake, state: Standing) -> str:
    """Name the work on a dataset."""
    return f"step:{lake.lake.url}:{state.version.dataset}"


def _do(step: Step, lake: OpenLake, state: Standing) -> None:
    """Do what the button says."""
    dataset = state.version.dataset
    works: dict[str, tuple[str, Callable[..., None]]] = {
        "check": ("Checking", tasks.run_checks),
        "measure": ("Measuring", tasks.measure),
    }
    if step.action in works:
        verb, task = works[step.action]
        jobs.start_apart(_key(lake, state), f"{verb} {dataset}@{state.newest}", lake, task, dataset, state.newest)
    elif step.action == "review":
        st.switch_page(PAGES / "review.py", query_params={"dataset": state.version.dataset})
    elif step.action == "publish":
        chosen = {"dataset": state.version.dataset, "draft": str(state.drafts[0].draft)}
        st.switch_page(PAGES / "drafts.py", query_params=chosen)
    else:
        import_dialog(state.version.dataset)
