"""What a simulated review came to, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

REACHED = 0.95
"""Share of the clean-data accuracy that counts as reached (Mazumder et al. 2023, "DataPerf: Benchmarks for data-centric
AI development", NeurIPS 36, the training-set cleaning task)."""


@dataclass(frozen=True)
class Step:
    """One point of the curve.

    Attributes
    ----------
    inspected : int
        Train rows that the reviewer has looked at.
    share : float
        Of all train rows.
    found : int
        How many of them had a wrong label.
    wrong : int
        Train labels that are wrong now, the reviewer's own errors among them.
    accuracy : float
        Of the fixed model on the test rows, averaged over its fits.
    gain : float
        Accuracy minus that before any review.
    low, high : float or None
        Ends of the 95 % interval of the gain; None where one fit cannot tell.
    recovered : float or None
        Share of the accuracy lost to wrong labels that is back; below 0 where review made it worse, None where true
        labels do not make the model better.
    """

    inspected: int
    share: float
    found: int
    wrong: int
    accuracy: float
    gain: float
    low: float | None
    high: float | None
    recovered: float | None


@dataclass(frozen=True)
class Simulation:
    """A simulated review.

    Attributes
    ----------
    dataset, version, state, model : str, int, str, str
        What was reviewed, and the model's spec.
    order : str
        One of :data:`workbench.simulation.ORDERS`.
    rescored : bool
        Whether rows were ordered anew after each batch.
    budget, every, error_rate : float
        Share of train rows inspected in all and between two points; share of looks at which the reviewer errs.
    seed, fits : int
        Of the reviewer's errors and of random choices; fits behind each accuracy.
    train_rows, wrong_labels, test_rows : int
        Labelled train rows, how many of them have a wrong label, and test rows behind the accuracy.
    dirty, clean : float
        Accuracy with the labels as they are, and with all train labels true.
    low, high : float or None
        Ends of the 95 % interval of clean minus dirty.
    share_to_reach : float or None
        Share of train rows inspected when the accuracy first was :data:`REACHED` × ``clean``; None where it never was.
    steps : tuple of Step
        The curve, its first point before any review.
    notes : tuple of str
        What a reader must know, for people.
    """

    dataset: str
    version: int
    state: str
    model: str
    order: str
    rescored: bool
    budget: float
    every: float
    error_rate: float
    seed: int
    fits: int
    train_rows: int
    wrong_labels: int
    test_rows: int
    dirty: float
    clean: float
    low: float | None
    high: float | None
    share_to_reach: float | None
    steps: tuple[Step, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        return asdict(self)
