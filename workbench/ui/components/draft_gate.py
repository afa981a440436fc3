"""What a draft would do, and what the policy asks of it before it may be published."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from workbench.errors import Requirement
from workbench.reporting import badge_of, count_of, format_count
from workbench.settings import without_password
from workbench.ui.components.markup import badge, element
from workbench.ui.drafting import Seen

SIGNS = {True: "✓", False: "✕", None: "?"}
WORDS = {True: "met", False: "not met", None: "not known yet"}


def show_effects(seen: Seen) -> None:
    """Show failures and findings before and after, the verdict and the findings answered, as far as they are known."""
    said = []
    if seen.head.definition.schema:
        checked = seen.found("checked")
        counts = checked["failures"] if checked else None
        text = (
            f"{format_count(counts['before'])} → {format_count(counts['after'])}" if counts else "not checked as it is"
        )
        said.append(element("span", "failures ", element("strong", text)))
    looked = seen.found("findings")
    counts = looked["findings"] if looked else None
    text = (
        f"{format_count(counts['before'])} → {format_count(counts['after'])}, {format_count(counts['new'])} new"
        if counts
        else "not looked for as it is"
    )
    said.append(element("span", "findings ", element("strong", text)))
    if seen.head.definition.label:
        evaluated = seen.found("evaluated")
        if evaluated:
            found = evaluated["comparison"]
            said.append(badge(badge_of(found), found["verdict"]))
        else:
            said.append(element("span", "verdict ", element("strong", "not evaluated as it is")))
    answered = {each.finding for each in seen.corrections if each.finding}
    said += [element("span", f"answers {count_of(len(answered), 'finding')}")] if answered else []
    st.html(element("div", *said, css="wb-facts"))


def show_requirements(seen: Seen) -> None:
    """Show the policy as a checklist."""
    st.subheader("May it go in?")
    if not seen.asked:
        st.text("Nothing is asked of it: the settings have no policy for this dataset ([policies] in workbench.toml).")
        return
    st.html(element("ul", *(_line(each) for each in seen.asked), css="wb-gate"))


def _line(each: Requirement) -> Markup:
    """Write one requirement."""
    how = element("div", without_password(each.how), css="wb-small") if each.how else ""
    css = {True: "wb-met", False: "wb-unmet", None: "wb-unknown"}[each.met]
    sign = element(
        "span", SIGNS[each.met], css=css, title=WORDS[each.met], role="img", **{"aria-label": WORDS[each.met]}
    )
    return element("li", sign, element("div", element("strong", each.requirement), f": {each.why}", how))
