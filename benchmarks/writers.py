"""Writers of one PostgreSQL lake: 8 processes publish 25 drafts each, with turns and without.

    python benchmarks/writers.py "postgres:host=... user=... dbname=EMPTY" [PROCESSES] [PUBLISHES]

Prints how many publishes landed, how many were refused, and how many transactions were begun for each that landed.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time

import pandas as pd

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import LakeBusy
from workbench.ingest import import_source
from workbench.lake import Lake, open_lake, read_versions
from workbench.settings import Settings


def work(lake: Lake, dataset: str, rounds: int) -> None:
    """Publish drafts one after the other, and print what became of them."""
    begun, landed, refused = [0], 0, 0

    def count(query: str, params: object) -> None:
        begun[0] += query == "BEGIN"

    with lake.traced(count):
        for turn in range(rounds):
            try:
                draft = new_draft(lake, dataset, author="writer").draft
                stage(lake, draft, [Correction({"id": 1}, column="x", new=turn + 1)], author="writer")
                publish_draft(lake, draft, author="writer", message="x")
                landed += 1
            except LakeBusy:
                refused += 1
    print(json.dumps({"landed": landed, "refused": refused, "begun": begun[0]}))


def measured(settings: Settings, processes: int, rounds: int, *, turns: bool) -> None:
    """Let processes publish at the same time, and print how it went."""
    began = time.monotonic()
    command = [sys.executable, __file__, "--work", settings.lake, settings.data_path, str(turns), str(rounds)]
    started = [
        subprocess.Popen([*command, f"t{number}"], stdout=subprocess.PIPE, text=True) for number in range(processes)
    ]
    said = [json.loads(process.communicate()[0]) for process in started]
    landed, refused, begun = (sum(each[name] for each in said) for name in ("landed", "refused", "begun"))
    seconds = time.monotonic() - began
    print(
        f"{'with' if turns else 'without'} turns: {landed} of {processes * rounds} landed, {refused} refused, "
        f"{begun / max(1, 3 * landed):.1f} transactions for each that committed, {seconds / max(1, landed):.2f} s each"
    )


def main() -> None:
    """Measure, or be one of the writers."""
    if sys.argv[1] == "--work":
        url, files, turns, rounds, dataset = sys.argv[2:]
        with open_lake(Settings(lake=url, data_path=files, threads=1)) as lake:
            if turns == "False":
                lake._turn = contextlib.nullcontext  # type: ignore[method-assign]
            work(lake, dataset, int(rounds))
        return
    processes, rounds = (int(number) for number in (sys.argv[2:] or ("8", "25")))
    with tempfile.TemporaryDirectory() as files:
        settings = Settings(lake=sys.argv[1], data_path=files)
        with open_lake(settings, create=True) as lake:
            for number in range(processes):
                frame = pd.DataFrame({"id": [1, 2, 3], "x": 0})
                import_source(lake, f"t{number}", frame, key=["id"], author="writer")
            for turns in (True, False):
                before = len(read_versions(lake))
                measured(settings, processes, rounds, turns=turns)
                print(f"  {len(read_versions(lake)) - before} new versions are in the lake")


if __name__ == "__main__":
    main()
