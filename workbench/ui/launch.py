"""Start the app's server, and end it cleanly."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import UsageError, WorkbenchError
from workbench.settings import Settings, without_password

SCRIPT = Path(__file__).parent / "start" / "app.py"
"""What Streamlit runs. It has a folder of its own: Streamlit puts that on the import path and reads its settings."""


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
        The app asks nobody who they are: whoever reaches it can read and change the data.

    Raises
    ------
    UsageError
        The address is open to others, or is none of this machine's, or the port is taken.
    WorkbenchError
        The server ended by itself.
    """
    _refuse_others(address, open_to_network)
    _refuse_taken(address, port)
    host = f"[{address}]" if ":" in address else address
    sys.stderr.write(f"The app is at http://{host}:{port} (lake {without_password(settings.lake)}). Ctrl-C ends it.\n")
    told = command(port=port, address=address, open_to_network=open_to_network)
    server = subprocess.Popen(told, env=environment(settings), stdout=subprocess.DEVNULL)
    try:
        with _stopped_like_ctrl_c():
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


def command(*, port: int, address: str, open_to_network: bool = False) -> list[str]:
    """Return the command line that runs the server.

    It opens a browser only where there is a display, and is open under other names than this machine's own only with
    ``open_to_network``: a page from elsewhere could give this machine's address a name of its own (DNS rebinding).
    """
    names = ["*"] if open_to_network else [address, "localhost"]
    return [
        *(sys.executable, "-m", "streamlit", "run", str(SCRIPT)),
        f"--server.address={address}",
        f"--server.port={port}",
        *(f"--server.allowedHosts={name}" for name in names),
        f"--server.headless={str(not _has_display()).lower()}",
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


def _refuse_others(address: str, open_to_network: bool) -> None:
    """Refuse an address that others can reach, unless that is wanted."""
    try:
        own = ipaddress.ip_address(address).is_loopback
    except ValueError:
        own = address == "localhost"
    if not own and not open_to_network:
        raise UsageError(
            f"At {address} others could read and change the data: the app asks nobody who they are.",
            hint="Leave --address out, or add --open-to-network if everyone who reaches this machine may do that.",
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
