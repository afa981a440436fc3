"""The shape of the code is held by tests: layers, library boundaries, lazy loading, sizes, docstrings, clean text."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "workbench"
MODULES = sorted(PACKAGE.rglob("*.py"))
OWNERS = {
    "duckdb": {"lake"},
    "pandera": {"validation"},
    "cleanlab": {"labels"},
    "faiss": {"neighbors"},
    "sklearn": {"models", "evaluation"},
    "scipy": {"impact"},
    "click": {"cli"},
    "rich": {"cli"},
    "streamlit": {"ui"},
    "altair": {"ui"},
    "pydantic_settings": {"settings"},
}
HEAVY = {"pandas", "numpy", "pyarrow", "sklearn", "scipy", "pandera", "cleanlab", "streamlit", "altair", "faiss"}


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def unit(path: Path) -> str:
    """The unit of the design that a module belongs to: the first name below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Top-level names of all that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after a statement."""
    program = f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nprint('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}


def tracked() -> list[Path]:
    """Files that git tracks, or that are about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"NOT TESTED: this is no git checkout ({done.stderr.strip()})")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_layers_hold():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


@pytest.mark.parametrize("library", OWNERS)
def test_a_big_library_is_imported_in_one_unit_only(library):
    users = {unit(path) for path in MODULES if library in imported(path)}
    assert users <= OWNERS[library]


def test_help_loads_no_library_but_click():
    loaded = loaded_by("sys.argv = ['workbench', '--help']; from workbench.cli import main; main()")
    assert "click" in loaded
    assert loaded & (HEAVY | {"duckdb", "pydantic", "pydantic_settings", "rich"}) == set()


@pytest.mark.parametrize(
    "module", ["workbench", "workbench.lake", "workbench.versions", "workbench.drafts", "workbench.findings",
               "workbench.api", "workbench.cli"]
)  # fmt: skip
def test_what_a_short_command_loads_waits_for_no_heavy_library(module):
    assert loaded_by(f"import {module}") & HEAVY == set()


def test_reading_versions_loads_no_heavy_library(lake):
    """DuckDB imports pandas to bind the first parameter of a statement, so short commands bind none."""
    loaded = loaded_by(
        "from workbench.lake import open_lake, read_versions; from workbench.settings import Settings; "
        f"read_versions(open_lake(Settings(lake={lake.url!r})), 't')"
    )
    assert "duckdb" in loaded and loaded & HEAVY == set()


def test_modules_are_short():
    lines = {label(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: count for name, count in lines.items() if count > 500} == {}
    assert statistics.median(count for name, count in lines.items()) <= 150


def test_whatever_is_public_says_what_it_does():
    silent = []
    for path in MODULES:
        module = tree(path)
        if ast.get_docstring(module) is None:
            silent.append(label(path))
        places = [(label(path), module)]
        for where, place in places:
            for node in place.body:
                if not isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                    continue
                if node.name.startswith("_"):
                    continue
                if ast.get_docstring(node) is None:
                    silent.append(f"{where}:{node.name}")
                if isinstance(node, ast.ClassDef):
                    places.append((f"{where}:{node.name}", node))
    assert silent == []


def test_no_class_has_a_name_that_says_nothing():
    empty = re.compile(r"(Manager|Handler|Helper|Processor|Engine|Context|Utils)$")
    names = {node.name for path in MODULES for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)}
    assert {name for name in names if empty.search(name)} == set()


def test_schemas_import_pandera_and_never_the_workbench():
    for path in (ROOT / "schemas").glob("*.py"):
        assert "pandera" in imported(path) and "workbench" not in imported(path), label(path)


# Written so that this file does not match itself.
UNWANTED = {
    "a path of somebody's machine": re.compile(r"(?<![\w.])/(?:[w]ork|[r]oot|opt/[w]b|[h]ome/(?!ann\b)\w+)/"),
    "a folder for temporary files": re.compile(r"(?<![\w.])/[t]mp/\w"),
    "the address of a package registry": re.compile(
        r"[p]ypi\.org|[p]ythonhosted|registry\.[n]pmjs|deb\.[d]ebian|[c]onda\.anaconda|\bindex[_-]url\s*="
    ),
}


@pytest.mark.parametrize("kind", UNWANTED)
def test_no_file_holds(kind):
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{label(path)}: {match[0]}" for match in UNWANTED[kind].finditer(text)]
    assert found == []
