"""The rows of one dataset in one state, as every check, model and page reads them.

A state is a version, or a version with a draft's corrections laid over it. Whoever has a :class:`View` need not know
which: it is a SELECT with known columns, and nothing is read before somebody asks.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.errors import UnknownName
from workbench.lake.records import Column, Definition
from workbench.lake.sql import canonical_text, content_hash, digest_sums, literal, quote, row_digest
from workbench.lake.values import read_as

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from workbench.lake.session import Session
    from workbench.lake.store import Lake

_ROWS = re.compile(r"""\{rows\}|"(?:[^"]|"")*"|'(?:[^']|'')*'""")


@dataclass(frozen=True)
class View:
    """Rows of one dataset in one state.

    Queries name the rows ``{rows}``: a parenthesised SELECT with the columns ``_rid`` (BIGINT), ``_lane`` (0 train,
    1 validation, 2 test), ``_excluded`` (BOOLEAN) and each column of the dataset under its *physical* name.

    Attributes
    ----------
    lake : Lake
        Where the rows are.
    definition : Definition
        The dataset's definition in this state.
    columns : tuple of Column
        In the source's order.
    rows : str
        The SELECT.
    version : int
        The version shown, or the one the draft is based on.
    label : str
        For people: ``adult@3`` or ``adult@3 + draft 7``.
    known_hash : str
        Content hash where it is known without reading, else empty.
    """

    lake: Lake = dataclasses.field(repr=False)
    definition: Definition = dataclasses.field(repr=False)
    columns: tuple[Column, ...] = dataclasses.field(repr=False)
    rows: str = dataclasses.field(repr=False)
    version: int = 0
    label: str = ""
    known_hash: str = dataclasses.field(default="", repr=False)

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.definition.dataset

    @property
    def table(self) -> str:
        """The dataset's first name, by which what was computed of it is known; see :attr:`Definition.table`."""
        return self.definition.table or self.definition.dataset

    @property
    def key(self) -> tuple[Column, ...]:
        """The key columns."""
        return tuple(self.column(name) for name in self.definition.key)

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns a model may learn from: all but key, label, split column and ignored ones."""
        definition = self.definition
        apart = {*definition.key, *definition.ignore, definition.label, definition.split_column}
        return tuple(column for column in self.columns if column.name not in apart)

    @cached_property
    def places(self) -> dict[str, int]:
        """Each column's position by the source's name for it."""
        return {column.name: place for place, column in enumerate(self.columns)}

    def column(self, name: str) -> Column:
        """Find a column by the source's name for it.

        Raises
        ------
        UnknownName
            There is none.
        """
        place = self.places.get(name)
        if place is None:
            raise UnknownName("column", name, list(self.places), where=self.label)
        return self.columns[place]

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Borrow a session for several statements that belong together."""
        with self.lake.session() as session:
            yield session

    def sql(self, query: str) -> str:
        """Put this state's rows in place of ``{rows}``, but not inside a quoted name or value."""
        return _ROWS.sub(lambda found: self.rows if found[0] == "{rows}" else found[0], query)

    def fetch(self, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Answer a query about ``{rows}`` with tuples."""
        return self.lake.read(self.sql(query), params)

    def arrow(self, query: str, params: Sequence[Any] = ()) -> pa.Table:
        """Answer a query about ``{rows}`` with an Arrow table."""
        with self.lake.session() as session:
            return session.arrow(self.sql(query), params)

    def key_json(self, alias: str = "") -> str:
        """SQL for the key of a row as a JSON object of texts; without a key it is the row identity."""
        prefix = f"{alias}." if alias else ""
        if not self.definition.key:
            return f"json_object('rid', {prefix}_rid)::VARCHAR"
        pairs = ", ".join(
            f"{literal(column.name)}, {canonical_text(prefix + quote(column.physical), column.type)}"
            for column in self.key
        )
        return f"json_object({pairs})::VARCHAR"

    def key_order(self, alias: str = "") -> str:
        """SQL list that sorts rows by key, or by row identity where there is none."""
        prefix = f"{alias}." if alias else ""
        return ", ".join([prefix + quote(column.physical) for column in self.key] + [f"{prefix}_rid"])

    def retyped(self, types: Mapping[str, str]) -> View:
        """Read some columns as another type; what cannot be read as it without loss is missing, as validation says.

        Parameters
        ----------
        types : mapping
            Column name → DuckDB type; columns the dataset lacks are passed over, and the others are read as their
            logical type says.
        """
        wanted = {column.name: types.get(column.name, column.reads) for column in self.columns}
        changed = {column.name: wanted[column.name] for column in self.columns if column.type != wanted[column.name]}
        if not changed:
            return self
        casts = ", ".join(
            f"{read_as(quote(column.physical), column.type, changed[column.name])[0]} AS {quote(column.physical)}"
            for column in self.columns
            if column.name in changed
        )
        columns = tuple(
            Column(column.name, column.physical, changed[column.name]) if column.name in changed else column
            for column in self.columns
        )
        return dataclasses.replace(
            self, columns=columns, rows=f"(SELECT * REPLACE ({casts}) FROM {self.rows})", known_hash=""
        )

    def typed(self) -> View:
        """Read every column as its logical type: numbers that are stored as text are DOUBLE."""
        return self.retyped({})

    def content_hash(self) -> str:
        """Return the content hash, reading all rows where it is not known."""
        if self.known_hash:
            return self.known_hash
        rows = self.fetch(f"SELECT {digest_sums('d')} FROM (SELECT {row_digest(self.columns)} AS d FROM {{rows}})")
        return content_hash(self.columns, rows[0])

    def to_arrow(
        self, *, columns: Sequence[str] | None = None, limit: int | None = None, order: bool = True
    ) -> pa.Table:
        """Read rows under the source's column names, each column as its logical type.

        Parameters
        ----------
        columns : sequence of str, optional
            Default: all.
        limit : int, optional
            At most so many rows, in row-identity order.
        order : bool
            Sort by row identity.

        Returns
        -------
        pyarrow.Table
            Its first column is ``_rid``.
        """
        view = self.typed()
        chosen = [view.column(name) for name in columns] if columns is not None else list(view.columns)
        query = f"SELECT _rid{''.join(', ' + quote(column.physical) for column in chosen)} FROM {{rows}}"
        query += " ORDER BY _rid" if order else ""
        query += f" LIMIT {int(limit)}" if limit is not None else ""
        return view.arrow(query).rename_columns(["_rid", *(column.name for column in chosen)])

    def to_pandas(self, *, columns: Sequence[str] | None = None, limit: int | None = None) -> pd.DataFrame:
        """Read rows as a DataFrame whose index is the row identity, ``rid``."""
        frame = self.to_arrow(columns=columns, limit=limit).to_pandas()
        frame = frame.set_index("_rid")
        frame.index.name = "rid"
        return frame
