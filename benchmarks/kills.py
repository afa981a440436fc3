"""Processes killed in the middle of their work: nothing is half done, and the work can be done again.

    python benchmarks/kills.py [COUNT] [SEED]

Each trial copies a small lake, begins an action in a process of its own, and kills it (SIGKILL) just before or just
after one of its statements, or at a moment that the clock decides. Then the lake is opened again:

- every version is what was published (``verify``);
- the state is one that an undisturbed action passes through: for a single publish the one before or the one after;
- the action, repeated, ends as if it had never been killed;
- ``maintain`` keeps everything, and finds no file that it does not know but what the killed transaction had written.

Prints a line for each trial that failed and a table; the exit code is 1 where one failed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pickle
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from workbench.drafts import Correction, new_draft, stage
from workbench.errors import WorkbenchError
from workbench.ingest import import_source, refresh
from workbench.iterations import publish, refresh_and_replay
from workbench.lake import Lake, maintain, newest, open_lake, read_version, read_versions
from workbench.lake.integrity import verify
from workbench.lake.moving import NONE
from workbench.lake.session import Session
from workbench.recipes import Recipe, SetStep, save_recipe
from workbench.runs import run
from workbench.settings import Settings
from workbench.versions import restore

SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema({"age": pa.Column("int64", pa.Check.in_range(0, 120))})
"""
MODEL = """from sklearn.dummy import DummyClassifier


def make():
    return DummyClassifier(strategy="stratified", random_state=0)
"""
ROWS = 90
STATE = {
    "versions": "SELECT dataset, version, kind, message, rows, content_hash, identity_hash "
    "FROM lake.workbench.versions",
    "overrides": "SELECT dataset, rid, column_name FROM lake.workbench.overrides",
    "drafts": "SELECT draft, dataset, base, title, state, (SELECT count(*) FROM lake.workbench.corrections c "
    "WHERE c.draft = d.draft) FROM lake.workbench.drafts d",
    "findings": "SELECT finding FROM lake.workbench.findings",
}
WRITES = ("import", "refresh", "publish", "restore")
"""Actions of one transaction: the state is the one before or the one after."""


def delivered(path: Path, *, later: bool) -> None:
    """Write the source: ``later`` changes more rows than the catalogue keeps inline, and brings new ones."""
    lines = ["id,age,city,income"]
    for number in range(ROWS + (5 if later else 0)):
        age = 20 + number % 50 + (1 if later and number < 60 else 0)
        city = "NYC" if number % 7 == 0 or number >= ROWS else "Oslo"
        lines.append(f"{number},{age},{city},{'high' if number % 3 else 'low'}")
    path.write_text("\n".join(lines) + "\n")


def settings() -> Settings:
    """Name the lake of the folder that this process works in."""
    return Settings(lake="sqlite:data/lake/catalog.sqlite", author="ann", threads=1, seeds=2, workers=1)


def prepared() -> set[str]:
    """Make the project that each trial begins with, in this folder, and list the lake's files."""
    Path("schemas").mkdir()
    Path("schemas/people.py").write_text(SCHEMA)
    Path("dull.py").write_text(MODEL)
    delivered(Path("people.csv"), later=False)
    with open_lake(settings(), create=True) as lake:
        import_source(
            lake, "people", "people.csv", key=["id"], label="income", model="dull:make", schema="schemas/people.py",
            author="ann",
        )  # fmt: skip
        first = new_draft(lake, "people", author="ann").draft
        stage(lake, first, [Correction({"id": n}, column="age", new=77) for n in (3, 5)], author="ann")
        publish(lake, first, message="two ages", author="ann")
        second = new_draft(lake, "people", author="ann").draft
        stage(lake, second, [Correction({"id": n}, column="age", new=99) for n in range(20, 85)], author="ann")
        # Each would undo what the other did.
        for name, step in (("younger", SetStep("age", "22", "21")), ("older", SetStep("age", "21", "22"))):
            save_recipe(lake, "people", Recipe(name, (step,)), replay=True, author="ann")
    delivered(Path("people.csv"), later=True)
    shutil.copy("people.csv", "fresh.csv")
    return files_here()


def _import(lake: Lake) -> None:
    import_source(lake, "fresh", "fresh.csv", key=["id"], author="ann")


def _refresh(lake: Lake) -> None:
    refresh(lake, "people", author="ann")


def _publish(lake: Lake) -> None:
    publish(lake, 2, message="many ages", author="ann")


