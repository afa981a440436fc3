"""Make an old version the newest again."""

from __future__ import annotations

from workbench.errors import StoreError
from workbench.lake import Lake, Session, Version, newest, publish_rows, quote, touch, view_of


def restore(lake: Lake, version: Version, *, author: str, message: str) -> Version:
    """Publish a new version that is equal to an old one.

    Only rows written in between are read and written. What the source last said is not forgotten: where the restored
    value differs from it, a refresh treats it as it treats any correction.

    Returns
    -------
    Version
        The new version, or the newest one where it is equal already.
    """
    with lake.session() as session:

        def work(current: Session) -> None:
            head = newest(current, version.dataset)
            touch(current, version, head)
            names = ", ".join(["_rid", "_lane", "_excluded", *(quote(column.physical) for column in version.columns)])
            touched = "_rid IN (SELECT _rid FROM touched_rows)"
            current.run(
                f"CREATE OR REPLACE TEMP TABLE new_rows AS "
                f"SELECT {names} FROM {view_of(lake, version).rows} WHERE {touched}"
            )
            current.run(
                "CREATE OR REPLACE TEMP TABLE gone_rows AS SELECT _rid FROM touched_rows "
                "WHERE _rid NOT IN (SELECT _rid FROM new_rows)"
            )
            publish_rows(
                current,
                head,
                kind="restore",
                author=author,
                message=message,
                columns=version.columns,
                detail={"restored": version.version},
            )
            made = current.row(
                "SELECT content_hash FROM lake.workbench.versions WHERE dataset = ? ORDER BY version DESC LIMIT 1",
                [version.dataset],
            )
            if made is None or made[0] != version.content_hash:
                raise StoreError(
                    f"The restored rows of {version.name} do not add up to its content hash. Nothing was changed.",
                    hint="Run `workbench doctor` on the lake.",
                )

        lake.write(work, author=author, message=message, session=session)
    return newest(lake, version.dataset)
