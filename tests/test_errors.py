"""Every error says what is wrong, where, and how to mend it, and knows the exit code it stands for."""

from __future__ import annotations

import inspect

import pytest

from workbench import errors
from workbench.errors import (
    Cancelled,
    ConfigurationError,
    Conflict,
    ConflictError,
    DataError,
    KeyColumnError,
    LakeBusy,
    ModelError,
    SchemaError,
    StoreError,
    UnknownName,
    UsageError,
    WorkbenchError,
)


def test_the_text_is_the_message_and_below_it_the_remedy():
    assert str(WorkbenchError("It is so.", hint="Do this.")) == "It is so.\n  Do this."
    assert str(WorkbenchError("It is so.")) == "It is so."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (ConfigurationError("x"), 2),
        (UnknownName("dataset", "x"), 2),
        (DataError("x"), 2),
        (KeyColumnError("x"), 2),
        (SchemaError("x"), 2),
        (ModelError("x"), 2),
        (StoreError("x"), 3),
        (LakeBusy("x"), 3),
        (Cancelled("x"), 3),
        (ConflictError("x", []), 1),
    ],
)
def test_an_error_knows_its_exit_code(error, code):
    assert error.exit_code == code and isinstance(error, WorkbenchError)


def test_every_error_of_the_module_belongs_to_the_tree():
    ours = [item for _, item in inspect.getmembers(errors, inspect.isclass) if item.__module__ == errors.__name__]
    raised = [item for item in ours if issubclass(item, BaseException)]
    assert len(raised) >= 12 and all(issubclass(item, WorkbenchError) for item in raised)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "it is wrong"),
        ({"source": "a.csv"}, "a.csv: it is wrong"),
        ({"source": "a.csv", "line": 3}, "a.csv, line 3: it is wrong"),
        ({"source": "a.csv", "line": 3, "column": "age"}, "a.csv, line 3, column 'age': it is wrong"),
        ({"line": 0}, "line 0: it is wrong"),
    ],
)
def test_an_error_in_data_says_where(given, says):
    error = DataError("it is wrong", **given)
    assert error.message == says
    assert error.source == given.get("source", "")
    assert (error.line, error.column) == (given.get("line"), given.get("column"))


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        (["adult", "digits"], "Did you mean 'adult'?"),
        (["x", "y"], "There is: x, y."),
        (map(str, range(20)), "There is: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …."),
        ([], ""),
    ],
)
def test_an_unknown_name_offers_what_there_is(known, hint):
    error = UnknownName("dataset", "adlut", known, where="the lake")
    assert (error.message, error.hint) == ("There is no dataset 'adlut' in the lake.", hint)
    assert (error.kind, error.name) == ("dataset", "adlut")


def test_an_unknown_name_takes_a_remedy_of_the_caller_s():
    assert UnknownName("lake", "x", ["y"], hint="Make one.").hint == "Make one."


def test_a_conflict_lists_its_cells():
    conflict = Conflict({"id": 1}, "age", 1, 2, 3)
    error = ConflictError("1 of 2", [conflict], hint="Look.")
    assert error.conflicts == (conflict,) and error.hint == "Look."
