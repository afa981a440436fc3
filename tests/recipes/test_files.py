"""Recipe files: read with their lines, written as one wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.recipes import (
    BrokenStep,
    ExcludeStep,
    MergeStep,
    Recipe,
    SetStep,
    TransformStep,
    parse_recipe,
    read_recipe,
    write_recipe,
)
from workbench.transforms import Fill, Map, ParseDate, ParseUnit, Regex, Replace, Split, Trim

TIDY = """name = "tidy"
dataset = "people"
description = "One spelling for each city"

[[step]]
kind = "merge"
column = "city"
values = ["NYC", "New York City"]
value = "New York"

[[step]]
kind = "set"
column = "age"
old = "-1"
new = { missing = true }
where = { state = "NY", city = { missing = true } }
reason = "impossible"

[[step]]
kind = "transform"
column = "name"
transform = "regex"
pattern = "^(\\\\w+), (\\\\w+)$"
replacement = "\\\\2 \\\\1"

[[step]]
kind = "transform"
column = "grade"
transform = "map"

[step.values]
a = "A"
b = "B"
"?" = { missing = true }
"c d" = "C"

[[step]]
kind = "exclude"
where = { kind = "test order" }
"""

RECIPE = Recipe(
    "tidy",
    (
        MergeStep("city", ("NYC", "New York City"), "New York"),
        SetStep("age", "-1", None, (("state", "NY"), ("city", None)), "impossible"),
        TransformStep("name", Regex(r"^(\w+), (\w+)$", r"\2 \1")),
        TransformStep("grade", Map((("a", "A"), ("b", "B"), ("?", None), ("c d", "C")))),
        ExcludeStep((("kind", "test order"),)),
    ),
    "people",
    "One spelling for each city",
)


def test_a_recipe_is_read_and_written():
    assert parse_recipe(TIDY) == RECIPE
    assert write_recipe(RECIPE) == TIDY


def test_numbers_dates_and_truth_values_are_texts():
    steps = "".join(
        f'[[step]]\nkind = "set"\ncolumn = "x"\nold = {old}\nnew = "y"\n' for old in ("-1", "1.0", "true", "2026-01-31")
    )
    assert [step.old for step in parse_recipe(steps).steps] == ["-1", "1", "true", "2026-01-31"]


texts = st.text(max_size=8)
values = st.none() | texts
wheres = st.dictionaries(texts, values, max_size=5).map(lambda found: tuple(found.items()))
transforms = st.one_of(
    st.just(Trim()),
    st.builds(Replace, texts.filter(bool), texts),
    st.builds(Split, texts.filter(bool), st.integers(-3, 3).filter(bool)),
    st.builds(lambda value: Fill(value=value), texts),
    st.dictionaries(texts, values, min_size=1, max_size=5).map(lambda found: Map(tuple(found.items()))),
    st.just(ParseDate(("%d.%m.%Y", "%Y"))),
    st.builds(
        lambda more: ParseUnit("kg", (("kg", 1.0), *more.items())),
        st.dictionaries(texts.filter(lambda text: text != "kg"), st.floats(1e-6, 1e6), max_size=4),
    ),
)
steps = st.one_of(
    st.builds(SetStep, texts, values, values, wheres, texts),
    st.builds(
        MergeStep, texts, st.lists(texts, min_size=1, max_size=4, unique=True).map(tuple), st.none(), wheres, texts
    ),
    st.builds(TransformStep, texts, transforms, wheres, texts),
    st.builds(ExcludeStep, wheres.filter(bool), texts),
)


@given(st.builds(Recipe, texts.filter(bool), st.lists(steps, min_size=1, max_size=4).map(tuple), texts, texts))
def test_what_is_written_is_read_back(recipe):
    text = write_recipe(recipe)
    assert parse_recipe(text) == recipe
    assert write_recipe(parse_recipe(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "x"\nstep = [\n', "line 2: is not valid TOML: Invalid value"),
        ('name = "x"\nname = "y"\n', "line 2: is not valid TOML: Cannot overwrite a value"),
        ("title = 1\n", "'title' means nothing in a recipe"),
        ("name = 1\n", "'name' is no text"),
        ('name = "x"\n', "has no steps"),
        ("[[step]]\n", "line 1: step 1: field 'kind': has no kind"),
        ('[[step]]\nkind = "cast"\n', "step 1: There is no kind of step 'cast'"),
        ('[[step]]\nkind = "set"\ncolumn = "a"\nold = "b"\n', "step 1: field 'new': is not given"),
        ('[[step]]\nkind = "set"\ncolumn = "a"\nold = "b"\nnew = []\n', "step 1: field 'new': \\[\\] is no value"),
        ('[[step]]\nkind = "set"\ncolumn = "a"\nold = nan\nnew = 1\n', "field 'old': nan is no value"),
        ('[[step]]\nkind = "set"\ncolumn = "a"\nold = 1\nnew = 2\nwher = {}\n', "no field 'wher'"),
        ('[[step]]\nkind = "exclude"\nwhere = {}\n', "field 'where': is empty"),
        ('[[step]]\nkind = "exclude"\nwhere = "a"\n', "field 'where': is no table"),
        ('[[step]]\nkind = "merge"\ncolumn = "a"\nvalues = ["b"]\nvalue = "b"\n', "no value to change"),
        (
            '# two\n[[step]]\nkind = "transform"\ncolumn = "a"\ntransform = "trim"\n\n[[step]]\nkind = "transform"\n'
            'column = "a"\ntransform = "regex"\npattern = "(?=a)"\n',
            r"line 7: step 2: field 'pattern': is no pattern .*: invalid perl operator: \(\?= at position 1",
        ),
    ],
)
def test_a_fault_is_told_with_its_line_step_and_field(tmp_path: Path, text, message):
    file = tmp_path / "recipe.toml"
    file.write_text(text)
    with pytest.raises(DataError, match=message) as told:
        read_recipe(file)
    assert "recipe.toml" in told.value.message


def test_a_faulty_step_can_be_kept_apart_so_that_the_others_are_tried():
    text = '[[step]]\nkind = "transform"\ncolumn = "a"\ntransform = "regex"\npattern = "("\n'
    (step,) = parse_recipe(text, lenient=True).steps
    assert isinstance(step, BrokenStep) and "missing )" in step.fault
    with pytest.raises(DataError, match="missing"):
        write_recipe(Recipe("x", (step,)))


def test_rules_in_csv_are_set_steps(tmp_path: Path):
    file = tmp_path / "rules.csv"
    file.write_text('column,old,new,reason\nage,-1,,impossible\ncity," Oslo",Oslo,stray blank\n')
    recipe = read_recipe(file)
    assert recipe.name == "rules"
    assert recipe.steps == (
        SetStep("age", "-1", None, reason="impossible"),
        SetStep("city", " Oslo", "Oslo", reason="stray blank"),
    )
    file.write_text("column,old,new,reason\nage,-1\n")
    with pytest.raises(DataError, match="line 2: 2 fields"):
        read_recipe(file)
    file.write_text("a,b\n")
    with pytest.raises(DataError, match="no rules file"):
        read_recipe(file)
    with pytest.raises(DataError, match="no such file"):
        read_recipe(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("r.toml", b"a = " + b"[" * 100_000, "is not valid TOML"),
        ("r.toml", b"a = " + b"1" * 5000, "is not valid TOML"),
        ("r.csv", b"column,old,new,reason\ncity,\xff,Oslo,\n", "is not UTF-8 text"),
        ("r.csv", b'column,old,new,reason\ncity,"NYC,Oslo,', "line 2: is not valid CSV"),
    ],
)
def test_a_file_that_no_parser_can_read_is_refused(tmp_path: Path, name: str, content: bytes, says: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says):
        read_recipe(tmp_path / name)
