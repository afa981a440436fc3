"""Processes that fit models side by side, for work that fits very many.

Threads share Python's lock, which gradient boosting holds for much of its time. Processes come from joblib's loky,
which scikit-learn brings with it: fresh interpreters, so that no lock is copied that another thread holds, and without
a second run of the caller's program, so that a script needs no guard against one.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from workbench.errors import Cancelled, ModelError
from workbench.models.asking import Floats, Question, answered, begin, packed

if TYPE_CHECKING:
    from joblib.externals.loky import ProcessPoolExecutor

MOST = 8
"""Processes at most: each has the libraries and a copy of the rows in memory, 200 MB and more."""

PAYS = 15.0
"""Seconds of fitting from which processes are started: each takes 2 to 3 seconds to load the libraries."""


class Workers:
    """Processes that answer questions, used as a context, which ends them.

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
    answered : int
        Questions that processes answered.
    """

    def __init__(self, questions: int, *, processes: int | None = None, pays: float = PAYS) -> None:
        import joblib

        self.processes = min(joblib.cpu_count(), MOST) if processes is None else processes
        self.answered = 0
        self._questions = questions
        self._pays = pays
        self._wanted = pays <= 0
        self._may_start = self.processes > 1 and multiprocessing.parent_process() is None
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._ended = False

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """End all processes, also those that are fitting: who waits for an answer gets an error."""
        with self._lock:
            self._ended, pool = True, self._pool
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=True)

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
        pool = self._opened()
        if pool is None:
            began = time.thread_time()
            found = here()
            self._wanted = self._wanted or (time.thread_time() - began) * self._questions >= self._pays
            return found
        from concurrent.futures import BrokenExecutor

        from joblib.externals.loky.process_executor import ShutdownExecutorError

        try:
            answer: Floats | None = pool.submit(answered, packed(question)).result()
        except ShutdownExecutorError as error:
            raise _cancelled() from error
        except BrokenExecutor as error:
            raise ModelError(
                f"A process that fitted the model '{question.model.spec}' ({len(question.X)} rows) ended unexpectedly.",
                hint="Often there was too little memory: end other programs, or fit fewer rows (max_train_rows).",
            ) from error
        if answer is None:
            return here()
        with self._lock:
            self.answered += 1
        return answer

    def _opened(self) -> ProcessPoolExecutor | None:
        """Return the processes, started where they pay; None where the caller is to fit."""
        with self._lock:
            if self._ended:
                raise _cancelled()
            if self._pool is None and self._wanted and self._may_start:
                from joblib.externals.loky import ProcessPoolExecutor

                self._pool = ProcessPoolExecutor(max_workers=self.processes, initializer=begin)
            return self._pool


def _cancelled() -> Cancelled:
    """Tell that the processes were ended."""
    return Cancelled("The processes that fit models were ended.")
