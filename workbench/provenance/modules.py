"""The modules of a project while one of its files runs, apart from all other modules of the process.

They are in ``sys.modules`` only while code of the project is being run or imports something. So nothing of a project
stays loaded from an older file, two projects can have modules of one name, and none takes the place of a library: what
is installed goes before what lies in the project. What other packages pickle by value (joblib's processes do where
they find no such module) can be sent to another process.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import sysconfig
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.provenance.trust import announce

LOCK = threading.RLock()
"""Held while modules of a project are in ``sys.modules``."""

_RUNNING = threading.local()
_INSTALLED = tuple(
    os.path.join(folder, "")
    for folder in {sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)


class ProjectModules:
    """The modules that one file of a project pulled in.

    Parameters
    ----------
    places : sequence of Path
        Folders in which modules are looked for after the installed ones.
    fixed : mapping of str to (Path, bool)
        Modules that are run from a given file, whatever else has their name; true where it is a package's.
    first : str
        A module that is looked for in ``places`` before the installed ones.

    Attributes
    ----------
    modules : dict of str to module
        By name.
    files : dict of Path to str
        Every Python file that was run, and its sha256.
    opened : set of str
        Every file that was opened for reading meanwhile.
    absent : set of (Path, str)
        Folder and name of every module that was looked for and not found.
    """

    def __init__(
        self, places: Sequence[Path], *, fixed: Mapping[str, tuple[Path, bool]] | None = None, first: str = ""
    ) -> None:
        self.places = tuple(dict.fromkeys(place.resolve() for place in places))
        self.fixed = dict(fixed or {})
        self.first = first
        self.modules: dict[str, ModuleType] = {}
        self.files: dict[Path, str] = {}
        self.opened: set[str] = set()
        self.absent: set[tuple[Path, str]] = set()
        self._inside = tuple(os.path.join(place, "") for place in {*map(str, self.places), *map(str, places)})
        self._active = 0

    @contextmanager
    def active(self) -> Iterator[None]:
        """Put the project's modules into ``sys.modules`` for the length of a block, in place of older ones."""
        with LOCK:
            if self._active == threading.get_ident():
                yield
                return
            outer, outer_active = getattr(_RUNNING, "modules", None), self._active
            hidden = {name: module for name, module in list(sys.modules.items()) if self._displaces(name, module)}
            for name in hidden:
                del sys.modules[name]
            before = set(sys.modules)
            sys.modules.update(self.modules)
            finder = _Finder(self)
            sys.meta_path.insert(0, finder)
            importlib.invalidate_caches()
            _RUNNING.modules, self._active = self, threading.get_ident()
            try:
                yield
            finally:
                sys.meta_path.remove(finder)
                for name, module in list(sys.modules.items()):
                    if name in self.modules or (name not in before and self.owns(module)):
                        self.modules[name] = module
                        del sys.modules[name]
                sys.modules.update(hidden)
                _RUNNING.modules, self._active = outer, outer_active

    def owns(self, module: Any) -> bool:
        """Tell whether a module is the project's own: its file lies in one of the places and is not installed."""
        known = getattr(module, "__dict__", {})
        name, file = str(known.get("__name__", "")), known.get("__file__")
        if name == "__main__" or name.partition(".")[0] == "workbench":
            return False
        if name in self.fixed:
            return True
        if file is None and known.get("__spec__") is not None and "__path__" in known:
            file = next(iter(known["__path__"]), None)
        return isinstance(file, str) and self.inside(file)

    def inside(self, file: str) -> bool:
        """Tell whether a file lies in one of the places and belongs to no installed package."""
        return file.startswith(self._inside) and not installed(file)

    def find(self, name: str, path: Sequence[str] | None = None) -> importlib.machinery.ModuleSpec | None:
        """Find a module as an import in the project does; what is the project's own is run from its file's bytes."""
        if name in self.fixed:
            file, package = self.fixed[name]
            folder = [str(file if file.is_dir() else file.parent)] if package else None
            if file.is_dir():
                found = importlib.machinery.ModuleSpec(name, None, is_package=True)
                found.submodule_search_locations = folder
                return found
            return importlib.util.spec_from_file_location(
                name, file, loader=_FromBytes(name, str(file)), submodule_search_locations=folder
            )
        spec = None
        if name == self.first:
            spec = self._searched(name)
        spec = spec or _regular(name, path)
        if spec is None and path is None:
            spec = self._searched(name)
        if spec is None:
            folders = [Path(folder) for folder in path if self.inside(folder)] if path else self.places
            self.absent |= {(folder, name.rpartition(".")[2]) for folder in folders}
            return None
        origin = spec.origin
        own = origin is not None and self.inside(origin) and name.partition(".")[0] != "workbench"
        if own and origin is not None:
            if isinstance(spec.loader, importlib.machinery.SourceFileLoader):
                spec.loader = _FromBytes(name, origin)
            elif Path(origin).is_file():
                self.files[Path(origin).resolve()] = hashlib.sha256(Path(origin).read_bytes()).hexdigest()
        return spec

    def _searched(self, name: str) -> importlib.machinery.ModuleSpec | None:
        """Look for a module in the places."""
        return importlib.machinery.PathFinder.find_spec(name, [str(place) for place in self.places])

    def _displaces(self, name: str, module: Any) -> bool:
        """Tell whether a loaded module has to go while the project's modules are there."""
        top = name.partition(".")[0]
        if top == "workbench" or name == "__main__":
            return False
        return name in self.modules or top in self.fixed or (top == self.first != "") or self.owns(module)

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        """Import something from a module of the project, also from a function that is called much later."""
        elsewhere = sys.modules.get(name) if not level and name.partition(".")[0] not in self.modules else None
        if elsewhere is not None and not self.owns(elsewhere):
            return builtins.__import__(name, globals, locals, fromlist, level)
        known = self.modules.get(name) if not level else None
        if known is not None and all(hasattr(known, attribute) for attribute in fromlist or ()):
            return known if fromlist else self.modules[name.partition(".")[0]]
        with self.active():
            return builtins.__import__(name, globals, locals, fromlist, level)


