"""What an open lake does with drafts: stage, look, talk, publish. A part of :class:`workbench.api.OpenLake`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import drafts as _drafts
from workbench import iterations
from workbench.drafts import Choice, Correction, Discussion, Draft, Published, Rebased, SecondOpinion, Staged
from workbench.errors import Requirement
from workbench.lake import Lake, newest
from workbench.progress import Progress, silent

if TYPE_CHECKING:
    from workbench.compare import Comparison
    from workbench.iterations import Consequences, DraftCheck, DraftFindings


@dataclass(frozen=True)
class DraftCalls:
    """The calls on drafts, by number.

    Attributes
    ----------
    lake : Lake
        Where they are.
    author : str
        Recorded with what is done.
    """

    lake: Lake
    author: str

    def draft(self, number: int) -> Draft:
        """Return a draft."""
        return _drafts.get_draft(self.lake, number)

    def corrections(self, number: int) -> list[Staged]:
        """List a draft's corrections; what a second opinion must not know is left out for who has not given it."""
        return iterations.shown_corrections(self.lake, number, reader=self.author)

    def conflicts(self, number: int) -> list[Any]:
        """List the cells of an open draft that somebody else has changed since its base."""
        return _drafts.conflicts_of(self.lake, number) if self.draft(number).state == "open" else []

    def stage(self, number: int, corrections: Sequence[Correction]) -> Draft:
        """Add corrections to a draft as one step, all or none."""
        return _drafts.stage(self.lake, number, corrections, author=self.author)

    def stage_file(self, number: int, path: str | Path) -> Draft:
        """Add a corrections file to a draft as one step, all or none."""
        key = newest(self.lake, self.draft(number).dataset).definition.key
        return self.stage(number, _drafts.read_corrections(path, key))

    def undo(self, number: int) -> Draft:
        """Take back a draft's last step, and the decisions that came with it."""
        return iterations.undo(self.lake, number, author=self.author)

    def redo(self, number: int) -> Draft:
        """Do the step again that was undone last, and give its decisions again."""
        return iterations.redo(self.lake, number, author=self.author)

    def check_draft(self, number: int, *, progress: Progress = silent) -> DraftCheck:
        """Validate the rows as a draft would leave them."""
        return iterations.check_draft(self.lake, number, progress=progress)

    def draft_findings(self, number: int, *, progress: Progress = silent) -> DraftFindings:
        """Run the checks on the rows as a draft would leave them, beside its base version."""
        return iterations.find_in_draft(self.lake, number, progress=progress)

    def evaluate_draft(self, number: int, *, progress: Progress = silent) -> Comparison:
        """Measure what a draft would do to the fixed model."""
        return iterations.evaluate_draft(self.lake, number, progress=progress)

    def publish(
        self, number: int, *, message: str, skip_conflicts: bool = False, progress: Progress = silent
    ) -> Published:
        """Turn a draft into the next version, if the policy allows it.

        The result names what was found out about the draft and is on record for the version (``carried``), and what
        is ``stale``.
        """
        return iterations.publish(
            self.lake, number, author=self.author, message=message, skip_conflicts=skip_conflicts, progress=progress
        )

    def consequences(self, number: int) -> Consequences:
        """Say what publishing a draft would mean: class balance, new findings, validation, effect on the model."""
        return iterations.consequences(self.lake, number)

    def requirements(self, number: int) -> list[Requirement]:
        """Say what the policy asks of a draft before it may be published, and whether that is the case."""
        return iterations.requirements(self.lake, number) if self.draft(number).state == "open" else []

    def rebase(self, number: int, choices: Mapping[tuple[int, str | None], Choice] | None = None) -> Rebased:
        """Move a draft to the newest version, each conflict decided for ``mine`` or ``theirs``."""
        return _drafts.rebase(self.lake, number, choices or {}, author=self.author)

    def discussion(self, number: int) -> Discussion:
        """Read what was said of a draft, and where it stands."""
        return _drafts.discussion_of(self.lake, number)

    def comment(self, number: int, text: str) -> Discussion:
        """Say something about an open draft."""
        return _drafts.comment(self.lake, number, text, author=self.author)

    def submit(self, number: int, *, text: str = "") -> Discussion:
        """Ask for a draft's approval."""
        return _drafts.submit(self.lake, number, text=text, author=self.author)

    def approve(self, number: int, *, text: str = "", seen: str | None = None) -> Discussion:
        """Approve a submitted draft as it is; ``seen`` is the ``content`` of the discussion that was looked at."""
        return _drafts.approve(self.lake, number, text=text, seen=seen, author=self.author)

    def send_back(self, number: int, reason: str) -> Discussion:
        """Refuse a submitted draft, and say why."""
        return _drafts.send_back(self.lake, number, reason, author=self.author)

    def withdraw(self, number: int, *, text: str = "") -> Discussion:
        """Take a draft's submission back."""
        return _drafts.withdraw(self.lake, number, text=text, author=self.author)

    def second_opinions(self, number: int) -> list[SecondOpinion]:
        """List the test labels that a draft corrects; what others say is hidden until one has answered."""
        return _drafts.second_opinions(self.lake, self.lake, number, reader=self.author)

    def give_opinion(self, number: int, rid: int, value: str | None) -> SecondOpinion:
        """Say what the label of a test row is that a draft corrects."""
        return _drafts.give_opinion(self.lake, number, rid, value, author=self.author)

    def discard(self, number: int) -> Draft:
        """Close a draft without publishing it."""
        return _drafts.discard(self.lake, number, author=self.author)
