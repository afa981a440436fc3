"""The report of two versions: the figures of the JSON in the formats of the page, nothing in it that is not its own."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import workbench
from workbench.cli import main
from workbench.compare import compare, corrections_near, flipped_rows
from workbench.drafts import Correction
from workbench.errors import UsageError
from workbench.iterations import gather_report
from workbench.lake import read_versions, view_of
from workbench.reporting import badge, format_change, format_count, format_metric, format_points, metric_name
from workbench.reporting.comparisons import report_versions
from workbench.reporting.dots import Dot, dot_chart
from workbench.reporting.figures import SHARES, WORDS, format_floor
from workbench.reporting.versions import harmed

WHEN = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
EVIL = {
    "column": "<b onclick=alert(1)>city</b>",
    "cell": "<script>alert('cell')</script>",
    "author": "eve <img src=x onerror=alert(1)>",
    "message": "</style></title><script src=//evil.example/x.js></script>",
    "reason": '"><svg onload=alert(1)>',
    "label": "<i>yes</i>",
    "turned": "Oslo \u202etxt.exe",
}
VOID = {"meta", "br", "img", "link", "input", "base", "hr"}


class Read(HTMLParser):
    """Reads a page as a browser would: its tags, its attributes, its text, what does not close."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.texts.append(data)

    def says(self, text: str) -> bool:
        """Whether a text stands there, however it is cut into elements."""
        return "".join(text.split()) in "".join(self.text.split())


def frame(rows: int = 400) -> pd.DataFrame:
    """Two classes that x tells apart, and a column with names and cells that mean mischief."""
    random = np.random.default_rng(5)
    x = random.normal(size=rows)
    return pd.DataFrame(
        {
            "id": range(rows),
            "x": x,
            EVIL["column"]: [EVIL["cell"] if place % 4 < 2 else "Rome" for place in range(rows)],
            "y": np.where(x + random.normal(scale=0.4, size=rows) > 0, EVIL["label"], "no"),
            "split": ["train" if place % 2 == 0 else "test" for place in range(rows)],
        }
    )


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> str:
    return f"sqlite:{tmp_path_factory.mktemp('report') / 'lake' / 'catalog.sqlite'}"


@pytest.fixture(scope="module")
def opened(url):
    """A lake with three versions: wrong labels, corrected ones, and cells with mischief in them; tests only read it."""
    clean = frame()
    dirty = clean.copy()
    wrong = [place for place in range(0, 400, 2) if clean["y"][place] == EVIL["label"] and place % 6 < 4]
    dirty.loc[wrong, "y"] = "no"
    with workbench.open(url, author=EVIL["author"], create=True) as lake:
        data = lake.import_data("d", dirty, key=["id"], label="y", split_column="split", model="linear")
        for title, corrections in (
            ("labels", [Correction({"id": n}, column="y", new=EVIL["label"], reason=EVIL["reason"]) for n in wrong]),
            ("cells", [Correction({"id": n}, column=EVIL["column"], new=EVIL["turned"]) for n in (0, 2, 3)]),
        ):
            draft = data.draft(title=title).draft
            lake.stage(draft, corrections)
            lake.publish(draft, message=EVIL["message"])
        data.check(only=["label.issue"])
        yield lake


@functools.cache
def gathered(lake, a: str, b: str):
    return lake.report(a, b)


def page_of(lake, a="d@1", b="d@2", **options) -> tuple[str, Read]:
    """Gather, write and read a report."""
    page = report_versions(gathered(lake, a, b), written_at=WHEN, **options)
    return page, Read(page)