class _Finder:
    """Finds modules for the thread that runs a project's code; other threads import as ever."""

    def __init__(self, modules: ProjectModules) -> None:
        self._modules = modules
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module, as Python's import system asks."""
        return self._modules.find(name, path) if threading.get_ident() == self._thread else None


class _FromBytes(importlib.machinery.SourceFileLoader):
    """Runs a module from the bytes that its file has now: compiled files go by times, which have a grain."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code."""
        modules: ProjectModules = _RUNNING.modules
        file = Path(self.path).resolve()
        source = Path(self.path).read_bytes()
        digest = hashlib.sha256(source).hexdigest()
        _RUNNING.modules = None  # what is read in order to say this is no part of the project
        announce(file, digest)
        _RUNNING.modules = modules
        modules.files[file] = digest
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": modules._import}
        exec(compile(source, self.path, "exec", dont_inherit=True), module.__dict__)


def installed(file: str) -> bool:
    """Tell whether a file belongs to Python or to an installed package."""
    return file.startswith(_INSTALLED) or not {"site-packages", "dist-packages"}.isdisjoint(Path(file).parts)


def _regular(name: str, path: Sequence[str] | None) -> importlib.machinery.ModuleSpec | None:
    """Find a module as if there were no project."""
    for finder in sys.meta_path:
        if not isinstance(finder, _Finder):
            spec = finder.find_spec(name, path)
            if spec is not None:
                return spec
    return None


def _note_opened(event: str, args: tuple[Any, ...]) -> None:
    """Note files that a project's code opens while it is loaded (Python's audit events cannot be unsubscribed)."""
    if event != "open":
        return
    modules: ProjectModules | None = getattr(_RUNNING, "modules", None)
    if modules is not None and isinstance(args[0], str) and not args[2] & (os.O_WRONLY | os.O_RDWR):
        modules.opened.add(os.path.abspath(args[0]))


sys.addaudithook(_note_opened)
