"""DuckDB's extensions, from wheels: nothing is fetched."""

from __future__ import annotations

import importlib.resources

import duckdb

from workbench.errors import StoreError
from workbench.lake.sql import literal

OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "allow_unsigned_extensions": "true",
}  # fmt: skip
"""How a DuckDB instance is started: it fetches no extension, and the wheels' own need no check of their signatures,
which would take a quarter of a second for 70 MB."""


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load a DuckDB extension from its wheel in site-packages, so that nothing is downloaded.

    Raises
    ------
    StoreError
        The wheel is not installed.
    """
    try:
        package = importlib.resources.files(f"duckdb_extension_{name}")
    except ModuleNotFoundError:
        raise StoreError(
            f"The DuckDB extension '{name}' is not installed.",
            hint="Install the extra: pip install 'data-quality-workbench[team]'.",
        ) from None
    path = package / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    connection.execute(f"LOAD {literal(str(path))}")
