"""Who may reach the app: a real server is asked as other sites, other users and the owner's browser ask."""

import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import workbench
from workbench.ui.guard import Names

ROOT = Path(__file__).parents[2]
TOKEN = "the-token-of-these-tests"


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The port of an app on a lake with the dataset ``secret_people``."""
    url = f"sqlite:{tmp_path_factory.mktemp('guarded') / 'lake' / 'catalog.sqlite'}"
    with workbench.open(url, author="ann", create=True) as lake:
        lake.import_data("secret_people", pd.DataFrame({"id": [1], "name": ["Zoë"]}), key=["id"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = "from workbench.cli import main; main()"
    app = subprocess.Popen(
        [sys.executable, "-c", program, "--lake", url, "app", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "WORKBENCH_APP_TOKEN": TOKEN},
    )
    try:
        while not reached(port):
            assert app.poll() is None
            time.sleep(0.25)
        yield port
    finally:
        app.terminate()
        app.wait(timeout=60)


def reached(port):
    try:
        return ask(port, "/_stcore/health")[0] == 200
    except OSError:
        return False


def ask(port, path, *, method="GET", host=None, body=None, **headers):
    """Ask the server; return status, headers and body. ``sec_fetch_site`` stands for ``Sec-Fetch-Site``."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        link.request(method, path, body=body, headers={"Host": host or f"127.0.0.1:{port}", **named})
        answer = link.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        link.close()


def socket_of(port, **headers):
    """Ask for the websocket; return the status."""
    upgrade = {"upgrade": "websocket", "connection": "Upgrade", "sec_websocket_version": "13"}
    return ask(port, "/_stcore/stream", sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ==", **upgrade, **headers)[0]


@pytest.fixture(scope="module")
def cookie(port):
    """What the owner's browser sends, once it has followed the address with the token."""
    return ask(port, f"/?token={TOKEN}")[1]["set-cookie"].partition(";")[0]


PATHS = [
    "/",
    "/review?dataset=secret_people",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/agent/openapi.json",
    "/media/0123.csv",
    "/static/js/none.js",
    "/component/none/index.html",
    "/nothing",
]


@pytest.mark.parametrize("path", PATHS)
def test_without_the_token_nothing_is_served(port, path):
    status, headers, body = ask(port, path)
    assert status == 403
    assert "secret_people" not in body and "Streamlit" not in body
    assert "workbench app" in body, "the page says where the address is"
    assert "set-cookie" not in headers


def test_another_user_of_the_machine_cannot_open_the_socket(port, cookie):
    """A program sends what it likes, but it does not know the token."""
    assert socket_of(port) == 403
    assert socket_of(port, origin=f"http://127.0.0.1:{port}") == 403
    assert socket_of(port, cookie=f"workbench-{port}={TOKEN}x") == 403
    assert socket_of(port, cookie=cookie) == 101


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "OPTIONS"])
def test_uploads_and_the_like_need_the_token(port, cookie, method):
    upload = "/_stcore/upload_file/session/file"
    assert ask(port, upload, method=method, body=b"id\n1\n")[0] == 403
    assert ask(port, f"{upload}?token={TOKEN}", method=method)[0] == 403, "a token is for opening pages"
    foreign = {"origin": "http://localhost:3000", "cookie": cookie}
    assert ask(port, upload, method=method, **foreign)[0] == 403


@pytest.mark.parametrize("value", ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "%C3%A9%00", "%ff"])
def test_a_wrong_token_is_told_so(port, value):
    status, headers, body = ask(port, f"/?token={value}")
    assert status == 403 and "is not the token of the running app" in body
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", "./"),
        ("/review", "./review"),
        ("/review?dataset=a%26b&check=label.issue", "./review?dataset=a%26b&amp;check=label.issue"),
        ("//elsewhere.example/x", "./x"),
        ('/"><script>', "./&quot;&gt;&lt;script&gt;"),
    ],
)
def test_the_token_opens_the_same_page_without_it(port, path, target):
    mark = "&" if "?" in path else "?"
    status, headers, body = ask(port, f"{path}{mark}token={TOKEN}")
    assert status == 200 and f'content="0;url={target}"' in body and TOKEN not in body
    attributes = headers["set-cookie"].split("; ")
    assert attributes[0].startswith(f"workbench-{port}=") and TOKEN not in attributes[0]
    assert set(attributes[1:]) == {"Path=/", "HttpOnly", "SameSite=Strict"}
    assert headers["cache-control"] == "private, no-store" and headers["referrer-policy"] == "no-referrer"


