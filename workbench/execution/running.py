"""Run independent steps side by side: the caller's process takes part, and others join where that pays."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from workbench.errors import WorkbenchError
from workbench.execution.parcel import Parcel
from workbench.execution.pool import Pool, count_of, current, end, opened

T = TypeVar("T")
R = TypeVar("R")

COLD = 3.0
"""Seconds of work still to do from which processes are started: each takes 1 to 2 seconds to load the libraries."""

WARM = 0.3
"""The same where they run already."""

TICK = 0.1
"""Seconds between two calls of ``tick`` while the caller waits."""

_here = threading.Lock()
# Held by the thread that runs a step in this process: two at once would only take turns.

_spent = 0.0
# Seconds that this process has spent on steps itself. Work that is asked for in many small calls starts processes once
# it has cost as much as their start.


@dataclass(frozen=True)
class Work(Generic[T, R]):
    """Steps that do not depend on each other.

    Attributes
    ----------
    steps : sequence
        Each is given to ``here``, or pickled and sent to ``there``.
    here : callable
        Runs a step in this process.
    there : callable
        A module's function that runs a step in another process, given the unpacked content and the step. Where it
        raises, the step is run by ``here``, so that its error comes with its own traceback.
    content : callable
        Returns what all steps share, as something that can be pickled; called once, and only where processes are
        wanted.
    unpack : callable
        A module's function that turns the shared content into what ``there`` takes.
    died : callable
        Makes the error for a process that ended unexpectedly.
    heavy : bool
        Whether the steps are known to take long, so that processes are started before the first of them tells.
    """

    steps: Sequence[T]
    here: Callable[[T], R]
    there: Callable[[Any, T], R]
    content: Callable[[], object]
    unpack: Callable[[Any], Any]
    died: Callable[[], WorkbenchError]
    heavy: bool = False


def run(
    work: Work[T, R], *, workers: int, done: Callable[[int, R], None], tick: Callable[[], None] = lambda: None
) -> None:
    """Run all steps; results are the same whichever process runs which.

    Parameters
    ----------
    work : Work
        The steps.
    workers : int
        The setting: processes at once, this one included; 0: as many as there are cores.
    done : callable
        Called in this thread with the number of each step and its result, in the order in which they are ready. What
        was ready before an error or a cancel is passed on, too.
    tick : callable
        Called in this thread after each step and while it waits. What it raises ends the work: processes are killed.

    Raises
    ------
    WorkbenchError
        What ``here``, ``tick`` or ``died`` raise.
    """
    count = count_of(workers)
    if min(count, len(work.steps)) <= 1:
        for number, step in enumerate(work.steps):
            done(number, _timed(work.here, step))
            tick()
        return
    crew = _Crew(work, count - 1)
    try:
        crew.go(done, tick)
    except BaseException:
        crew.stop(kill=True)
        crew.pass_on(done)
        raise
    crew.stop(kill=False)


def prepare(workers: int, load: Callable[[], None]) -> None:
    """Start processes for heavy work to come, while the caller still reads what it is about.

    Parameters
    ----------
    workers : int
        As in :func:`run`.
    load : callable
        A module's function that imports what the work needs.
    """
    size = count_of(workers) - 1
    if size > 0:
        opened(size).executor.submit(load)


class _Crew(Generic[T, R]):
    """The caller and the processes at work on the same steps."""

    def __init__(self, work: Work[T, R], size: int) -> None:
        self._work = work
        self._size = size
        self._helpers = min(size, len(work.steps) - 1)
        self._lock = threading.Lock()
        self._waiting = deque(range(len(work.steps)))
        self._returned: deque[int] = deque()
        self._ready: queue.SimpleQueue[tuple[int, R] | WorkbenchError | None] = queue.SimpleQueue()
        self._judged = threading.Event()
        self._stopped = False
        self._helping = 0
        self._pool: Pool | None = None
        self._parcel: Parcel | None = None

    def go(self, done: Callable[[int, R], None], tick: Callable[[], None]) -> None:
        """Run steps until all are done."""
        if self._work.heavy:
            # From this thread, which would hold Python's lock against another one once it is at a step.
            opened(self._size).executor.submit(_nothing)
        threading.Thread(target=self._start_helpers, name="workbench-pool", daemon=True).start()
        left = len(self._work.steps)
        while left:
            for number, result in self._drained():
                done(number, result)
                left -= 1
                tick()
            if not left:
                return
            ran = self._run_one_here()
            if ran is not None:
                done(*ran)
                left -= 1
            else:
                self._await_something()
            tick()

    def stop(self, *, kill: bool) -> None:
        """Give out no more steps; ``kill``: end the processes that are at one."""
        with self._lock:
            self._stopped = True
            pool, helping, parcel = self._pool, self._helping, self._parcel
        self._judged.set()
        if kill and helping and pool is not None:
            end(pool)
        if parcel is not None:
            parcel.delete()

    def pass_on(self, done: Callable[[int, R], None]) -> None:
        """Hand over what became ready before the end; an error is on its way already."""
        while not self._ready.empty():
            found = self._ready.get()
            if isinstance(found, tuple):
                done(*found)

    def _run_one_here(self) -> tuple[int, R] | None:
        """Run a step in this process, unless there is none or another thread is running one."""
        if not self._returned and not self._waiting:
            return None
        if not _here.acquire(blocking=False):
            return None
        try:
            with self._lock:
                took = self._returned or self._waiting
                if not took:
                    return None
                number = took.popleft()
            result = _timed(self._work.here, self._work.steps[number])
            self._judged.set()
            return number, result
        finally:
            _here.release()

    def _await_something(self) -> None:
        """Wait a moment for a result, or for the other thread to be done."""
        try:
            found = self._ready.get(timeout=TICK)
        except queue.Empty:
            return
        self._ready.put(found)

    def _drained(self) -> list[tuple[int, R]]:
        """Return the results that are ready."""
        found: list[tuple[int, R]] = []
        while not self._ready.empty():
            each = self._ready.get()
            if isinstance(each, WorkbenchError):
                for number, result in found:
                    self._ready.put((number, result))
                raise each
            if each is not None:
                found.append(each)
        return found

    def _start_helpers(self) -> None:
        """Start processes, unless the first step is done so soon that the rest does not pay for them."""
        pool = current()
        pays = WARM if pool is not None and pool.warm else COLD if _spent < COLD else WARM
        if self._judged.wait(0.0 if self._work.heavy else pays / max(1, len(self._work.steps) - 1)):
            return
        try:
            parcel = Parcel.of(self._work.content(), in_file=pool is None or pool.own)
        except Exception:
            # What cannot be sent, for want of disk for one, is run here.
            return
        with self._lock:
            if self._stopped:
                parcel.delete()
                return
            self._parcel = parcel
            self._helping = self._helpers
        for _ in range(self._helpers):
            threading.Thread(target=self._help, args=(parcel,), name="workbench-pool", daemon=True).start()

    def _help(self, parcel: Parcel) -> None:
        """Let one process of the pool run steps until none is left."""
        try:
            while True:
                pool = opened(self._size)
                with self._lock:
                    self._pool = pool
                if self._served_by(pool, parcel):
                    return
        except BaseException as error:  # the caller must not wait for ever, whatever it is
            self._ready.put(WorkbenchError(f"The pool of processes failed: {type(error).__name__}: {error}"))
        finally:
            with self._lock:
                self._helping -= 1
            self._ready.put(None)

    def _served_by(self, pool: Pool, parcel: Parcel) -> bool:
        """Send steps to a pool; False where somebody else ended it, so that another has to take over."""
        work, number = self._work, None
        try:
            # A step is taken only by a process that has loaded all: the caller would wait for it otherwise.
            if not pool.executor.submit(_prepared, parcel, work.unpack).result():
                return True
            while (number := self._taken()) is not None:
                answer = pool.executor.submit(_served, parcel, work.unpack, work.there, work.steps[number]).result()
                pool.served = time.monotonic()
                if not answer:
                    self._returned.append(number)
                    return True
                self._ready.put((number, answer[0]))
            return True
        except (BrokenExecutor, CancelledError, RuntimeError) as error:
            if number is not None:
                self._returned.append(number)
            if self._stopped:
                return True
            if pool.ended:
                return False
            end(pool)
            if not isinstance(error, BrokenExecutor):
                raise
            self._ready.put(work.died())
            return True

    def _taken(self) -> int | None:
        """Take the next step; None where there is none."""
        with self._lock:
            return self._waiting.popleft() if self._waiting and not self._stopped else None


def _timed(here: Callable[[T], R], step: T) -> R:
    """Run a step in this process, and note what it took."""
    global _spent
    began = time.monotonic()
    result = here(step)
    _spent += time.monotonic() - began
    return result


def _nothing() -> None:
    """Have the pool start its processes."""


def _prepared(parcel: Parcel, unpack: Callable[[Any], Any]) -> bool:
    """In a process of the pool: load what the steps need; False where that fails."""
    try:
        parcel.opened(unpack)
    except Exception:
        return False
    return True


def _served(
    parcel: Parcel, unpack: Callable[[Any], Any], there: Callable[[Any, Any], Any], step: Any
) -> tuple[Any, ...]:
    """In a process of the pool: run a step; nothing where that fails."""
    try:
        return (there(parcel.opened(unpack), step),)
    except Exception:
        return ()
