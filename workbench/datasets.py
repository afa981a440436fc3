"""A dataset in Python, and one version of it: what ``lake["adult"]`` and ``lake["adult"].at(3)`` give.

Thin on purpose: each method fills in dataset and author and calls the one function that the command line and the app
call too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import drafts as _drafts
from workbench import iterations, versions
from workbench.drafts import UNSEEN, Draft
from workbench.lake import Definition, Lake, Task, Version, newest, quote, read_versions, rename, view_of
from workbench.lake.values import value_of
from workbench.progress import Progress, silent
from workbench.tidying import ColumnCalls

if TYPE_CHECKING:
    import pandas as pd

    from workbench.compare import Comparison, Comparisons
    from workbench.evaluation import Evaluation
    from workbench.findings import CheckResult, Filter, Finding
    from workbench.findings.listing import Order
    from workbench.ingest import ReadOptions, RefreshResult
    from workbench.iterations import Decided
    from workbench.runs import Run
    from workbench.validation import Validation
    from workbench.versions import Diff, Event


def names_of(names: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names that somebody gave; a single text is one name."""
    return (names,) if isinstance(names, str) else tuple(names)


@dataclass(frozen=True)
class AtVersion:
    """One version of a dataset, ready to be read, checked and measured."""

    lake: Lake
    version: Version
    author: str

    def to_pandas(self, *, columns: Sequence[str] | None = None, limit: int | None = None) -> pd.DataFrame:
        """Read the rows; the index is the row identity, ``rid``."""
        return view_of(self.lake, self.version).to_pandas(columns=columns, limit=limit)

    def to_arrow(self, *, columns: Sequence[str] | None = None, limit: int | None = None) -> Any:
        """Read the rows as an Arrow table whose first column is ``_rid``."""
        return view_of(self.lake, self.version).to_arrow(columns=columns, limit=limit)

    def head(self, limit: int) -> tuple[list[str], list[list[Any]]]:
        """Read the first rows as plain JSON values: column names, and rows that begin with the row identity."""
        view = view_of(self.lake, self.version)
        cells = "".join(f", {quote(column.physical)}" for column in view.columns)
        rows = view.fetch(f"SELECT _rid{cells} FROM {{rows}} ORDER BY _rid LIMIT {int(limit)}")
        return [column.name for column in view.columns], [
            [row[0], *(value_of(value, column) for value, column in zip(row[1:], view.columns, strict=True))]
            for row in rows
        ]

    def columns(self) -> list[dict[str, Any]]:
        """List the columns: name, logical type, how they are stored, and what they are to the dataset."""
        return versions.column_documents(self.version)

    def type_notes(self) -> list[dict[str, Any]]:
        """List what was found out about the columns' types when the version was made, each with a ``message``."""
        notes: list[dict[str, Any]] = self.version.detail.get("types", [])
        return notes

    def validate(self, *, progress: Progress = silent) -> Validation:
        """Validate against the dataset's schema."""
        return iterations.validate(self.lake, self.version, progress=progress)

    def check(self, *, only: Sequence[str] | None = None, progress: Progress = silent) -> list[CheckResult]:
        """Run the checks; what they find joins the queue."""
        return iterations.check(self.lake, self.version, only=only, author=self.author, progress=progress)

    def evaluate(self, *, progress: Progress = silent) -> Evaluation:
        """Fit and score the fixed model; a figure that is known is not computed again."""
        return iterations.measure(self.lake, self.version, progress=progress)

    def export(
        self, path: str | Path, *, formula_safe: bool = True, excluded: bool = False, overwrite: bool = False
    ) -> int:
        """Write the rows, checked against the content hash, to a .csv, .parquet or .jsonl file; return how many."""
        view = view_of(self.lake, self.version)
        return versions.export(view, path, formula_safe=formula_safe, excluded=excluded, overwrite=overwrite)

    def document(self) -> dict[str, Any]:
        """Lay out as the JSON of a version."""
        documents = iterations.version_documents(self.lake, self.version.dataset)
        return next(document for document in documents if document["version"] == self.version.version)


