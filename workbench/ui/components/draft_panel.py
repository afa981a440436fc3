"""The visitor's open draft: what it holds, what it would do, and how it becomes a version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from workbench.api import OpenLake
from workbench.drafts import Draft, Published, discard
from workbench.errors import ConflictError, WorkbenchError
from workbench.iterations import consequences, publish, redo, undo
from workbench.progress import Progress
from workbench.reporting import badge_of, count_of, format_count
from workbench.settings import without_password
from workbench.ui import jobs, session, tasks
from workbench.ui.components.draft_change import begin_change, settled_change, show_change
from workbench.ui.components.draft_head import show_consequences
from workbench.ui.components.job import show_job
from workbench.ui.components.markup import badge, element
from workbench.ui.components.review_answers import own_drafts
from workbench.ui.components.review_conflicts import show_conflicts
from workbench.ui.components.review_desk import Desk, leave
from workbench.ui.wording import PAGES


def show_draft(lake: OpenLake, desk: Desk) -> None:
    """Show the visitor's newest open draft and what can be done with it."""
    _settle(desk)
    if desk.stale:
        leave()
        st.rerun(scope="app")
    drafts = own_drafts(lake, desk.dataset)
    draft = next((each for each in drafts if each.corrections), drafts[0] if drafts else None)
    with st.container(border=True, key="draft"):
        if draft is None:
            # One that is being published or discarded is no open draft any more before its job has ended.
            if show_change():
                return
            st.text("No draft yet: your first fix or exclusion begins one. Nothing changes the data until you publish.")
            return
        check_key, evaluate_key = _job_keys(lake, draft)
        checking = show_job(check_key, done=lambda job: _note_check(job, draft))
        measuring = show_job(evaluate_key, done=lambda job: _note_verdict(job, draft))
        title = f" “{draft.title}”" if draft.title else ""
        known = st.session_state.get(f"draft-{draft.draft}", {})
        facts = [
            element("strong", f"Draft {draft.draft}{title}"),
            element("span", f"{count_of(draft.corrections, 'correction')} on v{draft.base}"),
            *_known(known, draft),
        ]
        st.html(element("div", *facts, css="wb-facts"))
        changing = show_change()
        _show_buttons(lake, desk, draft, checking, measuring, changing)
        problem = st.session_state.get("draft-problem")
        if isinstance(problem, ConflictError):
            show_conflicts(problem, draft, publish=lambda: _publish(lake, desk, draft, skip_conflicts=True))
        elif isinstance(problem, WorkbenchError):
            said = [element("p", "✕ ", without_password(problem.message), css="wb-plain")]
            said += [element("p", without_password(problem.hint), css="wb-plain wb-small")] if problem.hint else []
            st.html(element("div", *said, css="wb-problem", role="alert"))


def _known(known: dict[str, Any], draft: Draft) -> list[Any]:
    """Write what is known of a draft's effects; what was found before its last change says so."""
    said = []
    for text, verdict, corrections in known.values():
        stale = "" if corrections == draft.corrections else " (before your last changes)"
        said.append(element("span", badge(text, verdict), stale, css=""))
    return said


def _job_keys(lake: OpenLake, draft: Draft) -> tuple[str, str]:
    """Name the jobs of a draft: checking and evaluating it."""
    return f"check-draft:{lake.lake.url}:{draft.draft}", f"evaluate-draft:{lake.lake.url}:{draft.draft}"


