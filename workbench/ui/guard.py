"""Who may reach the app: names, origins, the start token, and the headers of every answer.

The guard lies in front of all that Streamlit serves: pages, scripts, the websocket, uploads, downloads.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

TOKEN = "token"
"""Name of the query parameter that holds the start token."""

HEALTH = "/_stcore/health"
"""Answers ``ok`` to everybody: monitors have no token."""

OWN_NAMES = frozenset({"127.0.0.1", "::1", "localhost"})

_SAFE = frozenset({"GET", "HEAD"})
_PLAIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
_STYLE = "body{font:16px/1.5 sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem}code{background:#eee}"


@dataclass(frozen=True)
class Names:
    """Names under which the app may be asked for.

    Attributes
    ----------
    known : frozenset of str
        In lower case, without port.
    addresses : bool
        Whether any IP address is one, too. No page can give this machine's address another IP address as its name.
    """

    known: frozenset[str] = OWN_NAMES
    addresses: bool = False

    def have(self, host: str) -> bool:
        """Tell whether the value of a ``Host`` header is one of them."""
        try:
            parts = urlsplit(f"//{host}")
            _ = parts.port
        except ValueError:
            return False
        name = (parts.hostname or "").rstrip(".")
        if parts.netloc != host or "@" in host or not name:
            return False
        return name in self.known or (self.addresses and _is_address(name))


@dataclass
class Guard:
    """Let only those in who know the start token, from this app's own pages, under its own names.

    Attributes
    ----------
    app : callable
        What is guarded: an ASGI application.
    names : Names
        Others are refused: a page elsewhere could have given this machine a name of its own (DNS rebinding).
    token : str
        Empty: nobody is asked for one.
    port : int
        Cookies do not tell ports apart, so the cookie's name does.
    base : str
        Path below which the app is served, such as ``/quality``.
    policy : str
        Content security policy of the app's answers.
    """

    app: Application
    names: Names
    token: str
    port: int
    base: str = ""
    policy: str = _PLAIN_POLICY
    _pass: str = field(init=False, repr=False, default="")

    def __post_init__(self) -> None:
        """Derive what the cookie holds, which does not tell the token."""
        self._pass = hmac.new(self.token.encode(), b"workbench app", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        answer = self._answer(scope)
        if answer is None:
            await self.app(scope, receive, self._with_headers(scope, send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await _reply(answer, scope, self._with_headers(scope, send, own=True))

    def _answer(self, scope: Message) -> _Answer | None:
        """Return what is said instead of the app's own answer, None where the app may answer."""
        asked = _Asked(scope)
        if asked.safe and scope["path"] == f"{self.base}{HEALTH}":
            return None
        host = asked.only("host")
        if not self.names.have(host):
            return _refused(
                f"The app is not served under the name {host or '(none)'}",
                "Open it under the address that `workbench app` printed. If people reach it under this name, through "
                'a proxy for instance, add the name to workbench.toml: app_hosts = ["quality.example.org"].',
            )
        if not _same_origin(asked, host):
            return _refused(
                "Another page asked for this", "The app answers its own pages only. Open it in a tab of its own."
            )
        return None if not self.token else self._unknown(asked, scope)

    def _unknown(self, asked: _Asked, scope: Message) -> _Answer | None:
        """Return what somebody without the token is told, None for those who have it."""
        known = any(_equal(each, self._pass) for each in asked.cookies(f"workbench-{self.port}"))
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == TOKEN]
        page = asked.safe and scope["type"] == "http"
        right = page and any(_equal(each, self.token) for each in given)
        if page and given and (right or known):
            rest = urlencode([(name, value) for name, value in query if name != TOKEN])
            return _moved(scope, rest, self._cookie(scope) if right else "")
        if known:
            return None
        if page and asked.has("sec-fetch-site", "cross-site"):
            # A link on another site: browsers keep the cookie back, and send it when this page asks again.
            return _moved(scope, scope["query_string"].decode("latin-1"))
        if given:
            return _refused(
                "The token in this address is not the token of the running app",
                "Each start makes a new one. Open the address that `workbench app` printed at its last start, or set "
                "a token that stays: app_token in workbench.toml, or WORKBENCH_APP_TOKEN.",
            )
        return _refused(
            "The app asks for its start token",
            "Open the address that `workbench app` printed in the terminal where it runs: it ends in ?token=…. If that "
            "terminal is gone, start the app again. If you opened it in this browser before, load this page again.",
        )

    def _cookie(self, scope: Message) -> str:
        secure = "; Secure" if scope["scheme"] in ("https", "wss") else ""
        return f"workbench-{self.port}={self._pass}; Path={self.base or '/'}; HttpOnly; SameSite=Strict{secure}"

    def _with_headers(self, scope: Message, send: Send, *, own: bool = False) -> Send:
        """Send answers, the app's or the guard's own, with the headers that keep other pages out."""
        headers = {
            b"content-security-policy": self.policy.encode(),
            b"x-frame-options": b"DENY",
            b"x-content-type-options": b"nosniff",
            b"referrer-policy": b"no-referrer",
            b"cross-origin-opener-policy": b"same-origin",
            b"cross-origin-resource-policy": b"same-origin",
        }
        if scope["path"].removeprefix(self.base).startswith(("/media/", "/_stcore/")):
            headers[b"cache-control"] = b"private, no-store"

        if own:
            headers[b"content-security-policy"] = _PLAIN_POLICY.encode()
            headers[b"cache-control"] = b"private, no-store"

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(name.lower(), value) for name, value in message.get("headers", ())]
                # Nor does any other origin get to read an answer.
                kept = [pair for pair in given if pair[0] not in headers and not pair[0].startswith(b"access-control-")]
                message = {**message, "headers": [*kept, *headers.items()]}
            await send(message)

        return sent


