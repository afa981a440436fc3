"""Corrections as data: staged in a draft on a base version, undone and redone, checked, then published in one piece."""

from workbench.drafts.discussion import (
    Discussion,
    DraftEvent,
    ReviewState,
    approve,
    comment,
    content_of,
    discussion_of,
    note_found,
    review_state,
    same_person,
    send_back,
    submit,
    withdraw,
)
from workbench.drafts.files import read_corrections
from workbench.drafts.opinions import SecondOpinion, give_opinion, hide, second_opinions
from workbench.drafts.overlay import draft_view
from workbench.drafts.publishing import Published, conflicts_of, discard, publish_draft
from workbench.drafts.rebasing import Choice, Rebased, rebase
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
    "Choice",
    "Correction",
    "Discussion",
    "Draft",
    "DraftEvent",
    "Published",
    "Rebased",
    "ReviewState",
    "SecondOpinion",
    "Staged",
    "approve",
    "comment",
    "conflicts_of",
    "content_of",
    "corrections_of",
    "discard",
    "discussion_of",
    "draft_view",
    "get_draft",
    "give_opinion",
    "hide",
    "list_drafts",
    "new_draft",
    "note_found",
    "publish_draft",
    "read_corrections",
    "rebase",
    "redo",
    "review_state",
    "same_person",
    "second_opinions",
    "send_back",
    "stage",
    "stage_in",
    "submit",
    "undo",
    "undo_in",
    "withdraw",
]
