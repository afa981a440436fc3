"""Make an old version the newest again."""

from __future__ import annotations

from workbench.errors import StoreError
from workbench.lake import (
    Lake,
    Session,
    Version,
    latest_images,
    newest,
    publish_rows,
    read_version,
    rid_list,
    touch_stored,
    view_of,
)
from workbench.lake.publish import PRUNED
from workbench.versions.definition import rekey


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

        def work(current: Session) -> int:
            head = newest(current, version.dataset)
            count = touch_stored(current, version, head)
            touched = "SELECT _rid FROM touched_rows"
            if count <= PRUNED:
                touched = rid_list(row[0] for row in current.rows(touched))
            current.run(
                f"CREATE OR REPLACE TEMP TABLE new_rows AS "
                f"SELECT * FROM {view_of(lake, version).rows} WHERE _rid IN ({touched})"
            )
            written = latest_images(current, version, head)
            if written:
                current.run(f"CREATE OR REPLACE TEMP TABLE head_rows AS SELECT * FROM {written}")
            current.run(
                "CREATE OR REPLACE TEMP TABLE gone_rows AS SELECT _rid FROM touched_rows "
                "WHERE _rid NOT IN (SELECT _rid FROM new_rows)"
            )
            rekey(current, lake, head, version.definition)
            number = publish_rows(
                current,
                head,
                kind="restore",
                author=author,
                message=message,
                definition=version.definition,
                columns=version.columns,
                held="head_rows" if written else None,
                detail={"restored": version.version},
            )
            if newest(current, version.dataset).content_hash != version.content_hash:
                raise StoreError(
                    f"The restored rows of {version.name} do not add up to its content hash. Nothing was changed.",
                    hint="Run `workbench doctor` on the lake.",
                )
            return head.version if number is None else number

        number = lake.write(work, author=author, message=message, session=session)
    return read_version(lake, version.dataset, number)
