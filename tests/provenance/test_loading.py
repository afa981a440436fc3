"""A project's code runs apart from everything else, and every file of the project that it rests on counts."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest

from workbench.provenance import run_file, run_module


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Write files of a project: ``project({"rules.py": "LIMIT = 1"})``."""
    monkeypatch.chdir(tmp_path)

    def project(files: dict[str, str], folder: str = ".") -> Path:
        for name, source in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source), encoding="utf-8")
        return tmp_path / folder

    return project


def answer(folder, name="schemas/rules.py"):
    """What the file says now, and its fingerprint."""
    loaded = run_file(folder / name, lambda module: module.answer(), places=[folder])
    return loaded.result, loaded.fingerprint


PULLED_IN = {
    "a neighbour": ({"schemas/rules.py": "from contract import answer\n"}, "schemas/contract.py", "{value}"),
    "a module of the project": ({"schemas/rules.py": "from contract import answer\n"}, "contract.py", "{value}"),
    "a helper two imports away": (
        {"schemas/rules.py": "from contract import answer\n", "contract.py": "from limits import answer\n"},
        "limits.py",
        "{value}",
    ),
    "a relative import": ({"schemas/rules.py": "from .contract import answer\n"}, "schemas/contract.py", "{value}"),
    "a package's module": (
        {"schemas/rules.py": "from rules_of.deep import answer\n", "rules_of/__init__.py": ""},
        "rules_of/deep/__init__.py",
        "{value}",
    ),
    "a package's sibling": (
        {
            "schemas/rules.py": "import rules_of.deep.one\nanswer = rules_of.deep.one.answer\n",
            "rules_of/deep/one.py": "from ..two import answer\n",
            "rules_of/__init__.py": "",
            "rules_of/deep/__init__.py": "",
        },
        "rules_of/two.py",
        "{value}",
    ),
    "a name made at run time": (
        {"schemas/rules.py": "import importlib\nanswer = importlib.import_module('con' + 'tract').answer\n"},
        "contract.py",
        "{value}",
    ),
    "an import within a function": (
        {"schemas/rules.py": "def answer():\n    from contract import answer\n    return answer()\n"},
        "contract.py",
        "{value}",
    ),
    "a file that is read": (
        {
            "schemas/rules.py": "from pathlib import Path\n"
            "TEXT = Path(__file__).with_name('limits.txt').read_text()\ndef answer():\n    return int(TEXT)\n"
        },
        "schemas/limits.txt",
        "{number}",
    ),
}


@pytest.mark.parametrize("kind", PULLED_IN)
def test_whatever_loading_pulls_in_counts_and_is_never_an_older_file(project, kind):
    files, changed, text = PULLED_IN[kind]
    folder = project(files)
    seen = []
    for number in (1, 2, 2):
        value = f"def answer():\n    return {number}\n"
        project({changed: text.format(value=value, number=number)})
        if number == 2 and changed.endswith(".py"):
            # Compiled files go by size and time, of which neither tells the two apart.
            os.utime(folder / changed, (1_700_000_000, 1_700_000_000))
        seen.append(answer(folder))
    assert [value for value, _ in seen] == [1, 2, 2]
    assert seen[0][1] != seen[1][1] == seen[2][1]


def test_a_module_that_appears_later_is_found(project):
    folder = project(
        {
            "schemas/rules.py": "try:\n    from local_rules_of_this_test import answer\n"
            "except ImportError:\n    def answer():\n        return 1\n"
        }
    )
    before = answer(folder)
    assert before[0] == 1
    project({"local_rules_of_this_test.py": "def answer():\n    return 2\n"})
    after = answer(folder)
    assert after[0] == 2 and after[1] != before[1]


def test_a_fingerprint_follows_neither_the_folder_nor_what_is_not_used(project):
    files = {"schemas/rules.py": "from contract import answer\n", "contract.py": "def answer():\n    return 1\n"}
    one = answer(project(files, "one"))
    two = answer(project({**files, "unused.py": "1 / 0\n", "schemas/other.py": "1 / 0\n"}, "two"))
    assert one == two