def test_every_figure_is_the_one_of_the_json(opened):
    _, read = page_of(opened)
    found = json.loads(json.dumps(opened.compare("d@1", "d@2").to_dict()))
    assert found["verdict"] == "gain"
    assert read.says(badge(found["verdict"], found["change"], found["low"], found["high"], found["detectable"]))
    assert read.says(f"would show in 80 % of cases: {format_points(found['detectable']).removeprefix('+')}")
    assert read.says(f"{format_count(found['test_rows'])} test rows that both have, under the test labels of d@3")
    for name, each in found["metrics"].items():
        sides = [format_metric(name, *(each[f"{side}_{part}"] for part in ("mean", "low", "high"))) for side in "ab"]
        change = format_change(each["change"], each["low"], each["high"], metric=name)
        assert read.says(f"{metric_name(name)} {sides[0]} {sides[1]} {change} {WORDS[each['verdict']]}")
    for name, each in found["per_class"].items():
        change = format_change(each["change"], each["low"], each["high"], metric="recall")
        assert read.says(f"{name} {change} {each['verdict']}")
    assert found["slices"]["found"]
    for each in found["slices"]["found"]:
        effect = each["effect"]
        sides = [format_metric("accuracy", *(effect[f"{s}_{p}"] for p in ("mean", "low", "high"))) for s in "ab"]
        change = format_change(effect["change"], effect["low"], effect["high"])
        assert read.says(f"{each['column']} {each['value']} {each['rows']} {sides[0]} {sides[1]} {change}")
    for name, part in found["parts"].items():
        assert read.says(f"{name} {format_points(part)}")
    assert read.says(f"together {format_points(found['b_published'] - found['a_published'])}")
    assert all(read.says(note) for note in found["notes"])


def test_rows_findings_cells_and_versions_are_those_of_the_library(opened):
    _, read = page_of(opened)
    lake = opened.lake
    a, b, _ = read_versions(lake, "d")
    rows = flipped_rows(lake, view_of(lake, a), view_of(lake, b))
    assert rows.flips and read.says(f"{rows.gained} rows became right, {rows.lost} became wrong")
    for flip in rows.flips:
        assert read.says(f"id {flip.key['id']} {flip.label} {flip.before} {flip.after}")
    for pair in rows.moved:
        moved = f"{pair.after - pair.before:+}".replace("-", "−")
        assert read.says(f"{pair.label} {pair.predicted} {pair.before} {pair.after} {moved} {pair.word}")
    differs = opened.diff("d@1", "d@2")
    assert differs.by_column == {"y": differs.cells_changed}
    assert read.says(f"y {differs.cells_changed} 100.0 %")
    assert read.says(f"The {differs.cells_changed} changed cells")
    for change in differs.changes:
        assert read.says(f"id {change.key['id']} y no → {change.new} {EVIL['author']} {EVIL['reason']}")
    assert read.says("1 version that leads from v1 to v2.")
    assert read.says("publish") and read.says(EVIL["message"])
    for check, (gone, new) in gathered(opened, "d@1", "d@2").findings.items():
        assert read.says(f"{check} {gone} {new}")


def test_corrections_near_a_flipped_row_are_the_nearest_of_all(opened):
    lake = opened.lake
    a, b, _ = (view_of(lake, version) for version in read_versions(lake, "d"))
    compare(lake, a, b)
    flips = flipped_rows(lake, a, b).flips
    corrected = {change.rid for change in opened.diff("d@1", "d@2").changes}
    near = corrections_near(a, b, flips, corrected, k=2)
    x = dict(b.fetch("SELECT _rid, x FROM {rows}"))
    city = dict(b.fetch(f'SELECT _rid, "{b.column(EVIL["column"]).physical}" FROM {{rows}}'))
    for flip in flips:
        alike = [rid for rid in corrected if city[rid] == city[flip.rid]]
        nearest = min(alike, key=lambda rid: abs(x[rid] - x[flip.rid]))
        assert len(near[flip.rid]) == 2 and near[flip.rid][0].distance <= near[flip.rid][1].distance
        assert {each.rid for each in near[flip.rid]} <= corrected
        if near[flip.rid][0].distance < 0.5:
            assert near[flip.rid][0].rid == nearest
    _, read = page_of(opened)
    first = near[flips[0].rid][0]
    assert read.says(f"id {first.rid - 1} ({first.distance:.1f}): y no → {EVIL['label']}")
    assert corrections_near(a, b, flips, set()) == {} and corrections_near(a, b, (), corrected) == {}