def _restore(lake: Lake) -> None:
    restore(lake, read_version(lake, "people", 1), author="ann", message="back")


def _run(lake: Lake) -> None:
    done = run(lake, "people", author="ann")
    assert done.outcome != "error", done.error


def _maintain(lake: Lake) -> None:
    maintain(lake, retention_days=0, now=datetime.now(UTC) + timedelta(days=2))


def _replay(lake: Lake) -> None:
    refresh_and_replay(lake, "people", author="ann")


ACTIONS: dict[str, Callable[[Lake], None]] = {
    "import": _import, "refresh": _refresh, "publish": _publish, "restore": _restore, "run": _run,
    "maintain": _maintain, "recipe replay": _replay,
}  # fmt: skip


def state_of(lake: Lake) -> dict[str, list[tuple[Any, ...]]]:
    """Read what people would miss or find twice."""
    with lake.session() as session:
        # This very process may be moving rows, and what there is just then is wanted.
        session._moves = NONE
        return {name: sorted(session.rows(query), key=str) for name, query in STATE.items()}


@contextlib.contextmanager
def watched(statement: Callable[[int, str, bool], None]) -> Iterator[None]:
    """Call ``statement(number, query, after)`` around each statement of this process."""
    plain, count = Session._run, [0]

    def told(session: Session, query: str, params: Any, take: Any) -> Any:
        count[0] += 1
        number = count[0]
        statement(number, query, False)
        result = plain(session, query, params, take)
        statement(number, query, True)
        return result

    Session._run = told  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        Session._run = plain  # type: ignore[method-assign]


def undisturbed(action: str) -> dict[str, Any]:
    """Do the action once, and note how many statements it has and which states it passes through."""
    seen: list[Any] = []
    numbers: list[int] = []
    looking = [False]
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        opened: list[Lake] = []

        def look(number: int, query: str, after: bool) -> None:
            if looking[0]:
                return
            numbers.append(number)
            if after and query == "COMMIT" and opened:
                looking[0] = True
                state = state_of(opened[0])
                seen.extend([state] if state not in seen else [])
                looking[0] = False

        with open_lake(settings()) as lake:
            seen.append(state_of(lake))
        stack.enter_context(watched(look))
        opened.append(stack.enter_context(open_lake(settings())))
        ACTIONS[action](opened[0])
        looking[0] = True
        state = state_of(opened[0])
        seen.extend([state] if state not in seen else [])
    return {
        "statements": len(set(numbers)), "states": seen, "seconds": time.monotonic() - began,
        "modules": sorted(sys.modules),
    }  # fmt: skip


def doomed(action: str, at: int, after: bool) -> None:
    """Do the action until the statement of that number; 0: until somebody else ends it."""

    def kill(number: int, query: str, done: bool) -> None:
        if number == at and done == after:
            os.kill(os.getpid(), signal.SIGKILL)

    with watched(kill), open_lake(settings()) as lake:
        ACTIONS[action](lake)


def files_here() -> set[str]:
    """List the files of this folder's lake."""
    return {str(file) for file in Path("data/lake/files").rglob("*") if file.is_file()}


def examined(action: str, states: list[Any], base: set[str]) -> dict[str, Any]:
    """Look at what a kill left, do the action again, and maintain."""
    faults = []
    left = files_here() - base

    def sound(lake: Lake, when: str) -> None:
        faults.extend(
            f"{when}: {v.name}: {v.detail}" for v in verify(lake, read_versions(lake)) if v.state == "damaged"
        )

    with open_lake(settings()) as lake:
        sound(lake, "after the kill")
        found = state_of(lake)
        if action in WRITES and len(states) > 2:
            faults.append(f"the action passes through {len(states)} states")
        if found not in states:
            faults.append(f"a state that the action does not pass through: {found['versions']}, {found['drafts']}")
        refused = ""
        try:
            ACTIONS[action](lake)
        except WorkbenchError as error:
            refused = str(error)
        if refused and found != states[-1]:
            faults.append(f"it cannot be repeated: {refused}")
        ended = state_of(lake)
        for name in STATE:
            if ended[name] != states[-1][name]:
                odd = [row for row in ended[name] if row not in states[-1][name]]
                gone = [row for row in states[-1][name] if row not in ended[name]]
                faults.append(f"repeated, {name} differ: too much {odd[:3]}, missing {gone[:3]}")
        sound(lake, "after the repetition")
        unknown = maintain(lake, now=datetime.now(UTC) + timedelta(days=2)).unknown
        maintain(lake, now=datetime.now(UTC) + timedelta(days=4))
        sound(lake, "after maintain")
        if state_of(lake) != ended:
            faults.append("maintain changed the state")
        newest(lake, "people")
    if strange := [file for file in unknown if not any(path.endswith(f"/{file}") for path in left)]:
        faults.append(f"unknown files that the killed process did not leave: {strange}")
    was = "before" if found == states[0] else "after" if found == states[-1] else "between"
    return {"faults": faults, "was": was, "unknown": unknown}


