"""The app on a million rows, in a real browser: python -m benchmarks.app [--rows 1000000]

Makes a lake with findings, starts the app, and measures what a person waits for: the first paint of each page, the next
finding, an answer, a typed edit (in the form and in the table), a page deep in the queue, one answer to 10,000
findings, five visitors at once, and the bytes each page sends. Everything made is deleted.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import workbench

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ROOT = Path(__file__).parents[1]
MAKE = """
COPY (
    SELECT n AS id,
        CASE WHEN n % 20 = 0 THEN 200 + n % 50 ELSE 17 + n * 7919 % 74 END AS age,
        ['Private', 'Self-emp', 'State-gov', 'Federal-gov', 'Never-worked', '?'][1 + n * 31 % 6] AS workclass,
        n * 104729 % 99991 AS income,
        lpad((n * 4099 % 100000)::VARCHAR, 5, '0') AS zip,
        n * 65537 % 1000003 AS number,
        CASE WHEN n * 17 % 5 = 0 THEN 'yes' ELSE 'no' END AS label
    FROM range(1, {rows} + 1) r(n)
) TO '{file}' (FORMAT csv, HEADER)
"""
SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema(
    {
        "age": pa.Column("Int64", pa.Check.in_range(0, 120)),
        "workclass": pa.Column(str, pa.Check(lambda s: s != "?", name="known", raise_warning=True)),
    }
)
"""


def lake_of(folder: Path, rows: int) -> str:
    """Make the lake: one dataset, 5 % of its ages impossible, checked."""
    import duckdb

    duckdb.sql(MAKE.format(rows=rows, file=folder / "people.csv"))
    (folder / "rules.py").write_text(SCHEMA)
    # The lake lies in a project of its own, whose code is trusted.
    (folder / "workbench.toml").write_text("")
    url = f"sqlite:{folder / 'lake' / 'catalog.sqlite'}"
    with workbench.open(url, author="bench", create=True) as lake:
        people = lake.import_data(
            "people", folder / "people.csv", key=["id"], label="label", model="linear", schema=str(folder / "rules.py")
        )
        people.check(only=["schema", "data"])
        sys.stdout.write(f"{rows:,} rows, {people.count_findings():,} open findings\n")
    return url


@contextmanager
def app(url: str) -> Iterator[str]:
    """Run the app."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = "from workbench.cli import main; main()"
    command = [sys.executable, "-c", program, "--lake", url, "--author", "bench", "app", "--port", str(port)]
    # The lake holds nothing that anybody made, and each page is opened by its plain address.
    env = {**os.environ, "WORKBENCH_APP_LOGIN": "none"}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


class Watch:
    """Times steps and counts what the server sends over the page's socket."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.sent = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._count))

    def _count(self, frame: Any) -> None:
        self.sent += len(frame) if isinstance(frame, (bytes, str)) else 0

    def step(self, act: Callable[[], object], done: Callable[[], object]) -> float:
        """Return the seconds between an act and what it leads to."""
        began = time.perf_counter()
        act()
        done()
        return time.perf_counter() - began


def told(what: str, seconds: list[float], target: float | None, note: str = "") -> None:
    """Print the median of some measurements beside the target."""
    aim = f"{target:6.1f} s" if target else "        "
    sys.stdout.write(
        f"  {what:<46} {statistics.median(seconds):6.2f} s  (worst {max(seconds):.2f})  target {aim} {note}\n"
    )
    sys.stdout.flush()


def paint(browser: Any, address: str, page: str, query: str, sign: str) -> tuple[float, int]:
    """Open a page in a fresh tab until its sign is there: seconds, and bytes sent by then."""
    tab = browser.new_page(bypass_csp=True, viewport={"width": 1280, "height": 1000})
    watch = Watch(tab)
    took = watch.step(
        lambda: tab.goto(f"{address}/{page}?dataset=people{query}"),
        lambda: tab.wait_for_selector(sign, timeout=60_000),
    )
    tab.wait_for_timeout(500)
    tab.close()
    return took, watch.sent


def wait_for_change(tab: Any, selector: str, before: str) -> None:
    """Wait until an element's text is another one."""
    tab.wait_for_function(
        "([selector, before]) => { const found = document.querySelector(selector);"
        " return found && found.innerText.trim() && found.innerText !== before; }",
        arg=[selector, before],
        timeout=60_000,
        polling=10,
    )


