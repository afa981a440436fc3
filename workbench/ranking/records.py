"""A scoring of the queue, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from workbench.lake import from_stored
from workbench.ranking.choosing import FIRST, Share
from workbench.ranking.gains import Round, scale_of
from workbench.ranking.pace import Pace
from workbench.ranking.signals import QUALITY
from workbench.ranking.trials import Trial
from workbench.reporting import format_change

_BESIDE = ("author", "created_at")
# The lake has columns of their own for these.


@dataclass(frozen=True)
class Ranking:
    """The order of a dataset's queue, and what it rests on.

    Attributes
    ----------
    dataset : str
        Name.
    round : int
        How often the queue has been scored, this time counted.
    version : int
        The version whose findings were scored.
    draft : int or None
        The open draft whose corrections were applied.
    decisions : int
        Answers that counted when it was scored, whoever gave them.
    findings : int
        Findings that have an expected gain.
    shares : tuple of Share
        Each signal, how it has done, and how much of the next rows it gets.
    expected : float or None
        What the first :data:`~workbench.ranking.choosing.FIRST` findings are expected to bring, in balanced accuracy on
        validation rows, scaled by what came true so far; None without validation rows.
    rounds : tuple of Round
        What was predicted and realised by the rounds before, the oldest first.
    score : float or None
        Balanced accuracy of the fixed model on the validation rows as they are now.
    notes : tuple of str
        What a reader must know.
    author : str
        Who had it scored.
    created_at : datetime
        When, in UTC.
    content : str
        Stands for the rows, the findings and the answers that it rests on.
    evaluation : str
        Name of the out-of-fold predictions.
    pace : Pace
        How long decisions took.
    trial : Trial or None
        What came of trying suggested labels, over all scorings so far.
    seen : int
        The newest snapshot when it began: answers and checks after it are news to it.
    """

    dataset: str
    round: int
    version: int
    draft: int | None
    decisions: int
    findings: int
    shares: tuple[Share, ...]
    expected: float | None
    rounds: tuple[Round, ...]
    score: float | None
    notes: tuple[str, ...]
    author: str
    created_at: datetime
    content: str = field(repr=False)
    evaluation: str = field(repr=False)
    pace: Pace = Pace({})
    trial: Trial | None = field(default=None, repr=False, compare=False)
    seen: int = field(default=0, repr=False)

    @property
    def scale(self) -> float:
        """By what factor predictions came true so far."""
        return scale_of(self.rounds, self.shares)

    @property
    def checked(self) -> bool:
        """Whether any round has shown how far such predictions come true."""
        return any(each.realised is not None for each in self.rounds)

    @property
    def realised(self) -> float | None:
        """What all rounds brought together; None before the first that was measured."""
        known = [each.realised for each in self.rounds if each.realised is not None]
        return sum(known) if known else None

    @property
    def explanation(self) -> str:
        """Say for people what the order rests on."""
        return explain(self.shares, validated=self.expected is not None) + self.pace.told()

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        document = {
            name: value
            for name, value in vars(self).items()
            if name not in ("content", "evaluation", "pace", "trial", "seen")
        }
        return document | {
            "shares": [share.to_dict() for share in self.shares],
            "rounds": [each.to_dict() for each in self.rounds],
            "notes": list(self.notes),
            "seconds": dict(self.pace.seconds),
            "scale": self.scale,
            "realised": self.realised,
            "checked": self.checked,
            "next": FIRST,
            "explanation": self.explanation,
            "created_at": self.created_at.isoformat(),
        }

    def to_kept(self) -> dict[str, Any]:
        """Lay out as the lake keeps it, from which :meth:`from_kept` reads it back."""
        kept = {name: value for name, value in asdict(replace(self, trial=None)).items() if name not in _BESIDE}
        return kept | {"trial": self.trial and self.trial.to_kept()}

    @classmethod
    def from_kept(cls, kept: dict[str, Any], author: str, created_at: datetime) -> Ranking:
        """Read what :meth:`to_kept` laid out, also after JSON."""
        lists: dict[str, Any] = {
            "shares": tuple(from_stored(Share, share) for share in kept["shares"]),
            "rounds": tuple(from_stored(Round, each) for each in kept["rounds"]),
            "notes": tuple(kept["notes"]),
            "pace": from_stored(Pace, kept["pace"]) if "pace" in kept else Pace({}),
            "trial": Trial.from_kept(kept["trial"]) if kept.get("trial") else None,
        }
        return from_stored(cls, {**kept, **lists, "author": author, "created_at": created_at})


def explain(shares: Sequence[Share], *, validated: bool) -> str:
    """Say for people which signal leads and why."""
    if not validated:
        return f"There are no validation rows to value train rows against, so the order goes by {QUALITY} alone."
    ranked = sorted(shares, key=lambda share: -share.share)
    leader, other = ranked[0], ranked[-1]
    if any(share.asked for share in shares):
        said = [
            f"{share.signal}'s first rows were confirmed {share.confirmed} of {share.asked} times" for share in ranked
        ]
        told = ", ".join(said)
        grounds = f"{told[:1].upper()}{told[1:]}."
    else:
        grounds = "Nobody has answered a scored finding yet."
    if leader.interval is not None and other.interval is not None:
        came, less = (format_change(share.gain, *(share.interval or ())) for share in (leader, other))
        grounds += (
            f" The labels suggested for the next rows of {leader.signal}, tried before anybody looked, change balanced "
            f"accuracy on the validation rows by {came}, those of {other.signal} by {less}."
        )
    return (
        f"{grounds} With each class counting alike a decision is expected to pay {leader.reward:.2f} by "
        f"{leader.signal}, {other.reward:.2f} by {other.signal}, so {round(100 * leader.share)} % of the next rows "
        f"come from {leader.signal}."
    )
