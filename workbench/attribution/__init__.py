"""Which part of an iteration moved the model's figure, and where a harmful batch of changes is.

Examples
--------
``attribute(lake, version_1, version_4, by="check")`` shares out the change of accuracy among the checks whose findings
were answered; the shares sum to the change. ``bisect(lake, version_1, version_4)`` finds the version that did harm.
"""

from workbench.attribution.attributing import Attribution, Share, attribute
from workbench.attribution.bisecting import Bisection, bisect, revert
from workbench.attribution.groups import BY, Group

__all__ = ["BY", "Attribution", "Bisection", "Group", "Share", "attribute", "bisect", "revert"]
