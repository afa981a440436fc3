"""Score the queue anew: the rows as they are with the open draft's corrections, and what reviewers answered so far."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from workbench.drafts import content_of, draft_view, newest_of
from workbench.errors import UsageError
from workbench.evaluation import ModelInputs, OutOfFold, inputs, out_of_fold
from workbench.evaluation.fits import MadeFits, work_of
from workbench.findings import changes_at, lay_out, outcomes
from workbench.iterations import schema_types
from workbench.lake import LANES, Lake, Version, View, claimed, kept_snapshots, newest, view_of
from workbench.models import load_model
from workbench.progress import Progress, silent
from workbench.provenance import code_folders
from workbench.ranking.choosing import Asked, expected_rewards, next_rows, paid_for, share_out
from workbench.ranking.gains import Round, expected_gains, probability, scale_of
from workbench.ranking.keeping import Answered, answers, count_effective, keep_ranking, newest_ranking
from workbench.ranking.pace import pace
from workbench.ranking.placing import Candidates, place, rates
from workbench.ranking.realised import realised
from workbench.ranking.records import Ranking
from workbench.ranking.signals import MAX_VALIDATION, Points, Signals, read_signals
from workbench.ranking.trials import FITS, try_signals

MAX_PAIRS = 100_000_000
"""Pairs of a train and a validation row at most, a minute's work; fewer validation rows are then taken."""

_LEAST_VALIDATION = 200
# However many train rows there are, so many validation rows are taken.

LABEL_CHECK = "label.issue"
"""The check whose findings the signals are about."""


def rescore(lake: Lake, dataset: str, *, author: str, progress: Progress = silent) -> Ranking:
    """Order a dataset's open findings by what they are expected to bring, or return the order that still holds.

    Rows are those of the newest version with the author's open draft applied. Nothing but the order changes: a finding
    that somebody kept stays quiet. Test rows have no part in it.

    Parameters
    ----------
    lake : Lake
        Where the order is kept.
    dataset : str
        Name.
    author : str
        Whose open draft counts.
    progress : Progress
        Told of fits and of validation rows. The fits of a cancelled scoring are kept, and used by the next.

    Raises
    ------
    UnknownName
        No such dataset.
    UsageError
        The dataset has no label of classes, or was never checked.
    DataError
        Too little to learn from.
    ModelError
        The model fails.
    """
    version = newest(lake, dataset)
    _refuse(lake, version)
    content = _content(lake, version, author=author)
    with claimed(lake, f"scoring of {dataset}", wait=lambda said: progress(said, 0, 0)):
        before = newest_ranking(lake, dataset)
        if before is not None and before.content == content:
            return before
        return _score(lake, version, content, before, author, progress)


def _content(lake: Lake, version: Version, *, author: str) -> str:
    """Stand for all that an order rests on: version, corrections, answers, what the checks last said."""
    draft = newest_of(lake, version.dataset, base=version.version, author=author)
    found = outcomes(lake, version.dataset)
    checked = [[each.check, each.version, each.count, each.created_at.isoformat()] for each in found]
    answered = lake.read(
        "SELECT count(*), max(created_at) FROM lake.workbench.decisions WHERE dataset = ?", [version.dataset]
    )[0]
    said: list[Any] = [version.name, draft and content_of(lake, draft), checked, answered[0], str(answered[1])]
    return hashlib.sha256(json.dumps([*said, version.definition.to_json()]).encode()).hexdigest()


def can_rank(version: Version) -> bool:
    """Tell whether a version's findings can be ordered by expected gain: its label has classes."""
    return version.definition.label is not None and version.definition.task == "classification"


@dataclass(frozen=True)
class _Rows:
    """Train rows with their signals, and the validation rows."""

    rids: dict[int, int] = field(repr=False)
    signals: Signals = field(repr=False)
    train: ModelInputs = field(repr=False)
    validation: ModelInputs = field(repr=False)


def _refuse(lake: Lake, version: Version) -> None:
    """Refuse what cannot be scored, before anything is read."""
    if not can_rank(version):
        has = "no label column" if version.definition.label is None else "a number as its label"
        raise UsageError(
            f"{version.name} has {has}; expected gains need a label of classes.",
            hint="The queue is ordered by urgency, by group or by row.",
        )
    if not outcomes(lake, version.dataset):
        raise UsageError(
            f"{version.name} was never checked, so there are no findings to order.",
            hint=f"Run: workbench check {version.dataset}",
        )


