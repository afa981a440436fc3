"""What a draft would do, before anybody publishes it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from workbench.drafts import FoundKind, content_of, corrections_of, draft_view, get_draft, note_found
from workbench.iterations.checking import needed_schema, schema_fingerprint, schema_of, schema_types, validate
from workbench.lake import Lake, Version, View, read_version, view_of
from workbench.progress import Progress, silent

if TYPE_CHECKING:
    from workbench.compare import Comparison
    from workbench.findings import Foreseen
    from workbench.validation import Validation


@dataclass(frozen=True)
class DraftCheck:
    """Failures of a draft beside those of its base.

    Attributes
    ----------
    draft : int
        The draft.
    before, after : int
        Failure cases of the base version and of the rows as the draft would leave them.
    checks : tuple of (code, before, after)
        Each schema check that fails in either.
    validation : Validation
        The draft's own validation in full.
    """

    draft: int
    before: int
    after: int
    checks: tuple[tuple[str, int, int], ...]
    validation: Validation

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        checks = [{"check": code, "before": before, "after": after} for code, before, after in self.checks]
        return {"draft": self.draft, "failures": {"before": self.before, "after": self.after}, "checks": checks}


@dataclass(frozen=True)
class DraftFindings:
    """Findings on the rows as a draft would leave them, beside those on its base.

    Attributes
    ----------
    draft : int
        The draft.
    checks : tuple of Foreseen
        Each check that finds something in either; what somebody has kept does not count.
    appeared : tuple of dict
        The first new findings; see :func:`workbench.findings.foresee`.
    unknown : dict
        Code → reason of each check that broke on one of the two sides, of which nothing is known.
    """

    draft: int
    checks: tuple[Foreseen, ...]
    appeared: tuple[dict[str, Any], ...]
    unknown: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        names = ("before", "after", "gone", "new")
        return {
            "draft": self.draft,
            "findings": {name: sum(getattr(each, name) for each in self.checks) for name in names},
            "checks": [asdict(each) for each in self.checks],
            "appeared": list(self.appeared),
            "unknown": [{"check": code, "message": why} for code, why in sorted(self.unknown.items())],
        }


def check_draft(lake: Lake, draft: int, *, progress: Progress = silent) -> DraftCheck:
    """Validate the rows as a draft would leave them, beside its base version.

    What is found is kept with the draft, for all who look at it, unless somebody changed it meanwhile.
    """
    from workbench.validation import validated

    base, view = _base_and_view(lake, draft)
    content = content_of(lake, draft)
    before = validate(lake, base, progress=progress)
    touched = sorted({correction.rid for correction in corrections_of(lake, draft)})
    after = validated(lake, view, needed_schema(lake, base), touched=touched, progress=progress)
    failing = after.failing_beside(before)
    found = DraftCheck(draft, before.failures, after.failures, failing, after)
    errors = {outcome.check for outcome in (*before.checks, *after.checks) if outcome.severity == "error"}
    worse = [[code, b, a] for code, b, a in failing if a > b and code in errors]
    schema = schema_fingerprint(lake, base)
    said = {"base": base.version, "schema": schema, "outcome": after.outcome, "worse": worse, **found.to_dict()}
    _note(lake, draft, "checked", said, content)
    return found


def evaluate_draft(lake: Lake, draft: int, *, progress: Progress = silent) -> Comparison:
    """Compare the fixed model on the rows as a draft would leave them with its base version.

    What is found is kept with the draft, for all who look at it, unless somebody changed it meanwhile.
    """
    from workbench.compare import compare

    base, view = _base_and_view(lake, draft)
    content = content_of(lake, draft)
    found = compare(lake, view_of(lake, base), view, schema_types=schema_types(lake, base), progress=progress)
    _note(lake, draft, "evaluated", {"base": base.version, "comparison": found.to_dict()}, content)
    return found


def find_in_draft(lake: Lake, draft: int, *, progress: Progress = silent) -> DraftFindings:
    """Run all checks on the rows as a draft would leave them, and on its base version, and compare what they find.

    The model is fitted on both for the label checks, unless that was done. Nothing joins the queue; what is found is
    kept with the draft, for all who look at it, unless somebody changed it meanwhile.
    """
    from workbench.checks import run_checks
    from workbench.findings import foresee, unanswered

    base, view = _base_and_view(lake, draft)
    content = content_of(lake, draft)
    schema = schema_of(lake, base)
    before, after = (run_checks(lake, rows, schema=schema, progress=progress) for rows in (view_of(lake, base), view))
    checks, appeared = foresee(lake, base, before, after)
    found = DraftFindings(draft, tuple(checks), tuple(appeared), {**unanswered(before), **unanswered(after)})
    _note(lake, draft, "findings", {"base": base.version, **found.to_dict()}, content)
    return found


def _note(lake: Lake, draft: int, kind: FoundKind, said: dict[str, Any], content: str) -> None:
    """Keep what was found out about a draft, if it is still what was looked at."""
    if content_of(lake, draft) == content:
        note_found(lake, draft, kind, said, content=content, author=lake.settings.who())


def _base_and_view(lake: Lake, draft: int) -> tuple[Version, View]:
    """Return a draft's base version and the rows as the draft would leave them."""
    state = get_draft(lake, draft)
    base = read_version(lake, state.dataset, state.base)
    return base, draft_view(view_of(lake, base), draft)
