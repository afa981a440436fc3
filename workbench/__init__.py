"""Data-centric quality workbench: the model stays fixed, the data is improved in measured iterations.

>>> import workbench
>>> lake = workbench.open()  # doctest: +SKIP
>>> lake["adult"].compare(1, 2).verdict  # doctest: +SKIP
'cannot tell'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.api import open
    from workbench.ingest import ReadOptions

__all__ = ["ReadOptions", "open"]


def __getattr__(name: str) -> Any:
    # Loaded at first use: the command line's help must not wait for DuckDB.
    if name == "open":
        from workbench.api import open

        return open
    if name == "ReadOptions":
        from workbench.ingest import ReadOptions

        return ReadOptions
    raise AttributeError(f"module 'workbench' has no attribute '{name}'")
