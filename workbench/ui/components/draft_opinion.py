"""A second opinion on test labels: the row without what the draft says of it, and the classes to choose from."""

from __future__ import annotations

import streamlit as st

from workbench import drafts
from workbench.api import OpenLake
from workbench.characters import visible
from workbench.drafts import SecondOpinion
from workbench.reporting import count_of, format_count
from workbench.reviewing import classes_offered, rows_at
from workbench.ui.components.draft_head import attempt
from workbench.ui.components.markup import element
from workbench.ui.drafting import Seen, next_action
from workbench.ui.wording import plain


def show_opinions(lake: OpenLake, seen: Seen) -> None:
    """Show the test label that the visitor is asked about, and where people differ."""
    if not seen.opinions:
        return
    agreed = sum(each.state == "agreed" for each in seen.opinions)
    with st.container(border=True, key="draft-opinions"):
        st.subheader("Second opinion on test labels")
        st.text(f"{format_count(agreed)} of {count_of(len(seen.opinions), 'test label')} have one.")
        if seen.questions:
            _ask(lake, seen, seen.questions[0])
        differing = [each for each in seen.opinions if each.state == "differs" and not each.hidden]
        if differing:
            st.html(_table(differing))
            st.text("A third person's answer decides, or the correction is changed or undone on Review.")


def _ask(lake: OpenLake, seen: Seen, asked: SecondOpinion) -> None:
    """Ask about one row."""
    version = next(each for each in lake[seen.draft.dataset].versions() if each.version == seen.draft.base)
    row = rows_at(lake.lake, version, [asked.rid]).get(asked.rid)
    place = ", ".join(f"{name} {value}" for name, value in asked.key.items())
    st.html(element("p", element("strong", place), f" · what is its {asked.column}?", css="wb-plain"))
    cells = {} if row is None else {name: value for name, value in row.cells.items() if name != asked.column}
    said = [
        element("div", element("dt", name), element("dd", "missing" if value is None else value))
        for name, value in cells.items()
    ]
    with st.container(height=200, border=False, key="draft-opinion-row"):
        st.html(element("dl", *said, css="wb-cells"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            plain(f"{asked.column} of {place}"), sorted(classes_offered(lake.lake, version)), index=None,
            key="draft-opinion", placeholder="Choose or type", accept_new_options=True, width=240, format_func=visible,
        )  # fmt: skip
        st.button(
            "Answer",
            type="primary" if next_action(seen) == "opinion" else "secondary",
            key="draft-answer",
            on_click=_answer,
            args=(lake, seen, asked),
        )


def _answer(lake: OpenLake, seen: Seen, asked: SecondOpinion) -> None:
    """Record the answer."""
    value = st.session_state.get("draft-opinion")
    if value is None:
        return
    number = seen.draft.draft
    if attempt(lambda: drafts.give_opinion(lake.lake, number, asked.rid, value, author=lake.author), "Answered."):
        st.session_state["draft-opinion"] = None


def _table(opinions: list[SecondOpinion]) -> str:
    """Write where people differ."""
    heads = ("row", "was", "the draft says", "others say")
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    body = [
        element(
            "tr",
            element("td", ", ".join(f"{name} {value}" for name, value in each.key.items())),
            element("td", "missing" if each.old is None else each.old),
            element("td", f"{each.new} ({each.author})"),
            element("td", ", ".join(f"{value} ({who})" for who, value in each.answers)),
        )
        for each in opinions
    ]
    return element("table", element("thead", head), element("tbody", *body), css="wb-table wb-figures wb-pairs")
