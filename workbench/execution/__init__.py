"""One pool of processes for all heavy work, so that independent steps run side by side.

Threads share Python's lock, which gradient boosting holds for much of its time, so steps run in processes. The pool is
started once its start-up pays, serves every caller of this process, and goes away when it is idle.

Examples
--------
>>> import operator
>>> from workbench.errors import WorkbenchError
>>> said = WorkbenchError("A process ended unexpectedly.")
>>> work = Work(
...     [1, 2, 3],
...     here=lambda n: 10 * n,
...     there=operator.mul,
...     content=lambda: 10,
...     unpack=int,
...     died=lambda: said,
... )
>>> products = {}
>>> run(work, workers=2, done=products.__setitem__)
>>> products
{0: 10, 1: 20, 2: 30}
"""

from workbench.execution.apart import Apart, Task, process
from workbench.execution.parcel import Parcel
from workbench.execution.pool import MOST, count_of, end, using
from workbench.execution.running import TICK, Work, prepare, run

__all__ = ["MOST", "TICK", "Apart", "Parcel", "Task", "Work", "count_of", "end", "prepare", "process", "run", "using"]
