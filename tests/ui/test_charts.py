"""What the charts draw, read from their specifications."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.ui.charts import INK, MARKS, Floor, accuracy_chart, findings_chart


def points(**columns: list) -> pd.DataFrame:
    """Three versions: the first is not comparable, the second is the first that can be, the third a gain."""
    given = {
        "version": [1, 2, 3],
        "value": [0.0, 84.0, 85.5],
        "low": [0.0, 83.2, 84.8],
        "high": [0.1, 84.8, 86.2],
        "comparable": [False, True, True],
        "series": ["s", "s", "s"],
        "selected": [False, False, True],
        "verdict": ["not compared", "not compared", "gain"],
        "name": ["v1", "v2", "v3 · production"],
        "figure": ["0.0 % (0.0–0.1)", "84.0 % (83.2–84.8)", "85.5 % (84.8–86.2)"],
        "against": ["–", "–", "GAIN +1.5 pt (0.9 to 2.1)"],
        "author": ["ann"] * 3,
        "when": ["2026-03-01 10:00 UTC"] * 3,
        "message": ["first", "second", "third"],
    }
    return pd.DataFrame({**given, **columns})


def drawn(frame: pd.DataFrame, floor: Floor | None = None) -> dict:
    chart = accuracy_chart(frame, metric="accuracy", unit="%", model="tabular", floor=floor, ink=INK["light"])
    return chart.to_dict()


def rows(spec: dict, layer: dict) -> list[dict]:
    return spec["datasets"][(layer.get("data") or spec["data"])["name"]]


def layers(spec: dict, mark: str) -> list[dict]:
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]


def test_the_line_leaves_out_what_is_not_comparable_and_the_foot_has_it():
    spec = drawn(points())
    (line,), (area,) = layers(spec, "line"), layers(spec, "area")
    assert [row["version"] for row in rows(spec, line)] == [2, 3]
    assert [row["version"] for row in rows(spec, area)] == [2, 3]
    (label,) = layers(spec, "text")
    assert [row["version"] for row in rows(spec, label)] == [1]
    assert label["mark"]["text"] == "not comparable"
    low, high = line["encoding"]["y"]["scale"]["domain"]
    assert 80 < low < 83.2 and 86.2 < high < 90


def test_axes_have_a_name_and_a_unit_and_the_title_says_what_is_shown():
    spec = drawn(points())
    (line,) = layers(spec, "line")
    assert line["encoding"]["y"]["title"] == "accuracy (%)"
    assert line["encoding"]["x"]["title"] == "version"
    assert spec["title"]["text"] == "Accuracy of the fixed model by version"
    assert spec["title"]["subtitle"] == ["model: tabular; band: 95 % interval"]


def test_the_shading_is_the_smallest_change_that_shows():
    spec = drawn(points(), Floor(84.0, 0.7, "within 0.7 pt of v2, too small a change to tell"))
    (band,) = layers(spec, "rect")
    assert rows(spec, band) == [{"low": 83.3, "high": 84.7, "around": 84.0}]
    assert "grey: within 0.7 pt of v2, too small a change to tell" in spec["title"]["subtitle"]
    assert not layers(drawn(points()), "rect")


def test_the_noise_floor_is_a_darker_band_inside_and_stands_alone_where_nothing_is_compared():
    said = "noise floor: other seeds, same data (±0.2 pt)"
    both = drawn(points(), Floor(84.0, 0.7, "within 0.7 pt of v2", 0.2, said))
    wide, narrow = layers(both, "rect")
    assert rows(both, wide) == [{"low": 83.3, "high": 84.7, "around": 84.0}]
    assert rows(both, narrow) == [{"low": 83.8, "high": 84.2, "around": 84.0}]
    assert wide["mark"]["opacity"] < narrow["mark"]["opacity"] and wide["mark"]["color"] == narrow["mark"]["color"]
    assert both["title"]["subtitle"][-2:] == ["grey: within 0.7 pt of v2", f"darker grey: {said}"]
    alone = drawn(points(), Floor(84.0, None, "", 0.2, said))
    (band,) = layers(alone, "rect")
    assert rows(alone, band) == rows(both, narrow)
    assert alone["title"]["subtitle"][-1] == f"grey: {said}"


@pytest.mark.parametrize(("verdict", "mark"), MARKS.items())
def test_each_verdict_has_a_colour_a_shape_and_a_word(verdict, mark):
    spec = drawn(points(verdict=["not compared", "not compared", verdict]))
    encoding = next(layer["encoding"] for layer in layers(spec, "point") if "color" in layer["encoding"])
    place = encoding["color"]["scale"]["domain"].index(verdict)
    assert (encoding["color"]["scale"]["range"][place], encoding["shape"]["scale"]["range"][place]) == mark
    assert verdict in encoding["color"]["legend"]["values"]
    assert len({shape for _, shape in MARKS.values()}) == len(MARKS)


def test_another_series_breaks_the_line():
    spec = drawn(points(comparable=[True] * 3, series=["old", "old", "new"]))
    (line,) = layers(spec, "line")
    assert line["encoding"]["detail"]["field"] == "series"


def test_a_figure_without_an_interval_is_drawn():
    spec = drawn(points(low=[None] * 3, high=[None] * 3))
    (line,) = layers(spec, "line")
    low, high = line["encoding"]["y"]["scale"]["domain"]
    assert low < 84 < 85.5 < high


def test_forty_versions_have_no_forty_ticks():
    many = pd.concat([points(comparable=[True] * 3).iloc[[1]]] * 40, ignore_index=True)
    many["version"] = range(1, 41)
    spec = drawn(many)
    (line,) = layers(spec, "line")
    assert "values" not in line["encoding"]["x"]["axis"]
    assert line["encoding"]["x"]["axis"]["tickMinStep"] == 1


def test_bars_stand_in_the_order_given_with_their_counts():
    counts = pd.DataFrame({"check": ["label.issue", "data.leak"], "count": [1295, 3], "shown": ["1,295", "3"]})
    spec = findings_chart(counts, title="1,298 open findings at v5, by check", ink=INK["dark"]).to_dict()
    (bars,), (text,) = layers(spec, "bar"), layers(spec, "text")
    assert [row["check"] for row in rows(spec, bars)] == ["label.issue", "data.leak"]
    assert bars["encoding"]["y"]["sort"] is None
    assert text["encoding"]["text"]["field"] == "shown"
    assert bars["encoding"]["x"]["title"] == "open findings (count)"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", [("light", "#FFFFFF"), ("dark", "#14181C")], ids=["light", "dark"])
def test_colours_are_legible_on_both_pages(page):
    kind, background = page
    for verdict, (colour, _) in MARKS.items():
        assert contrast(colour, background) >= 3, verdict
    assert contrast(INK[kind], background) >= 4.5