def test_an_old_address_opens_where_the_browser_is_known(port, cookie):
    status, headers, body = ask(port, "/data?dataset=x&token=of-an-earlier-start", cookie=cookie)
    assert status == 200 and 'url=./data?dataset=x"' in body and "set-cookie" not in headers


@pytest.mark.parametrize("path", ["/", "/_stcore/host-config", "/media/none"])
@pytest.mark.parametrize(
    "host", ["rebound.example", "127.0.0.1.nip.example:80", "localhost@rebound.example", "127.0.0.1:x", "a/b", "[::1"]
)
def test_another_name_is_refused(port, cookie, host, path):
    status, _, body = ask(port, path, host=host, cookie=cookie)
    assert status == 403 and "not served under the name" in body
    assert socket_of(port, host=host, cookie=cookie) == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.:{port}", "[::1]:{port}", "127.0.0.1:9000"])
def test_this_machine_s_own_names_are_known(port, cookie, host):
    host = host.format(port=port)
    assert ask(port, "/", host=host, cookie=cookie)[0] == 200
    assert socket_of(port, host=host, origin=f"http://{host}", cookie=cookie) == 101


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "http://localhost:3000", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_opens_no_socket_and_reads_nothing(port, cookie, origin):
    """Also where the browser sends the cookie along: it does not tell the ports of a machine apart."""
    assert socket_of(port, origin=origin, cookie=cookie) == 403
    status, headers, _ = ask(port, "/_stcore/host-config", origin=origin, cookie=cookie)
    assert status == 403 and "access-control-allow-origin" not in headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_embeds_nothing(port, cookie, site):
    for mode, dest in (("no-cors", "image"), ("no-cors", "script"), ("navigate", "iframe")):
        fetched = {"sec_fetch_site": site, "sec_fetch_mode": mode, "sec_fetch_dest": dest}
        assert ask(port, "/", cookie=cookie, **fetched)[0] == 403


def test_a_link_on_another_site_opens_the_app(port, cookie):
    """Browsers keep the cookie back at first; the page asks again by itself, once."""
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    status, headers, body = ask(port, "/review?dataset=x", **link)
    assert status == 200 and 'url=./review?dataset=x"' in body and "set-cookie" not in headers
    again = {**link, "sec_fetch_site": "same-origin"}
    assert ask(port, "/review?dataset=x", **again)[0] == 403
    assert ask(port, "/review?dataset=x", cookie=cookie, **again)[0] == 200


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers(port, cookie, path):
    for known in ({}, {"cookie": cookie}):
        _, headers, _ = ask(port, path, **known)
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        if path.startswith(("/media", "/_stcore")):
            assert headers["cache-control"] == "private, no-store"


def test_monitors_need_no_token(port):
    assert ask(port, "/_stcore/health", host="10.0.0.7")[::2] == (200, "ok")
    assert ask(port, "/_stcore/health/../host-config")[0] == 403
    assert ask(port, "/_stcore/health", method="POST")[0] == 403


@pytest.mark.parametrize(
    ("host", "had"),
    [
        ("10.0.0.7:8501", True),
        ("[fe80::1]", True),
        ("quality.example.org", True),
        ("quality.example.org.elsewhere.example", False),
        ("", False),
    ],
)
def test_on_a_network_addresses_and_names_of_the_settings_are_known(host, had):
    """No page can give this machine another IP address as its name."""
    assert Names(frozenset({"quality.example.org"}), addresses=True).have(host) is had
