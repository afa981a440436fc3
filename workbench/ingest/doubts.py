"""What makes a refresh look like a mistake: such a delivery is asked about before anything is published.

Each doubt is about the whole delivery and not about one cell: keys that match nothing, rows or columns that would
leave in bulk, a header that is spelt otherwise, a column whose cells no longer fit its type, a label that is missing or
holds none of the known classes. The limits are settings (``refresh_*``); they are conventions, set so that the ordinary
churn of a delivery passes and a truncated, shifted or foreign file does not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.errors import Doubt, UnknownName, UsageError
from workbench.ingest.deliveries import Overtaken
from workbench.ingest.matching import Match
from workbench.ingest.reading import Reading
from workbench.ingest.shaping import Shape
from workbench.lake import Column, Session, Version, canonical_text, data_table, quote
from workbench.settings import Settings

_SHOWN = 5


def same_but_for_spelling(reading: Reading, head: Version) -> dict[str, str]:
    """Find columns of a delivery that the dataset has in another spelling: blanks, letter case, invisible characters.

    Returns
    -------
    dict
        Name in the delivery → name in the dataset, where that is the only one it can be.
    """
    known = [column.name for column in head.columns]
    missing: dict[str, list[str]] = {}
    for name in known:
        if name not in reading.names:
            missing.setdefault(_folded(name), []).append(name)
    fresh: dict[str, list[str]] = {}
    for name in reading.names:
        if name not in known:
            fresh.setdefault(_folded(name), []).append(name)
    return {
        names[0]: missing[folded][0]
        for folded, names in fresh.items()
        if len(names) == 1 and len(missing.get(folded, ())) == 1
    }


def _folded(name: str) -> str:
    """Return a name without what the eye passes over."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))


def renamed(reading: Reading, head: Version, versions: Sequence[Version], rename: Mapping[str, str]) -> Reading:
    """Read columns under the names that the dataset has for them.

    Parameters
    ----------
    versions : sequence of Version
        All of the dataset: what an earlier refresh was told to rename is renamed again.
    rename : mapping
        Name in the delivery → name in the dataset.

    Raises
    ------
    UnknownName
        One of the names is not there.
    UsageError
        Two columns of the delivery would have one name.
    """
    known = [column.name for column in head.columns]
    for name, target in rename.items():
        if name not in reading.names:
            raise UnknownName("column", name, reading.names, where=reading.source)
        if target not in known:
            raise UnknownName("column", target, known, where=head.name)
    told: dict[str, str] = {}
    for version in versions:
        told |= version.detail.get("renamed", {})
    remembered = {
        name: target
        for name, target in told.items()
        if name in reading.names and name not in known and target in known and target not in reading.names
    }
    chosen = remembered | dict(rename)
    names = tuple(chosen.get(name, name) for name in reading.names)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(
            f"Two columns of {reading.source} would be '{twice}'.", hint="Rename another, or mend the header."
        )
    return replace(reading, names=names)


def header_doubts(spelt: Mapping[str, str], source: str) -> list[Doubt]:
    """Doubt a header that differs from the dataset's columns by its spelling alone."""
    if not spelt:
        return []
    pairs = [f"'{name}' for '{target}'" for name, target in spelt.items()]
    options = " ".join(f"--rename {_shell(f'{name}={target}')}" for name, target in spelt.items())
    return [
        Doubt(
            "header",
            f"{source} spells {_listed(pairs)}: read as it is, {'these are' if len(pairs) > 1 else 'this is a'} new "
            f"column{'s' if len(pairs) > 1 else ''}",
            f"Read {'them' if len(pairs) > 1 else 'it'} under the known name{'s' if len(pairs) > 1 else ''}: {options}",
            {"rename": dict(spelt)},
        )
    ]


def older_delivery(found: Overtaken) -> list[Doubt]:
    """Doubt a delivery that was merged before the newest one, over which it would be merged."""
    other = Path(found.source).name if found.source else "another delivery"
    return [
        Doubt(
            "older delivery",
            f"it is what v{found.version} was made of, and {other} was merged since (v{found.since})",
            "Merging it again takes back what that one changed, and corrections there. Deliver the newest file.",
            {"version": found.version, "since": found.since},
        )
    ]


def doubts(
    session: Session, reading: Reading, match: Match, shape: Shape, head: Version, mode: str, settings: Settings
) -> list[Doubt]:
    """List what is doubtful about a merge that has been laid out and not published.

    Parameters
    ----------
    session : Session
        With the temporary tables of :func:`workbench.ingest.merging.merged`.
    """
    delivered, fresh, leaving = (
        int(session.rows(f"SELECT count(*) FROM {query}")[0][0])
        for query in ("incoming", "newcomers WHERE NOT returned", "gone_rows")
    )
    found: list[Doubt] = []
    if head.definition.key and head.rows:
        found += _unmatched(session, shape, head, mode, delivered, fresh, settings)
    if head.rows and leaving > settings.refresh_rows_leave * head.rows:
        found.append(
            Doubt(
                "rows",
                f"{leaving:,} of {head.rows:,} rows would leave ({leaving / head.rows:.0%})",
                "Is the file complete? Use --mode upsert for a delivery that holds only some rows.",
                {"rows": head.rows, "delivered": delivered, "leaving": leaving},
            )
        )
    if shape.removed and len(shape.removed) >= settings.refresh_columns_leave * len(head.columns):
        found.append(
            Doubt(
                "columns",
                f"{len(shape.removed)} of {len(head.columns)} columns would leave: {_listed(shape.removed)}",
                "Use --mode upsert for a delivery that holds only some columns.",
                {"columns": len(head.columns), "removed": list(shape.removed), "added": list(shape.added)},
            )
        )
    found += _types(session, shape, head, settings)
    found += _label(session, reading, shape, head, fresh)
    if match.content and match.unsure:
        found.append(
            Doubt(
                "rows without a key",
                f"{match.unsure:,} rows cannot be told apart by the columns that both have "
                f"({_listed([c.name for c in shape.read if c.name not in shape.added])}), so they count as new",
                "Deliver all columns of the dataset, or give it a key.",
                {"unsure": match.unsure},
            )
        )
    return found


