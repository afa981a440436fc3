"""Give a dataset the source that later refreshes and runs read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.ingest.options import ReadOptions
from workbench.ingest.sources import source_digest, source_name
from workbench.lake import Lake, Session, Version, data_table, newest, publish_rows, quote, read_version


def attach_source(
    lake: Lake,
    dataset: str,
    source: str | Path | None,
    *,
    options: ReadOptions | None = None,
    author: str,
    message: str = "",
) -> Version:
    """Say where later deliveries of a dataset are read from, as a new version; no row changes.

    Nothing is merged: the next ``run`` or refresh does that. It is for datasets that were uploaded or made of a frame,
    and for files that moved.

    Parameters
    ----------
    dataset : str
        Name.
    source : str, Path or None
        As :func:`import_source` takes it; None: the dataset is no longer read from anywhere.
    options : ReadOptions, optional
        How it is read; default: as the import's source was.
    author, message : str
        Recorded with the version.

    Returns
    -------
    Version
        The new version; the newest one where that is its source already.

    Raises
    ------
    UnknownName
        There is no such dataset.
    DataError
        There is no such file.

    Examples
    --------
    >>> attach_source(lake, "people", "data/people.csv", author="ann")  # doctest: +SKIP
    """
    name = None if source is None else source_name(source, lake.url)
    if name is not None:
        source_digest(lake, name)
    said = message or (f"source: {name}" if name else "no source")

    def work(session: Session) -> int:
        head = newest(session, dataset)
        reading = head.definition.reading if options is None else options.to_dict()
        definition = replace(head.definition, source=name, reading=reading)
        if definition == head.definition:
            return head.version
        columns = ", ".join(["_rid", "_lane", "_excluded", *(quote(column.physical) for column in head.columns)])
        session.run(f"CREATE OR REPLACE TEMP TABLE new_rows AS SELECT {columns} FROM {data_table(dataset)} LIMIT 0")
        session.run("CREATE OR REPLACE TEMP TABLE gone_rows (_rid BIGINT)")
        detail = {"set": {"source": name}}
        made = publish_rows(
            session, head, kind="set", author=author, message=said, definition=definition, detail=detail
        )
        return made or head.version

    with lake.session() as session:
        number = lake.write(work, author=author, message=said, session=session)
    return read_version(lake, dataset, number)
