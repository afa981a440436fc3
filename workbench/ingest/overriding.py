"""Bring the record of how the dataset differs from its source up to date, after the source has spoken.

Runs in the transaction that publishes the refresh, on the temporary tables that :mod:`workbench.ingest.merging` made.
Besides the differences (states ``cell``, ``deleted``, ``added``) the table ``overrides`` remembers, as state ``left``,
the keys that left with a full delivery, and as state ``away`` their corrected cells, with what the source last said
(``source``) and what the correction says (``mine``): one that returns is the same row again, corrections included.
Nothing that is known of a key is forgotten because the source left it out.
"""

from __future__ import annotations

from workbench.ingest.shaping import Shape
from workbench.lake import Session, literal


def note_source(session: Session, dataset: str, shape: Shape, mode: str) -> None:
    """Forget differences that are none any more, and remember what the source says now and which rows left.

    Parameters
    ----------
    session : Session
        Inside the transaction.
    mode : {"upsert", "full", "append"}
        A delivery of new rows only says nothing about the others.
    """

    def forget(state: str, condition: str) -> None:
        session.run(
            f"DELETE FROM lake.workbench.overrides WHERE dataset = {literal(dataset)} AND state = '{state}' "
            f"AND {condition}"
        )

    if session.row("SELECT 1 FROM newcomers WHERE returned LIMIT 1"):
        forget("left", "rid IN (SELECT rid FROM newcomers WHERE returned)")
        forget("away", "rid IN (SELECT rid FROM newcomers WHERE returned)")
        session.run(
            "INSERT INTO lake.workbench.overrides (dataset, rid, column_name, state, source_value) "
            f"SELECT {literal(dataset)}, rid, column_name, 'cell', source FROM back_cells WHERE outcome = 'kept'"
        )
    if mode == "append":
        return
    told = "FROM told_cells WHERE outcome <> 'kept'"
    if session.row(f"SELECT 1 {told} LIMIT 1"):
        forget("cell", f"(rid, column_name) IN (SELECT (rid, column_name) {told})")
    respelt = (
        "FROM told_cells t JOIN held_cells h USING (rid, column_name) "
        "WHERE t.outcome = 'kept' AND t.told IS DISTINCT FROM h.source_value"
    )
    if session.row(f"SELECT 1 {respelt} LIMIT 1"):
        session.run(
            "UPDATE lake.workbench.overrides SET source_value = r.told "
            f"FROM (SELECT rid, column_name, t.told {respelt}) r "
            f"WHERE dataset = {literal(dataset)} AND state = 'cell' AND r.rid = overrides.rid "
            "AND r.column_name = overrides.column_name"
        )
    if session.row("SELECT 1 FROM resent_rows LIMIT 1"):
        forget("added", "rid IN (SELECT rid FROM resent_rows)")
    if mode != "full":
        return
    if shape.removed:
        names = ", ".join(map(literal, shape.removed))
        for state in ("cell", "away"):
            forget(state, f"column_name IN ({names})")
    if session.row("SELECT 1 FROM left_rows LIMIT 1"):
        for state in ("cell", "left", "away"):
            forget(state, "rid IN (SELECT rid FROM left_rows)")
        session.run(
            "INSERT INTO lake.workbench.overrides (dataset, rid, column_name, state, source_value) "
            f"SELECT {literal(dataset)}, rid, column_name, 'away', "
            "json_object('source', source, 'mine', mine)::VARCHAR FROM left_cells"
        )
        session.run(
            "INSERT INTO lake.workbench.overrides (dataset, rid, state, source_value, row_key) "
            f"SELECT {literal(dataset)}, rid, 'left', remembered, row_key FROM left_rows WHERE row_key IS NOT NULL"
        )
