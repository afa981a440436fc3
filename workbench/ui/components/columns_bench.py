"""What somebody has before them who works on a whole column: the rows, what was worked out of them, what is ticked.

Whatever may take more than a moment (clusters, previews, dry runs) is worked out by a job, once for the rows as they
are: as the newest version has them, with the visitor's own draft laid over it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from workbench import iterations
from workbench.api import OpenLake
from workbench.drafts import Draft, content_of, get_draft
from workbench.errors import UsageError, WorkbenchError
from workbench.lake import Version
from workbench.progress import Progress
from workbench.recipes import DryRun, Recipe
from workbench.reporting import count_of
from workbench.settings import without_password
from workbench.ui import jobs
from workbench.ui.components import review_answers as answers
from workbench.ui.components.job import PULSE, show_job
from workbench.ui.components.markup import element
from workbench.ui.components.review_desk import Desk, leave
from workbench.ui.components.review_wanted import Wanted

KEPT = 12
"""Things worked out that are remembered, the newest."""


@dataclass(frozen=True)
class Entry:
    """A recipe that was staged from here.

    Attributes
    ----------
    draft : int
        In which draft.
    corrections : int
        How many that draft held then; fewer, and the step was taken back.
    recipe : Recipe
        What was staged.
    """

    draft: int
    corrections: int
    recipe: Recipe


@dataclass
class Bench:
    """A visitor's work on the columns of a dataset.

    Attributes
    ----------
    key : tuple
        What it is about; another key is another bench.
    desk : Desk
        What the panel of the draft and undo go by.
    draft : Draft or None
        The visitor's open draft on the newest version.
    state : tuple
        Stands for the rows as they are: version, and what the draft does to it.
    ticked : dict
        Values of a cluster → the value to write in their place.
    typed : dict
        Values of a cluster → the value that was typed for them.
    page : int
        Page of the clusters.
    asking : Recipe or None
        The merge whose preview is open.
    found : dict
        What was worked out, by what it was worked out of.
    staged : list of Entry
        What was staged from here, the oldest first.
    staging : Job or None
        What is being staged.
    problem : WorkbenchError or None
        What went wrong last.
    notice : str
        What was done last.
    """

    key: tuple[Any, ...]
    desk: Desk
    draft: Draft | None = None
    state: tuple[Any, ...] = ()
    ticked: dict[tuple[str, ...], str] = field(default_factory=dict)
    typed: dict[tuple[str, ...], str] = field(default_factory=dict)
    page: int = 1
    asking: Recipe | None = None
    found: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    staged: list[Entry] = field(default_factory=list)
    staging: jobs.Job | None = None
    problem: WorkbenchError | None = None
    notice: str = ""

    @property
    def version(self) -> Version:
        """The newest version."""
        return self.desk.version

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.version.dataset

    @property
    def number(self) -> int | None:
        """Number of the visitor's draft."""
        return self.draft.draft if self.draft is not None else None


def bench(lake: OpenLake, version: Version) -> Bench:
    """Return the visitor's bench for the newest version, with the rows as they are now."""
    key = (lake.lake.url, version.name, lake.author)
    known: Bench | None = st.session_state.get("columns")
    if known is None or known.key != key:
        same = known is not None and known.key[0] == key[0] and known.dataset == version.dataset
        staged = known.staged if known is not None and same else []
        known = Bench(key, Desk(key, version, Wanted(), {}, 0, {}), staged=staged)
        st.session_state["columns"] = known
    drafts = [draft for draft in answers.own_drafts(lake, version.dataset) if draft.base == version.version]
    known.draft = drafts[0] if drafts else None
    known.state = (lake.lake.url, version.name, known.number, content_of(lake.lake, known.number or 0))
    return known