@dataclass(frozen=True)
class _Answer:
    """A page of the guard's own."""

    status: int
    body: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


class _Asked:
    """The headers of a request."""

    def __init__(self, scope: Message) -> None:
        self.safe = scope.get("method", "GET") in _SAFE
        self.websocket = scope["type"] == "websocket"
        self._headers: list[tuple[bytes, bytes]] = list(scope["headers"])

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value.decode("latin-1") for given, value in self._headers if given.lower() == name.encode()]

    def only(self, name: str) -> str:
        """Return the value of a header that is there once, else an empty text."""
        values = self.all(name)
        return values[0] if len(values) == 1 else ""

    def has(self, name: str, value: str) -> bool:
        """Tell whether a header has a value."""
        return value in self.all(name)

    def cookies(self, name: str) -> Iterable[str]:
        """Return the values of the cookies of a name."""
        for header in self.all("cookie"):
            for pair in header.split(";"):
                given, _, value = pair.strip().partition("=")
                if given == name:
                    yield value


def _same_origin(asked: _Asked, host: str) -> bool:
    """Tell whether a request comes from the app's own page, from the address bar, or is a link that somebody followed.

    Programs send neither ``Origin`` nor ``Sec-Fetch-Site``; the token is what keeps them out.
    """
    for origin in asked.all("origin"):
        if urlsplit(origin).netloc.lower() != host.lower():
            return False
    if asked.has("sec-fetch-site", "cross-site") or asked.has("sec-fetch-site", "same-site"):
        link = asked.has("sec-fetch-mode", "navigate") and asked.has("sec-fetch-dest", "document")
        return asked.safe and not asked.websocket and link
    return True


def _moved(scope: Message, query: str, cookie: str = "") -> _Answer:
    """Lead the browser to the same page with another query.

    A page leads there, not a redirect: after a link on another site a redirect's request would come without the cookie.
    The address is relative, so that it holds behind a proxy that cuts off the beginning of a path.
    """
    path = scope.get("raw_path") or scope["path"].encode()
    target = "./" + path.decode("latin-1").rsplit("/", 1)[-1] + (f"?{query}" if query else "")
    body = f'<meta http-equiv="refresh" content="0;url={escape(target)}"><title>Workbench</title>'
    return _Answer(200, body, ((b"set-cookie", cookie.encode()),) if cookie else ())


def _refused(what: str, todo: str) -> _Answer:
    parts = todo.split("`")
    marked = "".join(f"<code>{escape(part)}</code>" if at % 2 else escape(part) for at, part in enumerate(parts))
    body = f"<title>Workbench</title><style>{_STYLE}</style><h1>{escape(what)}</h1><p>{marked}</p>"
    return _Answer(403, body)


async def _reply(answer: _Answer, scope: Message, send: Send) -> None:
    body = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8">{answer.body}</html>\n'.encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _equal(given: str, expected: str) -> bool:
    """Compare in a time that does not tell how much is right."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
