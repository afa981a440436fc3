"""Two versions side by side: whether the change of the data helped the fixed model, and which part of it did.

Examples
--------
``compare(lake, view_of(lake, first), view_of(lake, second))`` returns a :class:`Comparison`, whose ``verdict`` is gain,
loss, cannot tell or no change.
"""

from workbench.compare.comparing import FEW_ROWS, compare
from workbench.compare.near import Near, corrections_near
from workbench.compare.records import Comparison, Comparisons, Effect, Slice, Slices
from workbench.compare.rows import Flip, NotMeasured, RowChanges, flipped_rows, kept_comparison

__all__ = [
    "FEW_ROWS",
    "Comparison",
    "Comparisons",
    "Effect",
    "Flip",
    "Near",
    "NotMeasured",
    "RowChanges",
    "Slice",
    "Slices",
    "compare",
    "corrections_near",
    "flipped_rows",
    "kept_comparison",
]
