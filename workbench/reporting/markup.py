"""Texts as HTML. What people and files wrote is escaped: it is never markup."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from workbench.characters import visible

MARKS = {"gain": "wb-badge wb-gain", "loss": "wb-badge wb-loss"}
"""Verdict → its classes; any other is slate."""


def element(tag: str, *content: Any, css: str = "", **attributes: str) -> Markup:
    """Write an element.

    Parameters
    ----------
    tag : str
        Its name.
    content : Markup, str or number
        Escaped unless it is markup.
    css : str
        Its classes.
    attributes : str
        Others; empty ones are left out.
    """
    given = {"class": css, **attributes}
    written_out = [(name, visible(str(value))) for name, value in given.items()]
    written = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in written_out if value)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), written, Markup("").join(map(_shown, content)))


def _shown(content: Any) -> Markup:
    """Escape what is no markup, and mark in it what would not be seen."""
    plain = isinstance(content, str) and not isinstance(content, Markup)
    return escape(visible(content, lines=True) if plain else content)


def figure(text: str) -> Markup:
    """Write ``84.9 % (84.3–85.5)`` with the interval in small type."""
    mean, _, interval = text.partition(" (")
    return escape(mean) + (Markup(" ") + element("span", f"({interval}", css="wb-interval") if interval else "")


def verdict_badge(text: str, verdict: str | None) -> Markup:
    """Write a verdict in its colour; the words say it too. Without a verdict the text stays plain."""
    if not verdict:
        return _shown(text)
    said, _, interval = text.partition(" (")
    whole = element("span", f"({interval}", css="" if ";" in interval else "wb-short") if interval else ""
    return element("span", said, " " if interval else "", whole, css=MARKS.get(verdict, "wb-badge"))
