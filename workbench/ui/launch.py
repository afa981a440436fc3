"""Start the app's server, and end it cleanly."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import UsageError, WorkbenchError
from workbench.settings import Settings, without_password
from workbench.ui.guard import HEALTH, TOKEN


def launch(settings: Settings, *, port: int = 8501, address: str = "127.0.0.1", open_to_network: bool = False) -> None:
    """Run the app until Ctrl-C (or SIGTERM) ends it.

    Parameters
    ----------
    settings : Settings
        The app works with these, whatever its own environment and files say.
    port : int
        1 to 65535.
    address : str
        Where it listens; other than this machine's own addresses only with ``open_to_network``.
    open_to_network : bool
        Whoever has the address with its token can read and change the data, and it travels unencrypted.

    Raises
    ------
    UsageError
        The address is open to others, or is none of this machine's, or the port is taken.
    WorkbenchError
        The server ended by itself.
    """
    _refuse_others(address, open_to_network)
    _refuse_taken(address, port)
    drawn = settings.app_login == "token" and not settings.app_token
    if drawn:
        settings = settings.model_copy(update={"app_token": secrets.token_urlsafe(32)})
    place = address_of(address, port)
    entry = f"{place}/?{TOKEN}={settings.app_token}" if settings.app_login == "token" else f"{place}/"
    sys.stderr.write(_told(settings, entry if drawn else f"{place}/"))
    sys.stderr.flush()
    told = command(port=port, address=address)
    server = subprocess.Popen(told, env=environment(settings), stdout=subprocess.DEVNULL)
    try:
        with _stopped_like_ctrl_c(), _shown(entry, f"{place}{HEALTH}"):
            code = server.wait()
    except KeyboardInterrupt:
        # On a terminal Ctrl-C has reached the server too; a second signal does no harm.
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=10)
        return
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
    if code:
        raise WorkbenchError(f"The app's server ended with code {code}.", hint="What it said stands above.")


def address_of(address: str, port: int) -> str:
    """Return the beginning of the app's address, as a browser on this machine takes it."""
    if address in ("0.0.0.0", "::"):
        address = "localhost"
    return f"http://{f'[{address}]' if ':' in address else address}:{port}"


def is_own(address: str) -> bool:
    """Tell whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def command(*, port: int, address: str) -> list[str]:
    """Return the command line that runs the server. Everybody on the machine can read it: no token is in it."""
    return [
        *(sys.executable, "-m", "workbench.ui.start"),
        f"--server.address={address}",
        f"--server.port={port}",
        "--server.headless=true",
        "--server.showEmailPrompt=false",
        "--server.fileWatcherType=none",
        "--runner.postScriptGC=false",
    ]


def environment(settings: Settings) -> dict[str, str]:
    """Return this process's environment with every setting in it."""
    named = {
        f"WORKBENCH_{name.upper()}": json.dumps(value) if isinstance(value, tuple) else str(value)
        for name, value in settings
    }
    return {**os.environ, **named}


def _told(settings: Settings, entry: str) -> str:
    """Say where the app is, and who gets in."""
    lake = without_password(settings.lake)
    if settings.app_login == "none":
        return (
            f'The app is at {entry} (lake {lake}). Ctrl-C ends it.\nIt asks nobody for a token (app_login = "none"): '
            f"whoever reaches that address works as {settings.who()}. A proxy in front of it has to decide who may.\n"
        )
    known = "" if TOKEN in entry else f" Add ?{TOKEN}= and the token of the setting app_token."
    return f"The app is at {entry} (lake {lake}).{known} Ctrl-C ends it.\n"


@contextlib.contextmanager
def _shown(entry: str, health: str) -> Iterator[None]:
    """Open the browser once the server answers, where there is a display.

    The browser is given a private file that leads to the address: everybody on the machine can read command lines.
    """
    if not _has_display():
        yield
        return
    with tempfile.TemporaryDirectory(prefix="workbench-app-") as folder:
        file = Path(folder) / "open.html"
        file.touch(mode=0o600)
        file.write_text(f'<meta http-equiv="refresh" content="0;url={entry}"><title>Workbench</title>')
        ended = threading.Event()
        # No proxy is asked for an address of this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def show() -> None:
            while not ended.is_set():
                with contextlib.suppress(OSError), opener.open(health, timeout=5):
                    webbrowser.open(file.as_uri())
                    return
                time.sleep(0.2)

        threading.Thread(target=show, daemon=True).start()
        try:
            yield
        finally:
            ended.set()


def _refuse_others(address: str, open_to_network: bool) -> None:
    """Refuse an address that others can reach, unless that is wanted."""
    if not is_own(address) and not open_to_network:
        raise UsageError(
            f"At {address} others could read and change the data: everyone who has the address with its token, which "
            "travels unencrypted.",
            hint="Leave --address out, or add --open-to-network if everyone on that network may read what travels.",
        )


def _refuse_taken(address: str, port: int) -> None:
    """Say before the server does, and more clearly, that it cannot listen there."""
    if not 0 < port < 65536:
        raise UsageError(f"{port} is no port.", hint="Ports are 1 to 65535; 8501 is usual.")
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                # Without it a port that was in use a moment ago would count as taken.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except socket.gaierror as error:
        raise UsageError(f"There is no address '{address}'.", hint="Leave --address out.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} of {address} is taken, perhaps by an app that runs already.",
                hint=f"Stop that, or take another: --port {port + 1 if port < 65535 else port - 1}.",
            ) from error
        raise UsageError(f"The app cannot listen at {address}, port {port}: {error.strerror}.") from error


@contextlib.contextmanager
def _stopped_like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, so that the server never outlives this process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _has_display() -> bool:
    """Tell whether a browser window could appear."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
