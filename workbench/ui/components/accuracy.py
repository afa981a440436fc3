"""How the fixed model's figure moved from version to version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from workbench.metrics import metrics_of
from workbench.reporting import format_points, format_score, verdict_of
from workbench.reporting.figures import NOISE_FLOOR, format_floor
from workbench.ui.charts import Floor, accuracy_chart
from workbench.ui.components.message import show_empty
from workbench.ui.session import ink
from workbench.ui.standing import Standing
from workbench.ui.wording import command, marked, metric_name

PAIRED = (
    "A verdict compares two versions row by row and seed by seed, on the test rows that they share: it may tell a gain "
    "or a loss where the bands of the two overlap, and within the noise floor, which is about other seeds."
)


def show_accuracy(state: Standing, lake: str) -> None:
    """Draw the figure by version; a click on a version chooses it."""
    definition = state.version.definition
    if definition.label is None:
        st.text("This dataset has no label column, so there is nothing a model could be measured on.")
        return
    if not state.results:
        show_empty(
            "Here the accuracy of the fixed model will be drawn, version by version, with its interval.",
            todo="Measure the newest version:",
            command=command(lake, "evaluate", definition.dataset),
            key="no-accuracy",
        )
        return
    metric = metrics_of(definition.task)[0]
    scale, unit = (100.0, "%") if metric.bounds == (0.0, 1.0) else (1.0, "")
    points, name = _points(state, metric.name, scale), metric_name(metric.name)
    if any(point["comparable"] for point in points):
        frame = marked(pd.DataFrame(points))
        floor = _floor(state, metric.name, scale)
        chart = accuracy_chart(frame, metric=name, unit=unit, model=definition.model, floor=floor, ink=ink())
        words = _in_words(frame, name, floor)
        st.altair_chart(chart, key="accuracy", on_select=_choose, selection_mode="version", alt=words)
    else:
        st.text("No measured version has a figure yet that could be compared with another's.")
    _show_notes(state)


def _points(state: Standing, metric: str, scale: float) -> list[dict[str, Any]]:
    """Lay out one point per measured version, for the chart."""
    rows = []
    for document in state.documents:
        result = state.results.get(document["version"])
        score = result["metrics"].get(metric) if result else None
        if result is None or score is None or score["mean"] is None:
            continue
        ends = {end: None if score[end] is None else scale * score[end] for end in ("low", "high")}
        rows.append(
            {
                "version": document["version"],
                "value": scale * score["mean"],
                **ends,
                "comparable": result["comparable"],
                "series": result["fingerprint"],
                "selected": document["version"] == state.version.version,
                "verdict": document["verdict"] or "not compared",
                "name": f"v{document['version']}" + "".join(f" · {tag}" for tag in document["tags"]),
                "figure": format_score(metric, score),
                "against": verdict_of(document),
                "author": document["author"],
                "when": f"{datetime.fromisoformat(document['created_at']):%Y-%m-%d %H:%M} UTC",
                "message": document["message"],
            }
        )
    return rows


def _floor(state: Standing, metric: str, scale: float) -> Floor | None:
    """Shade what is no news around the figure of the version before the chosen one, or around its own without one.

    That is what other seeds would move the figure by, and what these test rows cannot tell from chance.
    """
    comparison = state.document["comparison"]
    told = comparison is not None and comparison["comparable"] and comparison["detectable"]
    number = int(comparison["a"].rpartition("@")[2]) if told else state.version.version
    result = state.results.get(number)
    score = result["metrics"].get(metric) if result and result["comparable"] else None
    noise = score.get("noise_floor") if score else None
    said = f"{NOISE_FLOOR} ({format_floor(noise, metric=metric)})" if noise else ""
    if told:
        points = format_points(comparison["detectable"], metric=comparison["metric"]).removeprefix("+")
        return Floor(
            scale * comparison["a_published"],
            scale * comparison["detectable"],
            f"within {points} of v{number}, too small a change to tell",
            scale * noise if noise else None,
            said,
        )
    if score is None or score["mean"] is None or not noise:
        return None
    return Floor(scale * score["mean"], None, "", scale * noise, said)


def _in_words(points: pd.DataFrame, metric: str, floor: Floor | None) -> str:
    """Say what the chart shows."""
    sound, apart = points[points["comparable"]], points[~points["comparable"]]
    told = [f"{name} {figure}, {against}" for name, figure, against in sound[["name", "figure", "against"]].values]
    words = f"{metric.capitalize()} by version: {'; '.join(told) or 'no figure that can be compared'}."
    words += f" {floor.noise_text.capitalize()}." if floor and floor.noise_text else ""
    return words + (f" Not comparable: {', '.join(apart['name'])}." if len(apart) else "")


def _show_notes(state: Standing) -> None:
    """Say which figures stand apart and why; what else must be known of figures folds out."""
    notes = {number: list(result["notes"]) for number, result in state.results.items()}
    for number, result in state.results.items():
        if not result["comparable"]:
            st.text(f"v{number} stands apart: {notes[number].pop(0)}.")
    series = list(dict.fromkeys(result["fingerprint"] for result in state.results.values()))
    if len(series) > 1:
        st.text("The line breaks where the model or its settings changed: figures on its two sides are not compared.")
    told = [PAIRED, *(f"v{number}: {note}" for number, of_version in notes.items() for note in of_version)]
    told += (state.document["comparison"] or {}).get("notes", [])
    with st.expander(f"Notes on the figures ({len(told)})"):
        for note in told:
            st.text(note)


def _choose() -> None:
    """Make the version that was clicked the chosen one."""
    clicked: list[dict[str, Any]] = st.session_state["accuracy"]["selection"].get("version") or []
    if clicked:
        st.query_params["version"] = str(clicked[0]["version"])
