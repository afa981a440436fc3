"""Starting the app: where it listens, what it refuses, what it hands on to the server."""

import ast
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from workbench.errors import ConfigurationError, UsageError
from workbench.settings import Settings, load, without_password
from workbench.ui.components import finding_similar, job
from workbench.ui.launch import command, environment, launch
from workbench.ui.serving import PAGE

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.7", "example.org", "::"])
def test_an_address_that_others_reach_needs_the_flag(settings, address):
    with pytest.raises(UsageError, match="others could read and change") as refusal:
        launch(settings, address=address)
    assert "--open-to-network" in refusal.value.hint


def test_a_taken_port_is_named_with_another_to_try(settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} of 127.0.0.1 is taken") as refusal:
            launch(settings, port=port)
    assert f"--port {port + 1}" in refusal.value.hint


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none(settings, port):
    with pytest.raises(UsageError, match="is no port"):
        launch(settings, port=port)


def test_an_address_of_another_machine_is_refused_before_the_server_starts(settings):
    with pytest.raises(UsageError, match="cannot listen at 192.0.2.1"):
        launch(settings, address="192.0.2.1", open_to_network=True)


def test_the_server_gets_every_setting(monkeypatch, tmp_path):
    settings = Settings(
        lake=f"sqlite:{tmp_path / 'other.sqlite'}",
        data_path="s3://bucket/files",
        author="Zoë O'Hara",
        memory_limit="2GB",
        threads=3,
        write_timeout=7.5,
        max_train_rows=1000,
        retention_days=5,
        schema_dir="rules",
    )
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "workbench.toml").write_text('lake = "sqlite:elsewhere.sqlite"\nauthor = "somebody else"\n')
    assert load(directory=tmp_path) == settings


def test_the_packaged_app_has_the_settings_of_app_py():
    packaged = PAGE.parent / ".streamlit" / "config.toml"
    assert packaged.read_bytes() == (ROOT / ".streamlit" / "config.toml").read_bytes()
    assert program(PAGE.with_name("app.py")) == program(ROOT / "app.py")


def program(file):
    """The statements of a file, without its docstring."""
    return ast.dump(ast.Module(ast.parse(file.read_text()).body[1:], []))


def test_no_look_at_a_job_collects_garbage_or_comes_often():
    """Also where the settings file of Streamlit is another one."""
    assert "--runner.postScriptGC=false" in command(port=8501, address="127.0.0.1")
    assert min(job.PULSE, finding_similar.PULSE) >= 2


def test_every_setting_of_streamlit_exists():
    from streamlit import config

    known = set(config.get_config_options(force_reparse=True))

    def names(table, prefix=""):
        for name, value in table.items():
            if isinstance(value, dict):
                yield from names(value, f"{prefix}{name}.")
            else:
                yield prefix + name

    options = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert options["runner"]["fastReruns"] is False, "two runs of one page would take each other's timers away"
    assert options["runner"]["postScriptGC"] is False, "a collection after each run would hold up every visitor"
    assert set(names(options)) <= known
    assert options["browser"]["gatherUsageStats"] is False
    assert options["client"]["showErrorDetails"] == "none"
    assert options["client"]["disableDataExport"] is True
    assert options["server"]["address"] == "127.0.0.1"


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_app_and_frees_its_port(tmp_path, sent):
    with started(tmp_path) as (app, address, _):
        told = (tmp_path / "told").read_text()
        # A terminal sends Ctrl-C to the server, too.
        os.killpg(app.pid, sent) if sent == signal.SIGINT else app.send_signal(sent)
        assert app.wait(timeout=20) == 0
    assert (tmp_path / "told").read_text() == told, "it ends without a word"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", int(address.rpartition(":")[2])))


