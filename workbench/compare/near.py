"""Which corrections of train rows lie near test rows that flipped: where to look first for what moved them.

Near is not why: the model learns from all rows, and what it lacks is said by refitting without a correction, not by
distance. Rows are compared in the space of :mod:`workbench.models.space`, in which two values of one column that have
nothing to do with each other are at a distance of 1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.compare.rows import Flip
from workbench.evaluation.inputs import in_snapshot, read_inputs
from workbench.evaluation.reading import Reading, reading_of
from workbench.lake import LANES, View
from workbench.neighbors import NeighborIndex

if TYPE_CHECKING:
    import pandas as pd

LEARNT = 20_000
"""Train rows that the scales and categories are learnt from, a fixed sample of more: a second or two for any table."""


@dataclass(frozen=True)
class Near:
    """A corrected train row near a test row.

    Attributes
    ----------
    rid : int
        Its identity.
    distance : float
        0 for equal features; 1 for as far apart as two unrelated values of one column.
    """

    rid: int
    distance: float


def corrections_near(
    a: View,
    b: View,
    flips: Sequence[Flip],
    corrected: Collection[int],
    *,
    schema_types: Mapping[str, str] | None = None,
    k: int = 3,
) -> dict[int, tuple[Near, ...]]:
    """Find for each flipped test row the nearest train rows that were corrected.

    Parameters
    ----------
    a, b : View
        The two versions; rows are compared as they are in ``b``, those that left it as they were in ``a``.
    flips : sequence of Flip
        The test rows.
    corrected : collection of int
        Identities of rows that differ between the two; those of other lanes are passed over.
    schema_types : mapping, optional
        As in :func:`workbench.compare.compare`.
    k : int
        Rows wanted for each.

    Returns
    -------
    dict
        Identity of each flipped row → nearest first; empty where no train row was corrected.
    """
    reading = reading_of(b, schema_types)
    if not flips or not corrected or not reading.features:
        return {}
    wanted = sorted(corrected)
    rids, points = _read(b, reading, wanted, lane="train")
    gone = sorted(set(wanted) - set(_read(b, reading, wanted)[0]))
    if gone:
        import pandas as pd

        left, were = _read(a, reading, gone, lane="train")
        rids, points = [*rids, *left], pd.concat([points, were], ignore_index=True)
    if not rids:
        return {}
    from workbench.models.space import FeatureSpace

    learnt = in_snapshot(b, lambda session: read_inputs(session, b, reading, max_train_rows=LEARNT, lanes=("train",)))
    space = FeatureSpace(learnt.X)
    index = NeighborIndex(space.width)
    index.add(space.place(points))
    asked, queries = _read(b, reading, [flip.rid for flip in flips])
    numbers, distances = index.nearest(space.place(queries), k)
    return {
        rid: tuple(Near(rids[number], float(distance)) for number, distance in zip(*found, strict=True))
        for rid, *found in zip(asked, numbers.tolist(), distances.tolist(), strict=True)
    }


def _read(view: View, reading: Reading, rids: Sequence[int], *, lane: str = "") -> tuple[list[int], pd.DataFrame]:
    """Read some rows as the model reads them, those of one lane where one is named."""
    import pandas as pd
    import pyarrow as pa

    cells = "".join(f", {value} AS value{place}" for place, value in enumerate(reading.feature_values(view)))
    only = f" AND r._lane = {LANES.index(lane)}" if lane in LANES else ""
    with view.session() as session:
        session.register("near_rows", pa.table({"rid": pa.array(rids, pa.int64())}))
        table = session.arrow(
            f"SELECT r._rid{cells} FROM {view.rows} r WHERE r._rid IN (SELECT rid FROM near_rows){only} ORDER BY r._rid"
        )
    X = table.select(range(1, table.num_columns)).to_pandas()
    X.columns = pd.Index([name for name, _ in reading.features], dtype=object)
    return table.column(0).to_pylist(), X
