"""What is wrong: the check, the row, the value that was given, and what it might be instead."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from workbench.findings import Finding
from workbench.reporting.cases import shorten
from workbench.ui.components.markup import element
from workbench.ui.wording import ago

WIDEST = 120
"""Characters of a value."""


def key_of(finding: Finding) -> str:
    """Name the finding's row: ``person_id 4711``."""
    return ", ".join(f"{name} {value}" for name, value in finding.key.items()) or finding.column or "the whole table"


def shown_value(value: str | None) -> Markup:
    """Write a value as it is, blanks at its ends included; a missing one in words."""
    if value is None:
        return element("span", "missing", css="wb-missing")
    return element("code", shorten(value, WIDEST), css="wb-value")


def show_finding(finding: Finding) -> None:
    """Show a finding, its status and who decided; a test row without the model's opinion."""
    test = finding.lane == "test"
    facts = [
        element("strong", finding.check),
        element("span", finding.severity, css=f"wb-badge{' wb-loss' if finding.severity == 'error' else ''}"),
        element("span", f"score {finding.score:.2f}") if finding.score is not None else "",
        element("span", key_of(finding)),
        element("span", "test lane", css="wb-badge wb-test") if test else element("span", finding.lane or ""),
        element("span", "returned", css="wb-badge") if finding.returned else "",
    ]
    st.html(
        element(
            "div",
            element("div", *facts, css="wb-facts"),
            element("p", finding.message, css="wb-plain"),
            element("div", *_values(finding), css="wb-facts wb-given"),
            element("p", _status(finding), css="wb-plain wb-small"),
            css="wb-finding",
        )
    )


def _values(finding: Finding) -> list[Markup]:
    """Write what was given and what is suggested."""
    said: list[Markup] = []
    evidence = finding.evidence
    if finding.column is not None:
        said += [element("span", f"{finding.column}:", css="wb-small"), shown_value(finding.value)]
        said += _probability(evidence.get("probability_given"))
    if finding.suggestion is not None and finding.suggestion != "exclude":
        word = "the model says" if "probability_suggested" in evidence else "suggested"
        said += [element("span", f"→ {word}", css="wb-small"), shown_value(finding.suggestion)]
        said += _probability(evidence.get("probability_suggested"))
    elif finding.suggestion == "exclude":
        said.append(element("span", "suggested: take the row out", css="wb-small"))
    if finding.lane == "test" and finding.check.startswith("label."):
        said.append(element("span", "what the model would say is hidden", css="wb-small"))
    members = evidence.get("members") or []
    if members:
        rows = [", ".join(f"{name} {value}" for name, value in member.items()) for member in members[:3]]
        more = f" and {len(members) - 3} more" if len(members) > 3 else ""
        said.append(element("span", f"with {'; '.join(rows)}{more}", css="wb-small"))
    return said


def _probability(value: float | None) -> list[Markup]:
    """Write a probability of the model's."""
    return [] if value is None else [element("span", f"({value:.2f})", css="wb-interval")]


def _status(finding: Finding) -> str:
    """Say how a finding stands and who decided."""
    if finding.status == "open" and finding.decision is None:
        return f"open since v{finding.first_version}"
    who = f" by {finding.author}" if finding.author else ""
    when = f", {ago(finding.decided_at)}" if finding.decided_at else ""
    answered = f" ({finding.decision}{who}{when})" if finding.decision else who
    why = f": {shorten(finding.reason, WIDEST)}" if finding.reason else ""
    return f"{finding.status}{answered}{why}"
