"""Versions of a dataset: find, compare, explain, restore, tag and export them."""

from workbench.lake import Version, read_versions, view_of
from workbench.versions.blame import Event, blame, blame_rows
from workbench.versions.definition import DefinitionChange, consequences, definition_changes
from workbench.versions.diff import Change, Diff, diff, typed_key
from workbench.versions.export import changes_csv, export
from workbench.versions.logical import TypeNote, column_documents, set_types
from workbench.versions.naming import find_row, list_versions, resolve, tag
from workbench.versions.restore import restore

__all__ = [
    "Change",
    "DefinitionChange",
    "Diff",
    "Event",
    "TypeNote",
    "Version",
    "blame",
    "blame_rows",
    "changes_csv",
    "column_documents",
    "consequences",
    "definition_changes",
    "diff",
    "export",
    "find_row",
    "list_versions",
    "read_versions",
    "resolve",
    "restore",
    "set_types",
    "tag",
    "typed_key",
    "view_of",
]
