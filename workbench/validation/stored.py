"""Validations kept in the lake: nothing is validated twice, and little where little changed.

A version's failure cases are stored in full once (its *root* is then itself), or as what differs from those of
another version that are stored in full. So a million cases that nobody touched are not written again and again, and
reading them back never takes more than two steps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.lake import Lake, Session, Version, View, kept_snapshots, read_versions, touch, view_of
from workbench.progress import Progress, silent
from workbench.validation.full import validate
from workbench.validation.incremental import revalidate
from workbench.validation.results import CASE_FIELDS, Validation, checks_from_json, checks_to_json, overall
from workbench.validation.schemas import Schema
from workbench.validation.tally import ordered

if TYPE_CHECKING:
    pass

FEW = 0.1
"""Up to this share of the rows may differ for an incremental validation, and of the cases for storing a difference."""

_FIELDS = ", ".join(CASE_FIELDS)
_SAME_PLACE = " AND ".join(f"a.{name} IS NOT DISTINCT FROM b.{name}" for name in ("rid", "check_code", "column_name"))
_SAME_CASE = " AND ".join(f"a.{name} IS NOT DISTINCT FROM b.{name}" for name in CASE_FIELDS)


@dataclasses.dataclass(frozen=True)
class _Record:
    """A row of the table ``validations``."""

    version: int
    content_hash: str
    root: int


def validated(
    lake: Lake,
    state: Version | View,
    schema: Schema,
    *,
    touched: Sequence[int] | None = None,
    progress: Progress = silent,
) -> Validation:
    """Return the validation of a version or a draft, doing no more work than needed.

    A version's stored result is returned where there is one. Else the nearest validated version of the dataset (one
    with equal content before an earlier one before a later one) is revalidated where few rows differ, and all rows are
    validated otherwise; the result is stored in one short transaction.

    Parameters
    ----------
    state : Version or View
        A draft's view is never stored.
    schema : Schema
        From :func:`load_schema`.
    touched : sequence of int, optional
        Rows that a draft's corrections touch: it is then validated from the version it is based on. Without them a
        draft is validated in full.

    Raises
    ------
    SchemaError
        See :func:`validate`.
    """
    view = state if isinstance(state, View) else view_of(lake, state)
    versions = {version.version: version for version in read_versions(lake, view.dataset)}
    version = versions[view.version]
    if not view.known_hash:
        if touched is None:
            return validate(view, schema, progress=progress)
        base = validated(lake, version, schema, progress=progress)
        return revalidate(version, view, schema, base, touched, progress=progress)
    records = _records(lake, view.dataset, schema.fingerprint)
    known = next((record for record in records if record.version == view.version), None)
    if known is not None:
        return dataclasses.replace(_load(lake, version, schema.fingerprint, known), label=view.label)
    kept = kept_snapshots(lake)
    readable = [record for record in records if versions[record.version].snapshot in kept]
    near = min(readable, key=lambda record: _distance(record, version), default=None)
    found = None
    if near is not None:
        found = _from_near(lake, versions[near.version], near, version, view, schema, progress=progress)
    if found is None:
        found = validate(view, schema, progress=progress)
    _store(lake, version, found, near)
    return found


def stored_validation(lake: Lake, version: Version, fingerprint: str) -> Validation | None:
    """Return the stored validation of a version by a schema's fingerprint, or None where there is none."""
    records = _records(lake, version.dataset, fingerprint)
    known = next((record for record in records if record.version == version.version), None)
    return _load(lake, version, fingerprint, known) if known else None


def _records(source: Lake | Session, dataset: str, fingerprint: str) -> list[_Record]:
    """List what is stored of a dataset by one schema."""
    read = source.rows if isinstance(source, Session) else source.read
    rows = read(
        "SELECT version, content_hash, root FROM lake.workbench.validations WHERE dataset = ? AND fingerprint = ?",
        [dataset, fingerprint],
    )
    return [_Record(*row) for row in rows]


def _distance(record: _Record, version: Version) -> tuple[bool, bool, int]:
    """Rank the stored validations by how little a version is likely to differ from them."""
    away = record.version - version.version
    return record.content_hash != version.content_hash, away > 0, abs(away)


