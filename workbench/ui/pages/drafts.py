"""Drafts answers "What is proposed, and may it go in?"."""

from __future__ import annotations

import streamlit as st

from workbench.api import OpenLake
from workbench.drafts import Draft, Published, Rebased, list_drafts, review_state
from workbench.errors import UnknownName
from workbench.lake import Version
from workbench.reporting import count_of
from workbench.ui import session
from workbench.ui.components.choice import choose
from workbench.ui.components.draft_change import settled_change, show_change
from workbench.ui.components.draft_clash import show_clashes
from workbench.ui.components.draft_diff import show_draft_diff
from workbench.ui.components.draft_findings import show_draft_findings
from workbench.ui.components.draft_gate import show_effects, show_requirements
from workbench.ui.components.draft_head import NOTICE, PROBLEM, job_keys, show_draft_head
from workbench.ui.components.draft_list import show_draft_list
from workbench.ui.components.draft_opinion import show_opinions
from workbench.ui.components.draft_talk import show_talk
from workbench.ui.components.job import show_job
from workbench.ui.components.markup import element
from workbench.ui.components.message import show_empty, show_no_dataset
from workbench.ui.drafting import look
from workbench.ui.wording import PAGES, command


def show() -> None:
    """Show the page."""
    lake = session.lake()
    version = choose(lake)
    if version is None:
        show_no_dataset(
            lake, "Once there is one, this page shows which changes people propose, and what they would do."
        )
        return
    _settle()
    head = lake[version.dataset].newest
    found = list_drafts(lake.lake, version.dataset)
    opened = [draft for draft in found if draft.state == "open"]
    said = f" · {version.dataset} · {len(opened)} open" if found else f" · {version.dataset}"
    st.html(element("h1", "Drafts", element("span", said), css="wb-headline"))
    chosen = _chosen(found, opened)
    if chosen is None:
        show_empty(
            "Corrections wait in a draft until they are published. Each open draft will stand here: what it changes, "
            "what it would do to the figures, and who has approved it.",
            todo="Answer findings on Review: the first fix begins one. Or begin one in a shell:",
            command=command(lake.lake.url, "draft", "new", version.dataset, "--title", "impossible ages"),
            key="no-drafts",
        )
        address = {"dataset": version.dataset}
        st.page_link(PAGES / "review.py", label="To Review", icon=":material/rule:", query_params=address)
    states = {draft.draft: review_state(lake.lake, draft.draft) for draft in opened}
    show_draft_list(found, states, chosen.draft if chosen else None)
    if chosen is not None:
        _show_draft(lake, head, chosen)


def _chosen(found: list[Draft], opened: list[Draft]) -> Draft | None:
    """Find the draft that the address names; the newest open one that holds something where it names none."""
    wanted = st.query_params.get("draft")
    if wanted is None:
        return next((draft for draft in opened if draft.corrections), opened[0] if opened else None)
    chosen = next((draft for draft in found if str(draft.draft) == wanted), None)
    if chosen is None:
        raise UnknownName("draft", wanted, [str(draft.draft) for draft in found], where="this dataset")
    return chosen


def _show_draft(lake: OpenLake, head: Version, chosen: Draft) -> None:
    """Show one draft; it stays the one that is shown when it is published, or somebody begins another."""
    st.query_params["draft"] = str(chosen.draft)
    with st.container(border=True, key="draft-head"):
        # What a job found out is in the lake; the draft is read after the job has ended.
        keys = job_keys(lake, chosen.draft)
        working = {action for action, key in keys.items() if show_job(key, done=lambda job: None)}
        changing = show_change()
        seen = look(lake, chosen.draft, head)
        show_draft_head(lake, seen, working=working, changing=changing)
        show_effects(seen)
        show_draft_findings(seen)
    show_clashes(lake, seen, changing=changing)
    show_opinions(lake, seen)
    if chosen.state == "open":
        left, right = st.container(key="draft-sides").columns(2, gap="medium")
        with left:
            show_requirements(seen)
        with right:
            show_talk(lake, seen)
    else:
        show_talk(lake, seen)
    show_draft_diff(seen)


def _settle() -> None:
    """Take note of what became of the change that the visitor began, once it is done."""
    job = settled_change()
    if job is None:
        return
    if job.error is not None:
        st.session_state[PROBLEM] = job.error
        return
    st.session_state.pop(PROBLEM, None)
    if isinstance(job.result, Published):
        name, cells = job.result.version.name, job.result.version.cells_changed
        st.session_state[NOTICE] = f"{name} is published: {count_of(cells, 'cell')} changed."
        st.session_state["review-published"] = name
    elif isinstance(job.result, Rebased):
        moved = job.result
        st.session_state[NOTICE] = (
            f"It is on v{moved.draft.base} now: {moved.mine} of its conflicts kept, {moved.theirs} dropped."
        )
    else:
        st.session_state[NOTICE] = "The draft is discarded."


if __name__ == "__main__":
    show()
