"""The demo goes through the whole loop on real parts, and its words follow its figures."""

from __future__ import annotations

import pytest

from workbench.api import OpenLake
from workbench.demo import report_demo, run_demo


@pytest.mark.slow
def test_the_demo_measures_each_round_and_does_not_boast(lake):
    said: list[str] = []
    opened = OpenLake(lake, "tester")
    result = run_demo(opened, say=said.append)
    steps = result["steps"]
    assert [step["version"] for step in steps] == [1, 2, 3, 4, 5]

    first, rules, *rounds = steps
    assert first["failures"] == 9159 and first["comparable"] is False and first["verdict"] is None
    assert rules["failures"] == 0 and rules["verdict"] in ("cannot tell", "gain", "loss", "no change")
    assert rules["comparison"]["parts"]["test labels"] > 0.8
    assert abs(sum(rules["comparison"]["parts"].values()) - rules["metrics"]["accuracy"]["mean"]) < 1e-9
    assert rounds[-1]["metrics"]["accuracy"]["mean"] > rules["metrics"]["accuracy"]["mean"] + 0.01
    for step in steps[1:]:
        found = step["comparison"]
        assert (found["low"] > 0) == (step["verdict"] == "gain") and (found["high"] < 0) == (step["verdict"] == "loss")
    assert [a["open_findings"] > b["open_findings"] for a, b in zip(steps[1:], steps[2:], strict=False)] == [True] * 3
    assert rounds[0]["excluded"] == 60

    table = report_demo(result)
    assert "not comparable" in table and "planted" in table
    again: list[str] = []
    assert run_demo(opened, say=again.append)["steps"] == steps and "already" in again[0]
