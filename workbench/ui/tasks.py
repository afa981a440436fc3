"""Heavy work that the app asks for: named functions with plain arguments, so that a process of its own can do it.

Nothing here may touch Streamlit.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench import iterations
from workbench.api import OpenLake
from workbench.attribution import Attribution, attribute
from workbench.errors import DataError, Doubt, DoubtfulRefresh, WorkbenchError
from workbench.findings import Filter, queue
from workbench.findings.listing import Order
from workbench.ingest import ReadOptions
from workbench.lake import Version
from workbench.outlook import Outlook, outlook
from workbench.progress import Progress
from workbench.ranking import LABEL_CHECK, Ranking, rescore
from workbench.reporting import count_of
from workbench.reviewing import blind
from workbench.runs import Run
from workbench.settings import Settings
from workbench.whatif import WhatIf, of_findings, what_if


@dataclass(frozen=True)
class Asked:
    """What a visitor asked, and what came of it.

    Attributes
    ----------
    about : str
        Which findings, for people.
    found : WhatIf
        The answer.
    """

    about: str
    found: WhatIf


@dataclass(frozen=True)
class Delivery:
    """A newer delivery and how it is to be merged.

    Attributes
    ----------
    upload : bool
        The source is a file that was uploaded.
    doubts : tuple of Doubt
        Why it was not merged.
    rename : dict
        Column in the delivery → column of the dataset that it seems to be.
    agreed : dict
        Column in the delivery → column of the dataset that it is read as.
    reading : dict
        How it is to be read.
    """

    dataset: str
    source: str
    mode: str
    message: str
    upload: bool
    doubts: tuple[Doubt, ...] = ()
    rename: dict[str, str] = field(default_factory=dict)
    agreed: dict[str, str] = field(default_factory=dict)
    reading: dict[str, Any] = field(default_factory=dict)


def on_lake(
    settings: Settings, author: str, work: Any, args: tuple[Any, ...], create: bool, *, progress: Progress
) -> Any:
    """Open the lake that the settings name, and do a piece of work on it."""
    with OpenLake.from_settings(settings, create=create) as opened:
        return work(OpenLake(opened.lake, author), *args, progress=progress)


def check(lake: OpenLake, version: Version, measured: bool, *, progress: Progress) -> None:
    """Run the checks of a version and order the queue anew; with ``measured`` evaluate it too."""
    results = iterations.check(lake.lake, version, author=lake.author, progress=progress)
    if any(result.code == LABEL_CHECK and result.outcome in ("passed", "failed") for result in results):
        # What the model thinks of each row is known by now, so this takes a moment.
        rescore(lake.lake, version.dataset, author=lake.author, progress=progress)
    if measured:
        iterations.measure(lake.lake, version, progress=progress)


def run_checks(lake: OpenLake, dataset: str, number: int, *, progress: Progress) -> None:
    """Run the checks of a version."""
    lake[dataset].check(number, progress=progress)


def measure(lake: OpenLake, dataset: str, number: int, *, progress: Progress) -> None:
    """Evaluate a version."""
    lake[dataset].evaluate(number, progress=progress)


def compare(lake: OpenLake, a: Version, b: Version, lacking: list[Version], *, progress: Progress) -> None:
    """Evaluate what was not evaluated of two versions, and compare them."""
    for version in lacking:
        iterations.measure(lake.lake, version, progress=progress)
    iterations.compare_versions(lake.lake, a, b, progress=progress)


def compare_samples(lake: OpenLake, a: Version, b: Version, samples: int, *, progress: Progress) -> None:
    """Compare two versions on bootstrap samples of their train rows."""
    iterations.compare_versions(lake.lake, a, b, resample=samples, progress=progress)


def share_out(lake: OpenLake, a: Version, b: Version, by: Any, *, progress: Progress) -> Attribution:
    """Say what each group of changes between two versions did."""
    types = iterations.schema_types(lake.lake, b)
    return attribute(lake.lake, a, b, by=by, schema_types=types, progress=progress)


def look_ahead(lake: OpenLake, dataset: str, sized: bool, *, progress: Progress) -> Outlook:
    """Forecast what more review brings."""
    return outlook(lake.lake, dataset, sizes=sized, progress=progress)


def order(lake: OpenLake, dataset: str, *, progress: Progress) -> Ranking:
    """Order the queue by expected gain."""
    return rescore(lake.lake, dataset, author=lake.author, progress=progress)


def run(lake: OpenLake, dataset: str, *, progress: Progress) -> Run:
    """Do a scheduled run now."""
    return lake[dataset].run(progress=progress)


def try_answers(
    lake: OpenLake,
    dataset: str,
    chosen: Filter,
    by: Order,
    answers: tuple[str, ...],
    count: int,
    left: int,
    *,
    progress: Progress,
) -> Asked:
    """Say what answers to the first ``count`` of ``left`` findings would do."""
    findings = [blind(each) for each in queue(lake.lake, dataset, chosen, order=by, limit=count)]
    beyond = max(0, left - len(findings))
    edits = [of_findings(lake.lake, dataset, findings, each, beyond=beyond) for each in answers]
    named = " · ".join(filter(None, (chosen.check, chosen.column, chosen.lane)))
    about = f"The first {count_of(len(findings), 'finding')} of the queue" + (f" ({named})" if named else "")
    return Asked(about, what_if(lake.lake, edits, progress=progress))


def check_draft(lake: OpenLake, draft: int, *, progress: Progress) -> Any:
    """Validate a draft against its base."""
    return iterations.check_draft(lake.lake, draft, progress=progress)


def find_in_draft(lake: OpenLake, draft: int, *, progress: Progress) -> Any:
    """Run all checks on a draft."""
    return iterations.find_in_draft(lake.lake, draft, progress=progress)


def evaluate_draft(lake: OpenLake, draft: int, *, progress: Progress) -> Any:
    """Measure a draft's effect on the model."""
    return iterations.evaluate_draft(lake.lake, draft, progress=progress)