def _show_buttons(lake: OpenLake, desk: Desk, draft: Draft, checking: bool, measuring: bool, changing: bool) -> None:
    """Show what can be done with a draft; nothing while it is being published or discarded."""
    number, empty = draft.draft, changing or not draft.corrections
    check_key, evaluate_key = _job_keys(lake, draft)
    with st.container(horizontal=True, key="draft-buttons"):
        if desk.version.definition.schema:
            st.button(
                "Check", key="draft-check", disabled=empty or checking,
                help="Failures of the schema, before and after.",
                on_click=_start, args=(check_key, f"Checking draft {number}", lake, tasks.check_draft, number),
            )  # fmt: skip
        if desk.version.definition.label:
            st.button(
                "Evaluate", key="draft-evaluate", disabled=empty or measuring,
                help="Fit the fixed model on the rows as the draft would leave them.",
                on_click=_start,
                args=(evaluate_key, f"Evaluating draft {number}", lake, tasks.evaluate_draft, number),
            )  # fmt: skip
        st.button("Undo step", key="draft-undo", disabled=empty, on_click=_step, args=(lake, desk, draft, True))
        st.button("Redo step", key="draft-redo", disabled=changing, on_click=_step, args=(lake, desk, draft, False))
        st.page_link(
            PAGES / "drafts.py", label="Look at it", icon=":material/edit_note:",
            query_params={"dataset": draft.dataset, "draft": str(number)},
        )  # fmt: skip
        with st.popover("Publish …", disabled=empty, key="draft-publish-open", on_change="rerun") as publishing:
            if publishing.open and not empty:
                st.html(show_consequences(consequences(lake.lake, number)))
            st.text_input("What does it do?", key=f"draft-message-{number}", placeholder="labels of round 2")
            st.button("Publish", key="draft-publish", on_click=_publish, args=(lake, desk, draft))
        with st.popover("Discard …", disabled=changing, key="draft-discard-open"):
            st.text(f"{count_of(draft.corrections, 'correction')} will not become a version.")
            st.button("Discard the draft", key="draft-discard", on_click=_discard, args=(lake, desk, draft))


def _start(key: str, title: str, lake: OpenLake, task: Callable[..., Any], number: int) -> None:
    """Begin a job on a draft."""
    jobs.start_apart(key, title, lake, task, number)


def _note_check(job: jobs.Job, draft: Draft) -> None:
    """Remember failures before and after."""
    text = f"failures {format_count(job.result.before)} → {format_count(job.result.after)}"
    _note(draft, "check", text, None)


def _note_verdict(job: jobs.Job, draft: Draft) -> None:
    """Remember the verdict."""
    _note(draft, "verdict", badge_of(vars(job.result)), job.result.verdict)


def _note(draft: Draft, what: str, text: str, verdict: str | None) -> None:
    """Remember what was found of a draft as it is."""
    kept = st.session_state.setdefault(f"draft-{draft.draft}", {})
    kept[what] = (text, verdict, draft.corrections)


def _step(lake: OpenLake, desk: Desk, draft: Draft, undone: bool) -> None:
    """Undo or redo a step."""
    st.session_state.pop("draft-problem", None)
    try:
        (undo if undone else redo)(lake.lake, draft.draft, author=lake.author)
    except WorkbenchError as error:
        st.session_state["draft-problem"] = error
        return
    desk.stale = True


def _publish(lake: OpenLake, desk: Desk, draft: Draft, *, skip_conflicts: bool = False) -> None:
    """Publish the draft under the message typed, if the policy allows it."""
    message = st.session_state.get(f"draft-message-{draft.draft}") or st.session_state.get("draft-message", "")
    st.session_state["draft-message"] = message
    handle, number, author, dataset = lake.lake, draft.draft, lake.author, draft.dataset

    def work(progress: Progress) -> Published:
        policy = session.policy(dataset, opened=handle)
        return publish(
            handle, number, author=author, message=message, skip_conflicts=skip_conflicts, policy=policy,
            progress=progress,
        )  # fmt: skip

    _change(lake, desk, f"Publishing draft {number}", work, draft)


def _discard(lake: OpenLake, desk: Desk, draft: Draft) -> None:
    """Discard the draft."""
    handle, number, author = lake.lake, draft.draft, lake.author
    _change(lake, desk, f"Discarding draft {number}", lambda _: discard(handle, number, author=author), draft)


def _change(lake: OpenLake, desk: Desk, title: str, work: jobs.Work, draft: Draft) -> None:
    """Begin what ends a draft."""
    st.session_state.pop("draft-problem", None)
    begin_change(lake, draft.draft, title, work)
    _settle(desk)


def _settle(desk: Desk) -> None:
    """Take note of what became of what ends the visitor's draft, once it is done."""
    job = settled_change()
    if job is None:
        return
    if job.error is not None:
        st.session_state["draft-problem"] = job.error
        return
    if isinstance(job.result, Published):
        st.session_state.pop("draft-message", None)
        st.session_state["review-published"] = job.result.version.name
    desk.stale = True
