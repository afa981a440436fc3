"""Whether to go on reviewing: what more decisions are likely to bring and, by a button, what more rows are."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from markupsafe import Markup

from workbench.api import OpenLake
from workbench.errors import WorkbenchError
from workbench.lake import Lake
from workbench.outlook import Outlook, Point, outlook
from workbench.outlook.telling import sentences
from workbench.reporting import format_metric
from workbench.reporting.figures import SHARES
from workbench.ui import jobs, session, tasks
from workbench.ui.components.job import show_job
from workbench.ui.components.markup import element
from workbench.ui.components.message import show_error
from workbench.ui.outlook_charts import curve_chart
from workbench.ui.standing import Standing
from workbench.ui.wording import metric_name

READ = 200_000
"""Test rows of all measured versions that are read while the page waits: half a second for 40,000."""

BAND = "grey: the fitted curve with its 95 % band, dashed where it goes on"


def show_outlook(lake: OpenLake, state: Standing) -> None:
    """Say what more work is likely to bring; nothing where nothing was measured."""
    dataset = state.version.dataset
    if state.version.definition.label is None or not state.results:
        return
    st.subheader("Go on, or stop?")
    name = f"outlook:{lake.lake.url}:{dataset}@{state.newest}"
    with st.container(key="outlook"):
        found: Outlook | None = jobs.taken(name)
        job = jobs.find(name)
        running = job is not None and job.running
        if sum(result["test_rows"] for result in state.results.values()) <= READ:
            sized = found is not None and found.sizes is not None
            try:
                found = _looked((*session.moment(lake), dataset), lake.lake, dataset, sized)
            except WorkbenchError as error:
                show_error(error, title="There is no outlook")
                return
        if found is None:
            st.text("The curve of all versions is drawn on demand: there are many predictions to read.")
            st.button("Look ahead", key="outlook-now", on_click=_start, args=(name, lake, dataset), disabled=running)
            show_job(name)
            return
        _show(found)
        st.button(
            "More data or cleaner data?", key="outlook-sizes", on_click=_start, args=(name, lake, dataset, True),
            disabled=found.sizes is not None or running,
            help="Fits the model on parts of the train rows; what was fitted before is not fitted again.",
        )  # fmt: skip
        show_job(name)
        with st.container(key="outlook-charts"):
            _show_charts(found)
        notes = [*found.notes, *(found.sizes.notes if found.sizes else ())]
        with st.expander(f"Notes on the outlook ({len(notes)})"):
            for note in notes:
                st.text(note)


@st.cache_data(show_spinner="Looking ahead …", max_entries=16)
def _looked(key: tuple[object, ...], _lake: Lake, _dataset: str, sized: bool) -> Outlook:
    """Look ahead as things stood at a moment; with ``sized`` all fits are there already."""
    return outlook(_lake, _dataset, sizes=sized)


def _start(name: str, lake: OpenLake, dataset: str, sized: bool = False) -> None:
    """Begin a job."""
    title = f"{'More data or cleaner data' if sized else 'Looking ahead'} for {dataset}"
    jobs.start_apart(name, title, lake, tasks.look_ahead, dataset, sized)


def _show(found: Outlook) -> None:
    """Write what is to be expected."""
    st.html(Markup("").join(element("p", sentence, css="wb-plain") for sentence in sentences(found)))


def _show_charts(found: Outlook) -> None:
    """Draw the figure against what was corrected and, once asked for, against the number of rows."""
    name = metric_name(found.metric)
    drawn = [
        (found.points, found.curve, f"{name.capitalize()} as rows were corrected", found.counted, False),
    ]
    if found.sizes is not None:
        drawn.append(
            (found.sizes.points, found.sizes.curve, f"{name.capitalize()} by number of rows", "train rows", True)
        )
    drawn = [each for each in drawn if len(each[0]) > 1]
    if not drawn:
        return
    scale, unit = (100.0, " (%)") if found.metric in SHARES else (1.0, "")
    for place, (points, curve, title, axis, logarithmic) in zip(st.columns(len(drawn)), drawn, strict=True):
        frame = pd.DataFrame(
            [
                (
                    p.name,
                    p.n,
                    scale * p.mean,
                    scale * p.low,
                    scale * p.high,
                    format_metric(found.metric, p.mean, p.low, p.high),
                )
                for p in points
            ],
            columns=["name", "n", "mean", "low", "high", "figure"],
        )
        line = pd.DataFrame(curve, columns=["n", "mean", "low", "high"], dtype=float)
        line[["mean", "low", "high"]] *= scale
        chart = curve_chart(
            frame, line, title=title, subtitle=BAND if len(line) else "too few figures for a curve",
            axis=axis + (" (log scale)" if logarithmic else ""), figure=f"{name}{unit}", logarithmic=logarithmic,
            ink=session.ink(),
        )  # fmt: skip
        place.altair_chart(chart, alt=f"{title}: {_in_words(points, frame['figure'])}.")


def _in_words(points: Sequence[Point], figures: Sequence[str]) -> str:
    """Say what a chart shows."""
    return "; ".join(f"{p.name} at {p.n:,}: {figure}" for p, figure in zip(points, figures, strict=True))
