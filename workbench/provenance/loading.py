"""Runs a file or module of a project, once for as long as nothing that it rests on changes."""

from __future__ import annotations

import ast
import hashlib
import importlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.provenance.modules import LOCK, ProjectModules, installed
from workbench.provenance.packages import combined, library_versions

_KNOWN: dict[tuple[Any, ...], Loaded] = {}


@dataclass(frozen=True)
class Loaded:
    """What a project's file made, and what that rests on.

    Attributes
    ----------
    result : object
        What was made of the module.
    module : module
        The module that was run; an installed one where the project has none of its name.
    own : ProjectModules
        The modules of the project.
    files : dict of str to str
        Every file of the project that counts, by its path from the one that was run, and its sha256.
    libraries : tuple of str
        Libraries that the project's modules import, by the names they are imported by.
    """

    result: Any
    module: ModuleType
    own: ProjectModules = field(repr=False)
    files: dict[str, str]
    libraries: tuple[str, ...]
    _stamps: dict[Path, tuple[Any, ...]] = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Sha256 of the files and of the libraries' versions, in hexadecimal."""
        return combined(self.files, library_versions(self.libraries))

    def is_current(self) -> bool:
        """Tell whether all files are as they were, and none has appeared that was looked for."""
        return all(_stamp(file) == stamp for file, stamp in self._stamps.items()) and not any(
            _is_module(folder, name) for folder, name in self.own.absent
        )


