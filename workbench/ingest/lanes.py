"""Which lane a row of a source is in: what its split column says, or else what its features choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.errors import DataError
from workbench.lake import LANES, Definition, Session, lane_of, literal


def lane(definition: Definition, texts: Mapping[str, str], *, names: Iterable[str] | None = None) -> str:
    """SQL of a row's lane, NULL where the split column names none.

    Parameters
    ----------
    definition : Definition
        Key, label, split column and ignored columns are no features.
    texts : mapping
        Column name → SQL of its cells' canonical text.
    names : iterable of str, optional
        Columns among which the features are; default: those of ``texts``. One that ``texts`` lacks counts as missing.
    """
    if definition.split_column is not None:
        cases = " ".join(f"WHEN {literal(name)} THEN {number}" for number, name in enumerate(LANES))
        return f"(CASE {texts[definition.split_column]} {cases} END)::UTINYINT"
    everything = sorted(texts if names is None else names)
    apart = {*definition.key, *definition.ignore, definition.label}
    features = [name for name in everything if name not in apart] or list(definition.key) or everything
    return lane_of([texts.get(name, "NULL::VARCHAR") for name in features])


def check_lanes(session: Session, rows: str, text: str, column: str, source: str) -> None:
    """Refuse rows whose split column names no lane.

    Parameters
    ----------
    rows : str
        FROM clause with ``_lane``.
    text : str
        SQL of the split column's canonical text.
    column, source : str
        For people.

    Raises
    ------
    DataError
        Naming the values and how often they stand.
    """
    found = session.rows(
        f"SELECT {text}, count(*) FROM {rows} WHERE _lane IS NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 6"
    )
    if found:
        shown = ", ".join(
            f"{'missing' if value is None else repr(value)} ({count:,} rows)" for value, count in found[:5]
        )
        raise DataError(
            f"the split column names no lane in some rows: {shown}{', …' if len(found) > 5 else ''}",
            source=source, column=column, hint=f"Its values must be {', '.join(LANES)}.",
        )  # fmt: skip
