"""Corrections as data: staged in a draft on a base version, undone and redone, checked, then published in one piece."""

from workbench.drafts.files import read_corrections
from workbench.drafts.overlay import draft_view
from workbench.drafts.publishing import Published, conflicts_of, discard, publish_draft
from workbench.drafts.records import ACTIONS, UNSEEN, Action, Correction, Draft, Staged
from workbench.drafts.staging import (
    corrections_of,
    get_draft,
    list_drafts,
    new_draft,
    redo,
    stage,
    stage_in,
    undo,
    undo_in,
)

__all__ = [
    "ACTIONS",
    "UNSEEN",
    "Action",
    "Correction",
    "Draft",
    "Published",
    "Staged",
    "conflicts_of",
    "corrections_of",
    "discard",
    "draft_view",
    "get_draft",
    "list_drafts",
    "new_draft",
    "publish_draft",
    "read_corrections",
    "redo",
    "stage",
    "stage_in",
    "undo",
    "undo_in",
]
