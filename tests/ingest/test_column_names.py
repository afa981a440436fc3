"""Columns may have any name: each name that the package's own SQL uses, each keyword, each reserved name.

A dataset whose columns have them all goes through everything that reads or writes rows, beside one that holds the same
under plain names; what comes out must be the same. Another one is judged by schema, checks, model and recipes. Half of
the columns are the key; with WORKBENCH_SWEEP set, then the other half, and every name that the package's SQL uses.
"""

from __future__ import annotations

import ast
import functools
import os
import re
import string
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import workbench
from workbench.api import OpenLake
from workbench.clusters import clusters
from workbench.drafts import Correction, conflicts_of, draft_view, new_draft, publish_draft, rebase, stage
from workbench.errors import KeyColumnError
from workbench.findings import Filter as Findings
from workbench.ingest import import_source, refresh
from workbench.lake import newest, read_version, view_of
from workbench.lake.sql import physical_names
from workbench.recipes import ExcludeStep, MergeStep, Recipe, SetStep, TransformStep, learn
from workbench.recipes.trying import dry_run
from workbench.reviewing import class_counts, rows_at
from workbench.settings import Settings
from workbench.similar import likeness
from workbench.transforms import Case, preview
from workbench.versions import diff, restore
from workbench.versions.browse import Filter, count, page, profile

NAMED = (
    r"\bAS\s+(?:MATERIALIZED\s+)?([A-Za-z_]\w*)",  # SELECT 1 AS name
    r"([A-Za-z_]\w*) (?:VARCHAR|BIGINT|INTEGER|BOOLEAN|DOUBLE|UTINYINT)\b",
    r"(?:FROM|JOIN) [\w.]+ ([a-z]\w*)",
)
NUMBERED = ("c", "b", "i", "k", "g", "s", "f", "m", "v", "o", "x", "has", "new", "seed", "value", "key", "j")
RESERVED = ("rowid", "row_id", "snapshot_id", "begin_snapshot", "end_snapshot", "change_type", "filename", "file_index",
            "file_row_number", "_rid", "_lane", "_excluded", "_RID", "__index_level_0__")  # fmt: skip
AWKWARD = ("N", "n ", "a b", 'quo"te', "it's", "dot.ted", "{rows}", "?", "ä", "100%", "$1", ";", "--", "a,b", "=x")


