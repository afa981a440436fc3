"""Starting the app: where it listens, what it refuses, what it hands on to the server."""

import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from functools import partial
from pathlib import Path

import pytest

from workbench.errors import UsageError
from workbench.settings import Settings, load, without_password
from workbench.ui.components import finding_similar, job
from workbench.ui.launch import SCRIPT, command, environment, launch

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


def test_a_browser_opens_only_where_there_is_a_display(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "--server.headless=true" in command(port=1, address="127.0.0.1")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert "--server.headless=false" in command(port=1, address="127.0.0.1")


def test_the_packaged_app_has_the_settings_of_app_py():
    packaged = SCRIPT.parent / ".streamlit" / "config.toml"
    assert packaged.read_bytes() == (ROOT / ".streamlit" / "config.toml").read_bytes()


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
    port = free_port()
    program = (
        "from workbench.settings import Settings; from workbench.ui.launch import launch;"
        f"launch(Settings(lake='sqlite:{tmp_path}/none.sqlite'), port={port})"
    )
    # Whoever starts the tests in the background has interrupts ignored, which a new process would inherit.
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    app = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=listen
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", app)
        assert handshake(port, host=f"127.0.0.1:{port}") == 101
        assert handshake(port, host=f"rebound.example:{port}") == 403
        app.send_signal(sent)
        talk = app.communicate(timeout=20)[1]
    finally:
        app.kill()
    assert app.returncode == 0
    assert f"http://127.0.0.1:{port}" in talk
    assert "Traceback" not in talk
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def handshake(port: int, *, host: str) -> int:
    """Ask for the page's WebSocket under a host name; return the status of the answer."""
    request = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(request.encode())
        return int(link.recv(1024).split()[1])


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    for _ in range(240):
        try:
            if urllib.request.urlopen(url, timeout=1).status == 200:
                return
        except OSError:
            assert process.poll() is None, process.communicate()[1]
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
