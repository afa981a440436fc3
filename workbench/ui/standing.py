"""Where a dataset stands: what the lake knows of its versions, figures, findings and drafts, read once for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.drafts import Draft, list_drafts
from workbench.findings import Answered, outcomes, tally
from workbench.iterations import measurements, version_documents
from workbench.lake import Lake, Version


@dataclass(frozen=True)
class Standing:
    """A dataset as a page sees it.

    Attributes
    ----------
    version : Version
        The version that was chosen.
    documents : sequence of dict
        Every version as the JSON of ``workbench versions``, oldest first.
    results : mapping
        Number of each measured version → its evaluation's JSON.
    findings : mapping
        Check → how many of its findings are open at the chosen version.
    open_now : int
        How many findings are open at the newest version.
    checked : int or None
        The newest version that was checked.
    broken : sequence of Answered
        Checks that could not be answered when they were last asked.
    drafts : sequence of Draft
        The open ones that hold corrections, newest first.
    """

    version: Version
    documents: Sequence[dict[str, Any]]
    results: Mapping[int, dict[str, Any]]
    findings: Mapping[str, int]
    open_now: int
    checked: int | None
    broken: Sequence[Answered]
    drafts: Sequence[Draft]

    @property
    def document(self) -> dict[str, Any]:
        """The chosen version's document."""
        return next(document for document in self.documents if document["version"] == self.version.version)

    @property
    def newest(self) -> int:
        """Number of the newest version."""
        return int(self.documents[-1]["version"])


def standing(lake: Lake, version: Version) -> Standing:
    """Read where a dataset stands."""
    dataset = version.dataset
    documents = version_documents(lake, dataset)
    newest = documents[-1]["version"]
    now = tally(lake, dataset, by=["check", "status"])
    here = now if version.version == newest else tally(lake, dataset, by=["check", "status"], version=version.version)
    answered = outcomes(lake, dataset)
    return Standing(
        version=version,
        documents=documents,
        results={row["version"]: row["result"] for row in measurements(lake, dataset)},
        findings={str(check): count for (check, status), count in here.items() if status == "open"},
        open_now=sum(count for (_, status), count in now.items() if status == "open"),
        checked=max((each.version for each in answered), default=None),
        broken=[each for each in answered if each.outcome == "error"],
        drafts=[draft for draft in list_drafts(lake, dataset, state="open") if draft.corrections],
    )
