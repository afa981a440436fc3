"""Rows that are equal in all features, found without holding the rows.

Rows are first grouped by DuckDB's 64-bit hash of their features, which is stored nowhere; only rows that share one are
read again, and compared by the md5 of their canonical texts. Excluded rows are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workbench.checks.protocol import MOST_FINDINGS, Subject
from workbench.findings import CheckResult
from workbench.lake import Session, View, canonical_text, literal, low_bits, quote

SHOWN = 10
"""Members of a group that its evidence lists at most."""

DIGEST = f"count(*) || '-' || sum({low_bits('md5_number(row_key)')})"
"""SQL aggregate that stands for the keys of a group's members, in whatever order."""

LANE = "list_extract(['train', 'validation', 'test'], _lane + 1)"


def members(key: str = "row_key") -> str:
    """SQL aggregate that lists the first members of a group as JSON objects, in key order."""
    return f"list({key}::JSON ORDER BY place) FILTER (nth <= {SHOWN})"


@contextmanager
def equal_rows(subject: Subject, code: str) -> Iterator[Session]:
    """Lend a session with the temporary table ``equal_rows``: every row whose features another row has, too.

    Its columns are ``_rid``, ``_lane``, ``features`` (a digest), ``label`` (canonical text), ``row_key``, ``key_text``
    (the key for people) and ``place`` (in key order).
    """
    view = subject.view
    hashed = f"hash({', '.join(f'r.{quote(column.physical)}' for column in view.features)})"
    texts = ", ".join(canonical_text(f"r.{quote(column.physical)}", column.type) for column in view.features)
    label = "NULL::VARCHAR"
    if view.definition.label is not None:
        column = view.column(view.definition.label)
        label = canonical_text(f"r.{quote(column.physical)}", column.type)
    with subject.lake.session() as session:
        subject.progress(f"check {code}: comparing rows", 0, 2)
        session.run(
            f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT {hashed} AS h FROM {view.rows} r WHERE NOT _excluded "
            "GROUP BY h HAVING count(*) > 1"
        )
        subject.progress(f"check {code}: comparing rows", 1, 2)
        session.run(
            f"CREATE OR REPLACE TEMP TABLE equal_rows AS SELECT _rid, _lane, "
            f"md5_number(json_array({texts})::VARCHAR) AS features, {label} AS label, "
            f"{view.key_json('r')} AS row_key, {_key_text(view)} AS key_text, "
            f"row_number() OVER (ORDER BY {view.key_order('r')}) AS place "
            f"FROM {view.rows} r WHERE NOT _excluded AND {hashed} IN (SELECT h FROM repeated)"
        )
        subject.progress(f"check {code}: comparing rows", 2, 2)
        yield session


def answer(session: Session, code: str, *, hits: str, findings: str, found: str, none: str) -> CheckResult:
    """Turn rows of ``equal_rows`` into the outcome of a check.

    Parameters
    ----------
    session : Session
        Of :func:`equal_rows`.
    code : str
        The check.
    hits : str
        SELECT of one row per finding, with ``place`` and whatever ``findings`` needs.
    findings : str
        SELECT of :data:`workbench.findings.FINDING_FIELDS` from the table ``first_hits``.
    found, none : str
        The outcome for people, with ``{}`` for the number; and where there are none.
    """
    session.run(f"CREATE OR REPLACE TEMP TABLE hits AS {hits}")
    total = int(session.rows("SELECT count(*) FROM hits")[0][0])
    session.run(f"CREATE OR REPLACE TEMP TABLE first_hits AS FROM hits ORDER BY place LIMIT {MOST_FINDINGS}")
    message = found.format(f"{total:,}") if total else none
    if total > MOST_FINDINGS:
        message += f"; the first {MOST_FINDINGS:,} by key join the queue"
    return CheckResult(code, "failed" if total else "passed", message, session.arrow(findings), total=total)


def _key_text(view: View) -> str:
    """SQL for a row's key as ``id=7, part=b``."""
    if not view.definition.key:
        return "'rid=' || r._rid"
    pairs = (
        f"{literal(column.name + '=')} || coalesce({canonical_text('r.' + quote(column.physical), column.type)}, '')"
        for column in view.key
    )
    return f"concat_ws(', ', {', '.join(pairs)})"
