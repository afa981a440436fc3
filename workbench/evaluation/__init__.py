"""The fixed model's figures on a version, and its opinion of every row; computed once and kept in the lake.

Examples
--------
``evaluate(lake, view_of(lake, version))`` fits the dataset's model with ten seeds and returns an :class:`Evaluation`;
a second call, also from another process, reads it. ``out_of_fold(lake, view)`` returns the probabilities that label
checks need.
"""

from workbench.evaluation.bootstrap import SAMPLES
from workbench.evaluation.evaluate import evaluate, is_kept
from workbench.evaluation.inputs import MAX_TEST_ROWS, ModelInputs, input_hash, inputs
from workbench.evaluation.out_of_fold import out_of_fold
from workbench.evaluation.records import Evaluation, OutOfFold, Predictions, Score
from workbench.evaluation.store import read_predictions

__all__ = [
    "MAX_TEST_ROWS",
    "SAMPLES",
    "Evaluation",
    "ModelInputs",
    "OutOfFold",
    "Predictions",
    "Score",
    "evaluate",
    "input_hash",
    "inputs",
    "is_kept",
    "out_of_fold",
    "read_predictions",
]
