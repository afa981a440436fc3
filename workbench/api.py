"""The workbench in Python: ``workbench.open()`` gives the lake, the lake its datasets, a dataset its versions.

Thin on purpose: each method fills in the author and calls the one function that the command line and the app call too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import iterations, versions
from workbench.datasets import AtVersion, Dataset, names_of
from workbench.explaining import ImpactCalls
from workbench.forecasting import ForecastCalls
from workbench.lake import (
    Dropped,
    Task,
    Verified,
    Version,
    dataset_names,
    drop,
    dropped,
    newest,
    open_lake,
    undrop,
    verify,
)
from workbench.ordering import RankingCalls
from workbench.progress import Progress, silent
from workbench.proposing import DraftCalls
from workbench.settings import Settings, load

if TYPE_CHECKING:
    from workbench.compare import Comparison
    from workbench.ingest import ReadOptions
    from workbench.runs import Run
    from workbench.versions import Diff

__all__ = ["AtVersion", "Dataset", "OpenLake", "open"]


def open(lake: str | None = None, *, author: str | None = None, create: bool = False) -> OpenLake:
    """Open a lake.

    Parameters
    ----------
    lake : str, optional
        ``sqlite:PATH`` or ``postgres:CONNECTION``; default: the settings'.
    author : str, optional
        Recorded with versions and decisions; default: the settings', or the system's user.
    create : bool
        Make the lake where there is none.

    Examples
    --------
    >>> import workbench
    >>> lake = workbench.open("sqlite:data/lake/catalog.sqlite")  # doctest: +SKIP
    >>> adult = lake["adult"]  # doctest: +SKIP
    >>> adult.diff(1, 3).cells_changed  # doctest: +SKIP
    758
    """
    return OpenLake.from_settings(load(lake=lake, author=author), create=create)


@dataclass(frozen=True)
class OpenLake(DraftCalls, ImpactCalls, ForecastCalls, RankingCalls):
    """An open lake; close it, or use it in a ``with`` block."""

    @classmethod
    def from_settings(cls, settings: Settings, *, create: bool = False) -> OpenLake:
        """Open the lake that settings name."""
        return cls(open_lake(settings, create=create), settings.who())

    def __getitem__(self, name: str) -> Dataset:
        newest(self.lake, name)
        return Dataset(self.lake, name, self.author)

    def names(self) -> list[str]:
        """List the datasets."""
        return dataset_names(self.lake)

    def rename(self, name: str, new: str, *, message: str = "") -> Dataset:
        """Give a dataset another name; versions, drafts, findings, answers, runs, recipes, tags and views go with it.

        Raises
        ------
        AlreadyUnderWay
            A run of the dataset has not ended.
        """
        return self[name].rename(new, message=message)

    def drop(self, name: str, *, message: str = "") -> None:
        """Hide a dataset everywhere; :meth:`undrop` brings it back until ``maintain`` deletes it for good."""
        drop(self.lake, name, author=self.author, message=message)

    def undrop(self, name: str, *, message: str = "") -> Dataset:
        """Bring a dropped dataset back."""
        undrop(self.lake, name, author=self.author, message=message)
        return self[name]

    def dropped(self) -> list[Dropped]:
        """List the datasets that are dropped and can be brought back."""
        return list(dropped(self.lake).values())

    def import_data(
        self,
        name: str,
        source: Any,
        *,
        key: str | Sequence[str] = (),
        label: str | None = None,
        task: Task | None = None,
        types: Mapping[str, str] | None = None,
        split_column: str | None = None,
        ignore: str | Sequence[str] = (),
        schema: str | Path | None = None,
        model: str = "tabular",
        options: ReadOptions | None = None,
        remember: bool = True,
        message: str = "",
        progress: Progress = silent,
    ) -> Dataset:
        """Make version 1 of a dataset from a file, a glob, a database table, a DataFrame or an Arrow table.

        How a file is read is said with ``options``: ``workbench.ReadOptions(encoding="cp1252", skip_rows=2)``.
        """
        from workbench.ingest import ReadOptions, import_source

        schema = None if schema is None else str(schema)
        iterations.try_choices(self.lake, schema=schema, model=model, task=task)
        import_source(
            self.lake,
            name,
            source,
            key=names_of(key),
            label=label,
            task=task,
            types=dict(types or {}),
            split_column=split_column,
            ignore=names_of(ignore),
            schema=schema,
            model=model,
            options=options or ReadOptions(),
            remember=remember,
            author=self.author,
            message=message,
            progress=progress,
        )
        return self[name]

    def resolve(self, name: str) -> AtVersion:
        """Find the version that ``NAME``, ``NAME@3`` or ``NAME@TAG`` names."""
        return AtVersion(self.lake, versions.resolve(self.lake, name), self.author)

    def verify(self, *names: str, progress: Progress = silent) -> list[Verified]:
        """Read versions whole and hold them against their hashes; a fault of one does not hide the others.

        Parameters
        ----------
        names : str
            ``NAME@V`` for one version, ``NAME`` for every version of a dataset that is kept; default: all of the lake.

        Examples
        --------
        >>> [each.state for each in lake.verify("adult")]  # doctest: +SKIP
        ['sound', 'sound', 'sound']
        """
        chosen: dict[str, Version] = {}
        for name in names or self.names():
            one = "@" in name
            found = [versions.resolve(self.lake, name)] if one else self[name].versions()
            chosen |= {version.name: version for version in found}
        return verify(self.lake, list(chosen.values()), progress=progress)

    def diff(self, a: str, b: str, *, limit: int | None = None) -> Diff:
        """Compare two versions cell by cell, each as ``NAME@V``."""
        return versions.diff(self.lake, versions.resolve(self.lake, a), versions.resolve(self.lake, b), limit=limit)

    def compare(
        self,
        a: str,
        b: str,
        *,
        metric: str | None = None,
        seeds: int | None = None,
        resample: int = 0,
        progress: Progress = silent,
    ) -> Comparison:
        """Say whether the fixed model gained from one version to another, each as ``NAME@V``.

        ``seeds`` and ``resample`` as in :meth:`Dataset.compare`.
        """
        first, second = versions.resolve(self.lake, a), versions.resolve(self.lake, b)
        return iterations.compare_versions(
            self.lake, first, second, metric=metric, slices=True, seeds=seeds, resample=resample, progress=progress
        )

    def report(
        self, a: str, b: str, *, metric: str | None = None, progress: Progress = silent
    ) -> iterations.ComparisonReport:
        """Gather all that is known about two versions, each as ``NAME@V``, for a report."""
        first, second = versions.resolve(self.lake, a), versions.resolve(self.lake, b)
        return iterations.gather_report(self.lake, first, second, metric=metric, progress=progress)

    def runs(self, *, limit: int | None = None) -> list[Run]:
        """List the runs of all datasets, the newest first."""
        from workbench.runs import list_runs

        return list_runs(self.lake, limit=limit)

    def close(self) -> None:
        """Let go of the lake."""
        self.lake.close()

    def __enter__(self) -> OpenLake:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
