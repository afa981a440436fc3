"""A document that stands alone: one HTML file without scripts, fonts or anything else from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from workbench.characters import UNSEEN, visible
from workbench.reporting.markup import element

WHOLE = 24
"""Characters of a cell up to which it is broken between words only."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may load and run for the page: nothing but its own style."""


def document(title: str, *body: Markup, style: str) -> str:
    """Write a whole HTML document.

    Parameters
    ----------
    title : str
        Of the browser's tab.
    body : Markup
        What it says.
    style : str
        The style sheet; trusted.
    """
    policy = Markup('<meta http-equiv="Content-Security-Policy" content="{}">').format(POLICY)
    metas = Markup(
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
    )
    head = element("head", metas, policy, element("title", title), element("style", Markup(style)))
    page = element("html", head, element("body", element("main", *body)), lang="en")
    # Whatever came into the page otherwise than as an element: a browser drops it, or it turns the text around it.
    return UNSEEN.sub(lambda found: escape(visible(found[0])), f"<!doctype html>\n{page}\n")


def table(
    titles: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    numbers: Sequence[int] = (),
    caption: str = "",
    total: Sequence[Any] | None = None,
    narrow: bool = False,
) -> Markup:
    """Write a table that scrolls by itself where the page is too narrow for it.

    Parameters
    ----------
    titles : sequence of str
        Of the columns.
    rows : sequence of sequences
        Cells; escaped unless they are markup.
    numbers : sequence of int
        Places of the columns that align right.
    caption : str
        Read out with the table, not shown.
    total : sequence, optional
        A last line that sums up.
    narrow : bool
        Take no more room than the cells need.
    """

    def line(tag: str, cells: Sequence[Any], **attributes: str) -> Markup:
        each = []
        for place, cell in enumerate(cells):
            short = isinstance(cell, str) and not isinstance(cell, Markup) and len(cell) <= WHOLE
            css = "number" if place in numbers else "whole" if short else ""
            each.append(element(tag, cell, css=css, **attributes))
        return element("tr", *each)

    parts = [element("caption", caption)] if caption else []
    parts.append(element("thead", line("th", titles, scope="col")))
    parts.append(element("tbody", *(line("td", row) for row in rows)))
    parts += [element("tfoot", line("td", total))] if total is not None else []
    css = "scroll narrow" if narrow else "scroll"
    return element("div", element("table", *parts), css=css, tabindex="0", role="region", **_named(caption))


def section(title: str, *content: Markup | str, name: str) -> Markup:
    """Write a part of the page under its heading, which the list of contents leads to."""
    return element("section", element("h2", title), *content, id=name)


def paragraph(*content: Markup | str, css: str = "") -> Markup:
    """Write a paragraph."""
    return element("p", *content, css=css)


def folded(title: str, *content: Markup | str) -> Markup:
    """Write what opens with a click, and stands open on paper."""
    return element("details", element("summary", title), *content)


def _named(caption: str) -> dict[str, str]:
    """Give a scrolling region its name."""
    return {"aria-label": caption} if caption else {}


STYLE = """
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1f272e; --soft: #4a5560; --line: #d5dbe1; --quiet: #f3f5f7;
  --gain: #009e73; --loss: #d55e00; --slate: #7a8793;
  --gain-ink: #00664a; --gain-page: #e1f4ed; --loss-ink: #a34700; --loss-page: #fcebde;
  --slate-ink: #4a5560; --slate-page: #ebeff2;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14181c; --ink: #e6eaee; --soft: #b9c3cd; --line: #39424b; --quiet: #1f252b;
    --gain-ink: #5bd3ac; --gain-page: #0f3328; --loss-ink: #f6a266; --loss-page: #3d2210;
    --slate-ink: #b9c3cd; --slate-page: #29313a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 0.25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 0.5rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 0.25rem; }
p { margin: 0.35rem 0; overflow-wrap: anywhere; max-width: 52rem; }
a { color: inherit; text-underline-offset: 0.2em; }
nav { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; margin: 1.5rem 0 0; font-size: 0.9rem; }
ul { margin: 0.35rem 0; padding-left: 1.2rem; max-width: 52rem; overflow-wrap: anywhere; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.9em; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: 0.9rem; }
.verdict { font-size: 1.5rem; font-weight: 600; margin: 1.25rem 0 0.5rem; }
.verdict .wb-badge { padding: 0.15rem 0.6rem; }
.wb-badge {
  display: inline-block; padding: 0.05rem 0.45rem; border-radius: 0.25rem;
  color: var(--slate-ink); background: var(--slate-page);
}
.wb-badge.wb-gain { color: var(--gain-ink); background: var(--gain-page); }
.wb-badge.wb-loss { color: var(--loss-ink); background: var(--loss-page); }
.wb-interval { font-size: 0.85em; color: var(--soft); white-space: nowrap; }
.wb-short, .nowrap { white-space: nowrap; }
.warning { border-left: 3px solid var(--loss); background: var(--loss-page); padding: 0.35rem 0.75rem; }
.scroll { overflow-x: auto; margin: 0.5rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td {
  padding: 0.35rem 0.75rem 0.35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line);
}
th { font-weight: 400; color: var(--soft); vertical-align: bottom; }
td { overflow-wrap: anywhere; min-width: 3.5rem; white-space: pre-wrap; }
.whole, td .wb-badge { overflow-wrap: normal; }
tfoot td { font-weight: 600; }
.number { text-align: right; white-space: nowrap; padding-left: 0.75rem; }
td.number:last-child, th.number:last-child { padding-right: 0; }
.narrow table { width: auto; min-width: 22rem; }
.near { min-width: 18rem; }
.missing { font-style: italic; color: var(--soft); }
.old { color: var(--soft); }
details { margin: 0.5rem 0; }
summary { cursor: pointer; font-size: 0.9rem; color: var(--soft); }
svg.dots { width: 100%; min-width: 44rem; height: auto; display: block; margin: 0.5rem 0; }
svg.dots text { font-size: 14px; fill: var(--ink); }
svg.dots .name { text-anchor: end; }
svg.dots .tick, svg.dots .axis { text-anchor: middle; fill: var(--soft); font-size: 13px; }
svg.dots .word { text-anchor: end; }
svg.dots .gain .word { fill: var(--gain-ink); }
svg.dots .loss .word { fill: var(--loss-ink); }
svg.dots .grid { stroke: var(--line); }
svg.dots .zero { stroke: var(--soft); stroke-width: 1.5; }
svg.dots .reach { stroke-width: 3; stroke-opacity: 0.6; }
svg.dots .mark { fill: var(--slate); stroke: var(--slate); }
svg.dots .mark.gain { fill: var(--gain); stroke: var(--gain); }
svg.dots .mark.loss { fill: var(--loss); stroke: var(--loss); }
svg.dots .mark .floor { fill: var(--slate); fill-opacity: 0.22; stroke: none; }
svg.dots .mark text { stroke: none; }
svg.dots .mark .dot { stroke: none; }
svg.dots .mark .arrow { stroke: none; fill-opacity: 0.8; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
:focus-visible { outline: 2px solid #3d8fc9; outline-offset: 2px; }
@media (max-width: 900px) { .number .wb-interval { display: block; } }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  .scroll { overflow: visible; }
  svg.dots { min-width: 0; }
  table { font-size: 8pt; }
  .number { white-space: normal; }
  .number .wb-interval { display: block; }
  tr, svg.dots, h2 { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  thead { display: table-header-group; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .wb-badge { border: 1px solid currentColor; }
}
"""
"""Colours are those of the app: told apart by colour-blind people, readable on the light and the dark page."""
