"""The head of a draft: where it stands, the one thing to do next, and what else can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import streamlit as st
from markupsafe import Markup

from workbench import drafts, iterations
from workbench.api import OpenLake
from workbench.errors import WorkbenchError
from workbench.progress import Progress
from workbench.reporting import count_of
from workbench.settings import without_password
from workbench.ui import jobs, tasks
from workbench.ui.components.draft_change import begin_change
from workbench.ui.components.draft_list import state_mark
from workbench.ui.components.markup import element
from workbench.ui.drafting import Action, Seen, next_action, told
from workbench.ui.wording import PAGES

PROBLEM = "drafts-problem"
"""Session state: what went wrong last."""

NOTICE = "drafts-notice"
"""Session state: what was done last."""

LABELS: dict[Action, str] = {
    "check": "Check", "findings": "Look for findings", "evaluate": "Evaluate",
    "submit": "Submit for approval", "approve": "Approve", "publish": "Publish", "rebase": "Move to the newest version",
}  # fmt: skip
"""Action → the primary button's label; the others have theirs further down."""


HELP: dict[Action, str] = {
    "check": "Failures of the schema, before and after.",
    "findings": "Run all checks on the rows as the draft would leave them: which findings go, which are new.",
    "evaluate": "Fit the fixed model on the rows as the draft would leave them.",
}
"""Action → what it is for, where the label does not say."""

TITLES: dict[Action, str] = {"check": "Checking", "findings": "Looking for findings in", "evaluate": "Evaluating"}
"""Action → what its job is called."""

WORKS: dict[Action, Callable[..., object]] = {
    "check": tasks.check_draft,
    "findings": tasks.find_in_draft,
    "evaluate": tasks.evaluate_draft,
}
"""What is found out about a draft by a job."""


def show_draft_head(lake: OpenLake, seen: Seen, *, working: Collection[Action], changing: bool) -> None:
    """Show where a draft stands, and the buttons; those of the jobs at work do nothing."""
    draft, action = seen.draft, next_action(seen)
    title = f"Draft {draft.draft}" + (f" “{draft.title}”" if draft.title else "")
    facts = [
        element("strong", title, css="wb-large"),
        state_mark(seen.talk.state if draft.state == "open" else draft.state),
        element("span", f"by {', '.join(seen.talk.authors)}"),
        element("span", f"{count_of(draft.corrections, 'correction')} on v{draft.base}"),
    ]
    st.html(element("div", element("div", *facts, css="wb-facts"), element("p", told(seen, action), css="wb-plain")))
    show_said()
    if seen.means is not None:
        st.html(show_consequences(seen.means))
    if draft.state != "open":
        if draft.version:
            address = {"dataset": draft.dataset, "version": str(draft.version)}
            st.page_link(PAGES / "compare.py", label=f"Compare v{draft.version}", query_params=address)
        return
    busy = changing or not draft.corrections
    with st.container(horizontal=True, vertical_alignment="bottom", key="draft-actions"):
        if action == "publish":
            st.text_input(
                "What does it do?", key=f"draft-message-{draft.draft}", placeholder="labels of round 2", width=320,
                disabled=busy,
            )  # fmt: skip
        if action in LABELS:
            st.button(
                LABELS[action], type="primary", key=f"draft-{action}", disabled=busy or action in working, on_click=act,
                args=(lake, seen, action),
            )  # fmt: skip
        for other in _others(seen, action):
            st.button(
                LABELS[other], key=f"draft-{other}", on_click=act, args=(lake, seen, other),
                disabled=busy or other in working, help=HELP.get(other),
            )  # fmt: skip
        if seen.talk.state in ("submitted", "approved"):
            with st.popover("Send back …", disabled=busy, key="draft-send-back-open"):
                st.text_area("What has to change?", key="draft-reason")
                st.button("Send back", key="draft-send-back", on_click=_send_back, args=(lake, seen))
            if seen.mine:
                st.button("Withdraw", key="draft-withdraw", disabled=busy, on_click=_withdraw, args=(lake, seen))
        st.button("Undo last step", key="draft-undo", disabled=busy, on_click=_undo, args=(lake, seen))
        with st.popover("Discard …", disabled=changing, key="draft-discard-open"):
            st.text(f"{count_of(draft.corrections, 'correction')} will not become a version.")
            st.button("Discard the draft", key="draft-discard", on_click=_discard, args=(lake, seen))


