"""Command line, Python and app show the same numbers, because they call the same functions."""

from __future__ import annotations

import html
import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import workbench
from workbench.cli import main
from workbench.reporting import accuracy_of, verdict_of
from workbench.settings import Settings

APP = Path(__file__).parents[1] / "workbench" / "ui" / "start" / "page.py"


@pytest.fixture
def url(tmp_path, settings: Settings) -> str:
    """A lake with two measured versions of a dataset whose label errors were partly mended."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(600, 3))
    y = np.where(x[:, 0] + 0.3 * rng.normal(size=600) > 0, "yes", "no")
    dirty = y.copy()
    flipped = rng.choice(400, 80, replace=False)
    dirty[flipped] = np.where(y[flipped] == "yes", "no", "yes")
    frame = pd.DataFrame({"id": range(600), "a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": dirty})
    frame["split"] = ["train"] * 400 + ["test"] * 200
    with workbench.open(settings.lake, author="ann", create=True) as lake:
        data = lake.import_data("d", frame, key=["id"], label="y", split_column="split", model="linear")
        data.evaluate()
        draft = data.draft(title="labels").draft
        from workbench.drafts import Correction

        lake.stage(draft, [Correction({"id": int(n)}, column="y", new=str(y[n])) for n in flipped])
        lake.publish(draft, message="labels")
        data.evaluate()
        data.check()
    return settings.lake


def test_the_same_numbers_everywhere(url, monkeypatch, capsys):
    def shell(*arguments):
        monkeypatch.setattr(sys, "argv", ["workbench", "--lake", url, *arguments, "--json"])
        with pytest.raises(SystemExit):
            main()
        return json.loads(capsys.readouterr().out)

    with workbench.open(url) as lake:
        data = lake["d"]
        evaluation = data.evaluate(2)
        comparison = data.compare(1, 2)
        counted = data.count_findings()
        documents = data.documents()
    told = shell("versions", "d")
    assert told == documents
    assert shell("evaluate", "d@2")["metrics"] == json.loads(json.dumps(evaluation.to_dict()))["metrics"]
    assert told[1]["metrics"]["accuracy"]["mean"] == evaluation.metrics["accuracy"].mean
    assert shell("compare", "d@1", "d@2")["change"] == comparison.change == told[1]["comparison"]["change"]
    assert told[1]["verdict"] == comparison.verdict
    assert len(shell("findings", "d", "--limit", "100000")) == counted

    monkeypatch.setenv("WORKBENCH_LAKE", url)
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    markup = html.unescape(re.sub("<[^>]*>", "", " ".join(element.value for element in app.get("html"))))
    page = f"{markup} {app.button(key='next-step').label}"
    assert accuracy_of(told[1]) in page
    assert verdict_of(told[1]) in page
    assert f"Review {counted:,} finding" in page
