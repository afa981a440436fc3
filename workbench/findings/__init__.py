"""What the checks found, remembered across versions, re-runs and refits, and what people answered.

A finding is known again by its identity (:func:`workbench.findings.recording.identity`). Each run of the checks on a
version writes *sightings*; a person's answer is a *decision* on the evidence that was seen. A finding's status at a
version follows from both (:mod:`workbench.findings.status`) and is stored nowhere.
"""

from workbench.findings.changing import came_and_went
from workbench.findings.decisions import (
    DECISIONS,
    Answers,
    are_touched,
    count_answered,
    count_recorded,
    insert_decisions,
    last_answers,
    reinstate,
    reopen,
    withdraw,
    withdraw_some,
)
from workbench.findings.filtering import ANY, CAUSES, OPEN, OWN_RULE, Filter, cause_of
from workbench.findings.foreseeing import Foreseen, foresee, unanswered
from workbench.findings.listing import changes_at, concluded, count, find, get, lay_out, of_rows, outcomes, queue, tally
from workbench.findings.recording import record
from workbench.findings.records import (
    FINDING_FIELDS,
    STATUSES,
    Answered,
    CheckResult,
    Finding,
    Outcome,
    Status,
    findings_table,
)
from workbench.findings.views import SavedView, get_view, remove_view, save_view, saved_views

__all__ = [
    "ANY",
    "CAUSES",
    "DECISIONS",
    "FINDING_FIELDS",
    "OPEN",
    "OWN_RULE",
    "STATUSES",
    "Answered",
    "Answers",
    "CheckResult",
    "Filter",
    "Finding",
    "Foreseen",
    "Outcome",
    "SavedView",
    "Status",
    "came_and_went",
    "changes_at",
    "are_touched",
    "cause_of",
    "concluded",
    "count",
    "count_answered",
    "count_recorded",
    "find",
    "findings_table",
    "foresee",
    "get",
    "get_view",
    "insert_decisions",
    "last_answers",
    "lay_out",
    "of_rows",
    "outcomes",
    "queue",
    "record",
    "reinstate",
    "remove_view",
    "reopen",
    "save_view",
    "saved_views",
    "tally",
    "unanswered",
    "withdraw",
    "withdraw_some",
]
