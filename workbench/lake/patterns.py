"""What the database's own readers of patterns and date formats say to one, before it meets any data.

Patterns run in DuckDB, which matches them with RE2: in time linear in the text, whatever the pattern is. What RE2 does
not have (look-around, back references in the pattern) it refuses at once.
Source: Cox, "Regular Expression Matching in the Wild", 2010; https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import duckdb

from workbench.lake.extensions import OFFLINE
from workbench.lake.sql import literal


def pattern_fault(pattern: str) -> str:
    """Return what is wrong with a regular expression, empty where nothing is."""
    return _fault("SELECT regexp_matches('', $1)", pattern)


def format_fault(form: str) -> str:
    """Return what is wrong with a date format, empty where nothing is."""
    return _fault("SELECT try_strptime('', $1)", form)


def _fault(query: str, text: str) -> str:
    """Ask a database of its own, which holds nothing."""
    with duckdb.connect(config=OFFLINE) as connection:
        try:
            connection.execute(query.replace("$1", literal(text)))
        except duckdb.Error as error:
            return str(error).splitlines()[0].partition("Error: ")[2] or str(error)
    return ""