def worked_out(here: Bench, what: tuple[Any, ...], title: str, work: Callable[[], Any]) -> Any:
    """Return what a piece of work gives, once for the rows as they are; a job does it.

    Parameters
    ----------
    what : tuple
        What is asked for; the rows as they are belong to it anyway.
    title : str
        For people, while it is on its way.

    Returns
    -------
    object
        What the work returned; the page waits for it, and says so where that takes more than a moment.

    Raises
    ------
    WorkbenchError
        It cannot be done.
    """
    key = (*here.state, *what)
    if key not in here.found:
        name = f"columns:{key!r}"

        def run(progress: Progress) -> Any:
            progress(title, 0, 0)
            return work()

        job = jobs.find(name) or jobs.start(name, title, run)
        if not job.wait(jobs.SOON):
            # The page waits here; whatever the visitor presses meanwhile interrupts that, not the job.
            with st.empty():
                while not job.wait(PULSE):
                    st.progress(0.0, text=f"{title} … {job.seconds:.0f} s")
                st.empty()
        here.found[key] = job.error if job.error is not None else job.result
        jobs.dismiss(name)
        for old in [*here.found][:-KEPT]:
            del here.found[old]
    found = here.found[key]
    if isinstance(found, WorkbenchError):
        raise found
    return found


def stage(lake: OpenLake, here: Bench, recipe: Recipe) -> None:
    """Begin to stage a recipe as one step of the visitor's draft, and wait a moment for it."""
    here.asking, here.problem, here.notice = None, None, ""
    handle, dataset, draft, author = lake.lake, here.dataset, here.number, lake.author

    def work(progress: Progress) -> Any:
        progress("staging", 0, 0)
        return iterations.apply_recipe(handle, dataset, recipe, draft=draft, author=author)

    here.staging = jobs.start(f"columns-stage:{here.key!r}", f"Staging: {recipe.name}", work)
    here.staging.wait(jobs.SOON)
    settle(here)


def as_seen(here: Bench, seen: Mapping[str, Any]) -> bool:
    """Tell whether fields still hold what the visitor saw the effect of; says so where they do not.

    A field that is left by a click on a button changes and is acted on at once, before the page could show what the
    change means.

    Parameters
    ----------
    seen : mapping
        Key of each field → its value then.
    """
    if all(st.session_state.get(key) == value for key, value in seen.items()):
        return True
    here.notice = ""
    here.problem = UsageError(
        "What you typed has changed meanwhile; nothing was done.", hint="Look at what it means now, and press again."
    )
    return False


def settle(here: Bench) -> None:
    """Take note of what became of what was being staged, once it is done."""
    job = here.staging
    if job is None or job.running:
        return
    here.staging = None
    jobs.dismiss(job.key)
    if job.error is not None:
        here.problem = job.error
        return
    draft, run = job.result.draft, job.result.run
    before = draft.corrections - run.changes
    here.staged = [each for each in here.staged if each.draft != draft.draft or each.corrections <= before]
    here.staged.append(Entry(draft.draft, draft.corrections, run.recipe))
    here.notice = f"Staged in draft {draft.draft}: {in_words(run)}. One undo takes it back."
    here.ticked.clear()
    here.typed.clear()
    leave()


def show_staging(here: Bench) -> bool:
    """Show how far what is being staged is; tells whether it is on its way."""
    if here.staging is None:
        return False
    if here.staging.running and show_job(here.staging.key, stoppable=False):
        return True
    # It ended while the page was being written: whoever began it is to be told what became of it.
    settle(here)
    st.rerun()


def staged_here(lake: OpenLake, here: Bench) -> list[Recipe]:
    """List what was staged from here and is still in its draft, or in the version made of it."""
    standing = []
    for each in here.staged:
        draft = get_draft(lake.lake, each.draft)
        if draft.state != "discarded" and draft.corrections >= each.corrections:
            standing.append(each.recipe)
    return standing


def undo(lake: OpenLake, here: Bench) -> None:
    """Take back the last thing that the visitor did."""
    answers.undo(lake, here.desk)
    here.problem, here.notice = here.desk.problem, here.desk.notice
    here.desk.problem, here.desk.stale = None, False
    if here.problem is None:
        here.notice = here.notice or "Taken back."
        leave()


def said_wrong(error: WorkbenchError) -> str:
    """Write an error and how to mend it."""
    said: list[Any] = [element("p", "✕ ", without_password(error.message), css="wb-plain")]
    said += [element("p", without_password(error.hint), css="wb-plain wb-small")] if error.hint else []
    return element("div", *said, css="wb-problem", role="alert")


def in_words(run: DryRun) -> str:
    """Say what a recipe changes: ``12 cells changed, 1 row excluded``."""
    said = [f"{count_of(run.cells, 'cell')} changed"] if run.cells else []
    return ", ".join(said + ([f"{count_of(run.excluded, 'row')} excluded"] if run.excluded else []))
