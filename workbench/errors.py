"""What can go wrong, sorted by whose fault it is.

Every error a user can meet is a :class:`WorkbenchError`. It says what is wrong and where in its message, and how to
mend it in ``hint``; ``exit_code`` is what the command line ends with. Fields that a program may want (line, column,
conflicts …) are attributes of the class that has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from workbench.addresses import without_password


class WorkbenchError(Exception):
    """Anything the workbench refuses or cannot do.

    Parameters
    ----------
    message : str
        What is wrong, and where. Secrets of addresses in it are hidden.
    hint : str, optional
        How to mend it.
    """

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        message, hint = without_password(message), without_password(hint)
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process whole, however the class is made."""
        return _arrived, (type(self), self.args, self.__dict__)


def _arrived(kind: type[WorkbenchError], args: tuple[Any, ...], fields: dict[str, Any]) -> WorkbenchError:
    """Make an error again that came from another process."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(fields)
    return error


class UsageError(WorkbenchError):
    """The caller asked for something that is not there, or in a way that makes no sense."""

    exit_code = 2


class ConfigurationError(UsageError):
    """A setting is misspelt, of the wrong type or out of range."""


class UnknownName(UsageError):
    """A dataset, version, tag, column, row, finding or draft that does not exist.

    Attributes
    ----------
    kind, name : str
        What was looked for.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str] = (), *, where: str = "", hint: str = "") -> None:
        known = [str(item) for item in known]
        close = get_close_matches(name, known, n=1)
        if not hint and close:
            hint = f"Did you mean '{close[0]}'?"
        elif not hint and known:
            shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
            hint = f"There is: {shown}."
        super().__init__(f"There is no {kind} '{name}'{f' in {where}' if where else ''}.", hint=hint)
        self.kind = kind
        self.name = name


class DataError(WorkbenchError):
    """The data itself cannot be taken as it is.

    Attributes
    ----------
    source : str
        The file, table or frame.
    line : int or None
        Line of a text file, counted from 1, the header included.
    column : str or None
        Column as the source names it.
    options : dict
        Read options (:class:`workbench.ingest.ReadOptions`) under which the source would be read; empty where none is
        known.
    """

    exit_code = 2
    options: Mapping[str, Any]

    def __init__(
        self, message: str, *, source: str = "", line: int | None = None, column: str | None = None, hint: str = ""
    ) -> None:
        where = [source] if source else []
        where += [f"line {line}"] if line is not None else []
        where += [f"column '{column}'"] if column is not None else []
        super().__init__(f"{', '.join(where)}: {message}" if where else message, hint=hint)
        self.source = source
        self.line = line
        self.column = column
        self.options = {}


class KeyColumnError(DataError):
    """The key is missing, repeated or null."""


class SchemaError(WorkbenchError):
    """The schema file cannot be used: it is the schema author's to mend."""

    exit_code = 2


class ModelError(WorkbenchError):
    """The fixed model cannot be imported, fitted or asked to predict."""

    exit_code = 2


class StoreError(WorkbenchError):
    """The lake cannot be read or written."""

    exit_code = 3


class LakeBusy(StoreError):
    """Other processes kept the catalogue for longer than the retries last."""


class ConnectionLost(StoreError):
    """The catalogue's server dropped the connection, or cannot be reached."""