def _from_near(
    lake: Lake, old: Version, near: _Record, version: Version, view: View, schema: Schema, *, progress: Progress
) -> Validation | None:
    """Validate a version from another one, unless too much differs."""
    if old.columns != version.columns or old.definition.key != version.definition.key:
        return None
    with lake.session() as session:
        if touch(session, old, version) > FEW * max(version.rows, 1):
            return None
        touched = session.arrow("SELECT _rid FROM touched_rows").column("_rid").to_numpy()
    previous = _load(lake, old, schema.fingerprint, near)
    return revalidate(old, view, schema, previous, touched, progress=progress)


def _load(lake: Lake, version: Version, fingerprint: str, record: _Record) -> Validation:
    """Read a stored validation."""
    with lake.session() as session:
        result = session.rows(
            "SELECT result FROM lake.workbench.validations WHERE dataset = ? AND version = ? AND fingerprint = ?",
            [version.dataset, version.version, fingerprint],
        )
        checks = checks_from_json(result[0][0])
        cases = session.arrow(f"SELECT {_FIELDS} FROM {_cases(version.dataset, fingerprint, record)}")
    return Validation(
        dataset=version.dataset,
        version=version.version,
        outcome=overall(checks),
        checks=checks,
        failures=cases.num_rows,
        cases=ordered([check.check for check in checks], cases),
        label=version.name,
        fingerprint=fingerprint,
    )


def _cases(dataset: str, fingerprint: str, record: _Record) -> str:
    """SQL of a stored validation's failure cases."""
    own, root = (_written(dataset, fingerprint, version) for version in (record.version, record.root))
    if record.root == record.version:
        return own
    return (
        f"(SELECT {_FIELDS} FROM {root} a ANTI JOIN {own} b ON {_SAME_PLACE} "
        f"UNION ALL SELECT {_FIELDS} FROM {own} WHERE NOT gone)"
    )


def _written(dataset: str, fingerprint: str, version: int) -> str:
    """SQL of the rows that a version's validation wrote; names and marks are the lake's own, never a user's text."""
    from workbench.lake import literal

    return (
        f"(SELECT gone, {_FIELDS} FROM lake.workbench.failure_cases WHERE dataset = {literal(dataset)} "
        f"AND version = {version} AND fingerprint = {literal(fingerprint)})"
    )


def _store(lake: Lake, version: Version, found: Validation, near: _Record | None) -> None:
    """Keep a validation, unless another process just did."""
    with lake.session() as session:
        root = _write_difference(session, version, found, near)

        def work(session: Session) -> None:
            stored = _records(session, version.dataset, found.fingerprint)
            if any(record.version == version.version for record in stored):
                return
            session.run(
                f"INSERT INTO lake.workbench.failure_cases (dataset, version, fingerprint, gone, {_FIELDS}) "
                f"SELECT ?, ?, ?, gone, {_FIELDS} FROM own_cases",
                [version.dataset, version.version, found.fingerprint],
            )
            session.insert(
                "validations",
                [
                    {
                        "dataset": version.dataset, "version": version.version, "content_hash": version.content_hash,
                        "fingerprint": found.fingerprint, "root": root, "result": checks_to_json(found.checks),
                        "created_at": datetime.now(UTC),
                    }
                ],
            )  # fmt: skip

        lake.write(work, author=lake.settings.who(), message=f"validation of {version.name}", session=session)


def _write_difference(session: Session, version: Version, found: Validation, near: _Record | None) -> int:
    """Fill the session's table ``own_cases`` with what is to be written, and return the root it differs from."""
    session.register("found_cases", found.cases)
    if near is not None:
        root = _written(version.dataset, found.fingerprint, near.root)
        session.run(
            "CREATE OR REPLACE TEMP TABLE own_cases AS "
            f"SELECT false AS gone, {_FIELDS} FROM found_cases a ANTI JOIN {root} b ON {_SAME_CASE} "
            f"UNION ALL SELECT true, {_FIELDS} FROM {root} a ANTI JOIN found_cases b ON {_SAME_PLACE}"
        )
        if session.rows("SELECT count(*) FROM own_cases")[0][0] <= max(FEW * found.failures, 1000):
            return near.root
    session.run(f"CREATE OR REPLACE TEMP TABLE own_cases AS SELECT false AS gone, {_FIELDS} FROM found_cases")
    return version.version