def show_consequences(means: iterations.Consequences) -> Markup:
    """Write what publishing a draft would mean, above the button that does it; a strong shift stands out."""
    said = [element("p", line, css="wb-plain wb-small") for line in means.lines()]
    return element("div", *said, css="wb-problem" if means.shifted else "wb-plain", role="note")


def show_said() -> None:
    """Show what went wrong last, or what was done."""
    problem, notice = st.session_state.get(PROBLEM), st.session_state.pop(NOTICE, "")
    if isinstance(problem, WorkbenchError):
        said = [element("p", "✕ ", without_password(problem.message), css="wb-plain")]
        said += [element("p", without_password(problem.hint), css="wb-plain wb-small")] if problem.hint else []
        st.html(element("div", *said, css="wb-problem", role="alert"))
    elif notice:
        st.html(element("div", f"✓ {notice}", css="wb-notice", role="status"))


def attempt(work: Callable[[], object], notice: str = "") -> bool:
    """Do something quick, and take note of what went wrong; tells whether it was done."""
    st.session_state.pop(PROBLEM, None)
    try:
        work()
    except WorkbenchError as error:
        st.session_state[PROBLEM] = error
        return False
    st.session_state[NOTICE] = notice
    return True


def job_keys(lake: OpenLake, number: int) -> dict[Action, str]:
    """Name the jobs of a draft, by action; Review's panel knows them by the same names."""
    return {action: f"{action}-draft:{lake.lake.url}:{number}" for action in WORKS}


def act(lake: OpenLake, seen: Seen, action: Action) -> None:
    """Do what a button says."""
    handle, number, author, policy = lake.lake, seen.draft.draft, lake.author, seen.policy
    st.session_state.pop(PROBLEM, None)
    if action in WORKS:
        title = f"{TITLES[action]} draft {number}"
        jobs.start_apart(job_keys(lake, number)[action], title, lake, WORKS[action], number).wait(jobs.SOON)
    elif action == "submit":
        attempt(lambda: drafts.submit(handle, number, author=author), "Submitted: somebody else can approve it now.")
    elif action == "approve":
        content = seen.talk.content
        attempt(lambda: drafts.approve(handle, number, seen=content, author=author), "Approved as it is.")
    elif action == "rebase":
        begin_change(lake, number, f"Moving draft {number}", lambda _: drafts.rebase(handle, number, {}, author=author))
    elif action == "publish":
        message = st.session_state.get(f"draft-message-{number}", "")

        def work(progress: Progress) -> Any:
            return iterations.publish(handle, number, author=author, message=message, policy=policy, progress=progress)

        begin_change(lake, number, f"Publishing draft {number}", work)


def _others(seen: Seen, action: Action) -> list[Action]:
    """List what else can be done that has a button of its own."""
    others: list[Action] = []
    if seen.head.definition.schema:
        others.append("check")
    others.append("findings")
    if seen.head.definition.label:
        others.append("evaluate")
    if not seen.conflicts and seen.talk.state in ("in work", "sent back"):
        others.append("submit")
    return [other for other in others if other != action]


def _send_back(lake: OpenLake, seen: Seen) -> None:
    """Send the draft back for the reason typed."""
    reason = st.session_state.get("draft-reason", "")
    if attempt(lambda: drafts.send_back(lake.lake, seen.draft.draft, reason, author=lake.author), "Sent back."):
        st.session_state["draft-reason"] = ""


def _withdraw(lake: OpenLake, seen: Seen) -> None:
    """Take the submission back."""
    attempt(lambda: drafts.withdraw(lake.lake, seen.draft.draft, author=lake.author), "Withdrawn.")


def _undo(lake: OpenLake, seen: Seen) -> None:
    """Take back the draft's last step, and the answers that came with it."""
    attempt(lambda: iterations.undo(lake.lake, seen.draft.draft, author=lake.author), "The last step is undone.")


def _discard(lake: OpenLake, seen: Seen) -> None:
    """Discard the draft."""
    handle, number, author = lake.lake, seen.draft.draft, lake.author
    st.session_state.pop(PROBLEM, None)
    begin_change(lake, number, f"Discarding draft {number}", lambda _: drafts.discard(handle, number, author=author))
