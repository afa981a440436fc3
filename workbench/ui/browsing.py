"""What the page Data is asked for: filters, search, order and page, as they stand in the address."""

from __future__ import annotations

import json
from dataclasses import dataclass

import streamlit as st

from workbench.errors import UnknownName, UsageError
from workbench.lake import View
from workbench.versions.browse import TESTS, Filter

SIZES = (50, 100)
"""Rows a page may have."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for.

    Attributes
    ----------
    filters : tuple of Filter
        All must hold.
    search : str
        Text in a key column.
    order : (str, bool) or None
        Column, and whether the largest come first.
    size, page : int
        Rows a page, and which page.
    """

    filters: tuple[Filter, ...]
    search: str
    order: tuple[str, bool] | None
    size: int
    page: int


def asked(view: View) -> Asked:
    """Read the address.

    Raises
    ------
    UsageError
        Something in it is not there, or is no filter, page or size.
    """
    order = st.query_params.get("sort")
    descending = order is not None and order.startswith("-")
    name = order[1:] if order is not None and descending else order
    size, page = st.query_params.get("rows", str(SIZES[0])), st.query_params.get("page", "1")
    if size not in map(str, SIZES):
        raise UnknownName("number of rows a page", size, map(str, SIZES))
    if not page.isdecimal() or not 1 <= int(page) <= 10**12:
        raise UnknownName("page", page, hint="Pages are counted from 1.")
    return Asked(
        filters=tuple(read_filter(text) for text in st.query_params.get_all("filter")),
        search=st.query_params.get("q", ""),
        order=None if name is None else (view.column(name).name, descending),
        size=int(size),
        page=int(page),
    )


def read_filter(text: str) -> Filter:
    """Read a filter as :func:`write_filter` writes it."""
    try:
        parts = json.loads(text)
    except json.JSONDecodeError:
        parts = None
    if not isinstance(parts, list) or not 2 <= len(parts) <= 4 or not all(isinstance(part, str) for part in parts):
        raise UsageError(f"The address has a filter that is none: {text}", hint='Filters look like ["age", "missing"].')
    if parts[1] not in TESTS:
        raise UnknownName("test", parts[1], TESTS)
    return Filter(*parts)


def write_filter(wanted: Filter) -> str:
    """Write a filter for the address."""
    parts = [wanted.column, wanted.test, wanted.value, wanted.upper]
    while len(parts) > 2 and not parts[-1]:
        parts.pop()
    return json.dumps(parts, ensure_ascii=False)


def in_words(wanted: Filter) -> str:
    """Write a filter for people: ``age between 20 and 60``."""
    if wanted.test == "missing":
        return f"{wanted.column} is missing"
    if wanted.test != "between":
        return f"{wanted.column} {wanted.test} “{wanted.value}”"
    if wanted.value and wanted.upper:
        return f"{wanted.column} between {wanted.value} and {wanted.upper}"
    return f"{wanted.column} from {wanted.value}" if wanted.value else f"{wanted.column} up to {wanted.upper}"


def put(**values: str | list[str] | None) -> None:
    """Write into the address, and begin at the first page again."""
    for name, value in {"page": None, **values}.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)
