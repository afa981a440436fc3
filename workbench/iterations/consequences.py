"""What publishing a draft would mean, said before it is done: class balance, and what nobody has looked at.

Nothing is computed but two counts of the classes; the rest is what was found out about the corrections as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.drafts import discussion_of, draft_view, folded, get_draft
from workbench.iterations.checking import schema_fingerprint
from workbench.iterations.publishing import policy_of
from workbench.lake import Lake, canonical_text, quote, read_version, view_of

STRONG = 0.1
"""Share of a class's rows whose coming or going is called strong.

Audits of ten widely used data sets found 0.2 to 10 % wrong labels (Northcutt, Athalye and Mueller 2021). A draft that
moves more of a class is likely to change what the class means, not to correct it.
"""

FEW = 5
"""Rows that have to come or go at least, so that a class of ten is not called shifted for two corrections."""


@dataclass(frozen=True)
class Consequences:
    """What publishing a draft would mean.

    Attributes
    ----------
    draft : int
        The draft.
    classes : dict
        Class → rows before and after, excluded ones left out. Empty where no class gains or loses rows.
    validation, checks, effect : dict or None
        What was found out about the corrections as they are; None where nobody has looked.
    has_schema, has_label : bool
        Whether there is anything to validate against, or a model to measure.
    """

    draft: int
    classes: dict[str, tuple[int, int]]
    validation: dict[str, Any] | None
    checks: dict[str, Any] | None
    effect: dict[str, Any] | None
    has_schema: bool
    has_label: bool

    @property
    def shifted(self) -> tuple[str, ...]:
        """The classes that gain or lose more than :data:`STRONG` of their rows."""
        return tuple(
            name
            for name, (before, after) in self.classes.items()
            if abs(after - before) >= FEW and abs(after - before) > STRONG * before
        )

    @property
    def new_findings(self) -> int | None:
        """How many findings the draft would make; None where the checks were not run on it."""
        return None if self.checks is None else int(self.checks["findings"]["new"])

    def lines(self) -> list[str]:
        """Say it for people, one thing a line."""
        said = []
        if self.classes:
            told = ", ".join(f"{name} {before:,} → {after:,}" for name, (before, after) in self.classes.items())
            said.append(f"Class balance: {told}")
            if self.shifted:
                said.append(f"Strong shift: more than {STRONG:.0%} of the rows of {', '.join(self.shifted)}")
        if self.has_schema:
            found = self.validation
            counts = None if found is None else found["failures"]
            failures = "not run" if counts is None else f"failures {counts['before']:,} → {counts['after']:,}"
            said.append(f"Validation: {failures}")
        if self.checks is None:
            said.append("Checks: not run, so new findings are not known")
        else:
            said.append(f"Checks: {self.checks['findings']['gone']:,} findings gone, {self.new_findings:,} new")
        if self.has_label:
            verdict = "not measured" if self.effect is None else self.effect["verdict"]
            said.append(f"Effect on the model: {verdict}")
        return said

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        return {
            "draft": self.draft,
            "classes": {name: {"before": b, "after": a} for name, (b, a) in self.classes.items()},
            "shifted": list(self.shifted),
            "validation": None if self.validation is None else self.validation["failures"],
            "new_findings": self.new_findings,
            "verdict": None if self.effect is None else self.effect["verdict"],
            "lines": self.lines(),
        }


def consequences(lake: Lake, draft: int) -> Consequences:
    """Say what publishing a draft would mean, from what is known of it.

    Raises
    ------
    UnknownName
        There is no such draft.
    """
    state = get_draft(lake, draft)
    base = read_version(lake, state.dataset, state.base)
    talk = discussion_of(lake, draft)
    known = {kind: talk.found(kind) for kind in ("checked", "findings", "evaluated")}
    found = {kind: each for kind, each in known.items() if each is not None and each["base"] == base.version}
    validation = found.get("checked")
    if validation is not None and validation["schema"] != schema_fingerprint(lake, base):
        validation = None
    effect = found.get("evaluated")
    # Who is still to give a second opinion on test labels must not read them off the counts.
    hidden = policy_of(lake, state.dataset).second_opinion
    return Consequences(
        draft,
        _balance(lake, draft, "r._lane <> 2" if hidden else "true"),
        validation,
        found.get("findings"),
        None if effect is None else effect["comparison"],
        base.definition.schema is not None,
        base.definition.label is not None,
    )


def _balance(lake: Lake, draft: int, counts: str) -> dict[str, tuple[int, int]]:
    """Count the classes before and after, if any gains or loses rows; only rows that the draft touches are compared."""
    state = get_draft(lake, draft)
    base = view_of(lake, read_version(lake, state.dataset, state.base))
    definition = base.definition
    if definition.label is None or definition.task != "classification":
        return {}
    label = base.column(definition.label)
    text = canonical_text(f"r.{quote(label.physical)}", label.type)

    def counted(rows: str, among: str = "true") -> dict[str, int]:
        query = (
            f"SELECT {text}, count(*) FROM {rows} r WHERE NOT r._excluded AND {counts} "
            f"AND r.{quote(label.physical)} IS NOT NULL AND {among} GROUP BY 1"
        )
        return dict(lake.read(query))

    touched = f"r._rid IN (SELECT rid FROM {folded(draft)})"
    was, now = counted(base.rows, touched), counted(draft_view(base, draft).rows, touched)
    if was == now:
        return {}
    before = counted(base.rows)
    after = {name: before.get(name, 0) - was.get(name, 0) + now.get(name, 0) for name in {**before, **now}}
    return {name: (before.get(name, 0), after[name]) for name in sorted(after, key=lambda n: (-before.get(n, 0), n))}
