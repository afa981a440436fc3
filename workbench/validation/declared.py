"""The schema that a dataset's definition names, found and loaded from where code may be loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.errors import SchemaError
from workbench.lake import Lake
from workbench.provenance import code_folders, require_trusted
from workbench.validation.schemas import Schema, load_schema, split_path


def declared_schema(lake: Lake, name: str) -> Schema:
    """Load the schema of this name, as a definition has it.

    A relative path is looked for below the working directory, then below the project's folder.

    Raises
    ------
    SchemaError
        The file lies outside the project's folder and those that the settings trust, or is no schema.
    """
    return load_schema(declared_schema_path(lake, name), places=code_folders(lake.settings, lake.url))


def declared_schema_path(lake: Lake, name: str) -> str:
    """Find a schema as :func:`declared_schema` does, and refuse one that may not run.

    Raises
    ------
    SchemaError
        The file lies outside the project's folder and those that the settings trust.
    """
    file, part = split_path(name)
    folders = code_folders(lake.settings, lake.url)
    here = [file, *(folder / file for folder in folders)]
    found = next((each for each in here if each.is_file() and _is_below(each, folders)), None)
    found = found or next((each for each in here if each.is_file()), None)
    if found is not None:
        require_trusted(found, folders, what="schema file", error=SchemaError)
    return f"{found or file}{f':{part}' if part else ''}"


def _is_below(file: Path, folders: Sequence[Path]) -> bool:
    """Tell whether a file truly lies in one of these folders."""
    return any(file.resolve().is_relative_to(folder) for folder in folders)