def sql_names() -> list[str]:
    """Collect the names in the package's SQL, whatever they name, from the texts in its source."""
    found: set[str] = set()
    for file in Path(workbench.__file__).parent.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        texts = [
            each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        for text in texts:
            found |= {name for pattern in NAMED for name in re.findall(pattern, text)}
        for each in ast.walk(tree):
            if isinstance(each, ast.Dict) and any(_makes_a_column(value) for value in each.values):
                found |= {key.value for key in each.keys if isinstance(key, ast.Constant)}
    return sorted(found)


def _makes_a_column(value: ast.expr) -> bool:
    """Tell whether a dictionary's value is a column's type, or its array."""
    if isinstance(value, ast.Constant):
        return value.value in ("VARCHAR", "BIGINT", "BOOLEAN", "INTEGER", "DOUBLE")
    return isinstance(value, ast.Call) and getattr(value.func, "attr", "") in ("array", "concatenate")


@functools.cache
def all_names() -> list[str]:
    """List the names that the package's SQL uses, keywords, reserved names and awkward ones."""
    keywords = duckdb.sql("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'").fetchall()
    numbered = [f"{letter}{number}" for letter in NUMBERED for number in (0,)]
    names = [*sql_names(), *(row[0] for row in keywords[::4]), *numbered, *string.ascii_lowercase, *RESERVED, *AWKWARD]
    return list(dict.fromkeys(names))


DID_HARM = [
    *("n", "h", "v", "class", "record", "moved", "given", "source_value", "rid", "row_key", "lane", "label", "place"),
    *("features", "state", "known", "suggested", "excluded", "_record", "rowid", "N", "select", 'quo"te', "{rows}"),
    *("k0", "c0", "group", "many", "deleted", "key"),
]
"""Names that met a dataset's columns once, and the most awkward ones: what each run of the suite goes through."""

HALVES = (0, 1) if os.environ.get("WORKBENCH_SWEEP") else (0,)
WIDTH = len(DID_HARM)


def chunks() -> list[list[str]]:
    """The names that did harm; with WORKBENCH_SWEEP set, all names as well, in parts of that width."""
    if not os.environ.get("WORKBENCH_SWEEP"):
        return [DID_HARM]
    parts = -(-len(all_names()) // WIDTH)
    swept = [all_names()[part::parts] for part in range(parts)]
    return [DID_HARM, *(names + [f"column{n}_plain" for n in range(WIDTH - len(names))] for names in swept)]


ROWS = 14


def frame(names: list[str], split: str, first: int = 0) -> pd.DataFrame:
    """Rows whose cells tell column and row; every third row repeats in all but the first key column."""
    cells = [
        [f"{n % 7}-{row}" if n < 2 else f"{'ab'[row % 2]}{n % 5}" for n in range(len(names))]
        for row in range(first, first + ROWS)
    ]
    found = pd.DataFrame(cells, columns=names)
    found[split] = [("train", "train", "test")[row % 3] for row in range(first, first + ROWS)]
    return found


def test_the_sweep_reads_the_names_from_the_source():
    assert {"n", "v", "label", "rid", "row_key", "features", "given", "source_value", "lane"} <= set(all_names())


def test_no_column_of_a_dataset_is_stored_under_a_name_of_the_workbench():
    stored = physical_names(["_rid", "_digest", "__x", "_RID", "n", "N"])
    assert not [name for name in stored if name.startswith("_")] and len({name.casefold() for name in stored}) == 6


def everything(lake: OpenLake, dataset: str, names: list[str], half: int, folder: Path) -> list[object]:
    """Take a dataset through the loop, and write down what came of it with columns by their positions."""
    place = {name: n for n, name in enumerate(names)}
    key, other = names[half::2], names[1 - half :: 2]
    label, text, split = other[10], other[11], other[9]
    told: list[object] = []

    def rows(version):
        return [column.to_pylist() for column in view_of(handle, version).to_arrow().columns]

    def changed(found):
        said = [(c.rid, c.change, place.get(c.column, -1), c.old, c.new) for c in found.changes if c.column]
        return (found.rows_added, found.rows_removed, found.cells_changed, said)

    handle = lake.lake
    first = import_source(handle, dataset, frame(names, split), key=key, label=label, split_column=split, author="a")
    told.append(rows(first))
    delivery = frame(names, split)
    delivery.loc[3, text] = "new"
    delivery.loc[ROWS] = [*frame(names, split, ROWS).loc[0]]
    told.append(vars(refresh(handle, dataset, delivery, author="a")) | {"version": None})
    second = newest(handle, dataset)
    told.append(changed(diff(handle, first, second)))

    outcome = {each.code: (each.outcome, each.total) for each in lake[dataset].check(only=["data"])}
    told.append(outcome)
    assert "error" not in {ended for ended, _ in outcome.values()}
    told.append([(f.check, f.rid, place.get(f.column, -1), f.value) for f in lake[dataset].findings()])
    view = view_of(handle, second)
    told.append([(c.proposed, c.rows) for c in clusters(view, text).clusters])
    seen = preview(view, text, [Case("upper")])
    told.append((seen.rows, seen.changed_rows, [(e.rid, e.old, e.new) for e in seen.examples]))
    told.append(preview(view, label, [Case("upper")]).balance)
    told.append(class_counts(handle, second))
    told.append(page(view, [Filter(text, "contains", "a")], (text, False), limit=5, search="a").cells)
    # Of many values that are equally frequent, which are named is chance.
    told.append([(p.rows, p.missing, p.distinct, [n for _, n in p.top]) for p in profile(view)])
    told.append(count(view, [Filter(text, "equals", "new")]))
    told.append(len(rows_at(handle, second, [1, 2])))

    mine = new_draft(handle, dataset, author="me").draft
    by_key = [{name: delivery.loc[row, name] for name in key} for row in range(6)]
    mine_steps = [
        Correction(by_key[0], column=text, new="mine"),
        Correction(by_key[1], "delete"),
        Correction(by_key[2], "exclude"),
        Correction(by_key[3], column=text, new="old"),
    ]
    stage(handle, mine, mine_steps, author="me")
    told.append([column.to_pylist() for column in draft_view(view, mine).to_arrow().columns])
    steps = learn(handle, mine).recipe.steps
    told.append(len(steps))
    if steps:
        told.append([(s.status, s.rows) for s in dry_run(view, learn(handle, mine).recipe).steps])
    theirs = new_draft(handle, dataset, author="you").draft
    stage(handle, theirs, [Correction(by_key[1], column=text, new="yours")], author="you")
    third = publish_draft(handle, theirs, author="you", message="yours").version
    (conflict,) = conflicts_of(handle, mine)
    told.append({place[name]: value for name, value in conflict.found.items()})
    rebase(handle, mine, {(conflict.rid, None): "mine"}, author="me")
    fourth = publish_draft(handle, mine, author="me", message="mine").version
    told.append((rows(fourth), changed(diff(handle, first, fourth)), changed(diff(handle, third, fourth))))
    told.append([(e.version, place.get(e.column, -1)) for e in lake[dataset].blame(by_key[0])])

    result = refresh(handle, dataset, delivery.drop(index=5), mode="full", author="a")
    told.append((result.kept_corrections, result.still_deleted, result.removed, result.unchanged))
    told.append(refresh(handle, dataset, delivery, mode="full", author="a").returned)
    told.append(rows(newest(handle, dataset)))
    for kind in ("csv", "parquet", "jsonl"):
        lake[dataset].at().export(folder / f"{dataset}.{kind}")
        told.append(lake[dataset].at().export(folder / f"{dataset}-again.{kind}"))
    written = pd.read_parquet(folder / f"{dataset}.parquet")
    assert list(written.columns) == names
    again = import_source(handle, f"{dataset}_again", folder / f"{dataset}.parquet", key=key, author="a")
    told.append(rows(again))
    told.append(rows(restore(handle, second, author="a", message="back")))
    assert newest(handle, dataset).content_hash == read_version(handle, dataset, 2).content_hash
    keyless = import_source(handle, f"{dataset}_keyless", frame(names, split), author="a")
    stage_at = new_draft(handle, f"{dataset}_keyless", author="me").draft
    stage(handle, stage_at, [Correction({}, column=names[5], new="mine", rid=2)], author="me")
    publish_draft(handle, stage_at, author="me", message="m")
    again = refresh(handle, f"{dataset}_keyless", frame(names, split), mode="append", author="a")
    told.append((keyless.rows, again.added))
    return told


JUDGED = 72
SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema(
    {{
        {text!r}: pa.Column(str, pa.Check.isin(["a", "b", "c"]), nullable=True),
        {number!r}: pa.Column("Int64", pa.Check.in_range(0, 9), coerce=True, nullable=True),
        {key!r}: pa.Column(str, unique=True),
    }},
    checks=pa.Check(lambda frame: frame[{text!r}] != frame[{label!r}]),
    unique=[{signal!r}, {key!r}],
    strict=False,
)
"""


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("names", chunks())
def test_schema_checks_model_and_recipes_see_the_same_under_any_names(lake, names, half, tmp_path):
    key, other = names[half::2], names[1 - half :: 2]
    number, signal, split, label, text = other[3], other[4], other[9], other[10], other[11]
    truth = ["yes" if row % 4 < 2 else "no" for row in range(JUDGED)]
    frame = pd.DataFrame({name: [f"k{row:02}" for row in range(JUDGED)] if name in key else truth for name in names})
    frame[number], frame[label] = [5 if y == "yes" else 1 for y in truth], truth
    frame[split] = [("train", "train", "train", "validation", "test", "test")[row % 6] for row in range(JUDGED)]
    frame[text], frame[other[0]] = ["aaabaac"[row % 7] for row in range(JUDGED)], [f"u{row}" for row in range(JUDGED)]
    # What is wrong: equal rows, two of them train and test, a doubled key, three labels, a number and a text.
    features = [name for name in other if name not in (label, split)]
    frame.loc[24, features], frame.loc[32, features] = frame.loc[20, features], frame.loc[28, features]
    frame.loc[1, key[0]] = "k00"
    frame.loc[[6, 18, 30], label] = "yes"
    frame.loc[7, number], frame.loc[8, text] = -2, "B "
    (tmp_path / "schema.py").write_text(SCHEMA.format(text=text, number=number, key=key[0], label=label, signal=signal))
    by_key = [{name: frame.loc[row, name] for name in key} for row in range(JUDGED)]
    opened = OpenLake(lake, "a")
    data = opened.import_data(
        "t", frame, key=key, label=label, split_column=split, model="linear", schema=str(tmp_path / "schema.py")
    )

    def failing(found):
        return [(case["rid"], case["column_name"]) for case in found.cases.to_pylist()]

    assert failing(data.validate()) == [(1, key[0]), (1, None), (2, key[0]), (2, None), (8, number), (9, text)]
    outcomes = {result.code: (result.outcome, result.total) for result in data.check()}
    assert outcomes["data.duplicate"] == outcomes["data.leak"] == ("failed", 1)
    assert outcomes["data.contradiction"][0] == "passed" and outcomes["label.issue"][0] == "failed"
    assert {f.rid: f.check for f in data.findings() if f.check.startswith("data.")} == {
        25: "data.duplicate", 33: "data.leak"
    }  # fmt: skip
    assert {(f.rid, f.column, f.suggestion) for f in data.findings() if f.check == "label.issue"} == {
        (rid, label, "no") for rid in (7, 19, 31)
    }
    assert data.evaluate().metrics["accuracy"].mean == 1.0

    assert [(c.proposed, c.rows) for c in data.clusters(text).clusters] == [("b", 10)]
    (tried,) = opened.what_if("t", do=["fix"], wanted=Findings(check="label.issue"), measured=False).outcomes
    assert tried.classes == {"yes": (39, 36), "no": (33, 36)}
    opened.rescore("t")
    assert {f.rid for f in data.findings(order="gain")} > {7, 19, 31}

    draft = data.draft().draft
    mended = [Correction(by_key[row], column=label, new="no") for row in (6, 18, 30)]
    mended += [Correction(by_key[7], column=number, new=5), Correction(by_key[8], column=text, new="b")]
    opened.stage(draft, [*mended, Correction(by_key[9], "exclude"), Correction(by_key[10], "delete")])
    assert failing(opened.check_draft(draft).validation) == [(1, key[0]), (1, None), (2, key[0]), (2, None)]
    assert opened.evaluate_draft(draft).b_mean == 1.0
    assert opened.consequences(draft).classes == {"yes": (39, 35), "no": (33, 35)}
    opened.publish(draft, message="mended")
    assert failing(data.validate()) == [(1, key[0]), (1, None), (2, key[0]), (2, None)]
    shares = opened.attribute("t@1", "t@2", by="column").shares
    assert {label, number, text} < {share.group.name for share in shares}
    back = opened.take_back("t@1", "t@2", [text, number], by="column").draft
    assert [(c.rid, c.column, c.new) for c in opened.corrections(back)] == [(8, number, "-2"), (9, text, "B ")]
    opened.discard(back)

    (nearest,) = likeness(lake, data.newest).similar(21, k=1).rows
    assert (nearest.rid, nearest.equal, nearest.label) == (25, True, "yes")
    steps = (
        SetStep(text, "z", "a", ((signal, "yes"), (key[0], "k12"))),
        MergeStep(text, ("b", " b"), "b", ((key[0], "k72"),)),
        TransformStep(other[0], Case("upper"), ((key[0], "k13"),)),
        ExcludeStep(((key[0], "k20"), (label, "yes"))),
    )
    data.save_recipe(Recipe("tidy", steps), replay=True)
    assert [(step.status, step.rows) for step in data.dry_run("tidy").steps][2:] == [("applies", 1)] * 2
    later = frame.copy()
    later.loc[[12, 13, 20], other[0]] = "new"
    later.loc[12, text] = "z"
    later.loc[JUDGED] = [*later.loc[21]]
    later.loc[JUDGED, key], later.loc[JUDGED, text] = "k72", " b"
    merged = data.refresh(later, mode="full")
    assert (merged.added, merged.updated_cells, merged.kept_corrections, merged.still_deleted) == (1, 4, 5, 1)
    assert [(each["version"], each["cells"], each["excluded"]) for each in merged.recipes] == [(4, 3, 1)]
    assert data.diff(2, 4).by_column == {other[0]: 3}
    assert [(e.version, e.column) for e in data.blame(by_key[12])] == [(1, None), (3, other[0]), (3, text), (4, text)]
    assert failing(data.validate()) == [(1, key[0]), (1, None), (2, key[0]), (2, None)]
    assert data.restore(1).content_hash == data.at(1).version.content_hash
    assert {each.state for each in opened.verify("t")} == {"sound"}


@pytest.fixture(scope="module")
def under_plain_names(tmp_path_factory):
    """Say what comes of plain names, once for each half of the columns being the key."""

    @functools.cache
    def under_plain_names(half):
        folder = tmp_path_factory.mktemp("plain")
        settings = Settings(lake=f"sqlite:{folder / 'lake' / 'catalog.sqlite'}", author="a")
        with OpenLake.from_settings(settings, create=True) as lake:
            return everything(lake, "t", [f"column{n}_plain" for n in range(WIDTH)], half, folder)

    return under_plain_names


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("names", chunks())
def test_everything_is_the_same_under_any_names(lake, under_plain_names, names, half, tmp_path):
    named = everything(OpenLake(lake, "a"), "t", names, half, tmp_path)
    for step, (expected, found) in enumerate(zip(under_plain_names(half), named, strict=True)):
        assert found == expected, step


def test_a_repeated_key_called_n_is_refused_with_its_lines(load):
    with pytest.raises(KeyColumnError) as error:
        load("n,v\n1,a\n1,b\n0,c\n0,d\n-5,e\n-5,f\n", key=("n",))
    assert "3 keys stand more than once" in str(error.value)
    assert "1 (lines 2, 3); 0 (lines 4, 5); -5 (lines 6, 7)" in str(error.value)


def test_a_key_called_N_holds_text(load, rows):
    load("N,v\nx1,a\nx2,b\n", key=("N",))
    assert rows() == [("x1", "a"), ("x2", "b")]
