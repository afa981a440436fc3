"""Heavy work in a process of its own: results, errors, a cancel, a death, and nothing left behind."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.errors import (
    Cancelled,
    Conflict,
    ConflictError,
    DataError,
    RequirementsNotMet,
    UnknownName,
    UsageError,
    WorkbenchError,
)
from workbench.execution import apart
from workbench.progress import silent
from workbench.ui import tasks


@pytest.fixture(scope="module", autouse=True)
def nothing_left():
    yield
    apart.end()


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Tasks that other processes can import: ``module("def work(*, progress): …")``."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    apart.end()

    def module(source):
        name = f"tasks_{len(list(tmp_path.glob('*.py')))}_{tmp_path.name}"
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        return __import__(name).work

    yield module
    apart.end()


def gone(process):
    """Whether a process has ended, within half a minute."""
    for _ in range(600):
        try:
            os.kill(process, 0)
            if ") Z " in Path(f"/proc/{process}/stat").read_text():
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def test_a_task_has_a_process_of_its_own_which_the_next_one_uses_again(module):
    work = module(
        "import os\ndef work(a, *, progress):\n progress('half', 1, 2)\n print('talk')\n return a, os.getpid()"
    )
    told = []
    first = apart.process().run(work, [1], progress=lambda *said: told.append(said))
    second = apart.process().run(work, "x", progress=silent)
    assert first[0] == [1] and second[0] == "x" and told == [("half", 1, 2)]
    assert first[1] == second[1] != os.getpid()


def test_errors_arrive_as_they_were_raised(module):
    work = module(
        "from workbench.errors import UnknownName\n"
        "def work(name, *, progress):\n if name: raise UnknownName('column', name, ['age'])\n return 1 / 0"
    )
    with pytest.raises(UnknownName, match="There is no column 'agee'") as found:
        apart.process().run(work, "agee", progress=silent)
    assert (found.value.kind, found.value.hint) == ("column", "Did you mean 'age'?")
    with pytest.raises(WorkbenchError, match="unforeseen happened: ZeroDivisionError"):
        apart.process().run(work, "", progress=silent)


@pytest.mark.parametrize(
    "error",
    [
        UsageError("no", hint="yes"),
        UnknownName("column", "a", ["b"], where="t"),
        DataError("bad", source="x.csv", line=3, column="c"),
        ConflictError("1 conflict", [Conflict({"id": 1}, "a", 1, 2, 3)]),
        RequirementsNotMet("not yet", []),
        Cancelled("stopped"),
    ],
)
def test_every_error_travels_whole(error):
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error) and str(arrived) == str(error) and vars(arrived) == vars(error)


def test_a_cancel_stops_the_work_at_its_next_step(module):
    work = module("import time\ndef work(*, progress):\n while True: progress('on', 1, 2); time.sleep(0.01)")
    running = apart.process()
    with pytest.raises(Cancelled):
        running.run(work, progress=lambda stage, done, total: running.cancel())


def test_work_that_comes_to_no_step_is_killed_after_a_cancel(module, monkeypatch):
    monkeypatch.setattr(apart, "GRACE", 0.1)
    work = module("import time\ndef work(*, progress):\n progress('on', 1, 2); time.sleep(600)")
    running = apart.process()
    with pytest.raises(Cancelled):
        running.run(work, progress=lambda stage, done, total: running.cancel())
    assert not running.alive


def test_a_process_that_dies_is_explained(module):
    work = module("import os, signal\ndef work(*, progress): os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(WorkbenchError, match=r"killed by signal 9[\s\S]*too little memory"):
        apart.process().run(work, progress=silent)


def test_a_server_that_is_killed_leaves_no_process_behind(module, tmp_path):
    module(
        "import os, pathlib, time\n"
        "def work(*, progress): pathlib.Path('at').write_text(str(os.getpid())); time.sleep(600)"
    )
    name = next(tmp_path.glob("*.py")).stem
    script = f"from workbench.execution import process; import {name}; process().run({name}.work, progress=print)"
    path = os.pathsep.join([str(Path(__file__).parents[2]), str(tmp_path)])
    server = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": path})
    while not (tmp_path / "at").exists() or not (tmp_path / "at").read_text():
        assert server.poll() is None
        time.sleep(0.05)
    server.send_signal(signal.SIGKILL)
    server.wait()
    assert gone(int((tmp_path / "at").read_text()))


def test_the_app_s_tasks_open_the_lake_by_its_settings_and_load_no_streamlit(lake, settings, module):
    work = module(
        "import sys\ndef work(lake, *, progress): return lake.author, lake.names(), 'streamlit' in sys.modules"
    )
    found = apart.process().run(tasks.on_lake, settings, "ann", work, (), False, progress=silent)
    assert found == ("ann", [], False)
