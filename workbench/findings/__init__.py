"""What the checks found, remembered across versions, re-runs and refits, and what people answered.

A finding is known again by its identity (:func:`workbench.findings.recording.identity`). Each run of the checks on a
version writes *sightings*; a person's answer is a *decision* on the evidence that was seen. A finding's status at a
version follows from both (:mod:`workbench.findings.status`) and is stored nowhere.
"""

from workbench.findings.decisions import DECISIONS, insert_decisions, reinstate, withdraw
from workbench.findings.listing import count, find, get, lay_out, outcomes, queue, tally
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

__all__ = [
    "DECISIONS",
    "FINDING_FIELDS",
    "STATUSES",
    "Answered",
    "CheckResult",
    "Finding",
    "Outcome",
    "Status",
    "count",
    "find",
    "findings_table",
    "get",
    "insert_decisions",
    "lay_out",
    "outcomes",
    "queue",
    "record",
    "reinstate",
    "tally",
    "withdraw",
]
