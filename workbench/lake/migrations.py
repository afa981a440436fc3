"""The bookkeeping tables, made and changed by numbered steps that run once each, under the catalogue's own lock.

All steps that a lake lacks and the record that they ran commit together. A column that a later step adds is in the
table's first step, too: a table that is altered leaves a second table of small changes in the catalogue, which a new
lake need not have. Tables have no keys or constraints (DuckLake has none): uniqueness is held by the transactions that
write them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from workbench.errors import StoreError
from workbench.lake.recall import CATALOGUE
from workbench.settings import without_password

if TYPE_CHECKING:
    from workbench.lake.session import Session
    from workbench.lake.store import Lake

_PARTIAL = "Its catalogue was changed by hand or brought back in part: bring the whole one back from a backup."
_MADE = re.compile(r"CREATE TABLE lake\.workbench\.(\w+) \((\w+)")

_TABLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "0001_first_tables",
        (
            "CREATE SCHEMA lake.data",
            # What DuckLake writes itself, when it merges files, has the shape of the files that imports write.
            "CALL lake.set_option('parquet_row_group_size', 20480)",
            "CALL lake.set_option('parquet_version', 2)",
            # Insert-only: the virtual column snapshot_id of a row is the snapshot of its version.
            """CREATE TABLE lake.workbench.versions (dataset VARCHAR, version BIGINT, parent BIGINT, kind VARCHAR,
            author VARCHAR, message VARCHAR, created_at TIMESTAMPTZ, "rows" BIGINT, excluded BIGINT,
            rows_added BIGINT, rows_removed BIGINT, cells_changed BIGINT, content_hash VARCHAR, definition VARCHAR,
            columns VARCHAR, draft BIGINT, detail VARCHAR,
            written BIGINT, identity_hash VARCHAR)""",
            """CREATE TABLE lake.workbench.tags (dataset VARCHAR, tag VARCHAR, version BIGINT, author VARCHAR,
            created_at TIMESTAMPTZ)""",
            # Where a dataset differs from what its source last said: one row per cell, or per row that a person
            # deleted or brought back (column_name NULL).
            """CREATE TABLE lake.workbench.overrides (dataset VARCHAR, rid BIGINT, column_name VARCHAR,
            state VARCHAR, source_value VARCHAR, row_key VARCHAR)""",
            """CREATE TABLE lake.workbench.drafts (draft BIGINT, dataset VARCHAR, base BIGINT, title VARCHAR,
            author VARCHAR, created_at TIMESTAMPTZ, state VARCHAR, version BIGINT, closed_at TIMESTAMPTZ)""",
            """CREATE TABLE lake.workbench.corrections (draft BIGINT, seq BIGINT, step BIGINT, dataset VARCHAR,
            rid BIGINT, row_key VARCHAR, action VARCHAR, column_name VARCHAR, old VARCHAR, new VARCHAR,
            reason VARCHAR, finding VARCHAR, author VARCHAR, created_at TIMESTAMPTZ, undone BOOLEAN,
            written BIGINT)""",
            """CREATE TABLE lake.workbench.findings (finding VARCHAR, dataset VARCHAR, check_code VARCHAR, rid BIGINT,
            row_key VARCHAR, column_name VARCHAR, observed VARCHAR, lane UTINYINT, first_version BIGINT,
            created_at TIMESTAMPTZ,
            label VARCHAR)""",
            # Holds again what the queue sorts and filters by, so that a page is found without reading findings.
            """CREATE TABLE lake.workbench.sightings (finding VARCHAR, dataset VARCHAR, version BIGINT,
            check_code VARCHAR, rid BIGINT, lane UTINYINT, column_name VARCHAR, severity VARCHAR, message VARCHAR,
            suggestion VARCHAR, score DOUBLE, evidence VARCHAR, evidence_key VARCHAR, returned BOOLEAN,
            label VARCHAR)""",
            """CREATE TABLE lake.workbench.check_results (dataset VARCHAR, version BIGINT, check_code VARCHAR,
            outcome VARCHAR, findings BIGINT, message VARCHAR, author VARCHAR, created_at TIMESTAMPTZ,
            written BIGINT)""",
            # Insert-only: the virtual column snapshot_id is the order in which the answers came.
            """CREATE TABLE lake.workbench.decisions (finding VARCHAR, dataset VARCHAR, decision VARCHAR,
            value VARCHAR, evidence_key VARCHAR, reason VARCHAR, draft BIGINT, step BIGINT, author VARCHAR,
            created_at TIMESTAMPTZ,
            written BIGINT)""",
            # A version's failure cases stand in full under its own number, or as what is new or gone against those of
            # the version "root".
            """CREATE TABLE lake.workbench.validations (dataset VARCHAR, version BIGINT, content_hash VARCHAR,
            fingerprint VARCHAR, root BIGINT, result VARCHAR, created_at TIMESTAMPTZ)""",
            """CREATE TABLE lake.workbench.failure_cases (dataset VARCHAR, version BIGINT, fingerprint VARCHAR,
            gone BOOLEAN, rid BIGINT, row_key VARCHAR, check_code VARCHAR, column_name VARCHAR, check_name VARCHAR,
            observed VARCHAR, severity VARCHAR)""",
            """CREATE TABLE lake.workbench.evaluations (evaluation VARCHAR, dataset VARCHAR, version BIGINT,
            input_hash VARCHAR, fingerprint VARCHAR, result VARCHAR, created_at TIMESTAMPTZ,
            written BIGINT)""",
            # The newest row of a version counts: its evaluation, and its comparison with the version before.
            """CREATE TABLE lake.workbench.measurements (dataset VARCHAR, version BIGINT, evaluation VARCHAR,
            result VARCHAR, against BIGINT, comparison VARCHAR, created_at TIMESTAMPTZ,
            written BIGINT)""",
            # One row per evaluated row: predictions holds seeds × classes numbers (regression: one per seed).
            """CREATE TABLE lake.workbench.predictions (evaluation VARCHAR, rid BIGINT, row_key VARCHAR, lane UTINYINT,
            label VARCHAR, features VARCHAR, predictions DOUBLE[])""",
        ),
    ),
    (
        "0002_runs",
        (
            # The newest row of a run counts: "running" when it begins, its outcome when it ends.
            """CREATE TABLE lake.workbench.runs (run VARCHAR, dataset VARCHAR, outcome VARCHAR, version BIGINT,
            document VARCHAR, author VARCHAR, created_at TIMESTAMPTZ,
            written BIGINT)""",
            # What each run saw change among the findings since the one before: new, returned, fixed, answered.
            """CREATE TABLE lake.workbench.run_changes (run VARCHAR, dataset VARCHAR, finding VARCHAR,
            check_code VARCHAR, change VARCHAR, created_at TIMESTAMPTZ,
            written BIGINT)""",
        ),
    ),
    (
        "0003_labels_of_findings",
        (
            # The label of the row where the finding was first seen, and at each sighting; unknown for older ones.
            "ALTER TABLE lake.workbench.findings ADD COLUMN IF NOT EXISTS label VARCHAR",
            "ALTER TABLE lake.workbench.sightings ADD COLUMN IF NOT EXISTS label VARCHAR",
        ),
    ),
    (
        "0004_discussion",
        (
            # Insert-only: what people said of a draft and what was found out about it, each with the fingerprint of
            # the corrections that it is about.
            """CREATE TABLE lake.workbench.draft_events (draft BIGINT, kind VARCHAR, text VARCHAR, content VARCHAR,
            author VARCHAR, created_at TIMESTAMPTZ,
            written BIGINT)""",
        ),
    ),
    (
        "0005_recipes",
        (
            # Insert-only: the newest row of a name counts, and removes the recipe where it says so.
            """CREATE TABLE lake.workbench.recipes (dataset VARCHAR, name VARCHAR, text VARCHAR, replay BOOLEAN,
            author VARCHAR, created_at TIMESTAMPTZ, removed BOOLEAN,
            written BIGINT)""",
        ),
    ),
    (
        "0006_saved_views",
        (
            # Filters of the queue under a name; the newest row of a name counts, without a filter it is removed.
            """CREATE TABLE lake.workbench.saved_views (dataset VARCHAR, name VARCHAR, wanted VARCHAR, author VARCHAR,
            created_at TIMESTAMPTZ,
            written BIGINT)""",
        ),
    ),
    (
        "0007_rankings",
        (
            # Insert-only: each time the queue was scored anew, and what was known then.
            """CREATE TABLE lake.workbench.rankings (dataset VARCHAR, round BIGINT, version BIGINT, content VARCHAR,
            result VARCHAR, author VARCHAR, created_at TIMESTAMPTZ,
            written BIGINT)""",
            # What the newest round expects of each open finding, and what an earlier one expected of those that were
            # answered under it. The ranks are places by each signal alone, from 0.
            """CREATE TABLE lake.workbench.expected_gains (dataset VARCHAR, round BIGINT, finding VARCHAR, place BIGINT,
            gain DOUBLE, doubt DOUBLE, quality_rank BIGINT, value_rank BIGINT)""",
        ),
    ),
    (
        "0008_fits",
        (
            # Fits of work that is not done yet: float64 predictions row by row, ``width`` numbers each.
            """CREATE TABLE lake.workbench.fits (work VARCHAR, number BIGINT, dataset VARCHAR, width BIGINT,
            predictions BLOB, created_at TIMESTAMPTZ)""",
        ),
    ),
    (
        # The data folder bears the lake's identity. An older workbench would look for the files one folder above it,
        # and delete what it finds there: it refuses a lake with a step that it does not know.
        "0009_data_folder",
        (),
    ),
    (
        "0010_claims",
        (
            # How often a claim was taken; one row each. Whoever holds a lower number has lost it.
            """CREATE TABLE lake.workbench.claims (what VARCHAR, number BIGINT, process BIGINT, host VARCHAR,
            created_at TIMESTAMPTZ)""",
        ),
    ),
    (
        "0011_identity_hash",
        # What the content hash leaves out: row identities and splits. Unknown for versions made before.
        ("ALTER TABLE lake.workbench.versions ADD COLUMN IF NOT EXISTS identity_hash VARCHAR",),
    ),
    (
        "0012_replays",
        (
            # Refreshes whose recipes have not all been replayed: what they changed after ``since`` waits for them.
            """CREATE TABLE lake.workbench.replays (dataset VARCHAR, since BIGINT, created_at TIMESTAMPTZ)""",
        ),
    ),
    (
        "0013_names",
        (
            # Insert-only: each name that a dataset had before, and each time that it was dropped or brought back.
            """CREATE TABLE lake.workbench.names (name VARCHAR, dataset VARCHAR, event VARCHAR, author VARCHAR,
            message VARCHAR, created_at TIMESTAMPTZ, written BIGINT)""",
            # The snapshot that wrote a row, where a change of the dataset's name has written it anew.
            *(
                f"ALTER TABLE lake.workbench.{table} ADD COLUMN IF NOT EXISTS written BIGINT"
                for table in (
                    "versions",
                    "decisions",
                    "check_results",
                    "evaluations",
                    "measurements",
                    "runs",
                    "run_changes",
                    "recipes",
                    "saved_views",
                    "rankings",
                    "corrections",
                    "draft_events",
                )
            ),
        ),
    ),
)

_FIRST_COLUMNS = dict(made for _, statements in _TABLES for text in statements for made in _MADE.findall(text))

MIGRATIONS = (
    *_TABLES,
    (
        "0014_statistics",
        # DuckLake keeps statistics of a table once it has held a row; before, it looks for them in the catalogue each
        # time that a query names the table, which costs 20 ms. No table has a row without a value in its first column.
        tuple(
            statement
            for table, first in _FIRST_COLUMNS.items()
            for statement in (
                f"INSERT INTO lake.workbench.{table} ({first}) VALUES (NULL)",
                f"DELETE FROM lake.workbench.{table} WHERE {first} IS NULL",
            )
        ),
    ),
)


def migrate(lake: Lake) -> None:
    """Bring the lake's bookkeeping tables up to date.

    Raises
    ------
    StoreError
        The lake was made by a newer workbench.
    """
    try:
        done = _done(lake)
    except duckdb.CatalogException:
        lake.write(_first, message="workbench: bookkeeping")
        done = _done(lake)
    known = {name for name, _ in MIGRATIONS}
    if done - known:
        raise StoreError(
            f"The lake {lake.url} was made by a newer workbench (it has {', '.join(sorted(done - known))}).",
            hint="Install that version: pip install --upgrade data-quality-workbench.",
        )
    if known - done:
        lake.write(_apply, message="workbench: bookkeeping")
    _refuse_gaps(lake)


def _refuse_gaps(lake: Lake) -> None:
    """Refuse a lake that lacks tables which its steps have made."""
    made = {table for _, statements in MIGRATIONS for text in statements for table, _ in _MADE.findall(text)}
    query = (
        f"SELECT table_name FROM {CATALOGUE}.ducklake_table t JOIN {CATALOGUE}.ducklake_schema s USING (schema_id) "
        "WHERE s.schema_name = 'workbench' AND t.end_snapshot IS NULL"
    )
    missing = made - {name for (name,) in lake.read(query)}
    if missing:
        raise StoreError(
            f"The lake {without_password(lake.url)} lacks tables of its own: {', '.join(sorted(missing))}.",
            hint=_PARTIAL,
        )


def _done(lake: Lake) -> set[str]:
    """Read which steps have run."""
    return {row[0] for row in lake.read("SELECT name FROM lake.workbench.migrations")}


def _first(session: Session) -> None:
    """Make the table that remembers the steps, unless another process just did."""
    session.run("CREATE SCHEMA IF NOT EXISTS lake.workbench")
    session.run("CREATE TABLE IF NOT EXISTS lake.workbench.migrations (name VARCHAR, applied_at TIMESTAMPTZ)")


def _apply(session: Session) -> None:
    """Run the steps that the lake lacks, unless another process just did."""
    done = {row[0] for row in session.rows("SELECT name FROM lake.workbench.migrations")}
    for name, statements in MIGRATIONS:
        if name in done:
            continue
        for statement in statements:
            try:
                session.run(statement)
            except duckdb.CatalogException as error:
                raise StoreError(
                    f"The lake's tables do not fit its list of steps: '{name}' cannot run "
                    f"({str(error).splitlines()[0]}). Nothing was changed.",
                    hint=_PARTIAL,
                ) from error
        session.run("INSERT INTO lake.workbench.migrations (name, applied_at) VALUES (?, now())", [name])
