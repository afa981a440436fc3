"""The processes: loky's, which need no guard in a script and copy no lock, or any executor that is given."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field

MOST = 8
"""Processes at most: each has the libraries in memory, 150 MB and more."""

IDLE = 120.0
"""Seconds after which a process that has nothing to do ends."""

_STILL_WARM = IDLE - 20.0

_inside = False
# Set in the processes of the pool, which start no others.


@dataclass
class Pool:
    """An executor, and what is known of it.

    Attributes
    ----------
    executor : Executor
        Runs steps.
    size : int
        How many at once.
    own : bool
        Whether its processes were started here and may be killed.
    ended : bool
        Whether it was ended on purpose: steps that were lost with it are run by the next one.
    """

    executor: Executor
    size: int
    own: bool
    ended: bool = False
    served: float = field(default=-IDLE)

    @property
    def warm(self) -> bool:
        """Whether its processes have their libraries loaded."""
        return not self.own or (not self.ended and time.monotonic() - self.served < _STILL_WARM)


_lock = threading.Lock()
_pool: Pool | None = None
_given: Pool | None = None


def count_of(workers: int) -> int:
    """Return how many steps may run at once: the setting ``workers``, where 0 stands for the cores, up to ``MOST``."""
    if _inside:
        return 1
    if _given is not None:
        return _given.size + 1
    if workers:
        return workers
    from loky import cpu_count

    return min(int(cpu_count()), MOST)


def current() -> Pool | None:
    """Return the executor that was given, or the pool that is open."""
    return _given or _pool


def opened(size: int) -> Pool:
    """Return the executor that was given, or a pool with room for ``size`` steps at once."""
    global _pool
    if _given is not None:
        return _given
    if _pool is not None and _pool.size < size:
        end(_pool)
    with _lock:
        if _pool is None:
            from loky.process_executor import ProcessPoolExecutor

            # It replaces a process that ended because it was idle; there is nothing for anybody to do about that.
            warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given to the executor")
            one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
            _pool = Pool(ProcessPoolExecutor(size, timeout=IDLE, initializer=_begin, env=one), size, own=True)
        return _pool


def end(pool: Pool | None = None) -> None:
    """Kill all processes, also those that are at work; ``pool``: only where it is still that one."""
    global _pool
    with _lock:
        ending = _pool if pool is None else pool
        if ending is None or not ending.own or ending.ended:
            return
        ending.ended = True
        if ending is _pool:
            _pool = None
    ending.executor.shutdown(wait=True, kill_workers=True)  # type: ignore[call-arg]


atexit.register(end)


@contextlib.contextmanager
def using(executor: Executor, *, size: int) -> Iterator[None]:
    """Run steps on another executor for the length of a block, such as a cluster's.

    Parameters
    ----------
    executor : Executor
        Anything with the interface of :class:`concurrent.futures.Executor`. Own models are loaded there by the
        project's folder and their name, so the project must lie there under the same path.
    size : int
        Steps that it runs at once.
    """
    global _given
    before, _given = _given, Pool(executor, size, own=False)
    try:
        yield
    finally:
        _given = before


def _begin() -> None:
    """Prepare a process: it prints to standard error, leaves Ctrl-C to the caller, and ends when the caller does.

    Standard output is the caller's, and may be a document. A caller that is killed cannot end anything.
    """
    global _inside
    import loky.process_executor

    _inside = True
    # loky ends a process that grew by 300 MB, for fear of a leak: mapped rows alone may be more.
    loky.process_executor._MAX_MEMORY_LEAK_SIZE = float("inf")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(caller: int) -> None:
    """End this process once the one that started it is gone, which shows in that it has another parent."""
    while os.getppid() == caller:
        time.sleep(0.5)
    os._exit(1)
