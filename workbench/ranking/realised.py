"""What the fixed model gained on the validation rows since it was last asked; the test rows have no part in it."""

from __future__ import annotations

import numpy as np

from workbench.evaluation import OutOfFold, read_predictions
from workbench.evaluation import store as _store
from workbench.lake import LANES, Lake

_VALIDATION = LANES.index("validation")


def realised(lake: Lake, now: OutOfFold, before: str | None) -> tuple[float | None, float | None, float | None]:
    """Score the model on the validation rows, by balanced accuracy under the labels that they have now.

    Parameters
    ----------
    now : OutOfFold
        What the model thinks now.
    before : str, optional
        Name of the predictions that it is held against.

    Returns
    -------
    score : float or None
        Balanced accuracy now; None where no validation row has a label.
    change, error : float or None
        Change since then over the rows that both have, and its standard error over rows: per class the standard error
        of a paired mean, at least that of one row more or less, since no change at all may be chance. None without
        predictions to hold it against.
    """
    asked = np.flatnonzero(now.lane == _VALIDATION)
    if not len(asked):
        return None, None, None
    label = now.label[asked]
    hit = np.array(now.classes, dtype=object)[now.pred_probs[asked].argmax(axis=1)] == label
    score = float(np.mean([hit[label == name].mean() for name in sorted(set(label))]))
    known = _store.find(lake, before) if before else None
    if before is None or known is None:
        return score, None, None
    kept = read_predictions(lake, before)
    then = dict(
        zip(
            kept.row_key[kept.lanes == _VALIDATION],
            np.array(known["train_classes"], dtype=object)[kept.values[kept.lanes == _VALIDATION].argmax(axis=1)],
            strict=True,
        )
    )
    shared = np.array([key in then for key in now.row_key[asked]], dtype=bool)
    if not shared.any():
        return score, None, None
    label = label[shared]
    was = np.array([then[key] for key in now.row_key[asked][shared]], dtype=object) == label
    step = hit[shared].astype(np.float64) - was
    classes = sorted(set(label))
    parts = [step[label == name] for name in classes]
    change = float(np.mean([part.mean() for part in parts]))
    variance = sum(part.var() / max(1, len(part) - 1) for part in parts) / len(classes) ** 2
    return score, change, max(float(np.sqrt(variance)), 1 / len(label))
