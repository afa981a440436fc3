"""The app's guard in a real browser: what it lets in works without a complaint, and other sites get nothing."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.conftest import TOKEN, make_improved, served

pytestmark = pytest.mark.browser

PAGES = ("", "review", "drafts", "compare", "history", "runs", "data")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The app, which these tests only look at."""
    with served(make_improved(tmp_path_factory.mktemp("guarded"), "labels")) as address:
        yield address


@pytest.fixture
def elsewhere():
    """Another site of this machine: a page that asks for the app in every way; its address is ``elsewhere(app)``."""
    page = """<!DOCTYPE html><a href="{app}/data?dataset=people">Rows</a>
        <script>
            const told = [];
            const tell = (what, got) => told.push(`${{what}}: ${{got}}`);
            const link = new WebSocket("{app}/_stcore/stream".replace("http", "ws"));
            link.onopen = () => tell("socket", "open");
            link.onerror = () => tell("socket", "refused");
            fetch("{app}/_stcore/host-config", {{credentials: "include"}})
                .then(answer => answer.text()).then(text => tell("read", text), () => tell("read", "refused"));
            fetch("{app}/_stcore/upload_file/a/b", {{method: "POST", body: "x", mode: "no-cors"}})
                .then(answer => tell("upload", answer.type), () => tell("upload", "refused"));
            const frame = document.createElement("iframe");
            frame.onload = () => {{
                let inside = "another origin";
                try {{ inside = frame.contentDocument ? "empty" : inside; }} catch (error) {{ }}
                tell("frame", inside);
            }};
            frame.src = "{app}/";
            document.body.append(frame);
        </script>"""
    asked = {}

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.format(app=asked["app"]).encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def elsewhere(app, *, name="127.0.0.1"):
            asked["app"] = app
            return f"http://{name}:{server.server_port}/"

        yield elsewhere
        server.shutdown()


def test_every_page_works_behind_the_guard_and_nothing_stands_in_the_console(address, browser):
    from playwright.sync_api import expect

    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    said, refused = [], []
    # From a page's own address Streamlit looks for its server there first, and finds it one level up.
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda answer: refused.append(answer.url) if answer.status not in (200, 304, 404) else None)
    page.goto(f"{address}/compare?dataset=people&a=1&b=2")
    assert page.url == f"{address}/compare?dataset=people&a=1&b=2"
    for name in PAGES:
        page.goto(f"{address}/{name}?dataset=people")
        expect(page.locator("h1").first).to_be_visible()
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        if name == "":
            expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    assert page.evaluate("document.fonts.check('16px \"Source Sans\"')")
    page.get_by_role("link", name="History").click()
    page.wait_for_url(f"{address}/history*")
    expect(page.locator("h1").first).to_be_visible()
    assert page.evaluate("document.cookie").find("workbench") == -1, "no script reads the cookie"
    assert [each for each in said if "404" not in each] == [] and refused == []


def test_a_browser_without_the_token_is_told_what_to_do_and_a_second_window_needs_none(address, browser):
    from playwright.sync_api import expect

    page = browser.new_page()
    other = page.context.new_page()
    other.goto(f"{address}/data?dataset=people")
    expect(other.locator("body")).to_contain_text("Open the address that workbench app printed")
    expect(other.get_by_test_id("stApp")).to_have_count(0)
    page.goto(address)
    other.reload()
    expect(other.locator("h1").first).to_be_visible()
    expect(other.get_by_test_id("stDataFrame").first).to_be_visible()
    # The address with the token is not in the way of going back.
    assert TOKEN not in page.url


def test_another_site_gets_nothing_but_its_links_work(address, browser, elsewhere):
    from playwright.sync_api import expect

    page = browser.new_page()
    page.goto(address)
    for name in ("127.0.0.1", "localhost"):
        other = page.context.new_page()
        other.goto(elsewhere(address, name=name))
        _gets_nothing(other)
    other.get_by_role("link", name="Rows").click()
    expect(other.locator("h1").first).to_be_visible()
    expect(other.get_by_test_id("stDataFrame").first).to_be_visible()
    assert other.url.startswith(f"{address}/data?dataset=people")


def _gets_nothing(other):
    """Whatever another site's page asked for was refused."""
    other.wait_for_function("told.length === 4")
    told = dict(line.split(": ", 1) for line in other.evaluate("told"))
    assert told == {"socket": "refused", "read": "refused", "upload": "refused", "frame": "another origin"}
    assert "stApp" not in other.frames[1].content()
