"""A process of its own for one piece of heavy work, so that the process that asks stays free.

The two talk by pickles over the process's standard input and output. The process ends when its standard input does: a
caller that is killed leaves none behind.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from workbench.errors import Cancelled, WorkbenchError
from workbench.progress import Progress

IDLE = 120.0
"""Seconds for which a process waits for the next piece of work: it has its libraries loaded."""

GRACE = 5.0
"""Seconds that cancelled work has to come to its next step; then its process is killed. Commits are whole or not."""

TOLD_EVERY = 0.2
"""Seconds between two messages about the same stage."""

_START = "from workbench.execution.apart import main; main()"

_lock = threading.Lock()
_spare: list[Apart] = []


Task = Callable[..., Any]
"""A module's function, which another process imports by its name; it takes ``progress`` besides what it is given."""


class Apart:
    """A process that does one piece of work at a time; make one with :func:`process`."""

    def __init__(self) -> None:
        root = str(Path(__file__).parents[2])
        known = os.environ.get("PYTHONPATH")
        self._process = subprocess.Popen(
            # -P: a project's queue.py must not shadow Python's own.
            [sys.executable, "-P", "-c", _START],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, known)))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._writing = threading.Lock()
        self._working = False
        self._cancelled = False

    def run(self, task: Task, *args: Any, progress: Progress) -> Any:
        """Have the process call ``task(*args, progress=…)``, and return what it returns.

        Parameters
        ----------
        task : callable
            A module's function.
        *args
            Anything that can be pickled.
        progress : Progress
            Told in this thread; what it raises does not stop the work, :meth:`cancel` does.

        Raises
        ------
        WorkbenchError
            What the work raised; or it raised something else, or the process ended unexpectedly.
        Cancelled
            :meth:`cancel` was called.
        """
        self._working = True
        try:
            self._send((task, args))
            answer = self._process.stdout
            assert answer is not None
            while True:
                kind, *content = pickle.load(answer)
                if kind == "progress":
                    progress(*content)
                    continue
                self._working = False
                if kind == "done":
                    _give_back(self)
                    return content[0]
                if kind == "error":
                    _give_back(self)
                    raise content[0]
                self.kill()
                raise WorkbenchError(f"Something unforeseen happened: {content[0]}", hint=content[1])
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self._working = False
            raise self._died() from error

    def cancel(self) -> None:
        """Ask the work to stop at its next step; where none comes soon, its process is killed."""
        self._cancelled = True
        with suppress(OSError):
            self._send("cancel")
        timer = threading.Timer(GRACE, self._kill_if_working)
        timer.daemon = True
        timer.start()

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    @property
    def cancelled(self) -> bool:
        """Whether its work was cancelled."""
        return self._cancelled

    def _kill_if_working(self) -> None:
        if self._working:
            self._process.kill()

    def _send(self, message: object) -> None:
        """Write to the process, which may be gone."""
        pipe = self._process.stdin
        assert pipe is not None
        with self._writing:
            pickle.dump(message, pipe)
            pipe.flush()

    def _died(self) -> WorkbenchError:
        """Say why there is no answer."""
        self.kill()
        if self._cancelled:
            return Cancelled("The work was cancelled.")
        code = self._process.returncode
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return WorkbenchError(
            f"The process that did this work {how}.",
            hint="Often there was too little memory: end other programs, set fewer workers or a lower max_train_rows. "
            "Nothing is half done; fits that were made are used by the next try.",
        )


def process() -> Apart:
    """Return a process that waits for work, or a new one."""
    with _lock:
        while _spare:
            found = _spare.pop()
            if found.alive:
                return found
            found.kill()
    return Apart()


def end() -> None:
    """End the processes that wait for work."""
    with _lock:
        while _spare:
            _spare.pop().kill()


def _give_back(done: Apart) -> None:
    """Keep one process for the next work, unless a cancel may still be on its way to it."""
    with _lock:
        if done.cancelled or _spare:
            done.kill()
        else:
            _spare.append(done)
            # Before the process itself gives up waiting, so that no work is sent to one that is about to end.
            timer = threading.Timer(IDLE - 20.0, _end_idle, (done,))
            timer.daemon = True
            timer.start()


def _end_idle(done: Apart) -> None:
    """End a process that nobody had work for."""
    with _lock:
        if done in _spare:
            _spare.remove(done)
            done.kill()


def main() -> None:
    """Do work in a process of its own until its standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Ctrl-C is the caller's to deal with.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked: queue.SimpleQueue[tuple[Task, tuple[Any, ...]]] = queue.SimpleQueue()
    cancelled = threading.Event()
    threading.Thread(target=_listen, args=(asked, cancelled), daemon=True).start()
    while True:
        task, args = asked.get()
        _answer(answers, task, args, cancelled)


def _listen(asked: queue.SimpleQueue[tuple[Task, tuple[Any, ...]]], cancelled: threading.Event) -> None:
    """Read what the caller wants; end this process once there is no caller."""
    try:
        while True:
            message = pickle.load(sys.stdin.buffer)
            if message == "cancel":
                cancelled.set()
            else:
                asked.put(message)
    except EOFError:
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _answer(answers: BinaryIO, task: Task, args: tuple[Any, ...], cancelled: threading.Event) -> None:
    """Do one piece of work, and say what came of it."""
    last = ("", 0.0)

    def told(stage: str, done: int, total: int) -> None:
        nonlocal last
        if cancelled.is_set():
            raise Cancelled("The work was cancelled.")
        now = time.monotonic()
        if stage != last[0] or now - last[1] >= TOLD_EVERY or done == total:
            last = (stage, now)
            _say(answers, "progress", stage, done, total)

    try:
        result = task(*args, progress=told)
        _say(answers, "done", result)
    except WorkbenchError as error:
        _say(answers, "error", error)
    except Exception as error:
        traceback.print_exc()
        _say(answers, "unforeseen", f"{type(error).__name__}: {error}", "The app's own output shows where.")


def _say(answers: BinaryIO, *message: Any) -> None:
    """Write one message whole."""
    content = pickle.dumps(message)
    answers.write(content)
    answers.flush()
