"""Columns may have any name: each name that the package's own SQL uses, each keyword, each reserved name.

A dataset whose columns bear them all goes through everything that reads or writes rows, beside one that holds the same
under plain names; what comes out must be the same. Half of the columns are
the key; with WORKBENCH_SWEEP set, then the other half, and every name that the package's SQL uses.
"""

from __future__ import annotations

import ast
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
from workbench.ingest import import_source, refresh
from workbench.lake import newest, read_version, view_of
from workbench.lake.sql import physical_names
from workbench.recipes import learn
from workbench.recipes.trying import dry_run
from workbench.reviewing import class_counts, rows_at
from workbench.settings import Settings
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


def all_names() -> list[str]:
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
NAMES = all_names()
WIDTH = len(DID_HARM)


def chunks() -> list[list[str]]:
    """The names that did harm; with WORKBENCH_SWEEP set, all names as well, in parts of that width."""
    parts = -(-len(NAMES) // WIDTH) if os.environ.get("WORKBENCH_SWEEP") else 0
    swept = [NAMES[part::parts] for part in range(parts)]
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
    assert {"n", "v", "label", "rid", "row_key", "features", "given", "source_value", "lane"} <= set(NAMES)


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
    told.append([(f.check, f.rid, place.get(f.column, -1), f.value) for f in lake[dataset].findings()])
    view = view_of(handle, second)
    told.append([(c.proposed, c.rows) for c in clusters(view, text).clusters])
    seen = preview(view, text, [Case("upper")])
    told.append((seen.rows, seen.changed_rows, [(e.rid, e.old, e.new) for e in seen.examples]))
    told.append(preview(view, label, [Case("upper")]).balance)
    told.append(class_counts(handle, second))
    told.append(page(view, [Filter(text, "contains", "a")], (text, False), limit=5, search="a").cells)
    told.append([(p.rows, p.missing, p.distinct, p.top) for p in profile(view)])
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


@pytest.fixture(scope="module")
def under_plain_names(tmp_path_factory):
    """What comes of plain names, once for each half of the columns being the key."""
    found = []
    for half in HALVES:
        folder = tmp_path_factory.mktemp("plain")
        settings = Settings(lake=f"sqlite:{folder / 'lake' / 'catalog.sqlite'}", author="a")
        with OpenLake.from_settings(settings, create=True) as lake:
            found.append(everything(lake, "t", [f"column{n}_plain" for n in range(WIDTH)], half, folder))
    return found


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("names", chunks())
def test_everything_is_the_same_under_any_names(lake, under_plain_names, names, half, tmp_path):
    named = everything(OpenLake(lake, "a"), "t", names, half, tmp_path)
    for step, (expected, found) in enumerate(zip(under_plain_names[half], named, strict=True)):
        assert found == expected, step


def test_a_repeated_key_called_n_is_refused_with_its_lines(load):
    with pytest.raises(KeyColumnError) as error:
        load("n,v\n1,a\n1,b\n0,c\n0,d\n-5,e\n-5,f\n", key=("n",))
    assert "3 keys stand more than once" in str(error.value)
    assert "1 (lines 2, 3); 0 (lines 4, 5); -5 (lines 6, 7)" in str(error.value)


def test_a_key_called_N_holds_text(load, rows):
    load("N,v\nx1,a\nx2,b\n", key=("N",))
    assert rows() == [("x1", "a"), ("x2", "b")]
