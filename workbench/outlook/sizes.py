"""The figure against the number of train rows: the model fitted on nested parts of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.errors import DataError
from workbench.evaluation import Evaluation, evaluate
from workbench.lake import Lake, View
from workbench.progress import Progress, silent

PARTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Of the train rows; equal steps on the scale on which a power law is a straight line."""

LEAST_ROWS = 30
"""Train rows that a part needs."""

TIMES = (1.25, 1.5, 2.0)
"""As many rows as these times those there are, for which a forecast is given: no further than twice what was seen."""


def by_size(
    lake: Lake,
    view: View,
    *,
    types: Mapping[str, str] | None,
    parts: Sequence[float] = PARTS,
    progress: Progress = silent,
) -> tuple[list[Evaluation], list[str]]:
    """Evaluate the fixed model on nested parts of a version's train rows, and say which could not be.

    A part is the fixed sample by md5 of the key that an evaluation takes anyway above its cap
    (``max_train_rows``), so that a smaller one lies within a larger one, and nothing is fitted twice.

    Parameters
    ----------
    view : View
        A published version.
    parts : sequence of float
        Shares of the train rows that an evaluation of the version learns from, the last of them 1.

    Raises
    ------
    DataError
        The version itself cannot be evaluated.
    """
    seeds, made = lake.settings.seeds, 0
    fits = seeds * len(parts)

    def counted(stage: str, done: int, total: int) -> None:
        progress(stage, made + done, fits)

    whole = evaluate(lake, view, schema_types=types, progress=counted)
    made = seeds
    found, notes = [whole], []
    for part in sorted((part for part in parts if part < 1), reverse=True):
        rows = round(whole.train_rows * part)
        if rows < LEAST_ROWS:
            notes.append(f"{rows:,} of {whole.train_rows:,} train rows are too few to learn from")
            break
        progress(f"learning from {rows:,} of {whole.train_rows:,} train rows", made, fits)
        try:
            found.append(evaluate(lake, view, schema_types=types, max_train_rows=rows, progress=counted))
        except DataError as error:
            notes.append(f"{rows:,} train rows were left out: {error.message}")
            break
        made += seeds
    return found[::-1], notes