class Child:
    """A function in a process of its own, forked from this one, which has imported everything and opened nothing."""

    def __init__(self, folder: Path, function: Callable[..., Any], *arguments: Any) -> None:
        reader, writer = os.pipe()
        self.pid, self.reader = os.fork(), reader
        if self.pid:
            os.close(writer)
            return
        try:
            os.close(reader)
            os.chdir(folder)
            answer: tuple[bool, Any] = True, function(*arguments)
        except KeyboardInterrupt:
            os._exit(130)
        except BaseException as error:
            import traceback

            answer = False, "".join(traceback.format_exception(error))
        with os.fdopen(writer, "wb") as file:
            file.write(pickle.dumps(answer))
        os._exit(0)

    def kill(self) -> None:
        """End it the hard way."""
        os.kill(self.pid, signal.SIGKILL)

    def answer(self) -> Any:
        """Wait for what it returns; None where it was killed."""
        with os.fdopen(self.reader, "rb") as file:
            content = file.read()
        os.waitpid(self.pid, 0)
        if not content:
            return None
        done, result = pickle.loads(content)
        if not done:
            raise RuntimeError(result)
        return result


def main(count: int = 300, seed: int = 1) -> int:
    """Kill so many processes, and print what became of their lakes."""
    generator = random.Random(seed)
    tally: Counter[tuple[str, str]] = Counter()
    failed = 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        root = Path(name)
        os.environ["WORKBENCH_TRUSTED_FOLDERS"] = json.dumps([name])
        os.environ["XDG_STATE_HOME"] = str(root / "state")
        (root / "base").mkdir()
        base = Child(root / "base", prepared).answer()
        known = {}
        for action in ACTIONS:
            if len(known) >= count:
                break
            shutil.copytree(root / "base", root / "tried")
            known[action] = Child(root / "tried", undisturbed, action).answer()
            shutil.rmtree(root / "tried")
            for module in known[action].pop("modules"):
                with contextlib.suppress(Exception):
                    importlib.import_module(module)
        # Ctrl-C ends the search, and the table tells what was tried.
        with contextlib.suppress(KeyboardInterrupt):
            for trial in range(count):
                action = list(known)[trial % len(known)]
                plain = known[action]
                by_clock = generator.random() < 0.3
                at = 0 if by_clock else generator.randint(1, plain["statements"])
                after, share = generator.random() < 0.5, generator.random()
                folder = root / f"trial{trial}"
                shutil.copytree(root / "base", folder)
                child = Child(folder, doomed, action, at, after)
                if by_clock:
                    time.sleep(share * plain["seconds"])
                    child.kill()
                how = f"{share:.0%} of its time" if by_clock else f"{'after' if after else 'before'} statement {at}"
                try:
                    child.answer()
                    result = Child(folder, examined, action, plain["states"], base).answer()
                except RuntimeError as error:
                    result = {"faults": [str(error)], "was": "?", "unknown": ()}
                tally[action, result["was"]] += 1
                tally[action, "with unknown files"] += bool(result["unknown"])
                if result["faults"]:
                    failed += 1
                    print(f"trial {trial}: {action}, killed at {how} of {plain['statements']} statements", flush=True)
                    print("\n".join(f"  {fault}" for fault in result["faults"]), flush=True)
                shutil.rmtree(folder, ignore_errors=True)
    for action in known:
        kinds = ", ".join(f"{n} {kind}" for (of, kind), n in sorted(tally.items()) if of == action and n)
        print(f"{action:14} {known[action]['statements']:5} statements: {kinds}")
    tried = sum(number for (_, kind), number in tally.items() if kind != "with unknown files")
    print(f"{tried} kills, {failed} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    # A shell lets what it starts in the background ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(*map(int, sys.argv[1:])))
