"""What to do next with a dataset: one step, and the command that does it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from workbench.reporting import count_of
from workbench.ui.standing import Standing
from workbench.ui.wording import command


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
        To copy into a shell, one after the other.
    """

    label: str
    why: str
    commands: tuple[str, ...]


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
        return Step(f"Check v{newest}", why, (workbench("check", name),))
    if state.version.definition.label and newest not in state.results:
        why = f"v{newest} has no figure yet; the fixed model is fitted on it and compared with the version before."
        return Step(f"Measure v{newest}", why, (workbench("evaluate", name),))
    if state.open_now:
        why = "Each is fixed, kept, excluded or set aside; fixes are staged in a draft until it is published."
        listing, deciding = workbench("findings", name), workbench("decide", name, "FINDING", "--suggested")
        return Step(f"Review {count_of(state.open_now, 'finding')}", why, (listing, deciding))
    if state.drafts:
        draft = state.drafts[0]
        why = "Its corrections become the next version once it is published; first see what they would do."
        number = str(draft.draft)
        steps = (("evaluate", number), ("publish", number, "-m", "why"))
        return Step(f"Publish draft {number}", why, tuple(workbench("draft", *words) for words in steps))
    why = "No finding is open. Merge newer data from the source; corrections stay."
    return Step("Fetch newer data", why, (workbench("refresh", name, "FILE"),))


def show_next_step(step: Step) -> None:
    """Show the page's primary button; it opens on the commands."""
    with st.popover(step.label, type="primary", icon=":material/arrow_forward:", key="next-step"):
        st.text(step.why)
        st.code("\n".join(step.commands), language=None, wrap_lines=True)
