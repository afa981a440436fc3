"""Processes that fit models: the same answers bit for bit, the same errors, and nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import Cancelled, ModelError
from workbench.models import load_model
from workbench.models.asking import Question, packed, unpacked
from workbench.models.workers import Workers

ROWS = 120
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}

SLOW = """
    import os, pathlib, time
    from sklearn.dummy import DummyClassifier

    class Slow(DummyClassifier):
        def fit(self, X, y):
            pathlib.Path("writing").write_text(str(os.getpid()))
            pathlib.Path("writing").rename("begun")
            time.sleep(600)

    def make():
        return Slow()
"""
# Its fit says which process it is in, and does not end by itself.


@pytest.fixture(scope="module")
def workers():
    with Workers(1, processes=2, pays=0.0) as opened:
        yield opened


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Write a module in a working directory of its own and ask about its model: ``mine("def make(): …")``."""
    monkeypatch.chdir(tmp_path)

    def mine(source, task="classification"):
        (tmp_path / "mine.py").write_text(textwrap.dedent(source), encoding="utf-8")
        return question("mine:make", task)

    return mine


def question(spec, task="classification"):
    """120 rows of all kinds; one seed learns from a mask of them, one from a sample that repeats some."""
    random = np.random.default_rng(1)
    x = random.normal(size=ROWS)
    X = pd.DataFrame({"x": x, "z": np.where(x > 1, np.nan, x**2), "city": random.choice(["Oslo", "Rome"], ROWS)})
    X["day"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(random.integers(0, 99, ROWS), unit="D")
    y = x + random.normal(size=ROWS) if task == "regression" else np.where(x > 0, "yes", "no").astype(object)
    learnt = {0: random.random(ROWS) > 0.2, 1: np.sort(random.integers(0, ROWS, ROWS))}
    classes = () if task == "regression" else ("no", "yes")
    return Question(load_model(spec, task), X, y, learnt, X.head(30), classes)


def here(asked):
    """The answers without any process."""
    return np.stack([asked.answer(seed) for seed in asked.learnt])


def nowhere():
    raise AssertionError("the process should have answered")


def until(happened):
    """Wait for something, a minute at most."""
    for _ in range(1200):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within a minute")


def script(folder, line):
    """Write a script without a guard that asks about the model of the module beside it."""
    text = """
        import json
        import numpy as np, pandas as pd
        from workbench.models import load_model
        from workbench.models.asking import Question
        from workbench.models.workers import Workers

        print("here")
        X, y = pd.DataFrame({"x": range(8)}), np.array(["a", "b"] * 4, dtype=object)
        model = load_model("mine:make", "classification")
        asked = Question(model, X, y, {0: np.ones(8, dtype=bool)}, X, ("a", "b"))
        with Workers(1, processes=2, pays=0.0) as workers:
    """
    (folder / "script.py").write_text(textwrap.dedent(text) + "    " + line, encoding="utf-8")
    return "script.py"


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
def test_a_process_answers_bit_for_bit_the_same(workers, spec, task):
    asked = question(spec, task)
    answer, expected = workers.ask(asked, nowhere), here(asked)
    assert answer.shape == (2, 30, 1 if task == "regression" else 2) and answer.dtype == expected.dtype
    assert answer.tobytes() == expected.tobytes()


def test_a_model_of_one_s_own_travels_by_its_name(workers, mine):
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
    assert workers.ask(asked, nowhere).tobytes() == here(asked).tobytes()


def test_a_model_that_was_edited_meanwhile_is_fitted_by_the_caller(workers, mine):
    """The process would read the file as it is now, and fit another model."""
    made = "from sklearn.dummy import DummyClassifier\ndef make():\n    return DummyClassifier(strategy='{}')\n"
    asked = mine(made.format("prior"))
    mine(made.format("uniform"))
    answered = workers.answered
    with pytest.raises(ModelError, match="another one"):
        unpacked(packed(asked))
    assert workers.ask(asked, lambda: here(asked)).tobytes() == here(asked).tobytes()
    assert workers.answered == answered


def test_a_model_that_fails_gives_the_error_it_gives_without_processes(workers, mine):
    asked = mine("""
        from sklearn.dummy import DummyClassifier

        class Picky(DummyClassifier):
            def fit(self, X, y):
                raise ValueError("I do not like these rows")

        def make():
            return Picky()
    """)
    with pytest.raises(ModelError) as without:
        here(asked)
    with pytest.raises(ModelError, match="I do not like these rows") as failed:
        workers.ask(asked, lambda: here(asked))
    assert str(failed.value) == str(without.value) and isinstance(failed.value.__cause__, ValueError)
    assert workers.ask(question("linear"), nowhere).shape == (2, 30, 2), "the process went on"


def test_a_process_that_dies_is_an_error_and_no_wait(mine):
    """As where memory runs out."""
    asked = mine("""
        import os, signal
        from sklearn.dummy import DummyClassifier

        class Greedy(DummyClassifier):
            def fit(self, X, y):
                os.kill(os.getpid(), signal.SIGKILL)

        def make():
            return Greedy()
    """)
    with Workers(1, processes=2, pays=0.0) as workers:
        with pytest.raises(ModelError, match=r"mine:make.*120 rows.*ended unexpectedly[\s\S]*memory"):
            workers.ask(asked, nowhere)
        with pytest.raises(ModelError, match="linear.*ended unexpectedly"):
            workers.ask(question("linear"), nowhere)


def test_who_waits_for_an_answer_is_let_go_when_all_are_ended(mine):
    asked = mine(SLOW)
    with Workers(1, processes=2, pays=0.0) as workers, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(workers.ask, asked, nowhere)
        until(lambda: Path("begun").exists() or waiting.done())
        process = int(Path("begun").read_text())
        assert is_running(process)
        workers.end()
        with pytest.raises(Cancelled):
            waiting.result(timeout=60)
        assert not is_running(process)
        with pytest.raises(Cancelled):
            workers.ask(asked, nowhere)


def test_a_caller_that_is_killed_leaves_no_process_behind(mine, tmp_path):
    mine(SLOW)
    asking = script(tmp_path, "workers.ask(asked, lambda: None)")
    with subprocess.Popen([sys.executable, asking], cwd=tmp_path, env=ENVIRONMENT) as caller:
        until(lambda: Path("begun").exists() or caller.poll() is not None)
        process = int(Path("begun").read_text())
        assert is_running(process)
        caller.kill()
    until(lambda: not is_running(process))


def test_processes_are_started_once_they_pay(mine):
    asked = question("linear")
    with Workers(10**9, processes=2) as workers:
        workers.ask(asked, lambda: here(asked))
        assert workers.answered == 0
        assert workers.ask(asked, nowhere).tobytes() == here(asked).tobytes()
        assert workers.answered == 1


def test_nothing_is_started_for_little_work_or_on_one_core():
    asked = question("linear")
    for options in ({"pays": 1e9}, {"processes": 1, "pays": 0.0}):
        with Workers(3, **options) as workers:
            for _ in range(3):
                assert workers.ask(asked, lambda: here(asked)).tobytes() == here(asked).tobytes()
            assert workers.answered == 0


def test_a_script_needs_no_guard_and_its_output_stays_its_own(tmp_path):
    """The script is not run again; what a model prints, and what it starts in turn, is kept apart."""
    (tmp_path / "mine.py").write_text(
        textwrap.dedent("""
            from sklearn.dummy import DummyClassifier
            from workbench.models.workers import Workers

            def make():
                print(f"may start others: {Workers(1, processes=2)._may_start}")
                return DummyClassifier()
        """),
        encoding="utf-8",
    )
    asking = script(tmp_path, "print(json.dumps(workers.ask(asked, lambda: None).tolist()))")
    done = subprocess.run(
        [sys.executable, asking], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    begun, made, answer = done.stdout.splitlines()
    assert (begun, made) == ("here", "may start others: True") and json.loads(answer) == [[[0.5, 0.5]] * 8]
    assert done.stderr.splitlines() == ["may start others: False"]
