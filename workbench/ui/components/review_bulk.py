"""One answer to all findings of the filter: a preview of what it would do, then one step that one undo takes back."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from workbench.api import OpenLake
from workbench.findings import Finding
from workbench.iterations import decide
from workbench.progress import Progress
from workbench.reporting import count_of, format_count
from workbench.reviewing import class_counts, forbidden_suggestions, rows_at
from workbench.ui import jobs
from workbench.ui.components.finding_card import key_of
from workbench.ui.components.job import show_job
from workbench.ui.components.review_desk import Desk, leave
from workbench.ui.components.review_what_if import close_dialog, show_what_if
from workbench.ui.wording import marked
from workbench.whatif import CAP, refused

WORDS = {"fix": "Use suggestion", "keep": "Keep", "exclude": "Exclude"}
EXAMPLES = 5


@dataclass(frozen=True)
class Preview:
    """What one answer to all would do.

    Attributes
    ----------
    decision : str
        fix, keep or exclude.
    findings : tuple of Finding
        Those it would answer.
    left_out : mapping
        Why → how many findings of the filter it would not answer.
    before, after : mapping
        Class → rows that are not excluded; both empty where labels stay as they are.
    """

    decision: str
    findings: tuple[Finding, ...]
    left_out: dict[str, int]
    before: dict[str, int]
    after: dict[str, int]


def preview(lake: OpenLake, desk: Desk, decision: str, *, top: int = CAP) -> Preview:
    """Work out what an answer to all findings of the filter would do, without doing it.

    Parameters
    ----------
    top : int
        Only so many, in the order of the queue.
    """
    label = desk.version.definition.label
    found = desk.wanted.findings(lake, desk.dataset, limit=min(top, CAP))
    barred = forbidden_suggestions(lake.lake, desk.version, found) if decision == "fix" else set()
    left_out: dict[str, int] = {}
    chosen: list[Finding] = []
    for finding in found:
        why = refused(finding, decision, label)
        if not why and finding.finding in barred:
            why = "have a suggestion that the schema forbids"
        if why:
            left_out[why] = left_out.get(why, 0) + 1
        else:
            chosen.append(finding)
    if desk.left > len(found):
        left_out[f"beyond the first {format_count(len(found))}"] = desk.left - len(found)
    before: dict[str, int] = {}
    moves = {f.rid: f.suggestion if decision == "fix" else None for f in chosen if f.rid is not None}
    changes_labels = decision == "exclude" or any(finding.column == label for finding in chosen)
    if label is not None and decision != "keep" and changes_labels and chosen:
        before = class_counts(lake.lake, desk.version)
    after = dict(before)
    if before and label is not None:
        rows = rows_at(lake.lake, desk.version, [f.rid for f in chosen if f.rid is not None], columns=[label])
        about = {f.rid for f in chosen if decision == "exclude" or f.column == label}
        for rid, row in rows.items():
            given, new = row.cells[label], moves[rid]
            if rid not in about or row.excluded or given is None:
                continue
            after[given] = after.get(given, 0) - 1
            if new is not None:
                after[new] = after.get(new, 0) + 1
    return Preview(decision, tuple(chosen), left_out, before, after)


def job_key(lake: OpenLake, desk: Desk) -> str:
    """Name the job of the visitor's bulk answer."""
    return f"bulk:{lake.lake.url}:{desk.dataset}:{lake.author}"


def show_bulk(lake: OpenLake, desk: Desk) -> None:
    """Offer one answer to all findings of the filter."""
    running = show_job(job_key(lake, desk), done=lambda job: _done(job))
    with st.container(gap="xsmall", key="review-bulk"):
        most = max(1, min(desk.left, CAP))
        top = st.number_input(
            f"At once, of {format_count(desk.left)}", 1, most, most, key=f"bulk-top-{hash((desk.key, most))}",
            help="The first so many in the order of the queue; one undo takes it back.",
        )  # fmt: skip
        for decision, word in WORDS.items():
            st.button(
                f"{word} …", key=f"bulk-{decision}", on_click=_open, args=(desk, decision, int(top)), width="stretch",
                disabled=running or not desk.left, help="First you see what it would do.",
            )  # fmt: skip
        show_what_if(lake, desk, int(top))
    if desk.bulk in WORDS:
        _ask(lake, desk)


def _open(desk: Desk, decision: str, top: int) -> None:
    """Open the preview."""
    desk.bulk, desk.top = decision, top


@st.dialog("One answer to many", width="medium", on_dismiss=close_dialog)
def _ask(lake: OpenLake, desk: Desk) -> None:
    """Show the preview and ask."""
    if not desk.bulk:
        # A button of the dialog shows only the dialog anew; the page without it takes it away.
        st.rerun()
    seen = preview(lake, desk, desk.bulk, top=desk.top)
    count = count_of(len(seen.findings), "finding")
    st.text(f"{WORDS[seen.decision]}: {count}.")
    for why, number in seen.left_out.items():
        st.text(f"Left out: {format_count(number)} {why}.")
    if seen.before:
        st.text("Rows of each class, before and after:")
        balance = [(name, rows, seen.after[name], seen.after[name] - rows) for name, rows in seen.before.items()]
        balance += [(name, 0, rows, rows) for name, rows in seen.after.items() if name not in seen.before]
        shown = marked(pd.DataFrame(balance, columns=["class", "before", "after", "change"]))
        counted = {name: st.column_config.NumberColumn(format="localized") for name in ("before", "after")}
        signed = st.column_config.NumberColumn(format="%+d")
        st.dataframe(shown, hide_index=True, column_config={**counted, "change": signed})
    examples = [(key_of(f), f.column or "", f.value or "", f.suggestion or "") for f in seen.findings[:EXAMPLES]]
    if examples:
        st.text("The first of them:" if len(seen.findings) > EXAMPLES else "They are:")
        st.dataframe(marked(pd.DataFrame(examples, columns=["row", "column", "value", "suggestion"])), hide_index=True)
    with st.container(horizontal=True):
        st.button(
            f"{WORDS[seen.decision]}: {count}", key="bulk-confirm", disabled=not seen.findings,
            on_click=_start, args=(lake, desk, seen),
        )  # fmt: skip
        st.button("Cancel", key="bulk-cancel", on_click=close_dialog)
    st.text("One undo takes it back." if seen.decision != "fix" else "One undo takes it back until it is published.")


def _start(lake: OpenLake, desk: Desk, seen: Preview) -> None:
    """Begin the answer; the page is shown anew once it is in the lake."""
    desk.bulk = ""
    handle, dataset, author = lake.lake, desk.dataset, lake.author
    names = [finding.finding for finding in seen.findings]

    def work(progress: Progress) -> int:
        progress("saving", 0, len(names))
        suggested = seen.decision == "fix"
        return decide(
            handle, dataset, names, seen.decision, use_suggestion=suggested, seen=seen.findings, author=author
        ).count

    jobs.start(job_key(lake, desk), f"{WORDS[seen.decision]}: {count_of(len(names), 'finding')}", work)
    desk.stale = True


def _done(job: jobs.Job) -> None:
    """Say what was done, and lay the desk anew."""
    leave()
    st.toast(f"{job.title}: done. Undo takes it back.")
