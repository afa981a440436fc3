"""The pool that fits models: the same answers bit for bit, the same errors, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import execution
from workbench.errors import Cancelled, ModelError
from workbench.execution import Parcel, pool, running
from workbench.models import asking, load_model
from workbench.models.asking import Fit, Question, answers, packed, unpacked

ROWS = 120
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

SLOW = """
    import os, pathlib, time
    from sklearn.dummy import DummyClassifier

    class Slow(DummyClassifier):
        def fit(self, X, y):
            if os.getppid() == int(pathlib.Path("caller").read_text()):
                pathlib.Path("writing").write_text(str(os.getpid()))
                pathlib.Path("writing").rename("begun")
            time.sleep(600)

    def make():
        return Slow()
"""
# A fit in a process of the pool says which process that is, and no fit ends by itself.


@pytest.fixture(scope="module", autouse=True)
def nothing_left():
    yield
    execution.end()


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Write a module in a working directory of its own and ask about its model: ``mine("def make(): …")``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "caller").write_text(str(os.getpid()))

    def mine(source, task="classification"):
        (tmp_path / "mine.py").write_text(textwrap.dedent(source), encoding="utf-8")
        return question("mine:make", task)

    return mine


def question(spec, task="classification"):
    """120 rows of all kinds."""
    random = np.random.default_rng(1)
    x = random.normal(size=ROWS)
    X = pd.DataFrame({"x": x, "z": np.where(x > 1, np.nan, x**2), "city": random.choice(["Oslo", "Rome"], ROWS)})
    X["day"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(random.integers(0, 99, ROWS), unit="D")
    y = x + random.normal(size=ROWS) if task == "regression" else np.where(x > 0, "yes", "no").astype(object)
    return Question(load_model(spec, task), X, (y, y[::-1]), X, [() if task == "regression" else ("no", "yes")] * 2)


def fits():
    """A mask of rows, a sample that repeats some, other labels, and some of the rows asked about."""
    random = np.random.default_rng(2)
    mask = random.random(ROWS) > 0.2
    return [
        Fit(0, mask),
        Fit(1, np.sort(random.integers(0, ROWS, ROWS))),
        Fit(2, mask, labels=1),
        Fit(3, mask, asked=~mask),
    ]


def found(asked, workers, tick=lambda: None):
    """The answers, in order."""
    kept = {}
    answers(asked, fits(), workers=workers, done=kept.__setitem__, tick=tick)
    return [kept[number] for number in range(len(fits()))]


def same(ones, others):
    return [
        one.tobytes() == other.tobytes() and one.shape == other.shape for one, other in zip(ones, others, strict=True)
    ]


def until(happened):
    """Wait for something, a minute at most."""
    for _ in range(1200):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within a minute")


def is_running(process):
    """Whether a process is there, and not only its entry that nobody has asked after."""
    try:
        os.kill(process, 0)
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc").is_dir()


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("spec", ["tabular", "linear"])
def test_another_process_answers_bit_for_bit_the_same(elsewhere, spec, task):
    asked = question(spec, task)
    assert same(found(asked, 2), found(asked, 1)) == [True] * 4


def test_matrix_products_do_not_depend_on_the_process_or_its_threads(elsewhere):
    """Large enough that BLAS would share them out among threads, if it were let."""
    random = np.random.default_rng(0)
    X = pd.DataFrame(random.normal(size=(3000, 60))).rename(columns="x{}".format)
    y = X.to_numpy() @ random.normal(size=60) + random.normal(size=3000)
    asked = Question(load_model("linear", "regression"), X, (y,), X, ((),))
    kept = {}
    answers(asked, [Fit(seed, random.random(3000) > 0.1) for seed in range(2)], workers=2, done=kept.__setitem__)
    random = np.random.default_rng(0)
    random.normal(size=(3000, 60)), random.normal(size=60), random.normal(size=3000)
    again = [asked.answer(Fit(seed, random.random(3000) > 0.1)) for seed in range(2)]
    assert same([kept[0], kept[1]], again) == [True] * 2


def test_a_model_of_one_s_own_travels_by_its_name(elsewhere, mine):
    """Neither a lambda nor a class of the user's module could be sent."""
    asked = mine("""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer

        class Mine(LogisticRegression):
            pass

        def make():
            print("made")
            return make_pipeline(FunctionTransformer(lambda X: X[["x"]] * 2), Mine())
    """)
    assert same(found(asked, 2), found(asked, 1)) == [True] * 4


def test_a_model_that_was_edited_meanwhile_is_fitted_by_the_caller(elsewhere, mine, monkeypatch):
    """The process would read the file as it is now, and fit another model."""
    made = "from sklearn.dummy import DummyClassifier\ndef make():\n    return DummyClassifier(strategy='{}')\n"
    asked = mine(made.format("prior"))
    mine(made.format("uniform"))
    with pytest.raises(ModelError, match="another one"):
        unpacked(packed(asked))
    monkeypatch.undo()
    assert same(found(asked, 2), found(asked, 1)) == [True] * 4


def test_a_model_that_fails_gives_the_error_it_gives_without_processes(elsewhere, mine):
    asked = mine("""
        from sklearn.dummy import DummyClassifier

        class Picky(DummyClassifier):
            def fit(self, X, y):
                raise ValueError("I do not like these rows")

        def make():
            return Picky()
    """)
    with pytest.raises(ModelError) as without:
        found(asked, 1)
    with pytest.raises(ModelError, match="I do not like these rows") as failed:
        found(asked, 2)
    assert str(failed.value) == str(without.value) and isinstance(failed.value.__cause__, ValueError)


