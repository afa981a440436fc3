"""The changes between two versions in groups, and the dataset as it would be with only some of the groups made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from workbench.errors import UnknownName, UsageError
from workbench.findings.filtering import cause_sql
from workbench.lake import Lake, Session, Version, View, literal, quote, touch, view_of

OTHERWISE = "not by a correction"
"""The group of what a refresh or restore changed."""

NO_FINDING = "answers no finding"
ROWS = "whole rows"

BY = MappingProxyType(
    {
        "check": f"coalesce(f.check_code, {literal(NO_FINDING)})",
        "cause": f"CASE WHEN f.check_code IS NULL THEN {literal(NO_FINDING)} ELSE {cause_sql('f.check_code')} END",
        "author": "c.author",
        "version": "c.dataset || '@' || v.version",
        "step": "c.dataset || '@' || v.version || ' step ' || c.step",
        "column": f"coalesce(m.column_name, {literal(ROWS)})",
    }
)
"""By what the changes can be grouped, as SQL on a correction ``c`` and its finding ``f``, version ``v`` and move ``m``.

What several corrections changed one after another belongs to the last of them.
"""


@dataclass(frozen=True)
class Group:
    """Changes that belong together.

    Attributes
    ----------
    name : str
        What they have in common.
    cells : int
        Cells that differ between the versions.
    rows : int
        Rows added, removed, excluded or brought back.
    """

    name: str
    cells: int
    rows: int


@dataclass(frozen=True)
class Moves:
    """What differs between two versions, kept in a file while it is asked about.

    Attributes
    ----------
    a, b : Version
        From and to.
    groups : tuple of Group
        The largest first.
    file : str
        Parquet file with ``rid``, ``column_name`` (NULL for a whole row) and ``grp``.
    columns : tuple of str
        Columns that differ anywhere.
    """

    a: Version
    b: Version
    groups: tuple[Group, ...]
    file: str
    columns: tuple[str, ...]

    def cells(self, lake: Lake, chosen: Sequence[str]) -> list[tuple[int, str | None]]:
        """List the cells of some groups as row identity and column, None for a whole row."""
        among = ", ".join(map(literal, chosen))
        query = f"SELECT rid, column_name FROM read_parquet({literal(self.file)}) WHERE grp IN ({among})"
        return [(row[0], row[1]) for row in lake.read(query)]

    def state(self, lake: Lake, chosen: frozenset[str]) -> View:
        """Return the dataset as version a with only some groups' changes made."""
        base = view_of(lake, self.a)
        names = {group.name for group in self.groups}
        if not chosen:
            return base
        if chosen == names:
            return view_of(lake, self.b)
        return dataclasses.replace(
            base,
            rows=self._rows(lake, chosen),
            label=f"{self.a.name} + {', '.join(sorted(chosen))}",
            known_hash="",
        )

    def _rows(self, lake: Lake, chosen: frozenset[str]) -> str:
        """SQL of the rows with some groups' changes made."""
        marks = ", ".join(
            ["bool_or(column_name IS NULL) AS whole"]
            + [f"bool_or(column_name = {literal(name)}) AS m{n}" for n, name in enumerate(self.columns)]
        )
        place = {name: n for n, name in enumerate(self.columns)}
        cells = [
            f"CASE WHEN a._rid IS NULL OR m.m{place[column.name]} THEN b.{cell} ELSE a.{cell} END AS {cell}"
            if column.name in place
            else f"coalesce(a.{cell}, b.{cell}) AS {cell}"
            for column in self.b.columns
            for cell in [quote(column.physical)]
        ]
        return (
            "(SELECT coalesce(a._rid, b._rid) AS _rid, coalesce(a._lane, b._lane) AS _lane, "
            "CASE WHEN a._rid IS NULL OR m.whole THEN b._excluded ELSE a._excluded END AS _excluded, "
            f"{', '.join(cells)} "
            f"FROM {view_of(lake, self.a).rows} a FULL JOIN {view_of(lake, self.b).rows} b ON a._rid = b._rid "
            f"LEFT JOIN (SELECT rid, {marks} FROM read_parquet({literal(self.file)}) "
            f"WHERE grp IN ({', '.join(map(literal, sorted(chosen)))}) GROUP BY rid) m "
            "ON m.rid = coalesce(a._rid, b._rid) "
            "WHERE CASE WHEN a._rid IS NULL THEN m.whole IS TRUE WHEN b._rid IS NULL THEN m.whole IS NOT TRUE "
            "ELSE true END)"
        )


