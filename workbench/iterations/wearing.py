"""How many decisions a test set has informed: the more, the likelier that one of its verdicts is chance.

Each version, draft or what-if whose figure somebody looked at may have been kept or dropped for it. Where nothing
changed, one verdict in 20 reads gain or loss all the same, so that after k looks 0.05 · k of them are expected to be
chance. At k = 20 that is one: :data:`FRESH_AFTER`. Until then, and beyond, intervals at the level 1 - 0.05 / k hold
together (the union bound: Dunn 1961, Journal of the American Statistical Association 56, 52–64).

Both are the least that can be said. Where the next edit is chosen by the last verdict, the test rows are learnt by
heart sooner than the bound for verdicts fixed beforehand says (Dwork et al. 2015, The reusable holdout: Preserving
validity in adaptive data analysis, Science 349, 636–638), and the more slowly, the less a figure tells: a verdict that
says "cannot tell" below the noise gives little away (Blum & Hardt 2015, The Ladder: A reliable leaderboard for machine
learning competitions, ICML).

States that an attribution or a bisection evaluates on its way do not count: nobody sees their figures, only shares of a
change that was looked at already. The same rows looked at again, with other seeds, another metric or another model,
are one state.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Any

from workbench.iterations.checking import schema_types
from workbench.lake import Lake, newest, view_of

FRESH_AFTER = 20
"""Looks after which one verdict is expected to be chance: 1 / 0.05."""

_CHOSEN = re.compile(r" \+ (draft \d+|recipe .+|fix|exclude)", re.DOTALL)
# What stands after a version's name where the state is a draft or a what-if.


@dataclass(frozen=True)
class Wear:
    """How worn a test set is.

    Attributes
    ----------
    dataset : str
        Its dataset.
    test_labels : str
        The version that has these test rows and labels: the newest one.
    decisions : int
        Distinct states of the data, versions and drafts, whose figure on these very test rows and labels was looked at.
    earlier : int
        States that were only looked at on other test rows or labels of the dataset: where few labels were corrected
        since, the rows have informed these as well.
    by_chance : float
        How many verdicts are expected to be chance if none of the states differed: 0.05 · decisions.
    level : float
        At which so many verdicts hold together at 95 %.
    fresh_after : int
        Decisions after which fresh test rows are due.
    """

    dataset: str
    test_labels: str
    decisions: int
    earlier: int
    by_chance: float
    level: float
    fresh_after: int = FRESH_AFTER

    @property
    def worn(self) -> bool:
        """Whether fresh test rows are due."""
        return self.decisions >= self.fresh_after

    def to_dict(self) -> dict[str, Any]:
        """Write as values that JSON has."""
        return {**dataclasses.asdict(self), "worn": self.worn}


def wear(lake: Lake, dataset: str) -> Wear:
    """Count the decisions that the newest version's test rows and labels have informed.

    A new count begins with whatever changes a test row or its label.

    Raises
    ------
    UsageError
        The dataset has no label column.
    """
    from workbench.evaluation import input_hash
    from workbench.evaluation.reading import tested_on, trained_on
    from workbench.evaluation.store import states_of
    from workbench.impact import together

    head = newest(lake, dataset)
    known = [(state, hashed) for state, hashed in states_of(lake, dataset) if _is_chosen(dataset, state)]
    here = dict(known).get(head.name) or input_hash(view_of(lake, head), schema_types(lake, head))
    tests = {state: tested_on(hashed) for state, hashed in known} | {head.name: tested_on(here)}
    # A state that was measured before a test label changed was looked at again where it was compared since.
    again = {
        name for a, b, labels in _compared(lake, dataset) if tests.get(labels) == tested_on(here) for name in (a, b)
    }
    now = {trained_on(hashed) for state, hashed in known if tested_on(hashed) == tested_on(here) or state in again}
    earlier = {trained_on(hashed) for _, hashed in known} - now
    count = len(now)
    return Wear(dataset, head.name, count, len(earlier), count / FRESH_AFTER, together(count))


def _is_chosen(dataset: str, state: str) -> bool:
    """Tell a version, draft or what-if from a state that an attribution went through."""
    version = re.match(rf"{re.escape(dataset)}@\d+", state)
    return version is not None and (version.end() == len(state) or _CHOSEN.fullmatch(state, version.end()) is not None)


def _compared(lake: Lake, dataset: str) -> set[tuple[str, str, str]]:
    """List what was compared: two states, and the version under whose test labels."""
    documents = lake.read(
        "SELECT comparison FROM lake.workbench.measurements WHERE dataset = ? AND comparison IS NOT NULL "
        "UNION SELECT json_extract(e.text, '$.comparison')::VARCHAR FROM lake.workbench.draft_events e "
        "JOIN lake.workbench.drafts d USING (draft) WHERE d.dataset = ? AND e.kind = 'evaluated'",
        [dataset, dataset],
    )
    found = [json.loads(text) for (text,) in documents if text]
    return {(each["a"], each["b"], each["test_labels"]) for each in found}
