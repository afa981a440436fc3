"""Which columns and values a step is about, and which steps can be carried out together."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.recipes.records import BrokenStep, Change, ExcludeStep, Step, TransformStep
from workbench.transforms import Fill, Map


def unsettled(step: Step, later: Sequence[Step]) -> bool:
    """Tell whether a step fills cells by what is common, and a later one changes what that is."""
    if not isinstance(step, TransformStep) or not isinstance(step.transform, Fill) or step.transform.by is None:
        return False
    mind = {step.column, step.transform.by}
    return any(isinstance(each, ExcludeStep) or getattr(each, "column", None) in mind for each in later)


def pairs(step: Change) -> tuple[tuple[str | None, str | None], ...]:
    """List the values that a step replaces; none for a transform that is no list of values."""
    return step.transform.values if isinstance(step.transform, Map) else ()


def apart(together: Sequence[tuple[int, Change]], step: Step) -> bool:
    """Tell whether a step may be carried out together with others: none touches what another reads or writes."""
    if isinstance(step, (ExcludeStep, BrokenStep)) or step.where or not pairs(step):
        return False
    others = [each for _, each in together]
    if any(each.column != step.column or each.where or not pairs(each) for each in others):
        return False
    read = [old for each in [*others, step] for old, _ in pairs(each)]
    written = {new for each in [*others, step] for _, new in pairs(each)}
    return len(set(read)) == len(read) and not written.intersection(read)


def names(step: Step) -> list[str]:
    """List the columns a step is about."""
    if isinstance(step, BrokenStep):
        return []
    said = [] if isinstance(step, ExcludeStep) else [step.column]
    if isinstance(step, TransformStep) and isinstance(step.transform, Fill) and step.transform.by is not None:
        said.append(step.transform.by)
    return [*said, *(name for name, _ in step.where)]