def import_file(
    lake: OpenLake,
    source: str,
    upload: bool,
    name: str,
    options: dict[str, Any],
    reading: dict[str, Any],
    *,
    progress: Progress,
) -> Version:
    """Import a file as a new dataset; an uploaded one is not remembered as its source, and goes when it is in."""
    try:
        how = ReadOptions.from_dict(reading)
        made = lake.import_data(name, source, **options, options=how, remember=not upload, progress=progress).newest
    except WorkbenchError as error:
        raise named(error, source, upload) from error
    _taken(source, upload)
    return made


def refresh(
    lake: OpenLake,
    source: str,
    upload: bool,
    delivery: Delivery,
    confirmed: bool,
    *,
    progress: Progress,
) -> Any:
    """Merge a newer delivery into a dataset; one that looks like a mistake comes back with what speaks against it."""
    try:
        merged = lake[delivery.dataset].refresh(
            source, mode=delivery.mode, options=ReadOptions.from_dict(delivery.reading), message=delivery.message,
            confirmed=confirmed, rename=delivery.agreed, progress=progress,
        )  # fmt: skip
    except DoubtfulRefresh as error:
        return replace(delivery, doubts=error.doubts, rename=error.rename)
    except WorkbenchError as error:
        raise named(error, source, upload) from error
    _taken(source, upload)
    return merged


def drop(delivery: Delivery) -> None:
    """Forget a delivery that is not to be merged, and the file that was uploaded for it."""
    _taken(delivery.source, delivery.upload)


def _taken(source: str, upload: bool) -> None:
    """Remove an uploaded file, which is in the lake by now."""
    if upload:
        shutil.rmtree(Path(source).parent, ignore_errors=True)


def named(error: WorkbenchError, source: str, upload: bool) -> WorkbenchError:
    """Name an uploaded file as its owner does."""
    if not upload:
        return error
    folder = f"{Path(source).parent}/"
    named = DataError(error.message.replace(folder, ""), hint=error.hint.replace(folder, ""))
    named.exit_code = error.exit_code
    return named