def test_nothing_that_people_or_files_wrote_is_markup(opened):
    page, read = page_of(opened, "d@1", "d@3", attribution=[(EVIL["cell"], 0.01, 0.0, 0.02, "gain")])
    assert read.tags <= {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "span", "code", "nav", "a",
        "ul", "li", "section", "div", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "details",
        "summary", "svg", "g", "line", "path", "circle", "rect", "text", "footer",
    }  # fmt: skip
    assert not [name for name, _ in read.attributes if name.startswith("on") or name in ("src", "style", "srcset")]
    assert all(value.startswith("#") for name, value in read.attributes if name == "href")
    assert "http" not in page.replace("http-equiv", "") and "url(" not in page and "@import" not in page
    for name in ("column", "cell", "author", "message", "reason", "label"):
        assert read.says(EVIL[name]), name
    assert "\u202e" not in page and read.says("Oslo <U+202E>txt.exe")


def test_a_page_stands_alone_and_is_the_same_twice(opened):
    page, _ = page_of(opened)
    assert page == page_of(opened)[0] and page.startswith('<!doctype html>\n<html lang="en">')
    assert "default-src &#39;none&#39;" in page and 'name="color-scheme" content="light dark"' in page
    assert "prefers-color-scheme: dark" in page and "@media print" in page
    assert "Written 2026-03-04 05:06 UTC" in page and "workbench report d@1 d@2 -o FILE" in page
    page.encode("utf-8")


def test_charts_are_sound_and_say_all_in_words(opened):
    page, _ = page_of(opened)
    found = opened.compare("d@1", "d@2")
    drawings = [part.partition("</svg>")[0] + "</svg>" for part in page.split("<svg")[1:]]
    assert len(drawings) == 2
    for drawing in drawings:
        root = ElementTree.fromstring("<svg" + drawing)
        assert root.get("role") == "img" and root.get("aria-label")
    alone = ElementTree.fromstring("<svg" + drawings[0]).get("aria-label")
    told = [
        f"{name} {format_change(each.change, each.low, each.high)}, {each.verdict}"
        for name, each in sorted(found.per_class.items())
    ]
    floors = [f"{name} {format_floor(each.noise_floor)}" for name, each in sorted(found.per_class.items())]
    assert alone == (
        f"Change of recall by class, v1 to v2: {'; '.join(told)}. Noise floor: other seeds, same data: "
        f"{'; '.join(floors)}."
    )
    bands = [each for each in ElementTree.fromstring("<svg" + drawings[0]).iter("rect") if each.get("class") == "floor"]
    assert len(bands) == len(found.per_class)


def test_an_attribution_stands_where_it_is_given(opened):
    _, without = page_of(opened)
    assert not without.says("What each group of corrections did")
    groups = [("label.issue", 0.02, 0.01, 0.03, "gain"), ("schema", -0.001, None, None, "cannot tell")]
    _, read = page_of(opened, attribution=groups)
    assert read.says("What each group of corrections did")
    assert read.says("label.issue +2.0 pt (1.0 to 3.0) gain") and read.says("schema −0.1 pt cannot tell")
    assert page_of(opened, attribution=[])[1].says("no corrections between these versions")


def test_a_list_is_cut_and_says_so(opened):
    differs = opened.diff("d@1", "d@2")
    _, read = page_of(opened, changes=3)
    assert read.says(f"The first 3 of {differs.cells_changed} changed cells")
    assert read.says(
        f"{differs.cells_changed} cells changed in {differs.rows_changed} rows; 0 rows added, 0 rows removed"
    )


