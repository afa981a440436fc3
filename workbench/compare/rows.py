"""The test rows behind a comparison: which of them are predicted otherwise, and from what to what.

All of it comes from the predictions that the evaluations of the two versions kept. Where an evaluation fitted the model
several times, a row's prediction is the class whose probability is highest on average over the fits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.compare.comparing import compare, labels_of, on_shared_rows
from workbench.compare.labels import newest_labels
from workbench.compare.parts import Side
from workbench.compare.records import Comparison
from workbench.errors import WorkbenchError
from workbench.evaluation import evaluate, read_predictions
from workbench.evaluation.scores import among
from workbench.impact.intervals import LEVEL
from workbench.lake import Lake, View
from workbench.versions import typed_key


class NotMeasured(WorkbenchError):
    """A comparison needs predictions that nobody has computed yet."""


@dataclass(frozen=True)
class Flip:
    """A test row that one version's models get right and the other's wrong.

    Attributes
    ----------
    rid : int
        Row identity in version b.
    key : dict
        Key column → JSON value.
    label : str
        The newest label, under which both versions are scored.
    before, after : str
        The class predicted from version a and from version b; one of them is the label.
    before_share, after_share : float
        Probability of the label, averaged over the fits.
    gained : bool
        Right now, wrong before.
    """

    rid: int
    key: dict[str, Any]
    label: str
    before: str
    after: str
    before_share: float
    after_share: float
    gained: bool


@dataclass(frozen=True)
class PairOfClasses:
    """How many test rows of one class are predicted as which.

    Attributes
    ----------
    label, predicted : str
        The two classes; the same one where the prediction is right.
    before, after : int
        Rows under version a and under version b.
    """

    label: str
    predicted: str
    before: int
    after: int

    @property
    def word(self) -> str:
        """Say which way it moved: ``more right``, ``fewer wrong`` and so on."""
        more = "more" if self.after > self.before else "fewer"
        return f"{more} {'right' if self.label == self.predicted else 'wrong'}"

    @property
    def helps(self) -> bool:
        """Whether it moved for the better."""
        return (self.label == self.predicted) == (self.after > self.before)


@dataclass(frozen=True)
class RowChanges:
    """What became of the shared test rows of two versions.

    Attributes
    ----------
    rows : int
        How many there are.
    gained, lost : int
        Rows that became right, and rows that became wrong.
    flips : tuple of Flip
        Of both, those first whose probability of the label moved most; may be cut by a limit.
    confusion : dict
        (label, predicted class) → rows under version a, rows under version b; pairs without any are absent.
    """

    rows: int
    gained: int
    lost: int
    flips: tuple[Flip, ...]
    confusion: dict[tuple[str, str], tuple[int, int]]

    @property
    def moved(self) -> list[PairOfClasses]:
        """The pairs that have more or fewer rows than before, those that moved most first."""
        pairs = [PairOfClasses(*pair, *sides) for pair, sides in self.confusion.items() if sides[0] != sides[1]]
        return sorted(pairs, key=lambda pair: (-abs(pair.after - pair.before), pair.label, pair.predicted))


def kept_comparison(
    lake: Lake,
    a: View,
    b: View,
    *,
    metric: str | None = None,
    schema_types: Mapping[str, str] | None = None,
    slices: bool = False,
    level: float = LEVEL,
    resample: int = 0,
) -> Comparison:
    """Compare as :func:`workbench.compare.compare` does, from what was computed before.

    Raises
    ------
    NotMeasured
        The model would have to be fitted for it.
    """
    return compare(
        lake, a, b, metric=metric, schema_types=schema_types, slices=slices, level=level, resample=resample,
        progress=_refuse,
    )  # fmt: skip


def flipped_rows(
    lake: Lake, a: View, b: View, *, schema_types: Mapping[str, str] | None = None, limit: int = 50
) -> RowChanges:
    """Say which shared test rows changed between right and wrong, from the predictions that were kept.

    Parameters
    ----------
    lake : Lake
        Where the versions and their evaluations are.
    a, b : View
        Evaluated versions of one classification dataset.
    schema_types : mapping, optional
        As in :func:`workbench.compare.compare`.
    limit : int
        List at most so many; the counts stay complete.

    Raises
    ------
    NotMeasured
        One of the two was never evaluated.
    """
    found_a, found_b = (evaluate(lake, view, schema_types=schema_types, progress=_refuse) for view in (a, b))
    if found_a.task == "regression":
        return RowChanges(0, 0, 0, (), {})
    side_a = Side.of(found_a, read_predictions(lake, found_a.id))
    side_b = side_a if found_b.id == found_a.id else Side.of(found_b, read_predictions(lake, found_b.id))
    both = [key for key in side_a.kept.row_key if key in side_b.place]
    current = newest_labels(lake, b, both, types=schema_types)
    shared, labels, _ = labels_of(both, side_a, side_b, current)
    wanted, before, after, _ = on_shared_rows(side_a, side_b, shared, labels, current)
    if not shared:
        return RowChanges(0, 0, 0, (), {})
    places = {name: place for place, name in enumerate(wanted)}
    y = np.array([places[label] for label in labels])
    mean = [among(values.mean(axis=0), classes, wanted) for classes, values in (before, after)]
    said = [shares.argmax(axis=1) for shares in mean]
    own = [shares[np.arange(len(y)), y] for shares in mean]
    right = [guess == y for guess in said]
    flipped = np.flatnonzero(right[0] != right[1])
    largest = flipped[np.argsort(-np.abs(own[1] - own[0])[flipped], kind="stable")][:limit]
    flips = tuple(
        Flip(
            rid=int(side_b.kept.rid[side_b.place[shared[row]]]),
            key=typed_key(shared[row], b),
            label=labels[row],
            before=wanted[said[0][row]],
            after=wanted[said[1][row]],
            before_share=float(own[0][row]),
            after_share=float(own[1][row]),
            gained=bool(right[1][row]),
        )
        for row in largest
    )
    counts = [Counter(zip(labels, (wanted[guess] for guess in side), strict=True)) for side in said]
    pairs = sorted({*counts[0], *counts[1]})
    return RowChanges(
        rows=len(shared),
        gained=int((right[1] & ~right[0]).sum()),
        lost=int((right[0] & ~right[1]).sum()),
        flips=flips,
        confusion={pair: (counts[0][pair], counts[1][pair]) for pair in pairs},
    )


def _refuse(stage: str, done: int, total: int) -> None:
    """Stop a computation before its first fit."""
    raise NotMeasured(
        "This comparison is not known yet: the fixed model would have to be fitted for it.",
        hint="Measure both versions first.",
    )
