"""The charts of the outlook: what is dashed lies beyond what was seen, and without a curve there is none."""

from __future__ import annotations

import pandas as pd

from workbench.ui.outlook_charts import curve_chart

POINTS = pd.DataFrame(
    {
        "name": ["v1", "v2", "v3"], "n": [0, 100, 200], "mean": [80.0, 82, 83], "low": [79.0, 81, 82],
        "high": [81.0, 83, 84], "figure": ["80.0 %", "82.0 %", "83.0 %"],
    }
)  # fmt: skip


def drawn(curve, **more):
    """The chart's specification."""
    told = {
        "title": "t",
        "subtitle": "s",
        "axis": "rows",
        "figure": "accuracy (%)",
        "logarithmic": False,
        "ink": "#123",
    }
    return curve_chart(POINTS, curve, **(told | more)).to_dict()


def test_what_is_beyond_the_last_figure_is_dashed():
    places = [0.0, 100.0, 200.0, 300.0]
    curve = pd.DataFrame({"n": places, "mean": [80.0, 82, 83, 83.5], "low": [79.0] * 4, "high": [85.0] * 4})
    spec = drawn(curve)
    lines = [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    solid, dashed = sorted(lines, key=lambda layer: "strokeDash" in layer["mark"])
    ends = [[row["n"] for row in spec["datasets"][layer["data"]["name"]]] for layer in (solid, dashed)]
    assert ends == [[0, 100, 200], [200, 300]]
    assert spec["title"]["text"] == "t" and spec["layer"][0]["encoding"]["y"]["title"] == "accuracy (%)"


def test_without_a_curve_the_figures_stand_alone():
    spec = drawn(pd.DataFrame(columns=["n", "mean", "low", "high"], dtype=float), logarithmic=False)
    assert {layer["mark"]["type"] for layer in spec["layer"]} == {"rule", "point"}