def test_the_same_version_twice_differs_in_nothing(opened):
    _, read = page_of(opened, "d@2", "d@2")
    assert read.says("NO CHANGE") and read.says("The two are the same version.")
    assert read.says("0 cells changed in 0 rows") and read.says("the same findings stand at v2 and at v2")
    assert not read.says("Recall by class") and not read.says("Test rows that flipped")


def test_backwards_is_the_mirror(opened):
    _, read = page_of(opened, "d@2", "d@1")
    found = opened.compare("d@2", "d@1")
    assert found.verdict == "loss"
    assert read.says(badge(found.verdict, found.change, found.low, found.high, found.detectable))
    assert read.says("undone on the way back from v2 to v1")


def test_without_a_label_the_data_is_compared_all_the_same(lake, make, publish):
    make(pd.DataFrame({"id": range(6), "x": [1.0, 2, 3, 4, 5, None]}), "t", key=("id",))
    publish("t", {1: {"x": 9.5}, 6: {"x": 0.5}, 2: {"_excluded": True}}, gone=(4,))
    report = gather_report(lake, *read_versions(lake, "t"))
    assert report.found is None and report.rows is None
    read = Read(report_versions(report, written_at=WHEN))
    assert read.says("no label column, so there is nothing a model could be measured on")
    assert read.says("2 cells changed in 3 rows; 0 rows added, 1 row removed")
    assert read.says("id 0 x 1.0 → 9.5") and read.says("id 5 x missing → 0.5")
    assert read.says("row removed") and read.says("row excluded") and read.says("id 3 · x 4.0")
    assert read.says("No check was ever run on this dataset: workbench check t")
    assert not read.says("Metrics")


def test_what_cannot_be_measured_is_said_and_the_data_stands(lake, make, publish):
    rows = pd.DataFrame({"id": range(8), "x": range(8), "y": ["a", "b"] * 4})
    make(rows, "t", key=("id",), label="y", model="embedding", lanes=[0] * 8)
    publish("t", {1: {"y": "b"}})
    report = gather_report(lake, *read_versions(lake, "t"))
    assert report.found is None and "test rows" in report.why_not
    read = Read(report_versions(report, written_at=WHEN))
    assert read.says("The fixed model's figures cannot be compared:") and read.says("id 0 y a → b")


def test_few_test_rows_get_an_answer_and_a_warning(lake, make, publish):
    random = np.random.default_rng(1)
    x = random.normal(size=80)
    rows = pd.DataFrame({"id": range(80), "x": x, "y": np.where(x > 0, "yes", "no")})
    make(rows, "t", key=("id",), label="y", model="embedding", lanes=[0] * 74 + [2] * 6)
    publish("t", {1: {"y": "no"}, 2: {"y": "no"}})
    read = Read(report_versions(gather_report(lake, *read_versions(lake, "t")), written_at=WHEN))
    assert read.says("CANNOT TELL") and read.says("only 6 shared test rows: the interval is a rough guess")
    assert not read.says("by slice")


def test_two_datasets_are_refused(lake, make):
    first, other = (make(pd.DataFrame({"id": [1]}), name, key=("id",)) for name in ("t", "u"))
    with pytest.raises(UsageError, match="different datasets"):
        gather_report(lake, first, other)


def test_a_metric_that_there_is_not_is_refused(opened):
    with pytest.raises(UsageError, match="no metric 'r2'"):
        opened.report("d@1", "d@2", metric="r2")


def test_a_class_that_lost_is_said_first_though_all_gained(opened):
    found = opened.compare("d@1", "d@2")
    name = next(iter(found.per_class))
    lost = dataclasses.replace(found.per_class[name], change=-0.02, low=-0.03, high=-0.01, verdict="loss")
    worse = dataclasses.replace(found, per_class={**found.per_class, name: lost})
    assert f"class {name} −2.0 pt (−3.0 to −1.0)" in harmed(worse)[0]
    assert harmed(dataclasses.replace(worse, verdict="loss")) == []
    read = Read(report_versions(dataclasses.replace(gathered(opened, "d@1", "d@2"), found=worse), written_at=WHEN))
    assert read.text.index("But LOSS for") < read.text.index("Metrics")