def pages(browser: Any, address: str) -> None:
    """Measure the first paint of each page, twice cold and warm, and what it sends."""
    signs = {
        "overview": (".wb-table", ""),
        "review": (".wb-finding", ""),
        "history": ("[data-testid=stMain] h1", ""),
        "runs": ("[data-testid=stMain] h1", ""),
        "data": ("[data-testid=stDataFrame]", ""),
    }
    for name, (sign, query) in signs.items():
        times, sizes = [], []
        for _ in range(3):
            took, sent = paint(browser, address, "" if name == "overview" else name, query, sign)
            times.append(took)
            sizes.append(sent)
        told(f"{name}: first paint", times, 2.5, f"{max(sizes) / 1e6:.2f} MB sent")


def review(browser: Any, address: str) -> None:
    """Measure skipping, answering and editing in the queue, and a page deep in its table."""
    tab = browser.new_page(bypass_csp=True, viewport={"width": 1280, "height": 1200})
    watch = Watch(tab)
    tab.goto(f"{address}/review?dataset=people&check=schema.age.in_range")
    tab.wait_for_selector(".wb-finding", timeout=60_000)
    tab.wait_for_timeout(1500)

    def pressed(key: str) -> float:
        before = tab.inner_text(".wb-finding")
        took = watch.step(lambda: tab.keyboard.press(key), lambda: wait_for_change(tab, ".wb-finding", before))
        tab.wait_for_timeout(700)
        return took

    told("next finding (N)", [pressed("n") for _ in range(10)], 0.4)
    told("keep, and the next finding (K)", [pressed("k") for _ in range(10)], 0.5)

    def edited(value: str) -> float:
        before = tab.inner_text(".wb-finding")
        tab.get_by_label("Another value").fill(value)
        tab.wait_for_timeout(300)
        took = watch.step(
            lambda: tab.get_by_label("Another value").press("Enter"),
            lambda: wait_for_change(tab, ".wb-finding", before),
        )
        tab.wait_for_timeout(700)
        return took

    told("a typed edit, and the next finding", [edited(str(30 + n)) for n in range(8)], 0.6)
    tab.close()
    for page in (2, 400, 900):
        turned(browser, address, page)
    typed(browser, address)
    at_once(browser, address)
    crowd(browser, address)


def typed(browser: Any, address: str) -> None:
    """Measure editing cells of the table: from Enter until the draft below it counts one correction more."""
    tab = browser.new_page(bypass_csp=True, viewport={"width": 1600, "height": 1200})
    watch = Watch(tab)
    tab.goto(f"{address}/review?dataset=people&check=schema.age.in_range&view=table&page=50")
    grid = tab.get_by_test_id("stDataFrame")
    grid.locator("canvas").first.wait_for()
    tab.wait_for_timeout(3000)
    counted = "() => (document.body.innerText.match(/[\\d,]+ corrections?/) || [''])[0]"
    times = []
    for line in range(8):
        grid.locator("canvas").first.focus()
        grid.get_by_test_id(f"glide-cell-7-{line}").focus()
        tab.keyboard.press("Enter")
        tab.locator("#portal textarea, #portal input").first.fill(str(20 + line))
        before = tab.evaluate(counted)
        times.append(
            watch.step(
                lambda: tab.keyboard.press("Enter"),
                lambda before=before: tab.wait_for_function(
                    f"before => ({counted})() !== before", arg=before, timeout=60_000, polling=10
                ),
            )
        )
        tab.wait_for_timeout(700)
    told("a cell typed into the table", times, 0.6)
    tab.close()


def at_once(browser: Any, address: str) -> None:
    """Measure one answer to 10,000 findings: from the last click until the page says that it is staged."""
    tab = browser.new_page(bypass_csp=True, viewport={"width": 1280, "height": 1400})
    watch = Watch(tab)
    tab.goto(f"{address}/review?dataset=people&check=schema.workclass.known")
    tab.wait_for_selector(".wb-finding", timeout=60_000)
    tab.wait_for_timeout(1500)
    headline = tab.inner_text("h1")
    shown = watch.step(
        lambda: tab.get_by_role("button", name="Exclude …").click(),
        lambda: tab.get_by_role("button", name="Exclude: 10,000 findings").wait_for(timeout=60_000),
    )
    told("preview of one answer to 10,000 findings", [shown], None)
    took = watch.step(
        lambda: tab.get_by_role("button", name="Exclude: 10,000 findings").click(),
        lambda: wait_for_change(tab, "h1", headline),
    )
    told("one answer to 10,000 findings, staged and shown", [took], 3)
    tab.close()


