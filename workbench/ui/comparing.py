"""What the page Compare reads of two versions, each part once for as long as nobody commits anything."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import streamlit as st

from workbench.api import OpenLake
from workbench.compare import Comparison, Comparisons, NotMeasured, RowChanges, flipped_rows, kept_comparison
from workbench.errors import DataError, UsageError
from workbench.evaluation import SAMPLES, is_kept
from workbench.findings import came_and_went
from workbench.impact import together
from workbench.iterations import schema_types
from workbench.lake import Lake, Version, view_of
from workbench.ui.session import moment
from workbench.versions import Diff, diff

LISTED = 20_000
"""Changes that are read at most; the counts are of all."""

FLIPS = 5_000
"""Rows that flipped that are read at most; the counts are of all."""


@dataclass(frozen=True)
class Pair:
    """Two versions of one dataset, from ``a`` to ``b``."""

    lake: OpenLake
    a: Version
    b: Version

    @property
    def key(self) -> tuple[object, ...]:
        """Stands for the two at this moment of the lake."""
        return (*moment(self.lake), self.a.name, self.b.name)

    def job(self, work: str) -> str:
        """Name a job about the two: ``samples:<lake>:adult@3:4``."""
        return f"{work}:{self.lake.lake.url}:{self.a.name}:{self.b.version}"


def comparison(pair: Pair, measured: Collection[int]) -> Comparison | NotMeasured:
    """Compare two versions from what was computed before; says so where a model would have to be fitted.

    Parameters
    ----------
    measured : collection of int
        Versions known to have been measured; others are not even tried.
    """
    if not {pair.a.version, pair.b.version} <= set(measured):
        return NotMeasured(f"{pair.a.name} and {pair.b.name} were not both measured.")
    return _comparison(pair.key, pair.lake.lake, pair.a, pair.b)


def against(lake: OpenLake, dataset: str, base: int, others: Sequence[int]) -> tuple[Comparisons, dict[str, str]]:
    """Compare several versions with one, by intervals that hold together, from what was computed before.

    Returns
    -------
    comparisons : Comparisons
        Of those that can be compared so; the level is that of all.
    left_out : dict
        Name of each other one → why not.
    """
    key = (*moment(lake), dataset, base, *others)
    return _against(key, lake.lake, lake[dataset].at(base).version, [lake[dataset].at(each).version for each in others])


def sampled(pair: Pair) -> Comparison | None:
    """Compare by bootstrap samples of the train rows; None where these were not fitted yet."""
    return _sampled(pair.key, pair.lake.lake, pair.a, pair.b)


def row_changes(pair: Pair) -> RowChanges:
    """Read which test rows changed between right and wrong."""
    return _row_changes(pair.key, pair.lake.lake, pair.a, pair.b)


def changes(pair: Pair) -> Diff:
    """Read what differs, cell by cell; at most :data:`LISTED` of it."""
    return _changes(pair.key, pair.lake.lake, pair.a, pair.b)


def findings_between(pair: Pair) -> dict[str, tuple[int, int]]:
    """Count the findings gone and new, by check."""
    return _findings(pair.key, pair.lake.lake, pair.a, pair.b)


@st.cache_resource(show_spinner="Comparing what was predicted …", max_entries=32)
def _comparison(key: tuple[object, ...], _lake: Lake, _a: Version, _b: Version) -> Comparison | NotMeasured:
    """Compare at a moment."""
    try:
        sides = view_of(_lake, _a), view_of(_lake, _b)
        return kept_comparison(_lake, *sides, schema_types=schema_types(_lake, _b), slices=True)
    except NotMeasured as error:
        return error


@st.cache_resource(show_spinner="Comparing what was predicted …", max_entries=8)
def _against(
    key: tuple[object, ...], _lake: Lake, _base: Version, _others: Sequence[Version]
) -> tuple[Comparisons, dict[str, str]]:
    """Compare several versions at a moment."""
    level, found, left_out = together(len(_others)), [], {}
    for other in _others:
        types = schema_types(_lake, other)
        try:
            sides = view_of(_lake, _base), view_of(_lake, other)
            found.append(kept_comparison(_lake, *sides, schema_types=types, level=level))
        except (DataError, NotMeasured, UsageError) as error:
            left_out[other.name] = error.message
    return Comparisons(_base.name, level, tuple(found)), left_out


@st.cache_resource(show_spinner="Comparing what was predicted …", max_entries=32)
def _sampled(key: tuple[object, ...], _lake: Lake, _a: Version, _b: Version) -> Comparison | None:
    """Compare by samples at a moment."""
    sides, types = (view_of(_lake, _a), view_of(_lake, _b)), schema_types(_lake, _b)
    if not all(is_kept(_lake, side, schema_types=types, seeds=SAMPLES, resampled=True) for side in sides):
        return None
    try:
        return kept_comparison(_lake, *sides, schema_types=types, resample=SAMPLES)
    except NotMeasured:
        return None


@st.cache_resource(show_spinner="Reading the predictions …", max_entries=32)
def _row_changes(key: tuple[object, ...], _lake: Lake, _a: Version, _b: Version) -> RowChanges:
    """Read the predictions at a moment."""
    return flipped_rows(
        _lake, view_of(_lake, _a), view_of(_lake, _b), schema_types=schema_types(_lake, _b), limit=FLIPS
    )


@st.cache_resource(show_spinner="Reading what differs …", max_entries=8)
def _changes(key: tuple[object, ...], _lake: Lake, _a: Version, _b: Version) -> Diff:
    """Read the cells at a moment."""
    return diff(_lake, _a, _b, limit=LISTED)


@st.cache_data(show_spinner=False, max_entries=64)
def _findings(key: tuple[object, ...], _lake: Lake, _a: Version, _b: Version) -> dict[str, tuple[int, int]]:
    """Count the findings at a moment."""
    return came_and_went(_lake, _a.dataset, _a.version, _b.version)