ends = st.one_of(st.none(), st.floats(), st.floats(-1e6, 1e6))


def placed(read: Read, name: str) -> list[str]:
    """The values of an attribute, wherever it stands."""
    return [value for found, value in read.attributes if found == name]


verdicts = st.sampled_from(["gain", "loss", "cannot tell", "no change"])


@given(st.lists(st.tuples(st.text(), ends, ends, ends, verdicts), max_size=6), st.sampled_from(["accuracy", "mae"]))
@example([("least", 5e-324, None, None, "gain")], "accuracy")
@example([("most", 1.7e308, -1.7e308, math.inf, "gain")], "mae")
@example([("none", math.nan, math.nan, math.nan, "cannot tell")], "mae")
def test_any_changes_can_be_drawn(changes, metric):
    dots = [
        Dot(name, change, min(pair), max(pair), verdict)
        if (pair := [end for end in (low, high) if end is not None]) and len(pair) == 2
        else Dot(name, change, None, None, verdict)
        for name, change, low, high, verdict in changes
    ]
    drawing = str(dot_chart(dots, title="t", axis="change", metric=metric))
    read = Read(drawing)
    for name, value in read.attributes:
        if name in ("x1", "x2", "x"):
            assert 0 <= float(value) <= 960
    assert all(0 <= float(at.split()[0].removeprefix("translate(")) <= 960 for at in placed(read, "transform"))
    assert all(format_change(dot.change, dot.low, dot.high, metric=metric) in drawing for dot in dots)
    assert (metric in SHARES) == ("(points)" in drawing)


def test_the_command_writes_the_file_whole_or_not_at_all(opened, url, tmp_path, monkeypatch, capsys):
    def shell(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", "--lake", url, "report", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    target = tmp_path / "report.html"
    code, out, err = shell("d@1", "d@2", "-o", str(target))
    assert (code, out) == (0, "") and f"wrote {target}" in err
    written = target.read_text(encoding="utf-8")
    assert Read(written).says("d · v1 → v2")
    code, out, _ = shell("d@1", "d@2", "-o", "-")
    assert code == 0 and out.split("Written ")[0] == written.split("Written ")[0]
    assert not Read(written).says("What each group of corrections did")
    code, _, err = shell("d@1", "d@2", "-o", str(target))
    assert code == 2 and "exists already" in err and target.read_text(encoding="utf-8") == written
    assert shell("d@1", "d@2", "-o", str(target), "--by", "author", "--overwrite")[0] == 0
    assert Read(target.read_text(encoding="utf-8")).says("What each group of corrections did")
    target.write_text("mine")
    code, _, err = shell("d@1", "d@9", "-o", str(target), "--overwrite")
    assert code == 2 and "There is no version '9'" in err and target.read_text() == "mine"
    code, _, err = shell("d@1", "d@2", "-o", str(tmp_path))
    assert code == 2 and "is a folder" in err
    code, _, err = shell("d@1", "d@2", "-o", str(tmp_path / "none" / "report.html"))
    assert code == 2 and "There is no folder" in err
    assert not list(tmp_path.glob("*.partial")) and not list(tmp_path.glob(".*.partial"))
    link = tmp_path / "link.html"
    link.symlink_to(target)
    assert shell("d@1", "d@2", "-o", str(link), "--overwrite")[0] == 0
    assert link.is_symlink() and Read(target.read_text(encoding="utf-8")).says("d · v1 → v2")
    assert shell("d@1", "d@2", "-o", "/dev/null")[0] == 0 and Path("/dev/null").is_char_device()
