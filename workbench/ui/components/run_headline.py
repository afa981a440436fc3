"""The last run in one line."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.runs import Run
from workbench.ui.components.markup import element
from workbench.ui.wording import ago

COLOURS = {"passed": "wb-badge wb-gain", "failed": "wb-badge wb-loss", "error": "wb-badge wb-loss"}
"""Outcome → its classes; the others are slate."""


def show_run_headline(name: str, runs: Sequence[Run]) -> None:
    """Say how the newest run ended, when, and what it found."""
    said = [element("span", f"{name} · ")] if runs else []
    if runs:
        last = runs[0]
        said.append(element("span", last.outcome.upper(), css=COLOURS.get(last.outcome, "wb-badge")))
        said.append(element("span", f" {ago(last.started_at)}{changes_of(last)}"))
    else:
        said.append(element("span", f"{name} · no run yet"))
    st.html(element("h1", *said, css="wb-headline"))


def changes_of(run: Run) -> str:
    """Write what a run saw change, to follow another word; nothing where it did not get that far."""
    if not run.findings:
        return ""
    return " · " + ", ".join(f"{run.findings[change]:,} {change}" for change in ("new", "returned", "fixed"))
