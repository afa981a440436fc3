"""What a change of the data would do, before anything is staged: rows, classes, failures, accuracy, slices.

Examples
--------
``what_if(lake, [of_findings(lake, "adult", findings, "fix"), of_findings(lake, "adult", findings, "exclude")])`` sets
two answers to the same findings side by side. Nothing is left behind but figures of the model, kept under the hash of
what it learnt.
"""

from workbench.whatif.edits import CAP, Edit, of_draft, of_findings, of_recipe, refused
from workbench.whatif.records import Failures, Outcome, WhatIf
from workbench.whatif.trying import what_if

__all__ = [
    "CAP",
    "Edit",
    "Failures",
    "Outcome",
    "WhatIf",
    "of_draft",
    "of_findings",
    "of_recipe",
    "refused",
    "what_if",
]
