"""Labels that the fixed model, asked about rows it did not learn from, holds for wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.checks.protocol import Subject, not_applicable
from workbench.findings import CheckResult
from workbench.labels import label_issues
from workbench.lake import LANES, canonical_text, literal, quote

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.evaluation import OutOfFold

TEST = LANES.index("test")

LIKELY = 9
"""Classes that the evidence lists at most, the most probable first: as many as there are digit keys."""


@dataclass(frozen=True)
class Doubts:
    """Rows whose labels a person should look at, in row-identity order.

    Attributes
    ----------
    rid : ndarray of shape (n_rows,)
        Row identities.
    lane : ndarray of shape (n_rows,)
        0 train, 1 validation, 2 test.
    given : ndarray of shape (n_rows,)
        Given labels as the model read them.
    suggested : ndarray of shape (n_rows,)
        The most probable class; None for test rows.
    score, confidence : ndarray of shape (n_rows,)
        Probability of the given and of the suggested label; NaN for test rows.
    likely : ndarray of shape (n_rows,)
        The :data:`LIKELY` most probable classes with their probabilities, as JSON pairs; None for test rows.
    notes : tuple of str
        What was left out.
    """

    rid: npt.NDArray[np.int64]
    lane: npt.NDArray[np.uint8]
    given: npt.NDArray[np.object_]
    suggested: npt.NDArray[np.object_]
    score: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    likely: npt.NDArray[np.object_]
    notes: tuple[str, ...]


class LabelIssueCheck:
    """Likely label errors, with given and suggested label and the model's probability of each.

    Test labels are a lane of their own. Correcting those that the model doubts, knowing what it would rather see,
    would make the model look better than it is. So findings about test rows show neither suggestion nor score, and
    among them are as many rows drawn at random as the model doubts: a person judges the label by the row alone.
    """

    code = "label.issue"
    title = "Likely label errors"
    version = 2
    sources: tuple[str, ...] = (
        "evaluation",
        "labels",
        "models",
        "lake.sql",
        "lake.values",
        "validation.types",
        "validation.single",
    )

    def run(self, subject: Subject) -> CheckResult:
        """Ask the model about each row, and cleanlab about the answers."""
        from workbench.evaluation import out_of_fold
        from workbench.validation import column_types, forbidden_values

        view = subject.view
        if view.definition.label is None:
            return not_applicable(self.code, "the dataset has no label column")
        if view.definition.task != "classification":
            return not_applicable(self.code, "the label is a number; to doubt a label takes classes")
        types = column_types(subject.schema) if subject.schema else {}
        typed = view.retyped(types)
        label = quote(typed.column(view.definition.label).physical)
        classes = typed.fetch(f"SELECT count(DISTINCT {label}) FROM {{rows}} WHERE NOT _excluded AND _lane = 0")[0][0]
        if classes < 2:
            has = "all have the same label" if classes else "have no labels"
            return not_applicable(self.code, f"the train rows {has}; to doubt a label takes a second class")
        believed = out_of_fold(subject.lake, view, schema_types=types, progress=subject.progress)
        subject.progress(f"check {self.code}: judging labels", 0, 1)
        classes_known = list(believed.classes)
        barred = forbidden_values(view, subject.schema, view.definition.label, classes_known) if subject.schema else ()
        doubts = find_doubts(believed, forbidden=[name for name in barred if name is not None])
        findings = _findings(subject, doubts)
        test = int((doubts.lane == TEST).sum())
        said = [f"{len(doubts.rid) - test:,} train and validation labels are likely wrong"]
        said += [f"{test:,} test labels are to be reviewed, half of them drawn at random"] if test else []
        message = "; ".join([*said, *doubts.notes, *believed.notes])
        return CheckResult(self.code, "failed" if findings.num_rows else "passed", message, findings)


def find_doubts(believed: OutOfFold, *, forbidden: Collection[str] = ()) -> Doubts:
    """Choose the rows to look at.

    Train and validation labels are judged together, test labels by themselves: labels that came about in another way
    have another noise rate. Labels that no train row has cannot be judged.

    Parameters
    ----------
    believed : OutOfFold
        Of a classification.
    forbidden : collection of str
        Classes that the schema does not allow. They are doubted like any other, and never suggested: the most
        probable allowed class is, unless that is the given one.
    """
    learnt = set(believed.label[believed.lane == LANES.index("train")])
    columns = np.array([place for place, name in enumerate(believed.classes) if name in learnt], dtype=np.int64)
    classes = [believed.classes[place] for place in columns]
    known = np.array([label in learnt for label in believed.label], dtype=bool)
    suggested = np.full(len(known), None, dtype=object)
    score, confidence = np.full(len(known), np.nan), np.full(len(known), np.nan)
    likely = np.full(len(known), None, dtype=object)
    chosen: list[npt.NDArray[np.int64]] = []
    for test in (False, True):
        rows = np.flatnonzero(known & ((believed.lane == TEST) == test))
        issues = label_issues(believed.label[rows], believed.pred_probs[np.ix_(rows, columns)], classes)
        doubted = rows[issues.is_issue]
        if test:
            chosen.append(_mixed(doubted, rows, believed.row_key))
            continue
        chosen.append(doubted)
        suggested[doubted] = issues.suggested[issues.is_issue]
        score[doubted] = issues.score[issues.is_issue]
        confidence[doubted] = issues.confidence[issues.is_issue]
        likely[doubted] = [_likely(row, classes) for row in believed.pred_probs[np.ix_(doubted, columns)]]
        if not set(forbidden).isdisjoint(classes):
            _suggest_allowed(believed, doubted, columns, classes, forbidden, suggested, confidence, likely)
    places = np.sort(np.concatenate(chosen))
    return Doubts(
        rid=believed.rid[places],
        lane=believed.lane[places],
        given=believed.label[places],
        suggested=suggested[places],
        score=score[places],
        confidence=confidence[places],
        likely=likely[places],
        notes=_notes(believed, known),
    )


def _suggest_allowed(
    believed: OutOfFold,
    doubted: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    classes: Sequence[str],
    forbidden: Collection[str],
    suggested: npt.NDArray[np.object_],
    confidence: npt.NDArray[np.float64],
    likely: npt.NDArray[np.object_],
) -> None:
    """Replace suggestions by the most probable allowed class; none where that is the given label."""
    allowed = [place for place, name in enumerate(classes) if name not in forbidden]
    names = [classes[place] for place in allowed]
    suggested[doubted], confidence[doubted], likely[doubted] = None, np.nan, None
    if not allowed:
        return
    probs = believed.pred_probs[np.ix_(doubted, columns[allowed])]
    for row, best, chances in zip(doubted, probs.argmax(axis=1), probs, strict=True):
        likely[row] = _likely(chances, names)
        if names[best] != believed.label[row]:
            suggested[row], confidence[row] = names[best], chances[best]


def _likely(probabilities: npt.NDArray[np.float64], classes: Sequence[str]) -> str:
    """Write a row's most probable classes as JSON pairs of name and probability."""
    order = np.argsort(-probabilities, kind="stable")[:LIKELY]
    return json.dumps([[classes[place], round(float(probabilities[place]), 4)] for place in order])


