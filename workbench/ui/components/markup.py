"""Texts with a look of their own, the same in the app and in reports; never markdown."""

from workbench.reporting.markup import MARKS, element, figure
from workbench.reporting.markup import verdict_badge as badge

__all__ = ["MARKS", "badge", "element", "figure"]
