"""What a refresh did, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.lake import Version
from workbench.versions.logical import TypeNote


@dataclass(frozen=True)
class RefreshResult:
    """What a refresh did.

    Attributes
    ----------
    dataset, mode : str
        What was refreshed, and how.
    version : Version or None
        The new version; None where nothing changed.
    added, removed, updated_cells : int
        Rows and cells that changed.
    kept_corrections : int
        Corrected cells that the source still sends as they were before: still wrong at source, still corrected here.
    replaced_corrections : int
        Corrected cells for which the source now says something new, which was taken.
    settled_corrections : int
        Corrected cells for which the source now says what the correction says.
    still_deleted : int
        Rows that the source sends and a person deleted; they stay out.
    deleted_changed : int
        Among those, the rows of which the source now says something else than when they were deleted.
    excluded_changed : int
        Excluded rows that the source changed; they stay excluded.
    returned : int
        Among the rows added, those that had left before and have their identity, split and exclusion back.
    corrected_left, corrected_returned : int
        Rows with corrected cells that left, and that came back. The corrections of a row that comes back count among
        the kept, replaced and settled ones.
    unchanged : int
        Rows of the delivery that are in the dataset as they are, corrections aside.
    ignored : int
        Rows that differ, in a delivery of which only new rows are taken.
    lane_kept : int
        Rows whose split column now names another lane; they stay in theirs.
    columns_added, columns_removed, columns_widened : tuple of str
        Columns that are new, no longer there, or stored in a wider type.
    columns_missing : tuple of str
        Columns that the delivery lacks and that stay as they are, since only a full refresh removes columns.
    types : tuple of TypeNote
        What should be known about the columns' types: codes kept as text, cells that are no numbers.
    not_merged : str
        Why the delivery was not even compared: the dataset's source is as it was when it was merged, and another one
        was merged since. Empty where it was.
    recipes : tuple of dict
        What the recipes did that were replayed on the new version: ``recipe``, ``version`` (None where it had nothing
        to do), ``draft``, ``cells``, ``excluded``, ``conflicts``, ``note``.
    """

    dataset: str
    mode: str
    version: Version | None
    added: int = 0
    removed: int = 0
    updated_cells: int = 0
    kept_corrections: int = 0
    replaced_corrections: int = 0
    settled_corrections: int = 0
    still_deleted: int = 0
    deleted_changed: int = 0
    excluded_changed: int = 0
    returned: int = 0
    corrected_left: int = 0
    corrected_returned: int = 0
    unchanged: int = 0
    ignored: int = 0
    lane_kept: int = 0
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns_widened: tuple[str, ...] = ()
    columns_missing: tuple[str, ...] = ()
    types: tuple[TypeNote, ...] = ()
    not_merged: str = ""
    recipes: tuple[dict[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as JSON values, under the names a version's document has where it has them."""
        return {
            "dataset": self.dataset,
            "version": self.version.version if self.version else None,
            "mode": self.mode,
            "rows_added": self.added,
            "rows_removed": self.removed,
            "cells_changed": self.updated_cells,
            "kept_corrections": self.kept_corrections,
            "replaced_corrections": self.replaced_corrections,
            "settled_corrections": self.settled_corrections,
            "still_deleted": self.still_deleted,
            "deleted_changed": self.deleted_changed,
            "excluded_changed": self.excluded_changed,
            "returned": self.returned,
            "corrected_left": self.corrected_left,
            "corrected_returned": self.corrected_returned,
            "unchanged": self.unchanged,
            "ignored": self.ignored,
            "lane_kept": self.lane_kept,
            "columns": {
                "added": list(self.columns_added),
                "removed": list(self.columns_removed),
                "widened": list(self.columns_widened),
                "missing": list(self.columns_missing),
            },
            "types": [note.to_dict() for note in self.types],
            "not_merged": self.not_merged,
            "recipes": list(self.recipes),
        }

    def summary(self) -> str:
        """Say it in a few lines."""
        if self.version is None:
            said = f"{self.dataset}: nothing changed, no new version"
        else:
            said = (
                f"{self.version.name}: {self.added:,} rows added, {self.removed:,} removed, "
                f"{self.updated_cells:,} cells updated"
            )
        lines = [
            (self.kept_corrections, "corrections kept: the source still sends what they replaced"),
            (self.replaced_corrections, "corrections replaced by new values of the source"),
            (self.settled_corrections, "corrections that the source now has itself"),
            (self.still_deleted, "deleted rows that the source still sends stay out"),
            (self.deleted_changed, "of these deleted rows hold other values at the source than when they were deleted"),
            (self.excluded_changed, "excluded rows were changed by the source and stay excluded"),
            (self.returned, "of the rows added had left before and have their identity back"),
            (self.corrected_left, "corrected rows left; their corrections are kept for when they come back"),
            (self.corrected_returned, "corrected rows came back"),
            (self.ignored, "rows differ and were ignored (mode append takes new rows only)"),
            (self.lane_kept, "rows stay in their lane though the split column names another now"),
        ]
        said += f"\n  {self.not_merged}" if self.not_merged else ""
        said += "".join(f"\n  {count:,} {what}" for count, what in lines if count)
        for what, names in (
            ("new", self.columns_added),
            ("gone", self.columns_removed),
            ("stored in a wider type", self.columns_widened),
            ("not delivered, kept as they were", self.columns_missing),
        ):
            said += f"\n  columns {what}: {', '.join(names)}" if names else ""
        said += "".join(f"\n  {note}" for note in self.types)
        for each in self.recipes:
            changed = f"{each['cells']:,} cells" + (f", {each['excluded']:,} rows excluded" if each["excluded"] else "")
            done = f"{self.dataset}@{each['version']}: {changed}" if each["version"] else "nothing changed"
            said += f"\n  recipe {each['recipe']}: {each['note'] or done}"
            said += "".join(f"\n    {conflict}" for conflict in each["conflicts"])
        return said
