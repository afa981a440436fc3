"""Publish a draft: one transaction that re-checks every expected value against the newest version."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.drafts.overlay import folded, overlay
from workbench.drafts.records import Draft
from workbench.drafts.row_changes import EXCLUDED, row_changes
from workbench.drafts.staging import CORRECTION, _typed, get_draft, insert_draft, open_draft
from workbench.errors import Conflict, ConflictError, UsageError
from workbench.lake import (
    Lake,
    Session,
    Version,
    View,
    canonical_text,
    literal,
    newest,
    publish_rows,
    quote,
    read_version,
    rid_list,
    view_of,
)
from workbench.lake.cells import by_kind, unpivoted
from workbench.lake.publish import PRUNED
from workbench.lake.values import differs


@dataclass(frozen=True)
class Published:
    """What publishing a draft gave.

    Attributes
    ----------
    version : Version
        The new version.
    conflicts : tuple of Conflict
        Cells that were left out because somebody else had changed them.
    rest : Draft or None
        A new draft on the new version that holds the corrections left out.
    carried : tuple of str
        What was found out about the draft and is on record for the version too: validation, checks, effect.
    stale : tuple of str
        What was found out about the draft and says nothing about the version, with the reason.
    """

    version: Version
    conflicts: tuple[Conflict, ...]
    rest: Draft | None
    carried: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


def publish_draft(
    lake: Lake,
    draft: int,
    *,
    author: str,
    message: str,
    skip_conflicts: bool = False,
    only_if: Callable[[Session], None] | None = None,
) -> Published:
    """Turn a draft into the dataset's next version.

    A correction applies where the newest version still holds what the draft's base held (or holds the new value
    already). Deleting, excluding or restoring a row applies where the whole row is as the base held it, and a cell is
    not corrected in a row that was excluded meanwhile. Rows are found by identity, cells by name, never by position.

    Parameters
    ----------
    skip_conflicts : bool
        Publish what applies and move the rest to a new draft, instead of refusing.
    only_if : callable, optional
        Raises where the draft may not be published; asked inside the transaction, so that what it reads is what is
        published.

    Raises
    ------
    ConflictError
        Some cells were changed meanwhile, listed one by one; nothing was published.
    UsageError
        The draft is not open, is empty, or changes nothing.
    """
    if not message.strip():
        raise UsageError("A version needs a message.", hint="Say in one line what the draft does: -m 'fix ages'.")
    with lake.session() as session:

        def work(current: Session) -> tuple[str, int, list[Conflict], int | None]:
            state = open_draft(current, draft)
            if only_if is not None:
                only_if(current)
            head = newest(current, state.dataset)
            gather(current, lake, state, head)
            conflicts = conflicting(current, view_of(lake, head))
            if conflicts and not skip_conflicts:
                raise _refusal(state, head, conflicts)
            _images(current, head)
            made = publish_rows(
                current, head, kind="publish", author=author, message=message, draft=draft, held="head_rows"
            )
            if made is None:
                raise UsageError(
                    f"Draft {draft} changes nothing: {head.name} holds its values already.",
                    hint="Stage corrections first, or discard the draft.",
                )
            rest = _carry(current, state, head, author) if conflicts else None
            current.run(
                "UPDATE lake.workbench.drafts SET state = 'published', version = ?, closed_at = ? WHERE draft = ?",
                [made, datetime.now(UTC), draft],
            )
            return head.dataset, made, conflicts, rest

        dataset, made, conflicts, rest = lake.write(work, author=author, message=message, session=session)
    version = read_version(lake, dataset, made)
    return Published(version, tuple(conflicts), get_draft(lake, rest) if rest is not None else None)


def conflicts_of(lake: Lake, draft: int) -> list[Conflict]:
    """List the cells of a draft that somebody else has changed since its base version."""
    with lake.session() as session:
        state = get_draft(session, draft)
        head = newest(session, state.dataset)
        gather(session, lake, state, head)
        return conflicting(session, view_of(lake, head))


def discard(lake: Lake, draft: int, *, author: str) -> Draft:
    """Close a draft without publishing it; its corrections stay on record."""

    def work(session: Session) -> None:
        open_draft(session, draft)
        session.run(
            "UPDATE lake.workbench.drafts SET state = 'discarded', closed_at = ? WHERE draft = ?",
            [datetime.now(UTC), draft],
        )

    lake.write(work, author=author, message=f"discard draft {draft}")
    return get_draft(lake, draft)


def gather(session: Session, lake: Lake, draft: Draft, head: Version) -> None:
    """Fold the draft into the temporary table ``net`` and read the newest state of its rows into ``head_rows``.

    ``moved_rows`` gets what became of rows as wholes since the draft's base: those that the draft deletes, excludes or
    restores and that changed in any way, and those that it edits and that were excluded.
    """
    session.run(f"CREATE OR REPLACE TEMP TABLE net AS SELECT * FROM {folded(draft.draft)}")
    rids = [row[0] for row in session.rows("SELECT DISTINCT rid FROM net")]
    where = f"_rid IN ({rid_list(rids)})" if len(rids) <= PRUNED else "_rid IN (SELECT rid FROM net)"
    rows = view_of(lake, head).rows
    session.run(f"CREATE OR REPLACE TEMP TABLE head_rows AS SELECT * FROM {rows} WHERE {where}")
    # A column that the newest version no longer has can only be reported, which conflicting does.
    keys = "SELECT rid, any_value(row_key) AS row_key FROM lake.workbench.corrections WHERE draft = ? GROUP BY rid"
    session.run(f"CREATE OR REPLACE TEMP TABLE net_keys AS {keys}", [draft.draft])
    actions = dict(session.rows("SELECT rid, max(action) FILTER (action <> 'set') FROM net GROUP BY rid"))
    moved = []
    if head.version != draft.base:
        base = read_version(session, draft.dataset, draft.base)
        for change in row_changes(session, lake, base, head, rids):
            action = actions[change.rid]
            flipped = change.was_excluded != change.now_excluded
            # Two people who exclude the same row, or restore it, want the same.
            agreed = action in ("exclude", "restore") and change.now_excluded == (action == "exclude")
            was, now = dict(change.was), dict(change.now)
            if flipped and not agreed:
                was[EXCLUDED], now[EXCLUDED] = change.was_excluded, change.now_excluded
            if now and (action is not None or (flipped and change.now_excluded)):
                told = [None if action is None else json.dumps(side, ensure_ascii=False) for side in (was, now)]
                moved.append({"rid": change.rid, "action": action, "old": told[0], "found": told[1]})
    shape = {"rid": "BIGINT", "action": "VARCHAR", "old": "VARCHAR", "found": "VARCHAR"}
    session.temporary("moved_rows", shape, moved)


def conflicting(session: Session, head: View) -> list[Conflict]:
    """Compare what the draft expects with the newest version, into the temporary table ``clash`` and a list."""
    parts = [
        "SELECT n.rid, n.column_name, n.old, NULL::VARCHAR AS found, n.new, true AS gone, "
        "'the row was deleted' AS why FROM net n "
        "LEFT JOIN head_rows h ON h._rid = n.rid WHERE h._rid IS NULL AND n.action <> 'delete'",
        "SELECT rid, NULL, old, found, action, false, 'the row was changed' FROM moved_rows WHERE action IS NOT NULL",
    ]
    named = {row[0] for row in session.rows("SELECT DISTINCT column_name FROM net WHERE action = 'set'")}
    gone = named - set(head.places)
    if gone:
        parts.append(
            "SELECT n.rid, n.column_name, n.old, NULL, n.new, true, 'the column is gone' FROM net n "
            f"JOIN head_rows h ON h._rid = n.rid WHERE n.column_name IN ({', '.join(map(literal, sorted(gone)))})"
        )
    columns = [column for column in head.columns if column.name in named]
    if columns:
        cells = unpivoted(
            "head_rows h", columns, "h._rid",
            found=lambda column: canonical_text(f"h.{quote(column.physical)}", column.type),
        )  # fmt: skip
        # A key is never corrected, also where the column became part of it after the draft was begun.
        keyed = f"n.column_name IN ({', '.join(map(literal, head.definition.key)) or 'NULL'})"
        from_old = by_kind(columns, lambda column: differs("c.found", "n.old", column), kind="c.kind")
        from_new = by_kind(columns, lambda column: differs("c.found", "n.new", column), kind="c.kind")
        parts.append(
            "SELECT n.rid, n.column_name, n.old, c.found, n.new, false, "
            f"CASE WHEN m.rid IS NOT NULL THEN 'the row was excluded' WHEN {keyed} THEN 'the column is part of the key "
            f"now' ELSE 'the cell was changed' END FROM net n JOIN {cells} c ON c._rid = n.rid "
            "AND c.column_name = n.column_name LEFT JOIN moved_rows m ON m.rid = n.rid AND m.action IS NULL "
            f"WHERE {from_new} AND ({keyed} OR {from_old} OR m.rid IS NOT NULL)"
        )
    session.run("CREATE OR REPLACE TEMP TABLE clash AS " + " UNION ALL ".join(parts))
    rows = session.rows(
        "SELECT k.row_key, c.column_name, c.old, c.found, c.new, c.rid, c.gone, c.why FROM clash c "
        "JOIN net_keys k USING (rid) ORDER BY c.rid, c.column_name"
    )

    def value(column: str | None, text: str | None) -> object:
        if column is None:
            return json.loads(text) if text else None
        return _typed(head, column, text) if column in head.places else text

    return [
        Conflict(
            json.loads(row_key),
            column,
            value(column, old),
            value(column, found),
            new if column is None else value(column, new),
            rid=rid,
            gone=gone,
            why=why,
        )
        for row_key, column, old, found, new, rid, gone, why in rows
    ]


def _refusal(draft: Draft, head: Version, conflicts: list[Conflict]) -> ConflictError:
    """Say what stands against publishing a draft."""
    return ConflictError(
        f"{len(conflicts)} of draft {draft.draft}'s {draft.corrections} corrections no longer fit: {head.name} holds "
        f"other values or rows than {draft.dataset}@{draft.base} did. Nothing was published.",
        conflicts,
        hint=f"Decide cell by cell (workbench draft rebase {draft.draft}), or publish the rest with --skip-conflicts, "
        "which keeps these in a new draft.",
    )


def _images(session: Session, head: Version) -> None:
    """Lay the applicable corrections over the newest rows: ``new_rows`` and ``gone_rows`` for publishing."""
    session.run(
        "CREATE OR REPLACE TEMP TABLE applied AS SELECT n.* FROM net n LEFT JOIN clash c ON c.rid = n.rid "
        "AND c.column_name IS NOT DISTINCT FROM n.column_name WHERE c.rid IS NULL"
    )
    touched = {row[0] for row in session.rows("SELECT DISTINCT column_name FROM applied")}
    images = overlay("head_rows", head.columns, "applied", touched)
    session.run(f"CREATE OR REPLACE TEMP TABLE new_rows AS SELECT * FROM {images}")
    session.run("CREATE OR REPLACE TEMP TABLE gone_rows AS SELECT rid AS _rid FROM applied WHERE action = 'delete'")


def _carry(session: Session, draft: Draft, head: Version, author: str) -> int:
    """Put the corrections that clash into a new draft on the version being published, and return its number.

    What they find there becomes the old value they expect; rows that are gone cannot be carried on.
    """
    number = int(session.rows("SELECT max(draft) + 1 FROM lake.workbench.drafts")[0][0])
    title = f"{draft.title or f'draft {draft.draft}'} (conflicts)"
    insert_draft(session, number, draft.dataset, head.version + 1, title=title, author=author)
    session.run(
        f"INSERT INTO lake.workbench.corrections ({CORRECTION}) "
        f"SELECT {number}, row_number() OVER (ORDER BY c.seq), 1, c.dataset, c.rid, c.row_key, c.action, "
        "c.column_name, CASE WHEN c.action = 'set' THEN x.found END, c.new, c.reason, c.finding, c.author, "
        "c.created_at, false "
        "FROM lake.workbench.corrections c JOIN clash x ON x.rid = c.rid "
        "AND x.column_name IS NOT DISTINCT FROM c.column_name JOIN net n ON n.rid = c.rid AND n.seq = c.seq "
        f"WHERE c.draft = {draft.draft} AND NOT c.undone AND c.rid IN (SELECT _rid FROM head_rows)"
    )
    return number
