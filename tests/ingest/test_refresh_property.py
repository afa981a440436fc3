"""Any sequence of deliveries and corrections comes to what a few lines of Python say it should."""

from __future__ import annotations

import uuid
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.ingest import import_source, refresh
from workbench.lake import Lake, newest, quote, view_of

KEYS = ["1", "2", "3", "4"]
values = st.sampled_from([None, "", "x", "y", "7"])
row = st.tuples(values, values)
delivery = st.dictionaries(st.sampled_from(KEYS), row, min_size=1)
step = st.one_of(
    st.tuples(st.sampled_from(["upsert", "full", "append"]), delivery),
    st.tuples(st.just("correct"), st.dictionaries(st.sampled_from(KEYS), row, min_size=1, max_size=2)),
    st.tuples(st.sampled_from(["delete", "exclude", "include"]), st.sampled_from(KEYS)),
)


class Model:
    """What the dataset should hold: cells, exclusions, and what the source last said."""

    def __init__(self, first: dict[str, tuple[Any, Any]]) -> None:
        self.rows = {key: list(cells) for key, cells in first.items()}
        self.said = {key: list(cells) for key, cells in first.items()}
        self.excluded: set[str] = set()
        self.deleted: set[str] = set()
        self.away: dict[str, list[Any]] = {}

    def deliver(self, mode: str, rows: dict[str, tuple[Any, Any]]) -> None:
        if mode == "full":
            self.away |= {key: cells for key, cells in self.rows.items() if key not in rows}
            self.rows = {key: cells for key, cells in self.rows.items() if key in rows}
        for key, cells in rows.items():
            if key in self.deleted:
                continue
            if key not in self.rows:
                # What a person put there holds while the source says what it said before the row left.
                was, said = self.away.pop(key, list(cells)), self.said.get(key, list(cells))
                pairs = zip(cells, said, was, strict=True)
                self.rows[key] = [old if cell == told else cell for cell, told, old in pairs]
                self.said[key] = list(cells)
            elif mode != "append":
                for column, cell in enumerate(cells):
                    if cell != self.said[key][column]:
                        self.rows[key][column] = self.said[key][column] = cell


def as_csv(rows: dict[str, tuple[Any, Any]]) -> str:
    def cell(value: str | None) -> str:
        return "" if value is None else f'"{value}"'

    return "id,a,b\n" + "".join(f"{key},{cell(a)},{cell(b)}\n" for key, (a, b) in rows.items())


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=delivery, steps=st.lists(step, max_size=7))
def test_any_sequence(lake: Lake, tmp_path, publish, first, steps) -> None:
    name = f"d{uuid.uuid4().hex}"
    file = tmp_path / f"{name}.csv"
    file.write_text(as_csv(first), newline="")
    import_source(lake, name, file, key=("id",), types={"id": "VARCHAR", "a": "VARCHAR", "b": "VARCHAR"}, author="t")
    model, rids = Model(first), {}
    for what, content in steps:
        head = newest(lake, name)
        here = dict(view_of(lake, head).fetch("SELECT id, _rid FROM {rows}"))
        assert all(rids.get(key, rid) == rid or key not in model.rows for key, rid in here.items())
        rids |= here
        if what in ("upsert", "full", "append"):
            file.write_text(as_csv(content), newline="")
            before = head.version
            result = refresh(lake, name, file, mode=what, author="t", confirmed=True)
            model.deliver(what, content)
            assert (result.version is None) == (newest(lake, name).version == before)
        elif what == "correct":
            chosen = {key: cells for key, cells in content.items() if key in here}
            publish(name, {here[key]: dict(zip("ab", cells, strict=True)) for key, cells in chosen.items()})
            model.rows |= {key: list(cells) for key, cells in chosen.items()}
        elif content in here:
            if what == "delete":
                publish(name, {}, gone=(here[content],))
                del model.rows[content]
                model.deleted.add(content)
            else:
                publish(name, {here[content]: {"_excluded": what == "exclude"}})
                (model.excluded.add if what == "exclude" else model.excluded.discard)(content)
    view = view_of(lake, newest(lake, name))
    names = ", ".join(quote(column.physical) for column in view.columns)
    stored = {key: (excluded, [a, b]) for excluded, key, a, b in view.fetch(f"SELECT _excluded, {names} FROM {{rows}}")}
    assert {key: cells for key, (_, cells) in stored.items()} == model.rows
    came_back = {key for key, (excluded, _) in stored.items() if excluded}
    assert came_back == model.excluded & set(model.rows)
    object.__setattr__(view, "known_hash", "")
    assert view.content_hash() == newest(lake, name).content_hash
