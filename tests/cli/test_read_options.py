"""A refused file comes with a command to paste, which reads it; the dataset remembers how."""

from __future__ import annotations

import shlex
from pathlib import Path


def pasted(err: str) -> list[str]:
    """The arguments of the command that an error proposes."""
    line = next(line for line in err.splitlines() if line.strip().startswith("Try: "))
    command, *arguments = shlex.split(line.strip().removeprefix("Try: "))
    assert command == "workbench"
    return arguments


def test_the_command_of_an_error_reads_the_file_and_a_refresh_reads_the_next_one_alike(shell):
    Path("a b.csv").write_bytes("Umsätze\n\nid;name\n1;été\n2;Müller\nSumme: 2\n".encode("cp1252"))
    refused = shell("import", "sites", "a b.csv", "--key", "id", "--skip-rows=1")
    assert refused.code == 2 and "byte 0xe4 is not UTF-8" in refused.err
    arguments = pasted(refused.err)
    assert arguments[-6:] == ["--encoding", "cp1252", "--skip-rows", "2", "--skip-rows", "-1"]
    assert arguments[:5] == ["import", "sites", "a b.csv", "--key", "id"] and "--skip-rows=1" not in arguments
    assert shell(*arguments).code == 0
    Path("next.csv").write_bytes("Umsätze\n\nid;name\n1;été\n2;Müller\n3;ö\nSumme: 3\n".encode("cp1252"))
    assert shell("refresh", "sites", "next.csv", "--json").json["rows_added"] == 1
    assert [row["name"] for row in shell("show", "sites", "--json").json["data"]] == ["été", "Müller", "ö"]
    Path("last.csv").write_text("id;name\n4;ü\n")
    again = shell("refresh", "sites", "last.csv", "--encoding", "utf-8", "--skip-rows", "0", "--skip-rows", "-0")
    assert again.code == 2  # 0 and -0 are both from the top


def test_a_sheet_is_asked_for_and_notes_are_told(shell):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["id", "x"])
    book.active.append([1, 0.5])
    book.create_sheet("other").append(["y"])
    book.create_sheet("hid").sheet_state = "hidden"
    book.save("t.xlsx")
    refused = shell("import", "t", "t.xlsx")
    assert "'Sheet', 'other'; hidden: 'hid'" in refused.err
    assert shell(*pasted(refused.err)).code == 0
    Path("s.csv").write_text("sep=;\nid;x\n1;2\n")
    told = shell("import", "s", "s.csv", "--json").json
    assert told["notes"] == ["the first line of s.csv names the delimiter ';' and is no row"]
    wrong = shell("import", "u", "s.csv", "--header", "3-1")
    assert wrong.code == 2 and "ends before it begins" in wrong.err