@contextmanager
def moves(lake: Lake, a: Version, b: Version, by: str) -> Iterator[Moves]:
    """Group what differs between two versions, for as long as the block lasts.

    Parameters
    ----------
    a, b : Version
        An older and a newer version of one dataset.
    by : str
        Among :data:`BY`.

    Raises
    ------
    UnknownName
        Changes cannot be grouped by that.
    UsageError
        Two datasets, the newer version first, or versions that differ in their columns.
    """
    if by not in BY:
        raise UnknownName("grouping", by, BY)
    if a.dataset != b.dataset:
        raise UsageError(f"{a.name} and {b.name} are versions of two datasets.", hint="Name two versions of one.")
    if a.version > b.version:
        raise UsageError(f"{a.name} is newer than {b.name}.", hint=f"Turn them round: {b.name} {a.name}.")
    if a.columns != b.columns:
        raise UsageError(
            f"{a.name} and {b.name} differ in their columns, so their cells cannot be exchanged.",
            hint="Compare versions between which no column came or went.",
        )
    with TemporaryDirectory(prefix="workbench-moves-") as folder:
        file = str(Path(folder) / "moves.parquet")
        with lake.session() as session:
            _lay_out(session, lake, a, b, by)
            session.run(f"COPY moved TO {literal(file)} (FORMAT parquet)")
            counted = session.rows(
                "SELECT grp, count(column_name), count(*) - count(column_name) FROM moved GROUP BY grp "
                "ORDER BY count(*) DESC, grp"
            )
            columns = session.rows("SELECT DISTINCT column_name FROM moved WHERE column_name IS NOT NULL ORDER BY 1")
        groups = tuple(Group(*row) for row in counted)
        yield Moves(a, b, groups, file, tuple(row[0] for row in columns))


def _lay_out(session: Session, lake: Lake, a: Version, b: Version, by: str) -> None:
    """Put what differs into the temporary table ``moved``: rid, column_name, grp."""
    touch(session, a, b)
    sides = [f"(SELECT * FROM {view_of(lake, v).rows} WHERE _rid IN (SELECT _rid FROM touched_rows))" for v in (a, b)]
    differing = ", ".join(
        f"CASE WHEN a.{cell} IS DISTINCT FROM b.{cell} THEN {literal(column.name)} END"
        for column in b.columns
        for cell in [quote(column.physical)]
    )
    session.run(
        "CREATE OR REPLACE TEMP TABLE moved_cells AS "
        f"SELECT rid, unnest(names) AS column_name FROM (SELECT a._rid AS rid, list_filter([{differing}], "
        f"lambda x : x IS NOT NULL) AS names FROM {sides[0]} a JOIN {sides[1]} b ON a._rid = b._rid) "
        "UNION ALL SELECT coalesce(a._rid, b._rid), NULL::VARCHAR "
        f"FROM {sides[0]} a FULL JOIN {sides[1]} b ON a._rid = b._rid "
        "WHERE a._rid IS NULL OR b._rid IS NULL OR a._excluded <> b._excluded"
    )
    otherwise = BY[by].replace("m.column_name", "moved_cells.column_name") if by == "column" else literal(OTHERWISE)
    session.run(
        "CREATE OR REPLACE TEMP TABLE moved AS "
        f"SELECT moved_cells.rid, moved_cells.column_name, coalesce(g.grp, {otherwise}) AS grp FROM moved_cells "
        "LEFT JOIN (SELECT m.rid, m.column_name, "
        f"arg_max({BY[by]}, v.version * 1000000000 + c.seq) AS grp FROM moved_cells m "
        "JOIN lake.workbench.corrections c ON c.rid = m.rid "
        "AND CASE WHEN c.action = 'set' THEN c.column_name END IS NOT DISTINCT FROM m.column_name "
        "JOIN lake.workbench.versions v ON v.draft = c.draft AND v.dataset = c.dataset "
        "LEFT JOIN lake.workbench.findings f ON f.finding = c.finding AND f.dataset = c.dataset "
        "WHERE c.dataset = ? AND NOT c.undone AND v.version > ? AND v.version <= ? GROUP BY ALL) g "
        "ON g.rid = moved_cells.rid AND g.column_name IS NOT DISTINCT FROM moved_cells.column_name",
        [a.dataset, a.version, b.version],
    )
