"""What was said of a draft, and a field to say something."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from workbench import drafts
from workbench.api import OpenLake
from workbench.drafts import DraftEvent
from workbench.reporting.discussions import event_words
from workbench.ui.components.draft_head import attempt
from workbench.ui.components.markup import badge, element
from workbench.ui.drafting import Seen
from workbench.ui.wording import ago

HEIGHT = 260
"""Pixels of the discussion; a longer one scrolls."""


def show_talk(lake: OpenLake, seen: Seen) -> None:
    """Show the discussion, the newest first."""
    st.subheader("Discussion")
    with st.container(height=HEIGHT, border=True, key="draft-talk"):
        if not seen.talk.events:
            st.text("Nobody has said anything yet. Comments, approvals and what was found out will stand here.")
        for event in reversed(seen.talk.events):
            st.html(_line(event, current=event.content == seen.talk.content))
    if seen.draft.state != "open":
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Say something", key="draft-comment-text", placeholder="row 4711 is right as it is")
        st.button("Comment", key="draft-comment", on_click=_comment, args=(lake, seen))


def _line(event: DraftEvent, *, current: bool) -> Markup:
    """Write an event."""
    words, made = event_words(event.kind, event.text), event.created_at
    when = element("time", ago(made), datetime=made.isoformat(), title=f"{made:%Y-%m-%d %H:%M:%S} UTC")
    past = "" if current or event.kind in ("comment", "rebased") else " (before its last changes)"
    head = element("p", element("strong", event.author), f" {words.kind}{past} ", when, css="wb-plain wb-small")
    said = element("p", badge(words.text, words.verdict), css="wb-plain") if words.text else ""
    return element("div", head, said, css="wb-event")


def _comment(lake: OpenLake, seen: Seen) -> None:
    """Say what was typed."""
    text = st.session_state.get("draft-comment-text", "")
    if attempt(lambda: drafts.comment(lake.lake, seen.draft.draft, text, author=lake.author)):
        st.session_state["draft-comment-text"] = ""
