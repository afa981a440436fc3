"""Rows that are equal in all features, found without holding the rows.

Rows are first grouped by DuckDB's 64-bit hash of their features, which is stored nowhere. Of the groups that a check
asks for, only those that can join the queue are read again, and compared by the md5 of their canonical texts: writing
out every row of a table that repeats itself would cost many times the scan that finds the repeats. Excluded rows are
left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from workbench.checks.protocol import Subject
from workbench.findings import CheckResult
from workbench.lake import Session, View, canonical_text, literal, low_bits, quote
from workbench.lake.values import logical_text

MOST_FINDINGS = 200_000
"""Findings that join the queue at most, in whole groups. Each carries the members of its group, so that more would cost
more than the search itself; nobody answers so many one by one, and when those are gone the next ones join."""

SHOWN = 10
"""Members of a group that its evidence lists at most."""

DIGEST = f"count(*) || '-' || sum({low_bits('md5_number(row_key)')})"
"""SQL aggregate that stands for the keys of a group's members, in whatever order."""

LANE = "list_extract(['train', 'validation', 'test'], _lane + 1)"


def members(key: str = "row_key") -> str:
    """SQL aggregate that lists the first members of a group as JSON objects, in key order."""
    return f"list({key}::JSON ORDER BY place) FILTER (nth <= {SHOWN})"


@dataclass(frozen=True)
class Wanted:
    """Which groups of rows a check asks for, in SQL about a row's ``_lane`` and ``label``.

    Attributes
    ----------
    groups : str
        Condition on a group, as HAVING takes it.
    hits : str
        Aggregate: how many findings the group has.
    labels_apart, test_apart : bool
        Whether rows of one group have one label, and are all test rows or none of them.
    """

    groups: str
    hits: str
    labels_apart: bool = False
    test_apart: bool = False


@contextmanager
def equal_rows(subject: Subject, code: str, wanted: Wanted) -> Iterator[tuple[Session, int]]:
    """Lend a session with the temporary table ``equal_rows``, and say how many findings all groups together have.

    The table holds every row of the groups that the first findings by key belong to. Its columns are ``_rid``,
    ``_lane``, ``features`` (a digest), ``label`` (canonical text), ``row_key``, ``key_text`` (the key for people) and
    ``place`` (in key order).
    """
    view = subject.view
    # As they are read, so that 5 and 5.0 in a column of numbers are equal.
    cells = [(f"r.{quote(column.physical)}", column) for column in view.features]
    texts = ", ".join(logical_text(cell, column) for cell, column in cells)
    features = [cell if column.reads == column.type else logical_text(cell, column) for cell, column in cells]
    label, label_text = "NULL", "NULL::VARCHAR"
    if view.definition.label is not None:
        column = view.column(view.definition.label)
        cell = f"r.{quote(column.physical)}"
        label = cell if column.reads == column.type else logical_text(cell, column)
        label_text = logical_text(cell, column)
    equal = [*features, *([label] if wanted.labels_apart else []), *(["r._lane = 2"] if wanted.test_apart else [])]
    same = f"hash({', '.join(equal)})"
    # Names of the dataset's columns stay inside; outside there are only these.
    rows = (
        f"(SELECT {same} AS h, r._lane AS _lane, {label} AS label, {_place(view)} AS place "
        f"FROM {view.rows} r WHERE NOT r._excluded)"
    )
    with subject.lake.session() as session:
        subject.progress(f"check {code}: comparing rows", 0, 3)
        session.run(
            f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT h, min(place) AS first, {wanted.hits} AS hits "
            f"FROM {rows} GROUP BY h HAVING count(*) > 1 AND {wanted.groups}"
        )
        total = int(session.rows("SELECT coalesce(sum(hits), 0)::BIGINT FROM repeated")[0][0])
        subject.progress(f"check {code}: comparing rows", 1, 3)
        chosen = "repeated"
        if total > MOST_FINDINGS:
            # Each group has a finding at least, so that no more groups than that are looked at.
            session.run(
                "CREATE OR REPLACE TEMP TABLE chosen AS SELECT h FROM "
                "(SELECT h, first, sum(hits) OVER (ORDER BY first) AS so_far "
                f"FROM (FROM repeated ORDER BY first LIMIT {MOST_FINDINGS})) "
                f"WHERE so_far <= {MOST_FINDINGS} OR first = (SELECT min(first) FROM repeated)"
            )
            chosen = "chosen"
        subject.progress(f"check {code}: comparing rows", 2, 3)
        session.run(
            f"CREATE OR REPLACE TEMP TABLE equal_rows AS SELECT r._rid AS _rid, r._lane AS _lane, "
            f"md5_number(json_array({texts})::VARCHAR) AS features, {label_text} AS label, "
            f"{view.key_json('r')} AS row_key, {_key_text(view)} AS key_text, "
            f"row_number() OVER (ORDER BY {view.key_order('r')}) AS place "
            f"FROM {view.rows} r WHERE NOT r._excluded AND {same} IN (SELECT h FROM {chosen})"
        )
        subject.progress(f"check {code}: comparing rows", 3, 3)
        yield session, total


def answer(session: Session, code: str, *, total: int, hits: str, findings: str, found: str, none: str) -> CheckResult:
    """Turn rows of ``equal_rows`` into the outcome of a check.

    Parameters
    ----------
    session : Session
        Of :func:`equal_rows`.
    code : str
        The check.
    total : int
        As :func:`equal_rows` says it.
    hits : str
        SELECT of one row per finding, with ``place`` and whatever ``findings`` needs.
    findings : str
        SELECT of :data:`workbench.findings.FINDING_FIELDS` from the table ``first_hits``.
    found, none : str
        The outcome for people, with ``{}`` for the number; and where there are none.
    """
    session.run(f"CREATE OR REPLACE TEMP TABLE hits AS {hits}")
    there = int(session.rows("SELECT count(*) FROM hits")[0][0])
    # Below the limit every row was compared by its texts, so that no coincidence of hashes counts.
    total = total if total > MOST_FINDINGS else there
    session.run(f"CREATE OR REPLACE TEMP TABLE first_hits AS FROM hits ORDER BY place LIMIT {MOST_FINDINGS}")
    message = found.format(f"{total:,}") if total else none
    if total > MOST_FINDINGS:
        message += f"; the first {min(there, MOST_FINDINGS):,} by key join the queue"
    return CheckResult(code, "failed" if total else "passed", message, session.arrow(findings), total=total)


def _place(view: View) -> str:
    """SQL for what rows sort by: the key, or the row identity where there is none."""
    names = [f"r.{quote(column.physical)}" for column in view.key]
    # A table holds no struct without names.
    fields = ", ".join(f"_k{number} := {name}" for number, name in enumerate(names))
    return f"struct_pack({fields})" if len(names) > 1 else "".join(names) or "r._rid"


def _key_text(view: View) -> str:
    """SQL for a row's key as ``id=7, part=b``."""
    if not view.definition.key:
        return "'rid=' || r._rid"
    pairs = (
        f"{literal(column.name + '=')} || coalesce({canonical_text('r.' + quote(column.physical), column.type)}, '')"
        for column in view.key
    )
    return f"concat_ws(', ', {', '.join(pairs)})"
