"""The order of all findings: labels as the signals lead, others where their gain puts them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.ranking.choosing import FIRST
from workbench.ranking.pace import Pace
from workbench.ranking.signals import Floats, Places, Signals

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Candidates:
    """Open findings about train rows, each a place in these lists.

    Attributes
    ----------
    finding, check, rid, column, observed : list
        As in :class:`workbench.findings.Finding`.
    """

    finding: list[str] = field(repr=False)
    check: list[str] = field(repr=False)
    rid: list[int] = field(repr=False)
    column: list[str | None] = field(repr=False)
    observed: list[str | None] = field(repr=False)


def rates(answered: Iterable[tuple[str, bool]]) -> dict[str, float]:
    """Say for each check how often its findings are confirmed: the mean of a Beta(1, 1) prior and the answers so far.

    Parameters
    ----------
    answered : iterable of (str, bool)
        Check, and whether a finding of it was confirmed.
    """
    counts: dict[str, list[int]] = {}
    for check, confirmed in answered:
        counts.setdefault(check, [1, 2])[0] += confirmed
        counts[check][1] += 1
    return {check: confirmed / count for check, (confirmed, count) in counts.items()}


def place(
    candidates: Candidates,
    led: Sequence[int],
    rids: Mapping[int, int],
    signals: Signals,
    gains: Floats | None,
    confirmed: Mapping[str, float],
    pace: Pace,
) -> tuple[pa.Table, float]:
    """Order findings by what each is expected to gain per minute of review.

    A finding about anything but the label is expected to gain what it would to take its row out: minus the row's value,
    times how often its check is confirmed. Findings of the same check, column and value are answered by one decision,
    so the first of each such group counts for all of it; the others stand where each would by itself.

    Parameters
    ----------
    candidates : Candidates
        All open findings about train rows.
    led : sequence of int
        Those about labels, in the order in which the signals lead.
    rids : mapping
        Row identity → its place in the signals.
    gains : ndarray of shape (n_rows,) or None
        What is expected of each row's label finding; None: only these are ordered, as they are led.
    confirmed : mapping
        Check → probability that its findings are confirmed; ½ where nothing is known.
    pace : Pace
        How long decisions take.

    Returns
    -------
    table : pyarrow.Table
        finding, place, gain, doubt, and as quality_rank and value_rank its places by the first signal and by the
        second; sorted by place, from 0.
    first : float
        What the first :data:`~workbench.ranking.choosing.FIRST` are expected to bring together.
    """
    import pyarrow as pa

    about = [rids[candidates.rid[number]] for number in led]
    labels = np.zeros(len(led)) if gains is None else gains[about]
    order, worth, level = list(led), labels.tolist(), _level(labels)
    key = [(-float(high) / pace.of(candidates.check[led[n]]), n) for n, high in enumerate(level)]
    if gains is not None and signals.value is not None:
        others, own, lead = _others(candidates, set(led), rids, -signals.value, confirmed)
        order += others
        worth += own
        key += [(-gain / pace.of(candidates.check[others[n]]), len(led) + n) for n, gain in enumerate(lead)]
    sequence = sorted(range(len(order)), key=key.__getitem__)
    ranks: list[Sequence[int | None]] = [_ranks(rows, about) for rows in signals.orders.values()]
    ranks += [[None] * len(about)] * (2 - len(ranks))
    rest = [None] * (len(order) - len(led))
    columns = [
        pa.array([candidates.finding[number] for number in order], pa.string()),
        pa.array(worth if gains is not None else [None] * len(order), pa.float64()),
        pa.array([*signals.doubt[about].tolist(), *rest], pa.float64()),
        *(pa.array([*each, *rest], pa.int64()) for each in ranks),
    ]
    finding, gain, doubt, *by = (column.take(pa.array(sequence, pa.int64())) for column in columns)
    table = pa.table(
        {
            "finding": finding,
            "place": pa.array(range(len(order)), pa.int64()),
            "gain": gain,
            "doubt": doubt,
            "quality_rank": by[0],
            "value_rank": by[1],
        }
    )
    return table, float(sum(worth[number] for number in sequence[:FIRST]))


def _level(gains: Floats) -> Floats:
    """Return the highest gain from each place on, by which findings of other checks are put among these."""
    highest: Floats = np.maximum.accumulate(gains[::-1])[::-1]
    return highest


def _others(
    candidates: Candidates, led: set[int], rids: Mapping[int, int], losses: Floats, confirmed: Mapping[str, float]
) -> tuple[list[int], list[float], list[float]]:
    """List the findings about anything else, what each is expected to gain, and by what it is put in order."""
    numbers: list[int] = []
    own: list[float] = []
    groups: dict[tuple[str, str | None, str | None], tuple[int, float]] = {}
    for number, (check, rid) in enumerate(zip(candidates.check, candidates.rid, strict=True)):
        if number not in led and rid in rids and not check.startswith("label."):
            group = (check, candidates.column[number], candidates.observed[number])
            gain = confirmed.get(check, 0.5) * float(losses[rids[rid]])
            first, total = groups.get(group, (len(numbers), 0.0))
            groups[group] = (first, total + gain)
            numbers.append(number)
            own.append(max(gain, 0.0))
    lead = list(own)
    for at, total in groups.values():
        lead[at] = max(total, 0.0)
    return numbers, own, lead


def _ranks(order: Places, about: Sequence[int]) -> list[int]:
    """Return each row's place by one signal among these rows, from 0."""
    chosen = set(about)
    found = {row: place for place, row in enumerate(row for row in order.tolist() if row in chosen)}
    return [found[row] for row in about]
