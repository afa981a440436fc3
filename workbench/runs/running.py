"""The steps of a run: refresh, validate, check, evaluate, compare with the run before."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from workbench import iterations
from workbench.checks import CHECKS
from workbench.errors import Cancelled, ClaimLost, DoubtfulRefresh, UnknownName, WorkbenchError
from workbench.findings import outcomes
from workbench.lake import Lake, Version, claimed, kept_snapshots, newest, read_version, read_versions
from workbench.progress import Progress, silent
from workbench.runs.history import claim_of, last_run, note_changes, write_run
from workbench.runs.records import FAIL_ON, Run


def run(
    lake: Lake,
    dataset: str,
    *,
    author: str,
    refresh: bool = True,
    mode: str = "upsert",
    evaluate: bool = True,
    fail_on: Collection[str] = ("error",),
    progress: Progress = silent,
) -> Run:
    """Run a dataset's checks, and put on record what they found and what is different from the run before.

    The newest delivery is fetched from the source that the dataset remembers, where it can be read again; then the
    newest version is validated, checked and measured. What was computed before is not computed again.

    Parameters
    ----------
    lake : Lake
        Where the dataset is.
    dataset : str
        Name.
    author : str
        Recorded with the run, and with the version that a refresh makes.
    refresh : bool
        Fetch from the source, if there is one.
    mode : {"upsert", "full", "append"}
        How a delivery is merged; see :func:`workbench.ingest.refresh`.
    evaluate : bool
        Measure the fixed model, if the dataset has a label.
    fail_on : collection of str
        Among :data:`FAIL_ON`.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    Run
        Its outcome is ``error`` where a step could not be done; the steps before it are kept.

    Raises
    ------
    UnknownName
        There is no such dataset, or nothing of that name to fail on.
    AlreadyUnderWay
        Another run of the dataset has not ended.
    """
    for name in fail_on:
        if name not in FAIL_ON:
            raise UnknownName("reason to fail", name, FAIL_ON)
    newest(lake, dataset)
    with claimed(lake, claim_of(dataset)):
        before = last_run(lake, dataset)
        state = Run(
            uuid.uuid4().hex[:12], dataset, None, "running", author, datetime.now(UTC),
            since=before.version if before else None,
        )  # fmt: skip
        write_run(lake, state)
        began = time.monotonic()
        steps = _Steps(lake, state, before.known if before else {}, author, progress)
        try:
            if refresh:
                steps.refresh(mode)
            version = newest(lake, dataset)
            steps.note(version=version.version)
            steps.validate(version)
            steps.check(version)
            if evaluate:
                steps.evaluate(version)
            steps.conclude(fail_on)
        except (Cancelled, KeyboardInterrupt):
            steps.note(outcome="cancelled")
            raise
        except WorkbenchError as error:
            steps.note(outcome="error", error=str(error))
        except BaseException as error:
            steps.note(outcome="error", error=f"{type(error).__name__}: {error}")
            raise
        finally:
            steps.note(seconds=round(time.monotonic() - began, 3))
            try:
                steps.state = write_run(lake, steps.state)
            except ClaimLost as error:
                steps.note(outcome="error", error=str(error))
                steps.state = write_run(lake, steps.state, fenced=False)
    return steps.state


class _Steps:
    """A run on its way: each step adds to ``state``."""

    def __init__(self, lake: Lake, state: Run, before: dict[str, Any], author: str, progress: Progress) -> None:
        self.lake, self.state, self.author, self.progress = lake, state, author, progress
        self.before = before

    def note(self, **values: Any) -> None:
        """Add to what is known of the run."""
        self.state = dataclasses.replace(self.state, **values)

    def refresh(self, mode: str) -> None:
        """Fetch the newest delivery, unless the source is as it was when it was read last."""
        from workbench.ingest import ReadOptions, RefreshResult, overtaken, source_digest, why_not_merged

        dataset = self.state.dataset
        definition = newest(self.lake, dataset).definition
        if definition.source is None:
            uploaded = (
                "the dataset has no source (it was uploaded or made of a frame), so nothing was read again; "
                f"`workbench set {dataset} --source FILE` gives it one"
            )
            self.note(notes=[*self.state.notes, uploaded])
            return
        digest = source_digest(definition.source, self.lake.url, ReadOptions.from_dict(definition.reading))
        older = overtaken(read_versions(self.lake, dataset), definition.source, digest, self.before)
        if older is not None:
            why = why_not_merged(dataset, definition.source, older, self.lake.url)
            self.note(refresh=RefreshResult(dataset, mode, None, not_merged=why).to_dict())
            self.note(known={**self.state.known, "source": digest, "spoke": older.version})
            return
        if digest is None or (self.before.get("source"), self.before.get("spoke")) != (digest, self._spoke()):
            mode = mode if definition.key or mode != "upsert" else "append"
            try:
                found = iterations.refresh_and_replay(
                    self.lake, dataset, mode=mode, author=self.author, message="scheduled run", progress=self.progress
                )
            except DoubtfulRefresh as error:
                self.note(refresh={"dataset": dataset, "version": None, "doubts": [vars(d) for d in error.doubts]})
                raise
            self.note(refresh=found.to_dict())
        else:
            self.note(notes=[*self.state.notes, "the source is what the run before read; it was not merged again"])
        self.note(known={**self.state.known, "source": digest, "spoke": self._spoke()})

    def _spoke(self) -> int:
        """Return the newest version that the source made."""
        kinds = ("import", "refresh")
        return max(each.version for each in read_versions(self.lake, self.state.dataset) if each.kind in kinds)

    def validate(self, version: Version) -> None:
        """Validate against the schema."""
        if version.definition.schema is None:
            self.note(notes=[*self.state.notes, "the dataset has no schema, so nothing was validated"])
            return
        found = iterations.validate(self.lake, version, progress=self.progress)
        names = ("check", "column", "severity", "outcome", "failures", "message")
        checks = [{name: getattr(check, name) for name in names} for check in found.checks]
        self.note(validation={"outcome": found.outcome, "failures": found.failures, "checks": checks})

    def check(self, version: Version) -> None:
        """Ask the checks, unless the run before had their answers, and see what is different among the findings."""
        asked = iterations.checks_asked(self.lake, version)
        if not asked or asked != self.before.get("checks"):
            iterations.check(self.lake, version, author=self.author, progress=self.progress)
        codes = {check.code for check in CHECKS}
        found = outcomes(self.lake, version.dataset, version=version.version)
        answers = [each for each in found if each.check in codes]
        self.note(
            checks=[
                {"check": each.check, "outcome": each.outcome, "findings": each.count, "message": each.message}
                for each in answers
            ],
            findings=note_changes(self.lake, self.state.run, version, author=self.author),
        )
        if all(each.outcome != "error" for each in answers):
            self.note(known={**self.state.known, "checks": asked})

    def evaluate(self, version: Version) -> None:
        """Measure the fixed model, and compare with the version that the run before looked at."""
        if version.definition.label is None:
            return
        found = iterations.measure(self.lake, version, progress=self.progress)
        self.note(evaluation=found.to_dict())
        if self.state.since is not None and self.state.since != version.version:
            before = read_version(self.lake, version.dataset, self.state.since)
            if before.snapshot not in kept_snapshots(self.lake):
                gone = f"{before.name}, which the run before looked at, was let go; there is nothing to compare with"
                self.note(notes=[*self.state.notes, gone])
                return
            comparison = iterations.compare_versions(self.lake, before, version, progress=self.progress)
            self.note(comparison=comparison.to_dict())

    def conclude(self, fail_on: Collection[str]) -> None:
        """Settle the outcome."""
        rules = self.state.validation["checks"] if self.state.validation else []
        broken = dict.fromkeys(each["check"] for each in [*rules, *self.state.checks] if each["outcome"] == "error")
        if "never" in fail_on:
            self.note(outcome="passed")
        elif broken:
            self.note(outcome="error", error=f"checks that could not be answered: {', '.join(broken)}")
        else:
            counted = {"error", "warning"} if "warning" in fail_on else {"error"} if "error" in fail_on else set()
            failed = any(rule["outcome"] == "failed" and rule["severity"] in counted for rule in rules)
            comparison = self.state.comparison
            lost = "loss" in fail_on and comparison is not None and comparison["verdict"] == "loss"
            self.note(outcome="failed" if failed or lost else "passed")