def _unmatched(
    session: Session, shape: Shape, head: Version, mode: str, delivered: int, fresh: int, settings: Settings
) -> list[Doubt]:
    """Doubt keys of which none, or only another spelling, is known."""
    if not fresh:
        return []
    keys = [shape.column(name) for name in head.definition.key]
    here = ", ".join(f"{_bare(canonical_text(quote(k.physical), k.type))} AS _k{n}" for n, k in enumerate(keys))
    there = ", ".join(f"{_bare(canonical_text(shape.old[k.name], k.type))} AS _k{n}" for n, k in enumerate(keys))
    names = ", ".join(f"_k{n}" for n in range(len(keys)))
    respelt = int(
        session.rows(
            f"SELECT count(*) FROM (SELECT {here} FROM new_rows WHERE _rid IN "
            "(SELECT rid FROM newcomers WHERE NOT returned)) "
            f"SEMI JOIN (SELECT {there} FROM {_rows_of(head)}) USING ({names})"
        )[0][0]
    )
    figures = {"rows": head.rows, "delivered": delivered, "matched": delivered - fresh, "respelt": respelt}
    if respelt > settings.refresh_rows_leave * delivered:
        return [
            Doubt(
                "keys",
                f"{fresh:,} of {delivered:,} keys are new, and {respelt:,} of them differ from a known key only by "
                "leading zeros, blanks, letter case or a decimal point",
                "Mend the key at the source, so that one row has one key.",
                figures,
            )
        ]
    if fresh == delivered and mode != "append" and settings.refresh_no_match:
        return [
            Doubt(
                "keys",
                f"none of {delivered:,} keys is known, so every row would be added to the {head.rows:,} there are",
                "Use --mode append for deliveries that hold new rows only.",
                figures,
            )
        ]
    return []


def _rows_of(head: Version) -> str:
    """SQL of the rows of the head, for a FROM clause."""
    return f"{data_table(head.table)} AT (VERSION => {head.snapshot})"


def _bare(text: str) -> str:
    """SQL of a key's text without leading zeros, blanks, case and trailing decimals."""
    return rf"ltrim(regexp_replace(lower(trim({text})), '\.0+$', ''), '0')"


def _types(session: Session, shape: Shape, head: Version, settings: Settings) -> list[Doubt]:
    """Doubt columns of which most cells do not fit the type they had."""
    known = {column.name: column for column in head.columns}
    turned = [column for column in shape.read if column.name in shape.widened and column.type == "VARCHAR"]
    strange = []
    for column in turned:
        cell = quote(column.physical)
        filled, fits = session.rows(
            f"SELECT count({cell}), count(TRY_CAST({cell} AS {known[column.name].type})) FROM "
            f"(SELECT {_incoming(shape, column)} AS {cell} FROM incoming)"
        )[0]
        if filled and filled - fits > settings.refresh_cells_misfit * filled:
            strange.append((column.name, known[column.name].type, filled - fits, filled))
    if not strange:
        return []
    told = [f"{name} ({misfit:,} of {filled:,} cells are no {kind})" for name, kind, misfit, filled in strange]
    return [
        Doubt(
            "types",
            f"columns hold something else than before: {_listed(told)}",
            "Did the columns of the file change places? Compare its header with `workbench show`.",
            {"columns": [name for name, *_ in strange]},
        )
    ]


def _label(session: Session, reading: Reading, shape: Shape, head: Version, fresh: int) -> list[Doubt]:
    """Doubt a delivery whose new rows have no label, or whose labels are all unknown."""
    label = head.definition.label
    if label is None or not any(column.name == label for column in shape.columns):
        return []
    column = shape.column(label)
    if label not in reading.names:
        if not fresh:
            return []
        return [
            Doubt(
                "label", f"the label '{label}' is missing, so {fresh:,} new rows would have none",
                "Deliver the label with new rows.", {"label": label, "unlabelled": fresh},
            )
        ]  # fmt: skip
    if head.definition.task != "classification":
        return []
    told, known = (
        {row[0] for row in session.rows(f"SELECT DISTINCT {text} FROM {rows} WHERE {text} IS NOT NULL LIMIT 2000")}
        for text, rows in (
            (canonical_text(_incoming(shape, column), column.type), "incoming"),
            (canonical_text(shape.old[label], column.type), _rows_of(head)),
        )
    )
    if not told or not known or told & known:
        return []
    return [
        Doubt(
            "label",
            f"none of the label's values is known: {_listed(sorted(told))} instead of {_listed(sorted(known))}",
            "Map the values at the source, or correct them in the dataset first.",
            {"label": label, "told": sorted(told)[:20], "known": sorted(known)[:20]},
        )
    ]


def _incoming(shape: Shape, column: Column) -> str:
    """Name a column in the temporary table ``incoming``."""
    return f"c{[each.name for each in shape.read].index(column.name)}"


def _listed(names: Iterable[Any]) -> str:
    """Write some names, and how many more there are."""
    names = list(names)
    return ", ".join(map(str, names[:_SHOWN])) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _shell(text: str) -> str:
    """Quote an option's value for a shell."""
    return "'" + text.replace("'", "'\\''") + "'"
