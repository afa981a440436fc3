"""Characters that are not seen are marked wherever a page shows a name, a cell or a text of somebody's."""

from __future__ import annotations

import json
import re
import shutil

import pandas as pd
import pyarrow as pa
import pytest
from google.protobuf.message import Message

import workbench
from workbench.characters import UNSEEN
from workbench.drafts import Correction
from workbench.recipes import Recipe, SetStep, TransformStep
from workbench.transforms import Trim

ROWS = 60
NOT_SHOWN = {"id", "key", "form_id", "url", "page_script_hash", "query_string", "user_key", "column_order"}
"""Fields of Streamlit's messages that the browser does not show."""

TAKEN = re.compile(r"TextInput\.(value|default)|Code\.code_text|Dataframe\.arrow_data\..*:cell ")
"""What is typed, copied or edited keeps the characters that it has."""


def texts(message: Message, path: str = ""):
    """Yield each text of a message to the browser, tables included, with the fields that lead to it."""
    for field, value in message.ListFields():
        here = f"{path}.{field.name}"
        if field.name in NOT_SHOWN:
            continue
        for each in value if field.is_repeated else [value]:
            if isinstance(each, Message):
                yield from texts(each, here)
            elif isinstance(each, bytes):
                with pa.ipc.open_stream(each) as reader:
                    table = reader.read_all()
                for name, column in zip(table.column_names, table.columns, strict=True):
                    yield from ((f"{here}:{name}", str(cell)) for cell in column.to_pylist() if cell is not None)
            elif field.name == "columns":
                yield from ((here, told["label"]) for told in json.loads(each).values() if "label" in told)
            elif isinstance(each, str):
                yield here, json.dumps(json.loads(each), ensure_ascii=False) if field.name == "spec" else each


def unmarked(page):
    """List what a page shows with a character that nobody sees."""
    found = []
    blocks = list(page._tree.children.values())
    while blocks:
        block = blocks.pop()
        blocks += getattr(block, "children", {}).values()
        if isinstance(block.proto, Message):
            said = ((type(block).__name__ + path, text) for path, text in texts(block.proto))
            found += [(path, text[:200]) for path, text in said if UNSEEN.search(text) and not TAKEN.match(path)]
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A lake whose columns and cells hold a no-break space and a zero-width space, with all that pages show."""
    folder = tmp_path_factory.mktemp("invisible")
    label, town = "la\u00a0bel", "to\u200bwn"
    truth = ["y\u200bes" if row % 4 < 2 else "n\u00a0o" for row in range(ROWS)]
    frame = pd.DataFrame({"i\u00a0d": [f"k\u00a0{row:02}" for row in range(ROWS)], "x": truth, "z\u00a0z": truth})
    frame[town] = ["Os\u00a0lo", "Os\u00a0lo", " Os\u00a0lo", "Ro\u200bme", "R\u00a0ome"] * (ROWS // 5)
    frame[label] = truth
    frame.loc[[6, 18, 30], label] = "y\u200bes"
    frame["split"] = [("train", "train", "train", "validation", "test", "test")[row % 6] for row in range(ROWS)]
    (folder / "schema.py").write_text(
        "import pandera.pandas as pa\n"
        f"schema = pa.DataFrameSchema({{{town!r}: pa.Column(str, pa.Check.isin(['Os\\u00a0lo', 'Ro\\u200bme']))}})\n"
    )
    with workbench.open(f"sqlite:{folder / 'lake' / 'catalog.sqlite'}", author="a\u00a0nn", create=True) as lake:
        data = lake.import_data(
            "people", frame, key=["i\u00a0d"], label=label, split_column="split", model="linear",
            schema=str(folder / "schema.py"), message="as it\u200b was",
        )  # fmt: skip
        data.run()
        for rows, column, value in (([6], label, "n\u00a0o"), ([3, 4], town, "Os\u00a0lo")):
            draft = data.draft(title="a\u200b title").draft
            lake.stage(draft, [Correction({"i\u00a0d": f"k\u00a0{row:02}"}, column=column, new=value) for row in rows])
            lake.publish(draft, message="a\u200b change")
        data.evaluate()
        data.check()
        data.tag(2, "good")
        data.save_recipe(Recipe("tidy", (TransformStep(town, Trim()), SetStep(town, "R\u00a0ome", "Ro\u200bme"))))
        draft = data.draft(title="an\u200b open one").draft
        lake.stage(draft, [Correction({"i\u00a0d": "k\u00a018"}, column=label, new="n\u00a0o", reason="wr\u00a0ong")])
        lake.stage(draft, [Correction({"i\u00a0d": "k\u00a008"}, column=town, new="Os\u00a0lo")])
        lake.check_draft(draft)
        lake.draft_findings(draft)
        lake.evaluate_draft(draft)
        lake.comment(draft, "we\u00a0ll")
        data.run()
        lake.attribute("people@1", "people@3", by="column")
        other = data.draft(title="theirs").draft
        lake.stage(other, [Correction({"i\u00a0d": "k\u00a018"}, column=label, new="y\u200be")])
        lake.publish(other, message="theirs")
    return folder / "lake"


@pytest.fixture
def url(made, tmp_path):
    shutil.copytree(made, tmp_path / "lake")
    return f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"


TOWN = "to\u200bwn"
PAGES = {
    "overview": [{}],
    "review": [
        {"check": "label.issue"}, {"check": "schema"}, {"view": "table"}, {"view": "columns", "column": TOWN},
        {"view": "columns", "column": TOWN, "do": "transform"}, {"view": "columns", "do": "recipes", "recipe": "tidy"},
    ],
    "compare": [{"a": "1", "b": "3"}],
    "drafts": [{}, {"draft": "3"}, {"draft": "1"}],
    "history": [{"key": "k\u00a006"}],
    "data": [
        {"filter": json.dumps([TOWN, "equals", "Os\u00a0lo"])}, {"show": "profile"}, {"show": "settings"},
        {"story": "7", "cell": "la\u00a0bel"},
    ],
    "runs": [{}],
}  # fmt: skip


@pytest.mark.parametrize(("name", "address"), [(name, each) for name, every in PAGES.items() for each in every])
def test_every_page_marks_what_is_not_seen(visit, url, name, address):
    page = visit(url, name, dataset="people", **address)
    assert not page.exception
    assert unmarked(page) == []
