"""Scheduled runs: fetch, validate, check and measure a dataset with nobody watching, and say what is different.

Examples
--------
``run(lake, "adult", author="scheduler")`` returns a :class:`Run`, which stays in the lake: :func:`list_runs` reads it
back, for the app's Runs page and for the next run, which reports what changed since.
"""

from workbench.runs.history import changed_findings, list_runs, read_run, refuse_running
from workbench.runs.records import FAIL_ON, Run, worst
from workbench.runs.running import run

__all__ = ["FAIL_ON", "Run", "changed_findings", "list_runs", "read_run", "refuse_running", "run", "worst"]
