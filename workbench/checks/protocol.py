"""What a check is: one question asked of the data, answered with exactly one outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from workbench.findings import CheckResult
from workbench.lake import Lake, View
from workbench.progress import Progress
from workbench.settings import Settings

if TYPE_CHECKING:
    from workbench.validation import Schema

MOST_FINDINGS = 1_000_000
"""Findings of one check that join the queue at most; the outcome says where there are more."""


@dataclass(frozen=True)
class Subject:
    """What is checked.

    Attributes
    ----------
    lake : Lake
        Where results of models are kept.
    view : View
        The rows: a version, or a draft.
    schema : Schema or None
        The dataset's schema, where it has one.
    settings : Settings
        Limits.
    progress : Progress
        Told of long steps.
    """

    lake: Lake = field(repr=False)
    view: View
    schema: Schema | None
    settings: Settings = field(repr=False)
    progress: Progress = field(repr=False)


class Check(Protocol):
    """One question.

    Attributes
    ----------
    code : str
        ``family.name``; its findings bear this code, or one that begins with it and a dot.
    title : str
        For people.
    version : int
        Raised when the same rows would get other answers for a reason that is not in ``sources``.
    sources : tuple of str
        Modules and packages below ``workbench`` whose code makes the answers, besides the check's own.
    """

    code: str
    title: str
    version: int
    sources: tuple[str, ...]

    def run(self, subject: Subject) -> CheckResult:
        """Answer it; whatever is raised becomes the outcome ``error``."""


def not_applicable(code: str, why: str) -> CheckResult:
    """Say why the question makes no sense here."""
    return CheckResult(code, "not applicable", why)
