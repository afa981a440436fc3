"""What is printed for people shows what cells hold and does nothing; what programs read keeps the data."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from workbench.characters import escaped_json, printable, visible
from workbench.reporting.validations import escaped
from workbench.ui.wording import plain

SPITEFUL = "\x1b]0;owned\x07\x1b[31m\n::error::pwned\r\x85\x9b31m\u202egpj.exe\u200b##[error]x"
"""A cell that clears, colours, turns around and gives orders wherever it is printed as it is."""

CONTROLS = ("\x1b", "\x07", "\r", "\x85", "\x9b", "\u202e", "\u200b", "\xa0")


@pytest.fixture
def spiteful(shell):
    """The shell, in a project whose dataset has such cells in a key and a column's name."""
    rows = [{"id": n, "na\xa0me": SPITEFUL if n % 2 else "b", "kind": SPITEFUL if n % 3 else "x"} for n in range(12)]
    rows.append({"id": 12, "na\xa0me": "::warning::whole cell", "kind": "x"})
    Path("odd.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    Path("schemas/odd.py").write_text(
        "import pandera.pandas as pa\n\n"
        'schema = pa.DataFrameSchema({"na\\xa0me": pa.Column(str, pa.Check.isin(["b"])), "kind": pa.Column(str)})\n'
    )
    made = shell(
        "import",
        "odd",
        "odd.jsonl",
        "--key",
        "na\xa0me",
        "--key",
        "id",
        "--label",
        "kind",
        "--schema",
        "schemas/odd.py",
    )
    assert made.code == 0, made.err
    return shell


COMMANDS = [
    ("show", "odd"),
    ("validate", "odd"),
    ("findings", "odd"),
    ("run", "odd", "--no-evaluate", "--no-refresh"),
    ("diff", "odd@1", "odd@1"),
    ("blame", "odd", "--key", "id=12", "--key", "na\xa0me=::warning::whole cell"),
    ("blame", "odd", "--key", "id=1", "--key", "na\xa0me=no\n::error::x"),
    ("clusters", "odd", "na\xa0me"),
    ("clusters", "odd", "no\x1b[31m\n::error::x"),
    ("versions", "odd"),
    ("show", "no\n::error::x"),
    ("no\n::error::x",),
    ("restore", "odd@1", "-m", SPITEFUL),
    ("import", "more", "odd.jsonl", "--key", "kind"),
    ("draft", "new", "odd", "--title", SPITEFUL),
    ("draft", "list", "odd"),
]


def test_no_command_prints_what_a_terminal_or_a_ci_system_obeys(spiteful):
    for command in COMMANDS:
        ran = spiteful(*command)
        for text in (ran.out, ran.err):
            assert not [character for character in CONTROLS if character in text], (command, text)
            assert not [line for line in text.splitlines() if line.strip().startswith("::")], (command, text)
            assert "##[" not in text and "unforeseen" not in text, (command, text)
    assert "na<U+00A0>me" in spiteful("show", "odd").out and "␛[31m␊::error::pwned" in spiteful("show", "odd").out


def test_json_means_the_very_cell_and_does_nothing(spiteful):
    ran = spiteful("show", "odd", "--json")
    assert ran.json["data"][1]["na\xa0me"] == SPITEFUL and "na\xa0me" in ran.json["columns"]
    assert not [character for character in CONTROLS if character in ran.out] and "##[" not in ran.out


def test_every_format_is_valid_whatever_the_cells_hold(spiteful):
    validate = ("validate", "odd", "--format")
    json.loads(spiteful(*validate, "json").out)
    assert json.loads(spiteful(*validate, "sarif").out)["version"] == "2.1.0"
    ElementTree.fromstring(spiteful(*validate, "junit").out)
    for command in (validate, ("run", "odd", "--no-evaluate", "--no-refresh", "--format")):
        lines = spiteful(*command, "github").out.splitlines()
        assert lines and all(
            line.startswith(("::error title=", "::warning title=", "::notice title=")) for line in lines
        )
        assert not [character for character in CONTROLS if character in "".join(lines)]


def test_a_report_page_shows_them(spiteful):
    Path("fix.json").write_text(json.dumps([{"id": 1, "na\xa0me": SPITEFUL, "column": "kind", "new": "\x1b[0m\u202e"}]))
    spiteful("draft", "new", "odd")
    assert spiteful("draft", "add", "1", "fix.json").code == 0
    assert spiteful("draft", "publish", "1", "-m", SPITEFUL).code == 0
    page = spiteful("report", "odd@1", "odd@2", "-o", "-").out
    assert not [character for character in CONTROLS if character in page]
    assert "na&lt;U+00A0&gt;me" in page


def test_workflow_commands_are_escaped_as_github_documents():
    assert escaped("50 %\r\n::x") == "50 %25%0D%0A::x"
    assert escaped("a:b,c%", ":,") == "a%3Ab%2Cc%25"


def test_marks():
    assert visible("a\tb\x7f\xa0\u2028\ufeff") == "a␉b␡<U+00A0><U+2028><U+FEFF>"
    assert visible("plain ÄÖ 日本 😀") == "plain ÄÖ 日本 😀"
    assert printable("ok\n \xa0::error::x\n##vso[task]y") == "ok\n <U+00A0>::error::x\n##vso\\[task]y"
    assert printable("::error::x") == "\\::error::x"
    assert (
        json.loads(escaped_json(json.dumps("a\u202e\U000e0001##[x]", ensure_ascii=False))) == "a\u202e\U000e0001##[x]"
    )
    assert plain("na\xa0me") == "na\\<U\\+00A0\\>me"


def test_only_one_place_prints():
    for file in Path(__file__).parents[2].joinpath("workbench/cli").glob("*.py"):
        if file.name != "state.py":
            assert "click.echo" not in file.read_text() and "print(" not in file.read_text(), file
