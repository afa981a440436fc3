"""Transforms: what becomes of a text, why one is left alone, and what a preview says of real rows."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import DataError, UnknownName, UsageError
from workbench.lake import newest, view_of
from workbench.transforms import (
    RESTLESS,
    Case,
    Fill,
    Map,
    ParseDate,
    ParseNumber,
    ParseUnit,
    Regex,
    Replace,
    Split,
    Trim,
    parameters_of,
    preview,
    transform_of,
)


@pytest.fixture
def become(lake, make):
    """Return what becomes of each text: the new text, or in brackets why it is left alone."""

    def become(transforms, texts, kind="object"):
        frame = pd.DataFrame({"id": range(len(texts)), "x": pd.array(texts, dtype=kind)})
        version = make(frame, f"t{become.number}", key=("id",), lanes=[0] * len(texts))
        become.number += 1
        seen = preview(view_of(lake, version), "x", transforms, limit=1000)
        told = {each.old: each.new for each in seen.examples}
        why = {each.value: f"({each.reason})" for each in seen.refused}
        keep = [None if pd.isna(text) else str(text) for text in texts]
        return [why.get(text, told.get(text, text)) for text in keep]

    become.number = 0
    return become


@pytest.mark.parametrize(
    ("transform", "texts", "expected"),
    [
        (Trim(), ["  New \t York ", "\u00a0Oslo", "Oslo", None], ["New York", "Oslo", "Oslo", None]),
        (Case("lower"), ["OSLO", "Ærø"], ["oslo", "ærø"]),
        (Case("upper"), ["oslo"], ["OSLO"]),
        (Case("title"), ["new YORK", ""], ["New York", ""]),
        (Case("first"), ["new YORK"], ["New YORK"]),
        (Replace("St.", "Saint"), ["St. John", "it's"], ["Saint John", "it's"]),
        (Replace("'", "’"), ["it's"], ["it’s"]),
        (Replace("a", "aa"), ["a", "b"], [f"({RESTLESS})", "b"]),
        (Regex(r"^(\w+), (\w+)$", r"\2 \1"), ["Doe, Jane", "?"], ["Jane Doe", "?"]),
        (Regex("oslo", "Oslo", ignore_case=True), ["OSLO-oslo"], ["Oslo-Oslo"]),
        (Split(",", 1), ["a, b", "a", None], ["a", "a", None]),
        (Split(",", 2), ["a, b", "a", "c,d,e"], ["b", "a", "d"]),
        (Split(",", -3), ["a, b", "c,d,e"], ["(has no part -3)", "c"]),
        (Map({"a": "b", "?": None}), ["a", "?", "c"], ["b", None, "c"]),
        (Map({"a": "b", "b": "a"}), ["a", "b", "c"], [f"({RESTLESS})", f"({RESTLESS})", "c"]),
        (Fill(value="x"), ["a", None], ["a", "x"]),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_texts(become, transform, texts, expected):
    assert become([transform], texts) == expected


@pytest.mark.parametrize(
    ("transform", "pairs"),
    [
        (
            ParseNumber(),
            {
                "1,234.50": "1234.50", "€ 12": "12", "USD 1,000": "1000", "12 %": "0.12", "(300)": "-300", "−5": "-5",
                "007": "7", "12": "12", "1,23": "(is no number)", "abc": "(is no number)", "(3": "(is no number)",
                "7%": "0.07", "": "(is no number)",
            },
        ),
        (
            ParseNumber(thousands=".", decimal=",", percent="number"),
            {"1.234,5": "1234.5", "12,5 %": "12.5", "1.234": "1234", "0,125": "0.125", "1,125": f"({RESTLESS})"},
        ),
        (ParseNumber(thousands=" "), {"1 234": "1234", "1\u00a0234 567": "1234567", "12 34": "(is no number)"}),
        (
            ParseDate(("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y")),
            {
                "31.01.2026": "2026-01-31", "1.2.2026": "2026-02-01", "2026-01-31": "2026-01-31",
                "13/02/2026": "2026-02-13", "01/02/2026": "(could be 2026-01-02 or 2026-02-01)",
                "31.02.2026": "(is in none of the formats)",
            },
        ),
        (ParseDate(("%Y%m%d %H:%M",)), {"20260131 14:05": "2026-01-31 14:05:00"}),
        (ParseDate(("%Y-%d-%m",)), {"2026-03-04": f"({RESTLESS})", "2026-31-01": "2026-01-31"}),
        (
            ParseUnit("kg", {"kg": 1, "g": 0.001, "lb": 0.45359237}),
            {
                "12 kg": "12", "500g": "0.5", "1.2 lb": "0.544310844", "12": "12",
                "3 st": "(is in an unknown unit, st)", "much": "(is no quantity)",
            },
        ),
    ],
    ids=["numbers", "numbers with a comma", "numbers with blanks", "dates", "moments", "two ways", "units"],
)  # fmt: skip
def test_readers(become, transform, pairs):
    assert dict(zip(pairs, become([transform], list(pairs)), strict=True)) == pairs


def test_each_step_sees_what_the_ones_before_made(become):
    assert become([Trim(), Case("lower"), Map({"nyc": "New York"})], [" NYC ", "nyc"]) == ["New York", "New York"]


def test_a_result_that_the_column_cannot_hold_is_not_taken(become):
    assert become([Map({"1": "one", "2": "20"})], [1, 2, None], "Int64") == [
        "(one does not fit the column's type BIGINT)",
        "20",
        None,
    ]


def test_a_fill_goes_by_what_is_commonest_among_train_rows(lake, make):
    frame = pd.DataFrame(
        {
            "id": range(8),
            "zip": ["1", "1", "1", "1", "2", "2", "3", "3"],
            "city": ["Oslo", "Bergen", "Bergen", None, None, "Rome", None, "Paris"],
        }
    )
    version = make(frame, key=("id",), lanes=[0, 2, 2, 2, 0, 0, 0, 2])
    seen = preview(view_of(lake, version), "city", [Fill(by="zip")])
    assert [(each.rid, each.new) for each in seen.examples] == [(4, "Oslo"), (5, "Rome")]
    assert [(each.value, each.rows, each.reason) for each in seen.refused] == [(None, 1, "nothing to go by")]


def test_a_preview_counts_rows_values_and_classes_and_changes_nothing(lake, make):
    frame = pd.DataFrame({"id": [10, 11, 12, 13], "income": ["low ", "low", "high", "low "]})
    version = make(frame, "people", key=("id",), label="income", lanes=[0, 0, 2, 2])
    seen = preview(view_of(lake, version), "income", [Trim()])
    assert (seen.rows, seen.distinct, seen.changed_rows, seen.changed_values, seen.distinct_after) == (4, 3, 2, 1, 2)
    example = seen.examples[0]
    assert (example.key, example.old, example.new, example.rows) == ({"id": "10"}, "low ", "low", 2)
    assert seen.balance == (("high", 1, 1), ("low", 1, 3), ("low ", 2, 0))
    assert seen.to_dict()["balance"][1] == {"class": "low", "before": 1, "after": 3}
    assert newest(lake, "people").version == 1


def test_what_cannot_be_previewed(lake, make):
    view = view_of(lake, make(pd.DataFrame({"id": [1], "x": ["a"]}), key=("id",)))
    with pytest.raises(UsageError, match="part of the key"):
        preview(view, "id", [Trim()])
    with pytest.raises(UnknownName, match="no column 'y'"):
        preview(view, "y", [Trim()])
    with pytest.raises(UnknownName, match="no column 'y'"):
        preview(view, "x", [Fill(by="y")])
    with pytest.raises(UsageError, match="no transform"):
        preview(view, "x", [])


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a(b", r"missing \): a\(b at position 1"),
        ("ab(?=c)", r"invalid perl operator: \(\?= at position 3"),
        (r"(a)\1", r"invalid escape sequence: \\1 at position 4"),
        ("[b", "at position 1"),
        ("(?:a{1000}){1000}", "invalid repetition size"),
    ],
)
def test_a_bad_pattern_is_refused_with_its_place(pattern, message):
    with pytest.raises(DataError, match=message):
        Regex(pattern)


def test_a_pattern_that_backtracks_for_ever_elsewhere_does_not_here(become):
    assert become([Regex("^(a+)+$", "all a")], ["a" * 40 + "!", "aaa"]) == ["a" * 40 + "!", "all a"]


@pytest.mark.parametrize(
    ("name", "parameters", "error"),
    [
        ("regex", {"pattern": "(a)", "replacement": r"\2"}, r"has '\\2' at position 1, and the pattern has 1 groups"),
        ("regex", {"pattern": "(?:a)[(]\\(", "replacement": r"\1"}, "0 groups"),
        ("split", {"delimiter": "", "part": 1}, "delimiter"),
        ("split", {"delimiter": ",", "part": 0}, "count from 1"),
        ("split", {"delimiter": ",", "part": "1"}, "takes a whole number"),
        ("case", {"to": "camel"}, "is no case"),
        ("case", {}, "field 'to': is not given"),
        ("cast", {}, "no transform 'cast'"),
        ("trim", {"to": 1}, "no parameter 'to'"),
        ("replace", {"old": "", "new": "b"}, "nothing to look for"),
        ("fill", {}, "either a value or"),
        ("map", {"values": {}}, "is empty"),
        ("map", {"values": {"a": [1]}}, "is no value of a cell"),
        ("parse date", {"formats": []}, "is empty"),
        ("parse date", {"formats": ["%Q"]}, "no date format"),
        ("parse date", {"formats": "x"}, "a list of texts"),
        ("parse number", {"decimal": ","}, "no decimal mark"),
        ("parse number", {"thousands": "x"}, "no mark for thousands"),
        ("parse unit", {"to": "kg", "units": {"g": 0.001}}, "does not say that one 'kg'"),
        ("parse unit", {"to": "kg", "units": {"kg": 1, "g": 0}}, "no number above 0"),
    ],
)
def test_parameters_are_checked(name, parameters, error):
    with pytest.raises((DataError, UnknownName), match=error):
        transform_of(name, parameters)


@pytest.mark.parametrize(
    "transform",
    [
        Trim(), Case("title"), Replace("a", ""), Regex("(a)", r"\1", True), ParseNumber(" ", ","),
        ParseDate(("%d.%m.%y",)),
        ParseUnit("m", (("m", 1), ("cm", 0.01))), Split(";", -1), Fill("0"), Fill(by="zip"),
        Map((("a", None), ("b", "c"))),
    ],
    ids=lambda transform: transform.name,
)  # fmt: skip
def test_a_transform_can_be_written_and_read(transform):
    assert transform_of(transform.name, parameters_of(transform)) == transform
