"""Processes that fit models side by side, for work that fits very many.

Threads share Python's lock, which gradient boosting holds for much of its time. A process here is a new interpreter
that is asked through its standard streams: no fork, which would copy locks that other threads hold just then, and no
second run of the caller's program, so that a script needs no guard against one.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType

from workbench.errors import Cancelled, ModelError
from workbench.models.asking import READY, Floats, Question, is_served_here, packed, receive, send

MOST = 8
"""Processes at most: each has the libraries and a copy of the rows in memory, 200 MB and more."""

PAYS = 15.0
"""Seconds of fitting from which processes are started: each takes 2 to 3 seconds to load the libraries."""

_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from workbench.models.asking import serve; serve()"


class Workers:
    """Processes that answer questions, started as threads ask; used as a context, which ends them all.

    None is started before the fits at hand are known to take long, nor where there is one core.

    Parameters
    ----------
    questions : int
        How many will be asked.
    processes : int, optional
        Processes at most; default: one for each core that this process may use, up to :data:`MOST`.
    pays : float
        Seconds of fitting that all questions must take for processes to be started.

    Attributes
    ----------
    processes : int
        Threads that should ask: where no processes are started, each fits by itself.
    """

    def __init__(self, questions: int, *, processes: int | None = None, pays: float = PAYS) -> None:
        self.processes = min(cores(), MOST) if processes is None else processes
        self._most = self.processes if self.processes > 1 and _may_start() else 0
        self._questions = questions
        self._pays = pays
        self._lock = threading.Lock()
        self._started: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._wanted = pays <= 0
        self._refused: Exception | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """End all processes, also those that are fitting: who waits for an answer gets an error."""
        with self._lock:
            self._refused = self._refused or Cancelled("The processes that fit models were ended.")
            started = list(self._started)
        for worker in started:
            worker.end()

    @property
    def answered(self) -> int:
        """Questions that processes answered."""
        return sum(worker.answered for worker in self._started)

    def ask(self, question: Question, here: Callable[[], Floats]) -> Floats:
        """Return the answers of all seeds, shape (n_seeds, n_asked, n_classes), bit for bit those of ``here``.

        Parameters
        ----------
        question : Question
            What to answer.
        here : callable
            Answers it in this process.

        Raises
        ------
        ModelError
            A process ended while it was fitting, as one that takes too much memory does; or as ``here``.
        Cancelled
            The processes were ended.
        """
        worker = self._free()
        if worker is None:
            began = time.thread_time()
            found = here()
            self._wanted = self._wanted or (time.thread_time() - began) * self._questions >= self._pays
            return found
        content = packed(question)
        try:
            answer = worker.ask(content)
        except (EOFError, OSError) as error:
            self._lose(worker, question, error)
            return here()
        with self._lock:
            self._idle.append(worker)
        return here() if answer is None else answer

    def _free(self) -> _Worker | None:
        """Take a process that has nothing to do, or start one; None where the caller is to fit."""
        with self._lock:
            if self._refused is not None:
                raise self._refused
            if self._idle:
                return self._idle.pop()
            if not self._wanted or len(self._started) >= self._most:
                return None
            try:
                worker = _Worker()
            except OSError:
                self._most = 0
                return None
            self._started.append(worker)
            return worker

    def _lose(self, worker: _Worker, question: Question, error: Exception) -> None:
        """Refuse all further questions after a process ended, unless it never got as far as to answer any."""
        code = worker.end()
        with self._lock:
            if self._refused is None and not worker.ready:
                self._most = 0
                return
            if self._refused is None:
                how = f"by signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"with exit code {code}"
                self._refused = ModelError(
                    f"A process that fitted the model '{question.model.spec}' ({len(question.X)} rows) ended {how}.",
                    hint="Often there was too little memory: end other programs, or fit fewer rows (max_train_rows).",
                )
            raise self._refused from error


class _Worker:
    """One process and the streams by which it is asked, by one thread at a time."""

    def __init__(self) -> None:
        # In a session of its own the interrupt key does not reach it: that is for the caller to act upon.
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *map(str, sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._after = threading.Thread(target=self._clear, daemon=True)
        self._after.start()
        self._talking = threading.Lock()
        self.ready = False
        self.answered = 0

    def ask(self, content: bytes) -> Floats | None:
        """Return the answers to a packed question, or None where the process has none."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._talking:
            if not self.ready:
                self.ready = receive(self._process.stdout) == READY
            send(self._process.stdin, content)
            answer = receive(self._process.stdout)
        if not answer:
            return None
        self.answered += 1
        found: Floats = pickle.loads(answer)
        return found

    def end(self) -> int:
        """End the process, wait for its end, and return its exit code."""
        self._process.kill()
        code = self._process.wait()
        self._after.join()
        # Whoever waits for the answer meets the end of the stream now, and lets go.
        with self._talking:
            for stream in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()
        return code

    def _clear(self) -> None:
        """End what a model started in the process, once that has ended: it may hold the streams open."""
        self._process.wait()
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def cores() -> int:
    """Count the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _may_start() -> bool:
    """Tell whether this is a Python that can start another one, and not itself one that answers questions."""
    return bool(sys.executable) and not getattr(sys, "frozen", False) and not is_served_here()