def test_a_process_that_dies_is_explained_and_what_was_made_before_is_passed_on(elsewhere, mine):
    """As where memory runs out."""
    asked = mine("""
        import os, signal
        from sklearn.dummy import DummyClassifier

        class Greedy(DummyClassifier):
            def fit(self, X, y):
                if len(X) == 120:
                    os.kill(os.getpid(), signal.SIGKILL)
                return super().fit(X, y)

        def make():
            return Greedy()
    """)
    kept = {}
    with pytest.raises(ModelError, match=r"mine:make.*120 rows.*ended unexpectedly[\s\S]*memory"):
        answers(asked, fits(), workers=2, done=kept.__setitem__)
    assert list(kept) == [0], "one process: the second fit is the one that kills it"
    asked = question("linear")
    assert same(found(asked, 2), found(asked, 1)) == [True] * 4, "the next work has processes again"


def test_a_cancel_ends_the_processes_at_once(elsewhere, mine):
    asked = mine(SLOW)

    def tick():
        if Path("begun").exists():
            assert is_running(int(Path("begun").read_text()))
            raise Cancelled("enough")

    began = time.monotonic()
    with pytest.raises(Cancelled, match="enough"):
        found(asked, 2, tick)
    assert not is_running(int(Path("begun").read_text())) and time.monotonic() - began < 60


def test_whoever_shares_the_pool_with_cancelled_work_gets_its_answers_all_the_same(elsewhere, mine):
    slow, quick = mine(SLOW), question("linear")
    may_end = threading.Event()

    def tick():
        if may_end.is_set():
            raise Cancelled("enough")

    with ThreadPoolExecutor(2) as threads:
        cancelled = threads.submit(found, slow, 2, tick)
        until(lambda: Path("begun").exists() or cancelled.done())
        other = threads.submit(found, quick, 2)
        time.sleep(0.2)
        may_end.set()
        assert isinstance(cancelled.exception(60), Cancelled)
        assert same(other.result(60), found(quick, 1)) == [True] * 4


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_caller_that_is_killed_or_interrupted_leaves_no_process_behind(mine, tmp_path, end):
    """Its script needs no guard against being run again, and its standard output stays its own."""
    mine(SLOW.replace("def make():", "def make():\n        print('made')"))
    (tmp_path / "script.py").write_text(
        textwrap.dedent("""
            import os, pathlib
            import numpy as np, pandas as pd
            from workbench.models import load_model
            from workbench.models.asking import Fit, Question, answers

            pathlib.Path("caller").write_text(str(os.getpid()))
            X, y = pd.DataFrame({"x": range(8)}), np.array(["a", "b"] * 4, dtype=object)
            asked = Question(load_model("mine:make", "classification"), X, (y,), X, (("a", "b"),))
            fits = [Fit(seed, np.ones(8, dtype=bool)) for seed in range(9)]
            answers(asked, fits, workers=2, done=lambda number, found: None)
        """),
        encoding="utf-8",
    )
    caller = subprocess.Popen(
        [sys.executable, "script.py"],
        **{"cwd": tmp_path, "env": ENVIRONMENT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True},
        start_new_session=True,
        # Where the tests run in the background Ctrl-C is ignored, which processes inherit.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    until(lambda: Path("begun").exists() or caller.poll() is not None)
    process = int(Path("begun").read_text())
    assert is_running(process)
    if end == signal.SIGINT:
        os.killpg(caller.pid, end)  # as Ctrl-C does: to all of them
    else:
        caller.kill()
    out, said = caller.communicate(timeout=240)
    until(lambda: not is_running(process))
    assert out == "made\n" and "made" in said
    assert said.count("KeyboardInterrupt") == (end == signal.SIGINT), said


def test_small_work_starts_nothing(monkeypatch):
    monkeypatch.setattr(running, "COLD", 1e9)
    monkeypatch.setattr(running, "WARM", 1e9)
    execution.end()
    asked = question("linear")
    assert same(found(asked, 2), found(asked, 1)) == [True] * 4
    assert pool.current() is None


def test_any_executor_of_python_s_interface_will_do(elsewhere):
    asked = question("linear")
    with ThreadPoolExecutor(2) as cluster, execution.using(cluster, size=2):
        assert execution.count_of(0) == 3
        assert same(found(asked, 0), found(asked, 1)) == [True] * 4
    assert pool.current() is None or pool.current().own


def test_the_setting_says_how_many_fit_at_once():
    assert [execution.count_of(workers) for workers in (1, 3)] == [1, 3]
    assert 1 <= execution.count_of(0) <= execution.MOST


def test_shared_data_lie_in_a_private_file_that_goes_away(tmp_path):
    frame = pd.DataFrame({"x": np.arange(1000.0), "city": ["Oslo", None] * 500})
    packed = Parcel.of({"a": frame, "b": frame})
    assert packed.file.parent.stat().st_mode & 0o077 == 0
    opened = packed.opened(lambda content: content)
    assert opened["a"] is opened["b"]
    pd.testing.assert_frame_equal(opened["a"], frame)
    assert not opened["a"]["x"].to_numpy().flags.owndata, "mapped, not copied"
    packed.delete()
    assert not packed.file.exists() and packed.opened(dict) is opened


def test_large_work_starts_processes_before_its_first_fit_is_done(monkeypatch):
    """However long the first fit takes: here it is quick, and would have started none."""
    monkeypatch.setattr(asking, "HEAVY", ROWS * 4 * 4)
    monkeypatch.setattr(running, "COLD", 1e9)
    monkeypatch.setattr(running, "WARM", 1e9)
    execution.end()
    asked = question("linear")
    answers_of_two = found(asked, 2)
    assert pool.current() is not None and same(answers_of_two, found(asked, 1)) == [True] * 4
