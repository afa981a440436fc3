"""Transforms that read a text as a number, a date or a quantity, and write it in one way.

What cannot be read without a guess is left as it is and counted: a date that two of the given formats read as two
different days, a quantity in an unit that the table lacks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from workbench.errors import DataError
from workbench.lake import canonical_text, literal
from workbench.lake.patterns import format_fault
from workbench.transforms.kinds import BLANKS

_PLAIN = r"-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?"
_ISO = r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}(\.\d+)?)?"
_MARKS = {"": "", ",": ",", ".": r"\.", " ": " ", "'": "['’]", "_": "_"}


@dataclass(frozen=True)
class ParseNumber:
    """Read numbers as people write them: ``1,234.50``, ``€ 12``, ``(300)``, ``12 %``.

    Attributes
    ----------
    thousands : str
        Mark between groups of exactly three digits: comma, point, blank, apostrophe, underscore, or empty for none.
    decimal : str
        Point or comma.
    percent : {"fraction", "number"}
        Whether ``12 %`` becomes 0.12 or 12.
    """

    name: ClassVar[str] = "parse number"
    thousands: str = ","
    decimal: str = "."
    percent: Literal["fraction", "number"] = "fraction"

    def __post_init__(self) -> None:
        if self.thousands not in _MARKS:
            raise DataError(f"'{self.thousands}' is no mark for thousands", source="field 'thousands'")
        if self.decimal not in (".", ",") or self.decimal == self.thousands:
            raise DataError(
                f"'{self.decimal}' is no decimal mark beside '{self.thousands}' for thousands", source="field 'decimal'"
            )
        if self.percent not in ("fraction", "number"):
            raise DataError(f"'{self.percent}' is no way to read a percentage", source="field 'percent'")

    def sql(self, value: str) -> tuple[str, str]:
        """See :class:`workbench.transforms.Transform`."""
        text = f"trim(regexp_replace({value}, {literal(BLANKS)}, ' ', 'g'))"
        mark, point = _MARKS[self.thousands], _MARKS[self.decimal]
        groups = rf"[1-9]\d{{0,2}}(?:{mark}\d{{3}})+|\d+" if mark else r"\d+"
        money = r"(?:\p{Sc}|[A-Z]{3})?"
        body = rf"([-+−(]?) ?{money} ?([-+−]?) ?({groups})(?:{point}(\d+))? ?{money} ?(%?) ?(\)?)"
        found = f"regexp_extract({text}, {literal(f'^{body}$')}, ['open', 'sign', 'whole', 'rest', 'per', 'shut'])"
        digits = f"regexp_replace(parsed.whole, {literal(mark)}, '', 'g')" if mark else "parsed.whole"
        whole = f"coalesce(nullif(ltrim({digits}, '0'), ''), '0')"
        minus = "CASE WHEN parsed.open IN ('-', '−', '(') OR parsed.sign IN ('-', '−') THEN '-' ELSE '' END"
        number = f"{minus} || {whole} || CASE WHEN parsed.rest <> '' THEN '.' || parsed.rest ELSE '' END"
        if self.percent == "fraction":
            hundredth = canonical_text(f"(({number})::DOUBLE / 100)", "DOUBLE")
            number = f"CASE WHEN parsed.per = '%' THEN {hundredth} ELSE {number} END"
        is_read = f"(regexp_full_match({text}, {literal(body)}) AND ({found}.open = '(') = ({found}.shut = ')'))"
        read = f"list_transform([{found}], lambda parsed: {number})[1]"
        known = f"regexp_full_match({value}, {literal(_PLAIN)})"
        return (
            f"CASE WHEN {is_read} THEN {read} ELSE {value} END",
            f"CASE WHEN NOT {is_read} AND NOT {known} THEN 'is no number' END",
        )


@dataclass(frozen=True)
class ParseDate:
    """Read dates in given formats (``%d.%m.%Y``; as C's strptime) and write them as ISO 8601: ``2026-01-31``."""

    name: ClassVar[str] = "parse date"
    formats: tuple[str, ...]

    def __post_init__(self) -> None:
        if isinstance(self.formats, list):
            object.__setattr__(self, "formats", tuple(self.formats))
        if not self.formats:
            raise DataError("is empty", source="field 'formats'", hint='Give at least one, such as "%d.%m.%Y".')
        for form in self.formats:
            fault = format_fault(form)
            if fault or "%" not in form:
                raise DataError(
                    f"'{form}' is no date format{': ' + fault if fault else ''}",
                    source="field 'formats'",
                    hint="%d is the day, %m the month, %Y the year, %H:%M the time.",
                )

    def sql(self, value: str) -> tuple[str, str]:
        """See :class:`workbench.transforms.Transform`."""
        text = f"trim({value})"
        tries = ", ".join(f"try_strptime({text}, {literal(form)})" for form in self.formats)
        days = f"list_sort(list_distinct(list_filter([{tries}], lambda d: d IS NOT NULL)))"
        timed = any(mark in form for form in self.formats for mark in ("%H", "%I", "%M", "%S", "%T", "%X", "%c"))
        written = literal("%Y-%m-%d %H:%M:%S" if timed else "%Y-%m-%d")
        both = f"'could be ' || strftime({days}[1], {written}) || ' or ' || strftime({days}[2], {written})"
        known = f"(regexp_full_match({text}, {literal(_ISO)}) AND TRY_CAST({text} AS TIMESTAMP) IS NOT NULL)"
        return (
            f"CASE WHEN len({days}) = 1 THEN strftime({days}[1], {written}) ELSE {value} END",
            f"CASE WHEN len({days}) > 1 THEN {both} WHEN len({days}) = 0 AND NOT {known} "
            "THEN 'is in none of the formats' END",
        )


@dataclass(frozen=True)
class ParseUnit:
    """Read quantities such as ``12 kg`` or ``1.2 lb`` and write the number in one unit, without it.

    Attributes
    ----------
    to : str
        The unit to write in.
    units : tuple of (str, float)
        Each unit as it is written, and how many of ``to`` it is: ``{"kg": 1, "g": 0.001, "lb": 0.45359237}``.
    """

    name: ClassVar[str] = "parse unit"
    to: str
    units: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        if isinstance(self.units, Mapping):
            object.__setattr__(self, "units", tuple(self.units.items()))
        table = dict(self.units)
        if table.get(self.to) != 1:
            raise DataError(f"does not say that one '{self.to}' is 1 '{self.to}'", source="field 'units'")
        for unit, factor in self.units:
            if not (isinstance(factor, (int, float)) and math.isfinite(factor) and factor > 0):
                raise DataError(f"the factor of '{unit}' is no number above 0", source="field 'units'")

    def sql(self, value: str) -> tuple[str, str]:
        """See :class:`workbench.transforms.Transform`."""
        text = f"trim(regexp_replace({value}, {literal(BLANKS)}, ' ', 'g'))"
        body = r"([-+]?(?:\d+(?:\.\d+)?|\.\d+)) ?([^\d ,.].*)"
        unit = f"regexp_extract({text}, {literal(f'^{body}$')}, 2)"
        number = f"TRY_CAST(regexp_extract({text}, {literal(f'^{body}$')}, 1) AS DOUBLE)"
        factors = "".join(f" WHEN {literal(name)} THEN {float(factor)!r}::DOUBLE" for name, factor in self.units)
        factor = f"(CASE {unit}{factors} END)"
        quantity = f"regexp_full_match({text}, {literal(body)})"
        amount = canonical_text(f"round({number} * {factor}, 12)", "DOUBLE")
        known = f"regexp_full_match({text}, {literal(_PLAIN)})"
        return (
            f"CASE WHEN {quantity} AND {factor} IS NOT NULL THEN {amount} ELSE {value} END",
            f"CASE WHEN {quantity} AND {factor} IS NULL THEN 'is in an unknown unit, ' || {unit} "
            f"WHEN NOT {quantity} AND NOT {known} THEN 'is no quantity' END",
        )
