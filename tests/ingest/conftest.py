"""Ways to bring data in, and to look at what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.ingest import RefreshResult, import_source, refresh
from workbench.lake import Lake, Version, newest, quote, view_of


@pytest.fixture
def load(lake: Lake, tmp_path: Path) -> Callable[..., Version]:
    """Import a text: ``load("a,b\\n1,2\\n", key=("a",))``."""

    def load(content: str | bytes, name: str = "t", *, file: str = "t.csv", **options: Any) -> Version:
        path = tmp_path / file
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_source(lake, name, path, author="tester", **options)

    return load


@pytest.fixture
def deliver(lake: Lake, tmp_path: Path) -> Callable[..., RefreshResult]:
    """Refresh ``t`` with a text: ``deliver("a,b\\n1,2\\n", mode="full")``; what looks like a mistake is meant."""

    def deliver(
        content: str, mode: str = "upsert", name: str = "t", *, confirmed: bool = True, **options: Any
    ) -> RefreshResult:
        path = tmp_path / "delivery.csv"
        path.write_text(content, encoding="utf-8", newline="")
        return refresh(lake, name, path, mode=mode, author="tester", message="delivery", confirmed=confirmed, **options)

    return deliver


@pytest.fixture
def rows(lake: Lake) -> Callable[..., list[tuple[Any, ...]]]:
    """Read the cells of a version, by default the newest of ``t``, in order of row identity."""

    def rows(version: Version | None = None, *, system: str = "") -> list[tuple[Any, ...]]:
        version = version or newest(lake, "t")
        names = ", ".join([*system.split(), *(quote(column.physical) for column in version.columns)])
        return view_of(lake, version).fetch(f"SELECT {names} FROM {{rows}} ORDER BY _rid")

    return rows


@pytest.fixture
def kinds(lake: Lake) -> Callable[..., dict[str, str]]:
    """Tell the columns' storage types."""

    def kinds(version: Version | None = None) -> dict[str, str]:
        return {column.name: column.type for column in (version or newest(lake, "t")).columns}

    return kinds


@pytest.fixture
def sound(lake: Lake) -> Callable[[], None]:
    """Hold every version's content hash against its rows."""

    def sound() -> None:
        from workbench.lake import read_versions

        for version in read_versions(lake):
            view = view_of(lake, version)
            object.__setattr__(view, "known_hash", "")
            assert view.content_hash() == version.content_hash, version

    return sound