def _mixed(
    doubted: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], row_key: npt.NDArray[np.object_]
) -> npt.NDArray[np.int64]:
    """Add as many rows that the model does not doubt, in every run the same ones as far as they still are in none."""
    others = np.setdiff1d(rows, doubted)
    drawn = [hashlib.md5(f"blind:{row_key[place]}".encode(), usedforsecurity=False).digest() for place in others]
    order = np.array(sorted(range(len(others)), key=drawn.__getitem__), dtype=np.int64)
    return np.concatenate([doubted, others[order[: len(doubted)]]])


def _notes(believed: OutOfFold, known: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """Say which rows were not judged."""
    if known.all():
        return ()
    strange = sorted(set(believed.label[~known]))
    shown = ", ".join(f"'{name}'" for name in strange[:3]) + (", …" if len(strange) > 3 else "")
    return (f"{int((~known).sum()):,} rows have labels that no train row has ({shown}) and were not judged",)


def _findings(subject: Subject, doubts: Doubts) -> pa.Table:
    """Lay the doubts out as findings, with the labels as they are stored."""
    import pyarrow as pa

    view = subject.view
    label = view.column(view.definition.label or "")
    stored = canonical_text(f"r.{quote(label.physical)}", label.type)
    table = pa.table(
        {
            "rid": pa.array(doubts.rid, pa.int64()),
            "lane": pa.array(doubts.lane, pa.uint8()),
            "given": pa.array(doubts.given, pa.string()),
            "suggested": pa.array(doubts.suggested, pa.string()),
            "score": pa.array(doubts.score, pa.float64(), from_pandas=True),
            "confidence": pa.array(doubts.confidence, pa.float64(), from_pandas=True),
            "likely": pa.array(doubts.likely, pa.string()),
        }
    )
    with subject.lake.session() as session:
        session.register("doubts", table)
        return session.arrow(
            f"""SELECT '{LabelIssueCheck.code}' AS check_code, d.rid, {view.key_json("r")} AS row_key,
            {literal(label.name)} AS column_name, {stored} AS observed, 'warning' AS severity,
            CASE WHEN d.lane = {TEST} THEN 'is ''' || d.given || ''' right? To be judged by the row alone'
                WHEN d.suggested IS NULL THEN 'labelled ''' || d.given || ''', which the model doubts'
                ELSE 'labelled ''' || d.given || ''', looks like ''' || d.suggested || '''' END AS message,
            d.suggested AS suggestion, d.score,
            CASE WHEN d.lane = {TEST} THEN json_object('given', d.given, 'lane', 'test')
                ELSE json_object('given', d.given, 'suggested', d.suggested, 'probability_given', round(d.score, 4),
                    'probability_suggested', round(d.confidence, 4), 'likely', d.likely::JSON,
                    'lane', CASE d.lane WHEN 0 THEN 'train' ELSE 'validation' END) END::VARCHAR AS evidence,
            CASE WHEN d.lane = {TEST} THEN json_array(d.given) ELSE json_array(d.given, d.suggested) END::VARCHAR
                AS evidence_key
            FROM doubts d JOIN {view.rows} r ON r._rid = d.rid ORDER BY d.rid"""
        )