def _score(
    lake: Lake, version: Version, content: str, before: Ranking | None, author: str, progress: Progress
) -> Ranking:
    """Score anew, and keep it."""
    # Whatever is answered from now on is an answer to the new order.
    moment, dataset, seen = datetime.now(UTC), version.dataset, max(kept_snapshots(lake))
    draft = newest_of(lake, dataset, base=version.version, author=author)
    view = view_of(lake, version)
    view = view if draft is None else draft_view(view, draft)
    types = schema_types(lake, version)
    past = answers(lake, dataset)
    candidates = _candidates(lake, version)
    believed = out_of_fold(lake, view, schema_types=types, progress=progress)
    rows, notes = _read(view, types, believed, progress)
    signals = rows.signals
    labels = [n for n, check in enumerate(candidates.check) if check == LABEL_CHECK and candidates.rid[n] in rows.rids]
    number_of = {rows.rids[candidates.rid[n]]: n for n in labels}
    still = np.array(sorted(number_of), dtype=np.int64)
    judged = [each for each in past if each.doubt is not None]
    sure = probability(
        signals.doubt,
        np.array([each.doubt for each in judged], dtype=np.float64),
        np.array([each.decision != "keep" for each in judged], dtype=np.float64),
    )
    definition = version.definition
    model = load_model(definition.model, definition.task, folders=code_folders(lake.settings, lake.url))
    made = MadeFits(lake, dataset, work_of("trial", content, believed.id, model.fingerprint))
    trial = try_signals(
        model,
        rows.train,
        rows.validation.X,
        rows.validation.label,
        signals,
        still,
        sure,
        workers=lake.settings.workers,
        made=made,
        progress=progress,
    )
    if trial is not None:
        trial = trial.after(before.trial if before else None)
    shares = share_out(_asked(past, signals), expected_rewards(signals, still), trial)
    gains = expected_gains(signals, sure)
    led = [number_of[row] for row in next_rows(signals, still, shares).tolist()]
    progress("ordering findings", 0, 0)
    confirmed = rates((each.check, each.decision != "keep") for each in past if each.doubt is None)
    took = pace(lake, dataset)
    table, first = place(candidates, led, rows.rids, signals, gains, confirmed, took)
    rounds = _rounds(lake, before, believed, past)
    expected = None if gains is None else scale_of(rounds, shares) * first
    return keep_ranking(
        lake,
        Ranking(
            dataset=dataset,
            round=0,
            version=version.version,
            draft=draft,
            decisions=count_effective(lake, dataset),
            findings=table.num_rows,
            shares=shares,
            expected=expected,
            rounds=rounds,
            score=realised(lake, believed, None)[0],
            notes=(*notes, *believed.notes),
            author=author,
            created_at=moment,
            seen=seen,
            content=content,
            evaluation=believed.id,
            pace=took,
            trial=trial,
        ),
        table,
        made=made,
    )


def _candidates(lake: Lake, version: Version) -> Candidates:
    """List the open findings about train rows."""
    changes = changes_at(lake, version.dataset, version.version)
    with lake.session() as session:
        lay_out(session, version.dataset, version.version, table="stands", changes=changes)
        found = session.rows(
            "SELECT f.finding, f.check_code, f.rid, f.column_name, f.observed FROM stands s "
            "JOIN lake.workbench.findings f ON f.finding = s.finding AND f.dataset = ? "
            f"WHERE s.status = 'open' AND f.rid IS NOT NULL AND f.lane = {LANES.index('train')} ORDER BY f.finding",
            [version.dataset],
        )
    return Candidates(*(list(part) for part in zip(*found, strict=True))) if found else Candidates([], [], [], [], [])


def _read(view: View, types: dict[str, str], believed: OutOfFold, progress: Progress) -> tuple[_Rows, list[str]]:
    """Read the signals of the train rows that have a label."""
    # Imported here: pages that only show an order need no scikit-learn.
    from workbench.models.space import FeatureSpace

    progress("reading rows", 0, 0)
    rows = inputs(view, types=types, lanes=("train", "validation"), seeds=FITS)
    numbers = {int(rid): number for number, rid in enumerate(rows.rid)}
    # A draft is edited while it is read: a row that was just taken out is in the one but not in the other.
    there = np.isin(believed.rid, rows.rid)
    train, asked = (np.flatnonzero(there & (believed.lane == LANES.index(lane))) for lane in ("train", "validation"))
    learners, judges = (
        rows.only(np.array([numbers[int(rid)] for rid in believed.rid[chosen]], dtype=np.int64))
        for chosen in (train, asked)
    )
    learnt = sorted(set(believed.label[train]))
    columns = np.array([believed.classes.index(name) for name in learnt], dtype=np.int64)
    most = min(MAX_VALIDATION, max(_LEAST_VALIDATION, MAX_PAIRS // max(1, len(train))))
    chosen, notes = np.arange(len(asked)), []
    if len(asked) > most:
        notes.append(f"rows are valued against {most:,} of {len(asked):,} validation rows")
        chosen = np.linspace(0, len(asked) - 1, most).astype(np.int64)
    points: tuple[Points, Points] | tuple[None, None] = (None, None)
    if len(asked):
        progress("placing rows", 0, 0)
        space = FeatureSpace(learners.X)
        points = space.place(learners.X), space.place(judges.X.iloc[chosen])
    else:
        notes.append("no validation row has a label, so rows are not valued and no gain is predicted")
    signals = read_signals(
        believed.label[train],
        tuple(learnt),
        believed.pred_probs[np.ix_(train, columns)],
        points=points[0],
        validation=points[1],
        validation_labels=judges.label[chosen],
        progress=progress,
    )
    numbered = {int(rid): number for number, rid in enumerate(believed.rid[train])}
    return _Rows(numbered, signals, learners, judges), notes


def _asked(past: list[Answered], signals: Signals) -> list[Asked]:
    """Credit the answers to the signals that had put their findings in front: as many first rows as were answered."""
    sizes: dict[int, int] = {}
    judged = [each for each in past if each.doubt is not None]
    for each in judged:
        sizes[each.round] = sizes.get(each.round, 0) + 1
    found = []
    for each in judged:
        front = zip(signals.orders, each.ranks, strict=False)
        by = frozenset(name for name, rank in front if rank is not None and rank < sizes[each.round])
        confirmed = each.decision != "keep"
        label = each.label if each.decision == "fix" else None
        found.append(Asked(by, paid_for(signals, label, each.given, confirmed=confirmed), confirmed))
    return found


def _rounds(lake: Lake, before: Ranking | None, believed: OutOfFold, past: list[Answered]) -> tuple[Round, ...]:
    """Add what came of the decisions since the scoring before."""
    if before is None:
        return ()
    since = [each for each in past if each.at > before.seen]
    if not since:
        return before.rounds
    _, change, error = realised(lake, believed, before.evaluation)
    predicted = float(sum(each.gain or 0.0 for each in since))
    return (*before.rounds, Round(len(since), predicted, before.scale * predicted, change, error))
