"""How long work tells the person who waits for it how far it is, and learns that it should stop."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called by long work between its steps.

    A caller that wants the work stopped raises :class:`workbench.errors.Cancelled` from the call; the work undoes what
    it began and lets the error pass.
    """

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` steps of ``stage`` are behind us; ``total`` 0 means unknown."""


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""
