"""What a recipe leaves alone: the answers of people, and the labels of test rows."""

from __future__ import annotations

from workbench.findings.status import EFFECTIVE
from workbench.lake import LANES, Session, View, literal

RESTORED = "restored"
RECIPE_REASON = r"^recipe .+, step \d+(: )?"
"""How the reason of a correction begins that a recipe staged."""

_PUBLISHED_LAST = "{'version': coalesce(d.version, 9223372036854775807), 'seq': c.seq}"


def answered(view: View, draft: int | None) -> str:
    """SQL of what people said of single cells and rows: ``rid``, ``column_name``, ``value``.

    A cell's value is the text that a person put there with a correction, or looked at and kept; of a row that a person
    brought back the column is NULL and the value :data:`RESTORED`. What a recipe wrote is nobody's answer. An answer
    counts only while the cell holds that value.
    """
    dataset, own = literal(view.dataset), -1 if draft is None else int(draft)
    theirs = (
        "SELECT c.rid, c.column_name, c.action <> 'set' AS whole, "
        f"arg_max({{'value': c.new, 'action': c.action, 'reason': c.reason}}, {_PUBLISHED_LAST}) AS last "
        "FROM lake.workbench.corrections c JOIN lake.workbench.drafts d USING (draft) "
        f"WHERE c.dataset = {dataset} AND NOT c.undone AND ("
        f"d.state = 'published' AND d.version <= {int(view.version)} OR c.draft = {own}) "
        "GROUP BY ALL"
    )
    kept = (
        f"WITH {EFFECTIVE.replace('$1', dataset)}, "
        "last AS (SELECT finding, arg_max(decision, moment) AS decision FROM effective GROUP BY finding) "
        "SELECT f.rid, f.column_name, f.observed FROM lake.workbench.findings f JOIN last USING (finding) "
        f"WHERE f.dataset = {dataset} AND last.decision = 'keep' AND f.rid IS NOT NULL AND f.column_name IS NOT NULL"
    )
    return (
        f"SELECT rid, column_name, CASE WHEN whole THEN {literal(RESTORED)} ELSE last.value END AS value "
        f"FROM ({theirs}) WHERE NOT regexp_matches(coalesce(last.reason, ''), {literal(RECIPE_REASON)}) "
        f"AND (NOT whole OR last.action = 'restore') UNION ALL SELECT * FROM ({kept})"
    )


def relabels(session: Session, label: int) -> str:
    """Say why the moves on the label, as they stand in ``moves``, may not be made; empty where they may.

    Seen over the whole recipe so far, each class of test rows must be renamed as a whole, to a name of its own that no
    class of theirs had before. Test labels decide every figure: changed in bulk they could be bent to the model's own
    guesses.
    """
    test = LANES.index("test")
    if not session.row(f"SELECT 1 FROM moves WHERE lane = {test} LIMIT 1"):
        return ""
    pairs = session.rows(
        f"SELECT DISTINCT w.b{label}, CASE WHEN m.rid IS NULL THEN w.c{label} ELSE m.new END FROM work w "
        f"LEFT JOIN moves m ON m.rid = w.rid WHERE w.lane = {test}"
    )
    before, after = [old for old, _ in pairs], [new for _, new in pairs]
    if len(set(before)) < len(pairs):
        return "would change the labels of some test rows of a class and not of others"
    if len(set(after)) < len(pairs) or {new for old, new in pairs if old != new} & set(before):
        return "would merge or swap classes of test rows, which decide every figure"
    return ""