class ClaimLost(WorkbenchError):
    """Another process took over what this one was doing.

    Attributes
    ----------
    what : str
        What was claimed, such as ``run of adult``.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"This {what} has lost its claim: its connection to the server was dropped or its lock file removed, and "
            "another process has begun the same since. Nothing more of it was written.",
            hint="The other process's result counts. Start it again if there is none.",
        )
        self.what = what


class AlreadyUnderWay(WorkbenchError):
    """Another process is doing the same long work."""


class AnsweredMeanwhile(WorkbenchError):
    """Somebody else answered a finding while a person was looking at it."""

    exit_code = 1


class Cancelled(WorkbenchError):
    """A long piece of work was stopped by the person who started it; nothing but finished fits was kept."""

    exit_code = 3


@dataclass(frozen=True)
class Conflict:
    """One cell (or row) whose value is no longer what the correction's author saw.

    Attributes
    ----------
    key : dict
        Key column → value.
    column : str or None
        None where the row is to be deleted, excluded or restored.
    expected, found, new : object
        What the author saw, what is there now, what was to be written. For a whole row: the cells that changed
        meanwhile by column, as they were and as they are, and the action.
    rid : int or None
        The row's identity, where it is known.
    gone : bool
        The newest version has no such row or column any more: the correction can only be dropped.
    why : str
        What happened meanwhile, as ``the row was excluded``.
    """

    key: dict[str, Any]
    column: str | None
    expected: Any
    found: Any
    new: Any
    rid: int | None = None
    gone: bool = False
    why: str = ""

    def texts(self) -> tuple[str, str, str]:
        """Write what was expected, found and to be written for people."""
        expected, found, new = (_text(value) for value in (self.expected, self.found, self.new))
        return expected, found, new


def _text(value: Any) -> str:
    """Write a cell, or a row's cells by column, on one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(cell)}" for name, cell in value.items())
    return "missing" if value is None else str(value)


class ConflictError(WorkbenchError):
    """A draft no longer fits the newest version.

    Attributes
    ----------
    conflicts : tuple of Conflict
        Every cell that differs; the draft's other corrections would apply.
    """

    exit_code = 1

    def __init__(self, message: str, conflicts: Sequence[Conflict], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True)
class Doubt:
    """A reason to think that a refresh is a mistake.

    Attributes
    ----------
    code : str
        ``header``, ``keys``, ``rows``, ``columns``, ``types``, ``label`` or ``rows without a key``.
    why : str
        What the delivery would do, in figures.
    how : str
        What to do if it is a mistake.
    figures : dict
        The figures by name, as JSON values.
    """

    code: str
    why: str
    how: str
    figures: dict[str, Any]


class DoubtfulRefresh(WorkbenchError):
    """A delivery looks like a mistake, and was not merged; the caller may confirm that it is none.

    Attributes
    ----------
    doubts : tuple of Doubt
        Everything that speaks against it, with its figures.
    rename : dict
        Column in the delivery → column of the dataset that it seems to be, spelt otherwise.
    """

    def __init__(self, dataset: str, doubts: Sequence[Doubt]) -> None:
        said = "".join(f"\n  - {doubt.why}. {doubt.how}" for doubt in doubts)
        super().__init__(
            f"'{dataset}' was not refreshed, because the delivery looks like a mistake:{said}",
            hint="If it is right all the same, confirm it: workbench refresh --yes (in Python confirmed=True).",
        )
        self.dataset, self.doubts = dataset, tuple(doubts)
        self.rename: dict[str, str] = {}
        for doubt in doubts:
            self.rename |= doubt.figures.get("rename", {})

    def __reduce__(self) -> tuple[Any, ...]:
        return DoubtfulRefresh, (self.dataset, self.doubts)


@dataclass(frozen=True)
class Requirement:
    """Something that a policy asks of a draft before it may be published.

    Attributes
    ----------
    requirement : str
        ``newest version``, ``validation``, ``no loss``, ``class loss``, ``second opinion``, ``approval``.
    met : bool or None
        None: not known yet, because nobody has looked.
    why : str
        What is the case.
    how : str
        How to meet it; empty where it is met.
    """

    requirement: str
    met: bool | None
    why: str
    how: str = ""


class RequirementsNotMet(WorkbenchError):
    """A draft may not be published yet.

    Attributes
    ----------
    requirements : tuple of Requirement
        All that the policy asks for, met or not.
    """

    exit_code = 1

    def __init__(self, message: str, requirements: Sequence[Requirement], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.requirements = tuple(requirements)