@pytest.mark.skipif(os.name != "posix", reason="rights of files, a script as browser")
def test_each_start_has_a_token_that_no_command_line_shows_and_the_browser_gets_in_a_private_file(tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(
        '#!/bin/sh\nfile="${1#file://}"\nprintf "%s\\n" "$1" >"$OUT.tmp"\nstat -c %a "$file" >>"$OUT.tmp"\n'
        'cat "$file" >>"$OUT.tmp"\nmv "$OUT.tmp" "$OUT"\n'
    )
    browser.chmod(0o700)
    seen = tmp_path / "seen"
    env = {"DISPLAY": ":0", "BROWSER": f"{browser} %s", "OUT": str(seen)}
    with started(tmp_path, env=env) as (app, address, token):
        assert len(token) >= 43
        processes = [app.pid, *(child.pid for child in psutil.Process(app.pid).children(recursive=True))]
        lines = [" ".join(psutil.Process(pid).cmdline()) for pid in processes]
        assert any("workbench.ui.start" in line for line in lines)
        assert not [line for line in lines if token in line]
        for _ in range(240):
            if seen.exists():
                break
            time.sleep(0.25)
        opened, rights, page = seen.read_text().split("\n", 2)
        assert token not in opened and rights == "600" and f"url={address}/?token={token}" in page
        app.terminate()
        assert app.wait(timeout=20) == 0
    assert not Path(opened.removeprefix("file://")).exists()
    (tmp_path / "told").unlink()
    with started(tmp_path) as (_, _, another):
        assert another != token


def test_a_token_of_the_settings_is_not_printed(tmp_path):
    with started(tmp_path, env={"WORKBENCH_APP_TOKEN": "a-token-that-stays"}) as (_, address, token):
        assert token == ""
        told = (tmp_path / "told").read_text()
        assert "token of the setting app_token" in told and "a-token-that-stays" not in told
        assert urllib.request.urlopen(f"{address}/?token=a-token-that-stays").status == 200


def test_behind_a_proxy_no_token_is_asked_for_and_the_start_says_so(tmp_path):
    env = {"WORKBENCH_APP_LOGIN": "none", "WORKBENCH_APP_HOSTS": '["quality.example.org"]'}
    with started(tmp_path, env=env) as (_, address, _):
        told = (tmp_path / "told").read_text()
        assert "asks nobody for a token" in told and "works as Zoë" in told
        port = int(address.rpartition(":")[2])
        assert urllib.request.urlopen(f"{address}/?dataset=people").status == 200
        own = {"origin": "https://quality.example.org"}
        assert handshake(port, host="quality.example.org", **own) == 101
        # Names and origins are checked all the same.
        assert handshake(port, host="quality.example.org", origin="https://elsewhere.example") == 403
        assert handshake(port, host="rebound.example", origin="http://rebound.example") == 403


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("app_token", "short", "at least 16 characters"),
        ("app_token", "a token with blanks", "at least 16 characters"),
        ("app_hosts", ("https://quality.example.org",), "leave out scheme, port and path"),
        ("app_hosts", ("quality.example.org:8443",), "leave out scheme, port and path"),
        ("app_login", "off", "app_login"),
    ],
)
def test_a_setting_of_the_app_that_is_wrong(tmp_path, name, value, said):
    with pytest.raises(ConfigurationError, match=said) as refusal:
        load(directory=tmp_path, **{name: value})
    assert name != "app_token" or value not in str(refusal.value)


def test_the_token_is_in_no_text_about_the_settings():
    settings = Settings(app_token="a-token-that-stays")
    assert "a-token-that-stays" not in f"{settings!r} {settings}"


@contextmanager
def started(folder, *, env=None):
    """Start the app on a lake that is not there; give its process, its address and the token it printed."""
    port, told = free_port(), folder / "told"
    program = (
        "from workbench.settings import load; from workbench.ui.launch import launch;"
        f"launch(load(lake='sqlite:{folder}/none.sqlite', author='Zoë'), port={port})"
    )
    # Whoever starts the tests in the background has interrupts ignored, which a new process would inherit.
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with told.open("w") as talk:
        app = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            stderr=talk,
            env={**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": "", **(env or {})},
            preexec_fn=listen,
            start_new_session=True,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", app, told)
        found = re.search(r"token=([\w-]+)", told.read_text())
        yield app, f"http://127.0.0.1:{port}", found[1] if found else ""
    finally:
        app.terminate()
        try:
            app.wait(timeout=20)
        finally:
            app.kill()


def handshake(port: int, *, host: str, **headers: str) -> int:
    """Ask for the page's WebSocket under a host name; return the status of the answer."""
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(request.encode())
        return int(link.recv(1024).split()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], told: Path) -> None:
    for _ in range(240):
        try:
            if urllib.request.urlopen(url, timeout=1).status == 200:
                return
        except OSError:
            assert process.poll() is None, told.read_text()
            time.sleep(0.25)
    raise AssertionError(f"{url} did not answer")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres:dbname=wb host=db password=s3cret user=ann", "postgres:dbname=wb host=db password=••• user=ann"),
        ("postgres:password = 's3 \\' cret' dbname=wb", "postgres:password = ••• dbname=wb"),
        ("postgres:postgresql://ann:s3cret@db/wb", "postgres:postgresql://ann:•••@db/wb"),
        ("postgres:postgresql://ann@db/wb", "postgres:postgresql://ann@db/wb"),
        ("sqlite:/data/lake/catalog.sqlite", "sqlite:/data/lake/catalog.sqlite"),
    ],
)
def test_a_password_is_never_shown(url, shown):
    assert without_password(f"The lake {url} cannot be read.") == f"The lake {shown} cannot be read."