def test_the_versions_of_libraries_that_the_project_imports_count(project, monkeypatch):
    import importlib.metadata

    folder = project({"schemas/rules.py": "import joblib\ndef answer():\n    return 1\n"})
    before = answer(folder)[1]
    version = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "99" if name == "joblib" else version(name))
    assert answer(folder)[1] != before


def test_nothing_is_run_again_while_nothing_changes(project):
    folder = project({"schemas/rules.py": "RUNS = []\ndef answer():\n    RUNS.append(1)\n    return len(RUNS)\n"})
    assert [answer(folder)[0], answer(folder)[0]] == [1, 1]


@pytest.mark.parametrize("name", ["queue", "random", "typing", "json"])
def test_a_file_named_like_a_library_takes_nobodys_place(project, name):
    library = sys.modules[name]
    folder = project(
        {
            f"schemas/{name}.py": f"import {name} as library\nfrom neighbour import seen\n"
            "def answer():\n    return library, seen\n",
            "schemas/neighbour.py": f"import {name} as seen\n",
            f"{name}.py": "raise RuntimeError('not the library')\n",
        }
    )
    assert answer(folder, f"schemas/{name}.py")[0] == (library, library)
    assert sys.modules[name] is library


def test_two_projects_may_have_modules_of_one_name_and_leave_no_trace(project):
    files = {"schemas/rules.py": "from contract import answer\n"}
    first = project({**files, "contract.py": "def answer():\n    return 1\n"}, "first")
    second = project({**files, "contract.py": "def answer():\n    return 2\n"}, "second")
    path, modules = list(sys.path), set(sys.modules)
    assert [answer(first)[0], answer(second)[0], answer(first)[0]] == [1, 2, 1]
    assert sys.path == path
    assert {name for name in set(sys.modules) - modules if "contract" in name or "workbench_" in name} == set()


def test_a_module_that_the_caller_imported_before_is_neither_used_nor_touched(project, monkeypatch):
    folder = project(
        {"schemas/rules.py": "from contract import answer\n", "contract.py": "def answer():\n    return 1\n"}
    )
    monkeypatch.syspath_prepend(str(folder))
    import contract

    project({"contract.py": "def answer():\n    return 20\n"})
    assert answer(folder)[0] == 20
    assert sys.modules.pop("contract") is contract and contract.answer() == 1


def test_what_a_function_imports_much_later_comes_from_its_own_project(project):
    rules = "def answer():\n    return later\ndef later():\n    import contract\n    return contract.VALUE\n"
    first = project({"schemas/rules.py": rules, "contract.py": "VALUE = 1\n"}, "first")
    second = project({"schemas/rules.py": rules, "contract.py": "VALUE = 2\n"}, "second")
    later = [answer(folder)[0] for folder in (first, second)]
    assert [each() for each in [*later, *later]] == [1, 2, 1, 2]
    assert "contract" not in sys.modules


def test_a_module_that_fails_leaves_nothing_and_is_run_again(project):
    folder = project({"schemas/rules.py": "from contract import answer\n", "contract.py": "1 / 0\n"})
    with pytest.raises(ZeroDivisionError):
        answer(folder)
    assert "contract" not in sys.modules
    project({"contract.py": "def answer():\n    return 3\n"})
    assert answer(folder)[0] == 3


def test_a_module_of_the_project_goes_before_an_installed_one_where_it_is_asked_for(project):
    folder = project({"joblib.py": "VALUE = 7\n"})
    assert run_module("joblib", lambda module: module.VALUE, places=[folder]).result == 7
    assert hasattr(sys.modules.get("joblib") or __import__("joblib"), "Parallel")


def test_each_file_and_content_is_announced_once(project, capsys):
    folder = project(
        {"schemas/rules.py": "from contract import answer\n", "contract.py": "def answer():\n    return 1\n"}
    )
    answer(folder)
    said = capsys.readouterr()
    assert said.out == ""
    assert [line.rpartition("/")[2] for line in said.err.splitlines()] == ["rules.py", "contract.py"]
    assert all(
        line.startswith("First use of this code, which runs with your rights: ") for line in said.err.splitlines()
    )
    project({"contract.py": "def answer():\n    return 2\n"})
    answer(folder)
    assert [line.rpartition("/")[2] for line in capsys.readouterr().err.splitlines()] == ["contract.py"]
