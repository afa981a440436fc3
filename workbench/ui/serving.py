"""What the server's process serves: the app behind its guard."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from workbench.addresses import guard_logs
from workbench.errors import ConfigurationError
from workbench.settings import Settings, load
from workbench.ui.guard import OWN_NAMES, TOKEN, Guard, Names
from workbench.ui.launch import address_of, is_own

PAGE = Path(__file__).parent / "start" / "page.py"
"""The script that shows the pages."""


def guards() -> list[Middleware]:
    """Return the middleware of the app: its guard, by the settings of the working directory and the environment.

    A start without a token (``streamlit run app.py``) makes one and prints the address.
    """
    guard_logs()
    # "Started server process", and an address without the token.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        settings = load()
    except ConfigurationError as error:
        raise SystemExit(f"{error}\n{error.hint}") from None
    address, port = st.get_option("server.address") or "", int(st.get_option("server.port"))
    token = "" if settings.app_login == "none" else settings.app_token
    if settings.app_login == "token" and not token:
        token = secrets.token_urlsafe(32)
        sys.stderr.write(f"The app is at {address_of(address or '127.0.0.1', port)}/?{TOKEN}={token}\n")
    base = st.get_option("server.baseUrlPath").strip("/")
    guard: dict[str, Any] = {
        "names": names(settings, address),
        "token": token,
        "port": port,
        "base": f"/{base}" if base else "",
        "policy": content_policy(),
    }
    return [Middleware(Guard, **guard)]


def names(settings: Settings, address: str) -> Names:
    """Return the names under which the app may be asked for.

    Parameters
    ----------
    settings : Settings
        ``app_hosts`` are among them.
    address : str
        Where the server listens. If others reach it, IP addresses and this machine's name are among them, too.
    """
    known = {*OWN_NAMES, address, *settings.app_hosts}
    if not is_own(address):
        known.add(socket.gethostname())
    return Names(frozenset(name.lower().rstrip(".") for name in known if name), addresses=not is_own(address))


def content_policy() -> str:
    """Return the app's content security policy: nothing from elsewhere, no frames, no code but Streamlit's files.

    Styles may be inline, because Streamlit writes its own while a page is shown. The script that its start page holds
    is allowed by hash.
    """
    start = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = re.findall(r"<script>(.*?)</script>", start, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in inline]
    scripts = " ".join(["'self'", *(f"'sha256-{each}'" for each in hashes)])
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )
