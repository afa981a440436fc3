"""What every page needs: the open lake, and what was read from it already."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from workbench.api import OpenLake
from workbench.lake import Lake, Version, kept_snapshots, names_of, open_lake
from workbench.runs import Run, list_runs
from workbench.settings import Policy, Settings, load
from workbench.ui.charts import INK
from workbench.ui.standing import Standing, standing

PATIENCE = 10.0
"""Seconds for which a page waits for another process at most: somebody is looking at it."""


@dataclass(frozen=True)
class _Opened:
    """A lake, and which file it was opened on."""

    lake: Lake
    file: tuple[int, int] | None

    def still_there(self) -> bool:
        """Tell whether the catalogue is the file that was opened, not one made since in its place."""
        return self.file == _file(self.lake.url)


def lake() -> OpenLake:
    """Open the lake that the settings name, or return the one that is open already.

    One connection serves every visitor; each read takes a cursor of its own.

    Raises
    ------
    WorkbenchError
        A setting is wrong, or the lake is not there, locked or broken.
    """
    settings = load()
    patient = settings.model_copy(update={"write_timeout": min(settings.write_timeout, PATIENCE)})
    return OpenLake(_opened(settings.lake, settings.data_path, patient).lake, settings.who())


def policy(dataset: str, *, opened: Lake | None = None) -> Policy:
    """Return what the settings, as they are now, ask of a dataset's drafts; work behind the page gives its own lake."""
    return load().policies.of(dataset, names_of(opened or lake().lake, dataset))


def moment(lake: OpenLake) -> tuple[object, ...]:
    """Stand for all that is in a lake now: the same as long as nobody commits anything. A key for what was read."""
    return lake.lake.url, _file(lake.lake.url), max(kept_snapshots(lake.lake))


def stand(lake: OpenLake, version: Version) -> Standing:
    """Read where a dataset stands; again only once somebody has committed something."""
    return _standing((*moment(lake), version.name), lake.lake, version)


@st.cache_data(show_spinner="Reading where the dataset stands …", max_entries=64)
def _standing(key: tuple[object, ...], _lake: Lake, _version: Version) -> Standing:
    """Read where a dataset stood at a moment."""
    return standing(_lake, _version)


def runs_of(lake: OpenLake, dataset: str, *, limit: int | None = None) -> list[Run]:
    """Read the runs of a dataset; again once somebody has committed something, or a run may have been lost."""
    return _runs((*moment(lake), dataset, limit), lake.lake, dataset, limit)


@st.cache_data(show_spinner="Reading the runs …", max_entries=16, ttl=5)
def _runs(key: tuple[object, ...], _lake: Lake, _dataset: str, _limit: int | None) -> list[Run]:
    """Read the runs as they were at a moment."""
    return list_runs(_lake, _dataset, limit=_limit)


def newest_documents(lake: OpenLake) -> list[dict[str, Any]]:
    """Read the newest version of every dataset as a document; again once somebody has committed something."""
    return _newest(moment(lake), lake)


@st.cache_data(show_spinner="Reading the datasets …", max_entries=4)
def _newest(key: tuple[object, ...], _lake: OpenLake) -> list[dict[str, Any]]:
    """Read the newest versions as they were at a moment."""
    return [_lake[name].documents()[-1] for name in _lake.names()]


def is_choice(key: str, options: Collection[str]) -> bool:
    """Tell whether what a widget holds is one of its options.

    The browser knows an option by its label. Where labels hold what changes, such as a count or the newest version, it
    may name one by a label that is gone just now; that is no choice of the visitor's.
    """
    return st.session_state.get(key) in options


def ink() -> str:
    """Return the colour of texts in charts that is legible on the visitor's page."""
    return INK["dark" if st.context.theme.type == "dark" else "light"]


@st.cache_resource(
    show_spinner="Opening the lake …",
    validate=lambda opened: opened.still_there(),
    on_release=lambda opened: opened.lake.close(),
)
def _opened(url: str, data_path: str, _settings: Settings) -> _Opened:
    """Open a lake once per URL."""
    return _Opened(open_lake(_settings), _file(url))


def _file(url: str) -> tuple[int, int] | None:
    """Identify the file of a SQLite catalogue; other catalogues have none."""
    path = Path(url.removeprefix("sqlite:"))
    if not url.startswith("sqlite:") or not path.is_file():
        return None
    found = path.stat()
    return found.st_dev, found.st_ino
