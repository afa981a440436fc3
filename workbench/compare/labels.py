"""The newest published test labels, and classes that only changed their name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.evaluation import Evaluation
from workbench.evaluation.reading import reading_of
from workbench.lake import Lake, View, newest, view_of


@dataclass(frozen=True)
class NewestLabels:
    """Labels of some rows in the newest version.

    Attributes
    ----------
    version : str
        Its name, ``adult@4``.
    labels : dict
        Row key → canonical text, None where the label is missing. Rows that the version does not have are not in it,
        and no row is where it has no such label column.
    train_classes : frozenset of str
        Names among its train labels.
    """

    version: str
    labels: dict[str, str | None]
    train_classes: frozenset[str]


def newest_labels(lake: Lake, b: View, row_keys: Sequence[str], *, types: Mapping[str, str] | None) -> NewestLabels:
    """Read the newest published labels of some rows.

    Parameters
    ----------
    lake : Lake
        Where the versions are.
    b : View
        Says which column is the label, and as what it is read.
    row_keys : sequence of str
        Keys as JSON texts.
    types : mapping or None
        Column name → DuckDB type, from the dataset's schema.
    """
    import pyarrow as pa

    version = newest(lake, b.dataset)
    view, reading = view_of(lake, version), reading_of(b, types)
    if reading.label not in {column.name for column in view.columns}:
        return NewestLabels(version.name, {}, frozenset())
    label = reading.label_text(view)
    with lake.session() as session:
        session.register("wanted_rows", pa.table({"row_key": pa.array(row_keys, pa.string())}))
        found = session.rows(
            "SELECT w.row_key, n.label FROM wanted_rows w "
            f"JOIN (SELECT {view.key_json('r')} AS row_key, {label} AS label FROM {view.rows} r) n USING (row_key)"
        )
        classes = (
            []
            if reading.task == "regression"
            else session.rows(
                f"SELECT DISTINCT label FROM (SELECT {label} AS label FROM {view.rows} r "
                "WHERE NOT r._excluded AND r._lane = 0) WHERE label IS NOT NULL"
            )
        )
    return NewestLabels(version.name, dict(found), frozenset(row[0] for row in classes))


def renamed(
    learnt: Sequence[str], own: Sequence[str], labels: Sequence[str], learnt_there: frozenset[str]
) -> dict[str, str]:
    """Find the classes of a version that elsewhere only have another name.

    A class counts as renamed if the other version does not learn its name, most of its test rows have one and the same
    other name there, the other version learns that one and this version does not, and no second class has become the
    same: a one-to-one renaming, even where single labels were corrected too.

    Parameters
    ----------
    learnt : sequence of str
        Classes that this version learns.
    own, labels : sequence of str, length n_rows
        Labels of the same test rows in this and in the other version.
    learnt_there : frozenset of str
        Classes that the other version learns.

    Returns
    -------
    dict
        Name here → name there.
    """
    names: dict[str, str] = {}
    for name in set(learnt) - learnt_there:
        there = Counter(label for before, label in zip(own, labels, strict=True) if before == name)
        for target, count in there.most_common(1):
            if count > there.total() / 2 and target in learnt_there and target not in learnt:
                names[name] = target
    targets = Counter(names.values())
    return {name: target for name, target in sorted(names.items()) if targets[target] == 1}


def said_of(found: Evaluation, names: Mapping[str, str]) -> list[str]:
    """Say which classes are read under another name."""
    return [f"class '{name}' of {found.state} is now called '{target}' and read so" for name, target in names.items()]
