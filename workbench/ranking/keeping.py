"""Scorings of the queue as the lake keeps them, and the answers that were given under them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from workbench.evaluation.fits import MadeFits
from workbench.findings.status import EFFECTIVE
from workbench.lake import Lake, Session
from workbench.ranking.records import Ranking

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Answered:
    """A finding that was answered under a scoring.

    Attributes
    ----------
    check : str
        Its check.
    decision : {"fix", "exclude", "keep"}
        The answer.
    label, given : str or None
        The new value of a fix, and what was observed.
    round : int
        The newest scoring when it was answered.
    gain : float or None
        What was expected of it then.
    doubt : float or None
        Probability that its label is wrong, by the models then; None of other findings than labels.
    ranks : sequence of int or None
        Its places then by the first signal and by the second.
    at : datetime
        When it was answered.
    """

    check: str
    decision: str
    label: str | None
    given: str | None
    round: int
    gain: float | None
    doubt: float | None
    ranks: Sequence[int | None]
    at: int


_SEEN = "coalesce(json_extract(r.result, '$.seen')::BIGINT, r.written, r.snapshot_id)"
"""SQL for the snapshot that a scoring knew; one that an older release made knew all that was there when it was kept."""

_ANSWERED = f"""WITH {EFFECTIVE},
    newest AS (
        SELECT finding, decision, value, moment FROM effective
        QUALIFY row_number() OVER (PARTITION BY finding ORDER BY moment DESC) = 1
    )
    SELECT f.check_code, n.decision, n.value, f.observed, g.round, g.gain, g.doubt, [g.quality_rank, g.value_rank],
    n.moment
    FROM newest n
    JOIN lake.workbench.findings f ON f.finding = n.finding AND f.dataset = $1
    JOIN lake.workbench.expected_gains g ON g.finding = n.finding AND g.dataset = $1
    JOIN lake.workbench.rankings r ON r.round = g.round AND r.dataset = $1 AND {_SEEN} < n.moment
    WHERE n.decision <> 'unsure'
    QUALIFY row_number() OVER (PARTITION BY n.finding ORDER BY g.round DESC) = 1
    ORDER BY n.moment, n.finding"""


def answers(lake: Lake, dataset: str) -> list[Answered]:
    """List the answers that count and were given to scored findings, in the order they came; unsure is none."""
    return [Answered(*row) for row in lake.read(_ANSWERED, [dataset])]


def count_effective(lake: Lake, dataset: str) -> int:
    """Count the findings that have an answer that counts."""
    query = f"WITH {EFFECTIVE} SELECT count(DISTINCT finding) FROM effective"
    return int(lake.read(query, [dataset])[0][0])


def decided_since(lake: Lake, dataset: str, snapshot: int) -> int:
    """Count the answers recorded since a snapshot, those taken back included."""
    query = "SELECT count(*) FROM lake.workbench.decisions WHERE dataset = ? AND coalesce(written, snapshot_id) > ?"
    return int(lake.read(query, [dataset, snapshot])[0][0])


def checked_since(lake: Lake, dataset: str, snapshot: int) -> bool:
    """Tell whether a check of the dataset was asked since a snapshot."""
    query = "SELECT count(*) FROM lake.workbench.check_results WHERE dataset = ? AND coalesce(written, snapshot_id) > ?"
    return bool(lake.read(query, [dataset, snapshot])[0][0])


def newest_ranking(lake: Lake | Session, dataset: str) -> Ranking | None:
    """Return the newest scoring of a dataset's queue; None where there is none."""
    read = lake.rows if isinstance(lake, Session) else lake.read
    rows = read(
        f"SELECT result, author, created_at, {_SEEN} FROM lake.workbench.rankings r WHERE dataset = ? "
        "ORDER BY round DESC LIMIT 1",
        [dataset],
    )
    if not rows:
        return None
    result, author, created_at, seen = rows[0]
    return Ranking.from_kept({**json.loads(result), "seen": seen}, author, created_at.astimezone(UTC))


def keep_ranking(lake: Lake, ranking: Ranking, gains: pa.Table, *, made: MadeFits) -> Ranking:
    """Keep a scoring as the newest of its dataset.

    What earlier ones expected of findings that nobody has answered is forgotten.

    Parameters
    ----------
    gains : pyarrow.Table
        The columns of ``expected_gains`` from ``finding`` on, one row per finding.
    made : MadeFits
        The fits behind it, which need not be kept any longer.
    """
    dataset = ranking.dataset

    def work(session: Session) -> Ranking:
        before = newest_ranking(session, dataset)
        kept = replace(ranking, round=(before.round if before else 0) + 1)
        session.run(
            "DELETE FROM lake.workbench.expected_gains WHERE dataset = $1 AND finding NOT IN "
            "(SELECT finding FROM lake.workbench.decisions WHERE dataset = $1)",
            [dataset],
        )
        session.run(
            "INSERT INTO lake.workbench.expected_gains BY NAME SELECT ? AS dataset, ? AS round, * FROM gains",
            [dataset, kept.round],
        )
        record = {
            "dataset": dataset, "round": kept.round, "version": kept.version, "content": kept.content,
            "result": json.dumps(kept.to_kept()), "author": kept.author, "created_at": kept.created_at,
        }  # fmt: skip
        session.insert("rankings", [record])
        made.drop(session)
        return kept

    with lake.session() as session:
        session.register("gains", gains)
        message = f"scoring of {dataset}"
        return lake.write(work, author=ranking.author, message=message, session=session)
