"""The parameters of a transform as fields: made from what its class says, each with a message of its own."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_origin, get_type_hints

import streamlit as st

from workbench.characters import visible
from workbench.errors import DataError, UnknownName
from workbench.transforms import TRANSFORMS, Transform, transform_of
from workbench.transforms.writing import MISSING
from workbench.ui.components.markup import element

ARROW = "=>"

WORDS: dict[str, tuple[str, str]] = {
    "to": ("Write it in", ""),
    "old": ("Text to look for", "Wherever it stands in the value."),
    "new": ("Text to put there", "Nothing takes the text away."),
    "pattern": ("Regular expression", "RE2: \\d a digit, \\s a blank, ^ the beginning, $ the end, ( ) a group."),
    "replacement": ("Put in its place", "\\1 is the first group, \\0 the whole match."),
    "ignore_case": ("Ignore case", ""),
    "thousands": ("Between thousands", ""),
    "decimal": ("Decimal mark", ""),
    "percent": ("12 % becomes", ""),
    "formats": ("Formats, one a line", "%d day, %m month, %Y year, %H:%M time. Two readings: left alone."),
    "units": ("Units, one a line", "Each with how many of the unit above it is, such as g = 0.001."),
    "delimiter": ("Text between the parts", ""),
    "part": ("Which part to keep", "Counted from 1, or from the end with −1."),
    "value": ("Value for missing cells", "Leave it empty to go by another column."),
    "by": ("Or the commonest value of", "Among train rows that hold the same value there."),
    "values": ("Values, one a line", "old => new, the whole value; nothing after => makes it missing."),
}
"""Field → its label and help."""

DEFAULTS: dict[str, Any] = {
    "to": "", "formats": "%d.%m.%Y", "units": "kg = 1\ng = 0.001", "part": 1, "delimiter": ",",
}  # fmt: skip
CHOICES: dict[str, dict[str, str]] = {
    "thousands": {
        ",": "comma 1,234", ".": "point 1.234", " ": "blank 1 234", "'": "apostrophe 1'234", "_": "underscore 1_234",
        "": "nothing",
    },
    "decimal": {".": "point 0.5", ",": "comma 0,5"},
    "percent": {"fraction": "0.12", "number": "12"},
    "to": {"lower": "lower case", "upper": "UPPER CASE", "title": "Title Case", "first": "First letter upper"},
}  # fmt: skip
"""Field → its values, for people."""

NEEDED = {"old", "pattern", "delimiter", "formats", "units", "values", "to"}
"""Fields that say nothing yet while they are empty."""


@dataclass(frozen=True)
class Filled:
    """A transform as somebody filled it in.

    Attributes
    ----------
    transform : Transform or None
        None while something is missing or wrong.
    fault : WorkbenchError or None
        What is wrong.
    typed : dict
        Key of each field → what it holds.
    """

    transform: Transform | None = None
    fault: DataError | UnknownName | None = None
    typed: dict[str, Any] = dataclasses.field(default_factory=dict)


def show_fields(kind: str, columns: Sequence[str]) -> Filled:
    """Show the parameters of a kind of transform.

    Parameters
    ----------
    columns : sequence of str
        Columns that one can go by.

    Returns
    -------
    Filled
        The field that is wrong says so too.
    """
    fields = dataclasses.fields(TRANSFORMS[kind])
    hints = get_type_hints(TRANSFORMS[kind])
    slots: dict[str, Any] = {}
    given: dict[str, Any] = {}
    helps: dict[str, str] = {}
    if not fields:
        st.text("Takes blanks off both ends, and makes one blank of each run within.")
    for field in fields:
        label, helps[field.name] = WORDS[field.name]
        if kind == "parse unit" and field.name == "to":
            label = "Write in the unit"
        given[field.name] = _field(kind, field, hints[field.name], label, columns)
        if helps[field.name] or field.name == "decimal":
            slots[field.name] = st.container(height=48, border=False)
    wrong = {name for name in NEEDED & set(given) if given[name] in ("", None)}
    if kind == "fill" and given["value"] in ("", None) and given["by"] is None:
        wrong = {"value"}
    filled, at, message = Filled(), "", ""
    if not wrong:
        try:
            typed = {f"transform-{kind}-{name}": value for name, value in given.items()}
            filled = Filled(transform_of(kind, _parameters(kind, given)), typed=typed)
        except (DataError, UnknownName) as error:
            found = re.match(r"field '(\w+)': ", error.message)
            at, message = (found[1], error.message[found.end() :]) if found else ("", error.message)
            filled = Filled(fault=error)
    for name, slot in slots.items():
        with slot:
            if name == at:
                st.html(element("p", f"✕ {message}", css="wb-plain wb-small wb-suspect-word", role="alert"))
            else:
                st.html(element("p", helps[name], css="wb-plain wb-small"))
    return filled


def _field(kind: str, field: dataclasses.Field[Any], hint: Any, label: str, columns: Sequence[str]) -> Any:
    """Show one parameter."""
    name, key = field.name, f"transform-{kind}-{field.name}"
    usual = DEFAULTS.get(name, "") if field.default is dataclasses.MISSING else field.default
    if get_origin(hint) is Literal or (name in CHOICES and name != "to"):
        options: list[str] = [*CHOICES[name]]
        at = options.index(usual) if usual in options else 0
        return st.selectbox(label, options, index=at, key=key, format_func=lambda each: CHOICES[name].get(each, each))
    if name == "by":
        return st.selectbox(label, columns, index=None, key=key, placeholder="No column", format_func=visible)
    if hint is bool:
        return st.checkbox(label, bool(usual), key=key)
    if hint is int:
        return st.number_input(label, value=int(usual), step=1, key=key)
    if get_origin(hint) is tuple:
        return st.text_area(label, usual or "", key=key, height=110)
    default = "kg" if kind == "parse unit" else (usual or "")
    return st.text_input(label, "" if isinstance(default, types.NoneType) else default, key=key)


def _parameters(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Read what was typed as parameters."""
    read = dict(given)
    if kind == "parse date":
        read["formats"] = [line.strip() for line in given["formats"].splitlines() if line.strip()]
    elif kind == "parse unit":
        read["units"] = {name: _factor(text) for name, text in _pairs(given["units"], "=", "units")}
    elif kind == "map":
        read["values"] = {old: new or MISSING for old, new in _pairs(given["values"], ARROW, "values")}
    elif kind == "fill":
        read = {name: value for name, value in given.items() if value not in ("", None)}
    return read


def _pairs(text: str, mark: str, field: str) -> list[tuple[str, str]]:
    """Read lines of two parts."""
    pairs = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            before, found, after = line.rpartition(mark)
            if not found:
                raise DataError(f"line {number} has no {mark}", source=f"field '{field}'")
            pairs.append((before.strip(), after.strip()))
    return pairs


def _factor(text: str) -> float:
    """Read a factor."""
    try:
        return float(text)
    except ValueError:
        raise DataError(f"'{text}' is no number", source="field 'units'") from None