def crowd(browser: Any, address: str) -> None:
    """Measure five visitors at work at once, each in a session of their own and at another place in one queue."""
    tabs = [browser.new_context(viewport={"width": 1280, "height": 1000}).new_page() for _ in range(5)]
    for ahead, tab in enumerate(tabs):
        tab.goto(f"{address}/review?dataset=people&check=schema.age.in_range&lane=train")
        tab.wait_for_selector(".wb-finding", timeout=60_000)
        tab.wait_for_timeout(1500)
        for _ in range(3 * ahead):
            before = tab.inner_text(".wb-finding")
            tab.keyboard.press("n")
            wait_for_change(tab, ".wb-finding", before)
        tab.evaluate(
            """() => { window.steps = []; new MutationObserver(() => {
                const said = document.querySelector('.wb-finding')?.innerText;
                if (said && said !== window.said) { window.said = said;
                    if (window.began) { window.steps.push(performance.now() - window.began); window.began = 0; } }
            }).observe(document.body, {subtree: true, childList: true, characterData: true});
            window.said = document.querySelector('.wb-finding').innerText;
            document.addEventListener('keydown', () => { window.began = performance.now(); }, true); }"""
        )
        tab.wait_for_timeout(3000)
    for key in ["n", "k"] * 5:
        for tab in tabs:
            tab.keyboard.press(key)
        tabs[0].wait_for_timeout(3000)
    steps = [tab.evaluate("window.steps") for tab in tabs]
    for first, what, target in ((0, "next", 0.8), (1, "keep, and next", 1.2)):
        told(f"five visitors at once: {what}", [step / 1000 for own in steps for step in own[first::2]], target)
    for tab in tabs:
        tab.context.close()


def turned(browser: Any, address: str, page: int) -> None:
    """Measure turning the pages of the queue's table from one place in it, until it says which findings it shows."""
    tab = browser.new_page(bypass_csp=True, viewport={"width": 1280, "height": 1200})
    watch = Watch(tab)
    tab.goto(f"{address}/review?dataset=people&check=schema.age.in_range&view=table&page={page}")
    tab.wait_for_selector("[data-testid=stDataFrame]", timeout=60_000)
    tab.wait_for_timeout(1500)
    times = []
    for number in range(page + 1, page + 6):
        times.append(
            watch.step(
                lambda: tab.get_by_role("button", name="Next page").click(),
                lambda number=number: tab.wait_for_function(
                    "told => document.body.innerText.includes(told)",
                    arg=f"\n{50 * number - 49:,} to ", timeout=60_000, polling=10,
                ),
            )
        )  # fmt: skip
        tab.wait_for_timeout(700)
    told(f"queue as a table: the next page after {page}", times, 0.5)
    tab.close()


def runs() -> None:
    """Measure ``workbench run`` on the demo, after a change and when nothing changed."""
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder:
        url = f"sqlite:{folder}/lake/catalog.sqlite"
        program = "from workbench.cli import main; main()"

        def shell(*words: str) -> float:
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", program, "--lake", url, *words],
                cwd=ROOT, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            return time.perf_counter() - began

        told("workbench demo --no-app", [shell("demo", "--no-app")], 90)
        with workbench.open(url, author="bench") as lake:
            found = [f for f in lake["adult"].findings(check="label.issue", limit=60) if f.lane == "train"]
            decided = lake["adult"].decide([f.finding for f in found], "fix", use_suggestion=True)
            lake.publish(decided.draft or 0, message="labels")
        told("workbench run adult, a new version", [shell("run", "adult")], 25)
        told("workbench run adult, nothing changed", [shell("run", "adult") for _ in range(5)], 3)


def main() -> None:
    """Run everything."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    runs()
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder:
        url = lake_of(Path(folder), rows)
        with app(url) as address, sync_playwright() as driver:
            flags = ["--no-sandbox", "--disable-gpu"]
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
            pages(browser, address)
            review(browser, address)
            browser.close()


if __name__ == "__main__":
    main()
