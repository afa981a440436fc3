"""Transforms of a column as values: what each makes of a text, and what it would do to real rows."""

from workbench.transforms.applying import RESTLESS, applied
from workbench.transforms.kinds import Case, Fill, Map, Regex, Replace, Split, Transform, Trim
from workbench.transforms.previewing import Example, Preview, Refused, preview
from workbench.transforms.readers import ParseDate, ParseNumber, ParseUnit
from workbench.transforms.writing import TRANSFORMS, described, parameters_of, read_value, transform_of

__all__ = [
    "RESTLESS",
    "TRANSFORMS",
    "Case",
    "Example",
    "Fill",
    "Map",
    "ParseDate",
    "ParseNumber",
    "ParseUnit",
    "Preview",
    "Refused",
    "Regex",
    "Replace",
    "Split",
    "Transform",
    "Trim",
    "applied",
    "described",
    "parameters_of",
    "preview",
    "read_value",
    "transform_of",
]
