"""From what a person writes (``adult``, ``adult@3``, ``adult@production``, a key) to the version or row meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from workbench.errors import UnknownName, UsageError
from workbench.lake import Lake, Session, Version, View, kept_snapshots, newest, quote, read_versions
from workbench.lake.values import to_text

_RESERVED_TAGS = {"latest", "newest", "head"}


def list_versions(lake: Lake, dataset: str) -> list[Version]:
    """List a dataset's versions, oldest first.

    Raises
    ------
    UnknownName
        There is no such dataset.
    """
    newest(lake, dataset)
    return read_versions(lake, dataset)


def resolve(lake: Lake, name: str) -> Version:
    """Find the version that ``NAME``, ``NAME@3`` or ``NAME@TAG`` names; without ``@`` the newest.

    Raises
    ------
    UnknownName
        There is no such dataset, version or tag.
    """
    dataset, _, which = name.partition("@")
    last = newest(lake, dataset)
    if not which or which in _RESERVED_TAGS:
        return last
    versions = read_versions(lake, dataset)
    wanted = which.removeprefix("v")
    for version in versions:
        if (wanted.isdecimal() and version.version == int(wanted)) or which in version.tags:
            if version.snapshot not in kept_snapshots(lake):
                raise UnknownName(
                    "version", which, where=f"'{dataset}' any more",
                    hint="`workbench maintain` let it go: it was untagged and older than the setting retention_days.",
                )  # fmt: skip
            return version
    if wanted.isdecimal():
        raise UnknownName("version", which, where=f"'{dataset}'", hint=f"Its versions are 1 to {last.version}.")
    raise UnknownName("tag", which, [tag for version in versions for tag in version.tags], where=f"'{dataset}'")


def tag(lake: Lake, version: Version, name: str, *, author: str) -> None:
    """Let a tag name a version; a tag that named another version moves.

    Raises
    ------
    UsageError
        The name could be mistaken for a version number, or is not one word.
    """
    if not name or name.removeprefix("v").isdecimal() or name in _RESERVED_TAGS or not _is_word(name):
        raise UsageError(
            f"'{name}' cannot be a tag.",
            hint="A tag is one word of letters, digits, '.', '_' and '-', not a number and not 'latest'.",
        )

    def work(session: Session) -> None:
        session.run("DELETE FROM lake.workbench.tags WHERE dataset = ? AND tag = ?", [version.dataset, name])
        record = {"dataset": version.dataset, "tag": name, "version": version.version, "author": author}
        session.insert("tags", [{**record, "created_at": datetime.now(UTC)}])

    lake.write(work, author=author, message=f"tag {version.name} {name}")


def _is_word(name: str) -> bool:
    """Tell whether a name has only letters, digits and ``._-``."""
    return all(letter.isalnum() or letter in "._-" for letter in name)


def find_row(view: View, key: Mapping[str, object]) -> int:
    """Find the identity of the row that has a key.

    Parameters
    ----------
    view : View
        Where to look.
    key : mapping
        Key column → value; ``{"rid": 7}`` names the row identity itself.

    Raises
    ------
    UsageError
        The names are not the key columns.
    UnknownName
        No row has that key.
    """
    shown = ", ".join(f"{name}={value}" for name, value in key.items())
    if set(key) == {"rid"} and "rid" not in view.definition.key:
        found = view.fetch("SELECT _rid FROM {rows} WHERE _rid = TRY_CAST(? AS BIGINT)", [str(key["rid"])])
    else:
        if set(key) != set(view.definition.key):
            raise UsageError(
                f"The key of '{view.dataset}' is {', '.join(view.definition.key) or 'rid'}, not {', '.join(key)}.",
                hint="Give a value for each key column: --key VALUE, or --key COLUMN=VALUE for each of several.",
            )
        where = " AND ".join(f"{quote(column.physical)} = TRY_CAST(? AS {column.type})" for column in view.key)
        found = view.fetch(
            f"SELECT _rid FROM {{rows}} WHERE {where}", [to_text(key[column.name]) for column in view.key]
        )
    if not found:
        raise UnknownName("row", shown, where=view.label)
    return int(found[0][0])