def run_file(
    file: Path,
    build: Callable[[ModuleType], Any],
    *,
    places: Sequence[Path] = (),
    part: str = "",
    around: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> Loaded:
    """Run a file as a module and make something of it.

    The module is not to be had by its own name, so that ``queue.py`` takes no library's place. It can import its
    neighbours and what lies in ``places``, also relatively, unless an installed package has the name.

    Parameters
    ----------
    file : Path
        What to run.
    build : callable
        Makes the result of the module, with the project's modules still in place.
    places : sequence of Path
        Folders to import from besides the file's own.
    part : str
        What of the file is wanted: results are remembered by file, places and part.
    around : callable
        Makes a context for running and making.

    Raises
    ------
    Exception
        Whatever the code or ``build`` raises; nothing is remembered then.
    """
    folder = file.resolve().parent
    package = "workbench_schema"
    name = f"{package}.{file.stem.replace('.', '_')}"
    start = folder / "__init__.py"
    fixed = {package: (start if start.is_file() else folder, True), name: (file.resolve(), False)}

    def run() -> tuple[ProjectModules, str]:
        return ProjectModules([folder, *places], fixed=fixed), name

    return _remembered(("file", str(file.resolve()), tuple(map(str, places)), part), run, build, around=around)


def run_module(
    name: str,
    build: Callable[[ModuleType], Any],
    *,
    places: Sequence[Path],
    part: str = "",
    trusted: Callable[[Path], None] = lambda file: None,
) -> Loaded:
    """Import a module, the project's before an installed one, and make something of it.

    Parameters
    ----------
    name : str
        With dots. One that the standard library has too is run under another name.
    build, part
        As in :func:`run_file`.
    places : sequence of Path
        Folders to look for it in.
    trusted : callable
        Refuses, by raising, the file of a module that is not installed before it is run.

    Raises
    ------
    Exception
        Whatever the import or ``build`` raises.
    """
    top, _, rest = name.partition(".")

    def run() -> tuple[ProjectModules, str]:
        if top not in sys.stdlib_module_names:
            return ProjectModules(places, first=top if _is_in(places, top) else ""), name
        for place in places:
            for file, package in ((place / top / "__init__.py", True), (place / f"{top}.py", False)):
                if file.is_file():
                    alias = f"workbench_model_{top}"
                    return ProjectModules(places, fixed={alias: (file, package)}), f"{alias}.{rest}".rstrip(".")
        return ProjectModules(places), name

    def before(own: ProjectModules, called: str) -> None:
        spec = own.find(called.partition(".")[0])
        for origin in [spec.origin or "", *(spec.submodule_search_locations or [])] if spec else []:
            if Path(origin).exists() and not installed(origin) and top != "workbench":
                trusted(Path(origin))

    return _remembered(("module", name, tuple(map(str, places)), part), run, build, before=before)


def run_data(
    file: Path, build: Callable[[], Any], *, around: Callable[[], AbstractContextManager[Any]] = nullcontext
) -> Loaded:
    """Make something of a file that is no code, such as a schema in YAML; nothing but its content counts."""
    with LOCK, around():
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        return Loaded(build(), ModuleType(file.stem), ProjectModules([]), {"": digest}, (), {})


def _remembered(
    key: tuple[Any, ...],
    start: Callable[[], tuple[ProjectModules, str]],
    build: Callable[[ModuleType], Any],
    *,
    around: Callable[[], AbstractContextManager[Any]] = nullcontext,
    before: Callable[[ProjectModules, str], None] = lambda own, name: None,
) -> Loaded:
    """Return what is known under a key while it is current, else run it."""
    with LOCK:
        known = _KNOWN.pop(key, None)
        if known is None or not known.is_current():
            own, name = start()
            with around(), own.active():
                before(own, name)
                module = importlib.import_module(name)
                result = build(module)
                libraries = sorted(_follow(own))
            files = _files(own)
            root = _file(module)
            named = {_named(file, root): digest for file, digest in files.items()}
            stamps = {file: (digest,) if file.suffix == ".py" else _stamp(file) for file, digest in files.items()}
            known = Loaded(result, module, own, named, tuple(libraries), stamps)
        _KNOWN[key] = known
        return known


def _follow(own: ProjectModules) -> set[str]:
    """Add the files of modules that are imported only in a function, and return the libraries that are imported."""
    libraries: set[str] = set()
    waiting = [(name, file) for name, module in {**own.modules, **_present(own)}.items() if (file := _file(module))]
    seen = set()
    while waiting:
        name, file = waiting.pop()
        if file in seen or file.suffix != ".py":
            continue
        seen.add(file)
        source = file.read_bytes()
        own.files.setdefault(file, hashlib.sha256(source).hexdigest())
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        for wanted in _imported(ast.parse(source), package):
            steps = list(_steps(own, wanted))
            if steps and steps[0][1] is None and wanted.partition(".")[0] not in sys.stdlib_module_names:
                libraries.add(wanted.partition(".")[0])
            waiting += [(step, origin) for step, origin in steps if origin is not None]
    return libraries


def _present(own: ProjectModules) -> dict[str, ModuleType]:
    """List the project's modules among those that are loaded."""
    return {name: module for name, module in list(sys.modules.items()) if own.owns(module)}


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Name all that a module imports, wherever in it, as well as what may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            if base:
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.args[0].value.lstrip(".") or package


def _steps(own: ProjectModules, wanted: str) -> Iterator[tuple[str, Path | None]]:
    """Go down a dotted name: each module's name and file, None where it is not the project's own."""
    parts, path = wanted.split("."), None
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        absent = set(own.absent)
        try:
            spec = own.find(name, path)
        except (ImportError, ValueError):
            return
        if count > 1:
            own.absent = absent  # what is imported from a module is seldom a module itself
        if spec is None:
            return
        origin = Path(spec.origin).resolve() if spec.origin and own.inside(spec.origin) else None
        if origin is None and spec.loader is not None:
            if count == 1:
                yield name, None
            return
        if origin is not None:
            yield name, origin
        path = list(spec.submodule_search_locations or []) or None
        if path is None:
            return


def _files(own: ProjectModules) -> dict[Path, str]:
    """List every file that counts, with those that were read as data; caches and the like are in hidden folders."""
    files = dict(own.files)
    for text in own.opened:
        file = Path(text).resolve()
        below = [file.relative_to(place).parts for place in own.places if file.is_relative_to(place)]
        hidden = any(part.startswith(".") or part == "__pycache__" for part in min(below, key=len, default=()))
        if file not in files and below and not hidden and not installed(str(file)) and file.is_file():
            files[file] = hashlib.sha256(file.read_bytes()).hexdigest()
    return files


def _named(file: Path, root: Path | None) -> str:
    """Name a file as seen from the one that was asked for, so that a project may move and that one be renamed."""
    if file == root or root is None:
        return ""
    return Path(os.path.relpath(file, root.parent)).as_posix()


def _file(module: ModuleType) -> Path | None:
    """Return a module's file."""
    file = getattr(module, "__dict__", {}).get("__file__")
    return Path(file).resolve() if isinstance(file, str) else None


def _stamp(file: Path) -> tuple[Any, ...]:
    """Tell a file's state apart: code by its content, data by size and time."""
    try:
        if file.suffix == ".py":
            return (hashlib.sha256(file.read_bytes()).hexdigest(),)
        state = file.stat()
    except OSError:
        return ()
    return (state.st_size, state.st_mtime_ns, state.st_ino)


def _is_in(places: Sequence[Path], name: str) -> bool:
    """Tell whether one of the places has a module of this name."""
    return any(_is_module(place, name) for place in places)


def _is_module(folder: Path, name: str) -> bool:
    """Tell whether a folder has a module of this name."""
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()