@dataclass(frozen=True)
class Dataset(ColumnCalls):
    """A dataset of an open lake."""

    @property
    def newest(self) -> Version:
        """The newest version."""
        return newest(self.lake, self.name)

    @property
    def definition(self) -> Definition:
        """What the dataset is, at its newest version."""
        return self.newest.definition

    def at(self, version: int | str | None = None) -> AtVersion:
        """Return a version by number or tag; the newest without either."""
        return AtVersion(self.lake, self._version(version), self.author)

    def versions(self) -> list[Version]:
        """List the versions, oldest first."""
        return read_versions(self.lake, self.name)

    def documents(self) -> list[dict[str, Any]]:
        """List the versions as JSON documents, with metrics and verdict where they were evaluated."""
        return iterations.version_documents(self.lake, self.name)

    def refresh(
        self,
        source: Any = None,
        *,
        mode: str = "upsert",
        options: ReadOptions | None = None,
        message: str = "",
        confirmed: bool = False,
        rename: Mapping[str, str] | None = None,
        progress: Progress = silent,
    ) -> RefreshResult:
        """Merge a newer source by key; corrections stay, and recipes kept for it are replayed on what is new.

        A delivery that looks like a mistake raises :class:`workbench.errors.DoubtfulRefresh` with the figures, unless
        it is ``confirmed``. ``rename`` says which column of the delivery is which column of the dataset. It is read as
        the import's source was, but for what ``options`` say.
        """
        return iterations.refresh_and_replay(
            self.lake, self.name, source, mode=mode, options=options, author=self.author, message=message,
            confirmed=confirmed, rename=rename, progress=progress,
        )  # fmt: skip

    def diff(self, a: int | str, b: int | str, *, limit: int | None = None) -> Diff:
        """Compare two versions cell by cell."""
        return versions.diff(self.lake, self._version(a), self._version(b), limit=limit)

    def compare(
        self,
        a: int | str,
        b: int | str,
        *,
        metric: str | None = None,
        seeds: int | None = None,
        resample: int = 0,
        progress: Progress = silent,
    ) -> Comparison:
        """Say whether the fixed model gained from version ``a`` to ``b``.

        More ``seeds`` than the lake's setting tell smaller changes. With ``resample=20`` both are fitted on so many
        bootstrap samples of their train rows: would it help on data like this?
        """
        first, second = self._version(a), self._version(b)
        return iterations.compare_versions(
            self.lake, first, second, metric=metric, slices=True, seeds=seeds, resample=resample, progress=progress
        )

    def compare_many(
        self,
        base: int | str,
        *others: int | str,
        metric: str | None = None,
        seeds: int | None = None,
        resample: int = 0,
        progress: Progress = silent,
    ) -> Comparisons:
        """Compare several versions with one base, by intervals that hold together at 95 %."""
        first, *rest = (self._version(version) for version in (base, *others))
        return iterations.compare_many(
            self.lake, first, rest, metric=metric, slices=True, seeds=seeds, resample=resample, progress=progress
        )

    def validate(self, version: int | str | None = None, *, progress: Progress = silent) -> Validation:
        """Validate a version against the schema."""
        return self.at(version).validate(progress=progress)

    def check(
        self, version: int | str | None = None, *, only: Sequence[str] | None = None, progress: Progress = silent
    ) -> list[CheckResult]:
        """Run the checks on a version; what they find joins the queue."""
        return self.at(version).check(only=only, progress=progress)

    def evaluate(self, version: int | str | None = None, *, progress: Progress = silent) -> Evaluation:
        """Fit and score the fixed model on a version."""
        return self.at(version).evaluate(progress=progress)

    def blame(self, key: Mapping[str, Any], *, column: str | None = None) -> list[Event]:
        """Tell the story of a row or cell; the row may have left meanwhile."""
        from workbench.errors import UnknownName

        for version in reversed(self.versions()):
            try:
                rid = versions.find_row(view_of(self.lake, version), key)
            except UnknownName:
                if version.version == 1:
                    raise
                continue
            return versions.blame(self.lake, self.name, rid, column=column)
        raise UnknownName("row", str(dict(key)), where=f"'{self.name}'")

    def restore(self, version: int | str, *, message: str = "") -> Version:
        """Make an old version the newest again."""
        wanted = self._version(version)
        message = message or f"restored {wanted.name}"
        return versions.restore(self.lake, wanted, author=self.author, message=message)

    def set(
        self,
        *,
        key: str | Sequence[str] | None = None,
        label: str | None = None,
        task: Task | None = None,
        model: str | None = None,
        schema: str | Path | None = None,
        split_column: str | None = None,
        ignore: str | Sequence[str] | None = None,
        source: str | Path | None = None,
        options: ReadOptions | None = None,
        types: Mapping[str, str] | None = None,
        unset: str | Sequence[str] = (),
        message: str = "",
        progress: Progress = silent,
    ) -> Version:
        """Change what the dataset is, as a version whose rows are the same; what is not given stays.

        See :func:`workbench.iterations.set_definition` for what is checked. ``unset`` takes away: ``key``, ``label``,
        ``schema``, ``split_column``, ``ignore``, ``source``, ``reading``.

        Examples
        --------
        >>> lake["people"].set(model="linear", unset=["schema"], message="a simpler model")  # doctest: +SKIP
        """
        wanted = iterations.NewDefinition(
            key=None if key is None else names_of(key), label=label, task=task, model=model,
            schema=None if schema is None else str(schema), split_column=split_column,
            ignore=None if ignore is None else names_of(ignore), source=None if source is None else str(source),
            types=dict(types or {}), unset=names_of(unset),
            **({} if options is None else {"options": options}),
        )  # fmt: skip
        return iterations.set_definition(
            self.lake, self.name, wanted, author=self.author, message=message, progress=progress
        )

    def rename(self, new: str, *, message: str = "") -> Dataset:
        """Give the dataset another name, and return it under that; see :meth:`OpenLake.rename`."""
        from workbench.runs import refuse_running

        refuse_running(self.lake, self.name)
        rename(self.lake, self.name, new, author=self.author, message=message)
        return Dataset(self.lake, new, self.author)

    def set_types(self, types: Mapping[str, str], *, message: str = "") -> Version:
        """Say what columns mean (``number``, ``text``, …) as a new version; no cell is rewritten."""
        return versions.set_types(self.lake, self.name, types, author=self.author, message=message)

    def tag(self, version: int | str, tag: str) -> None:
        """Let a tag name a version."""
        versions.tag(self.lake, self._version(version), tag, author=self.author)

    def findings(
        self,
        *,
        status: str | None = "open",
        check: str | None = None,
        wanted: Filter | None = None,
        limit: int | None = None,
        offset: int = 0,
        order: Order = "score",
    ) -> list[Finding]:
        """List findings, most urgent first or in another order of :data:`workbench.findings.listing.ORDERS`.

        Parameters
        ----------
        status, check : str, optional
            The commonest filters, and short for ``wanted=Filter(status=…, check=…)``.
        wanted : Filter, optional
            Stands for both: status, check, column, lane, label, cause, reviewer, score, search.
        limit, offset : int, optional
            At most so many, after skipping so many.
        order : {"score", "row", "group", "gain"}
            ``gain`` is what :meth:`OpenLake.rescore` made of it last.
        """
        from workbench.findings import Filter, queue

        newest(self.lake, self.name)  # an unknown dataset is an error, not an empty queue
        chosen = wanted or Filter(status=status, check=check)
        return queue(self.lake, self.name, chosen, limit=limit, offset=offset, order=order)

    def count_findings(
        self, *, status: str | None = "open", check: str | None = None, wanted: Filter | None = None
    ) -> int:
        """Count findings; the filters are those of :meth:`findings`."""
        from workbench.findings import Filter, count

        return count(self.lake, self.name, wanted or Filter(status=status, check=check))

    def decide(
        self,
        findings: Sequence[str],
        decision: str,
        *,
        value: Any = UNSEEN,
        use_suggestion: bool = False,
        draft: int | None = None,
        reason: str = "",
    ) -> Decided:
        """Answer findings: fix, keep, exclude or unsure.

        A fix takes the value, or each finding's suggestion; the value None makes the cell missing.
        """
        return iterations.decide(
            self.lake,
            self.name,
            findings,
            decision,
            values=None if value is UNSEEN else [value] * len(findings),
            use_suggestion=use_suggestion,
            draft=draft,
            reason=reason,
            author=self.author,
        )

    def run(
        self,
        *,
        refresh: bool = True,
        mode: str = "upsert",
        evaluate: bool = True,
        fail_on: Collection[str] = ("error",),
        progress: Progress = silent,
    ) -> Run:
        """Fetch, validate, check and measure, and say what is different from the run before."""
        from workbench.runs import run

        return run(
            self.lake, self.name, author=self.author, refresh=refresh, mode=mode, evaluate=evaluate, fail_on=fail_on,
            progress=progress,
        )  # fmt: skip

    def runs(self, *, limit: int | None = None) -> list[Run]:
        """List the runs, the newest first."""
        from workbench.runs import list_runs

        return list_runs(self.lake, self.name, limit=limit)

    def draft(self, *, title: str = "") -> Draft:
        """Begin a draft on the newest version."""
        return _drafts.new_draft(self.lake, self.name, title=title, author=self.author)

    def drafts(self, *, state: str | None = "open") -> list[Draft]:
        """List drafts, newest first."""
        newest(self.lake, self.name)  # an unknown dataset is an error, not an empty list
        return _drafts.list_drafts(self.lake, self.name, state=state)

    def _version(self, version: int | str | None) -> Version:
        """Resolve a number or tag."""
        return versions.resolve(self.lake, self.name if version is None else f"{self.name}@{version}")
