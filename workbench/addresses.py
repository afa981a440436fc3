"""Addresses of databases and stores as people, logs and reports may see them: without what must stay secret.

Every text that leaves the program passes :func:`without_password`: each error when it is made, what a command says,
tracebacks, and the log of the app.
"""

from __future__ import annotations

import difflib
import json
import logging
import re
import traceback
from typing import Any
from urllib.parse import unquote

HIDDEN = "•••"

_NAMED = (
    r"[\w.-]*(?:password|passwd|passphrase|pwd|secret|secret_?key|access_?key|access_?key_?id|key_id|session_?token|"
    r"auth_?token|api_?key|signature|credential)"
)
_QUOTED = r"'(?:''|\\.|[^'\\])*(?:'|$)|\"(?:\"\"|\\.|[^\"\\])*(?:\"|$)|\\'.*?(?:\\'|$)|\\\".*?(?:\\\"|$)"
_BARE = r"(?:\\.|[^\s\\])+?(?=\?table=|[\"'),.;:]*(?:\s|$))"
_SECRETS = (
    # postgresql://user:SECRET@host, also where the secret holds /, @ or a blank.
    re.compile(r"(postgres(?:ql)?://[^\s/?#@:]*:)(.*)(?=@)", re.IGNORECASE),
    re.compile(r"([a-z][a-z0-9+.-]*://[^\s/?#@:]*:)(\S*)(?=@)", re.IGNORECASE),
    # ?password=SECRET&… in a URL's query
    re.compile(rf"([?&]{_NAMED}=)([^&\s\"']*?)(?=\?table=|[&\s\"']|$)", re.IGNORECASE),
    # password=SECRET, password = 'SE CRET', "password": "SECRET", SECRET 'SECRET'
    re.compile(rf"((?<![?&\w.-]){_NAMED}[\"']?\s*(?:=>|=|:(?!/))\s*)({_QUOTED}|{_BARE})", re.IGNORECASE),
    re.compile(rf"((?<![?&\w.-]){_NAMED}\s+)('(?:''|\\.|[^'\\])*(?:'|$))", re.IGNORECASE),
    # The identity of an S3 key
    re.compile(r"()\b((?:AKIA|ASIA)[A-Z0-9]{16})\b"),
)
_OPTIONS = frozenset(
    {
        "host", "hostaddr", "port", "dbname", "user", "passfile", "require_auth", "channel_binding", "connect_timeout",
        "client_encoding", "options", "application_name", "fallback_application_name", "keepalives", "keepalives_idle",
        "keepalives_interval", "keepalives_count", "tcp_user_timeout", "replication", "gssencmode", "sslmode",
        "requiressl", "sslnegotiation", "sslcompression", "sslcert", "sslkey", "sslcertmode", "sslrootcert", "sslcrl",
        "sslcrldir", "sslsni", "requirepeer", "ssl_min_protocol_version", "ssl_max_protocol_version",
        "min_protocol_version", "max_protocol_version", "krbsrvname", "gsslib", "gssdelegation", "service",
        "servicefile", "target_session_attrs", "load_balance_hosts", "sslkeylogfile",
    }
)  # fmt: skip
# What libpq calls the parts of a connection that are no secret (PostgreSQL 18, "Parameter Key Words").
_PAIR = re.compile(rf"(\w+)(\s*=\s*)({_QUOTED}|{_BARE})")
_PAIRS = re.compile(rf"postgres:(?!//)\s*(?:{_PAIR.pattern}\s*)+", re.IGNORECASE)
_URI_PAIRS = re.compile(r"postgres(?:ql)?://[^\s\"']*", re.IGNORECASE)
_URI_PAIR = re.compile(r"(?<=[?&])(\w+)(=)([^&\s\"'?]*)")
_SHORTEST = 5
"""Secrets below this length are hidden only where an address says what they are: they may be part of any word."""

_known: set[str] = set()


def without_password(text: str) -> str:
    """Write a text, which may hold addresses or what a database said about one, with dots in place of secrets."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for pattern in _SECRETS:
        text = pattern.sub(lambda found: found[1] + HIDDEN if found[2] else found[0], text)
    for whole, pair in ((_PAIRS, _PAIR), (_URI_PAIRS, _URI_PAIR)):
        text = whole.sub(lambda part, pair=pair: pair.sub(_only_known, part[0]), text)  # type: ignore[misc]
    return text


def _only_known(pair: re.Match[str]) -> str:
    """Write one part of a connection; what libpq does not know may be a misspelt password."""
    return pair[0] if pair[1].lower() in {*_OPTIONS, "table"} or not pair[3] else f"{pair[1]}{pair[2]}{HIDDEN}"


def guard_logs() -> None:
    """Hide secrets in everything that this process logs from now on, tracebacks included."""
    make = logging.getLogRecordFactory()
    if getattr(make, "guards", False):
        return

    def guarded(*given: Any, **named: Any) -> logging.LogRecord:
        record = make(*given, **named)
        record.msg, record.args = without_password(record.getMessage()), ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = without_password("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
        return record

    guarded.guards = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(guarded)


def remember_secrets(address: str) -> None:
    """Take note of the secrets in an address, so that :func:`without_password` hides them wherever they turn up."""
    found_raw = [found[2] for pattern in _SECRETS for found in pattern.finditer(address)]
    for whole, pair in ((_PAIRS, _PAIR), (_URI_PAIRS, _URI_PAIR)):
        for part in whole.finditer(address):
            unknown = (each for each in pair.finditer(part[0]) if each[1].lower() not in {*_OPTIONS, "table"})
            found_raw += [each[3] for each in unknown]
    for raw in found_raw:
        if raw:
            inner = raw[1:-1] if len(raw) > 1 and raw[0] in "'\"" and raw[-1] == raw[0] else raw
            unescaped = re.sub(r"\\(.)", r"\1", inner)
            forms = {inner, unescaped, unquote(inner), inner.replace("''", "'")}
            # As Python and JSON write them, too: in a traceback, in a quoted message.
            forms |= {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms} | {
                repr(form)[1:-1] for form in forms
            }
            others = set(re.split(r"[\s=:/@?&]+", address.replace(raw, " ")))
            _known.update(form for form in forms if len(form) >= _SHORTEST and form not in others and form != HIDDEN)


def remember_secret(secret: str) -> None:
    """Take note of a secret, so that :func:`without_password` hides it wherever it turns up."""
    if len(secret) >= _SHORTEST:
        _known.add(secret)


def stored_source(source: str) -> str:
    """Write the source of a dataset as it may be stored: PostgreSQL's without its password.

    Nothing secret is kept in a lake: libpq takes the password from ``PGPASSWORD``, ``~/.pgpass`` or a service file.
    What PostgreSQL would not understand either is only hidden.
    """
    if not source.startswith("postgres:"):
        return source
    where, mark, table = source.removeprefix("postgres:").rpartition("?table=")
    where = where if mark else source.removeprefix("postgres:")
    if connection_fault(where):
        return without_password(source)
    if "://" in where:
        where = re.sub(r"(?<=://)([^/?#@:]*):.*@", r"\1@", where)
        head, _, query = where.partition("?")
        kept = [pair for pair in query.split("&") if pair.partition("=")[0].lower() in _OPTIONS]
        where = f"{head}?{'&'.join(kept)}" if kept else head
    else:
        quoted = r"'(?:''|\\.|[^'\\])*(?:'|$)"
        where = re.sub(rf"(?<!\S){_NAMED}\s*=\s*(?:{quoted}|(?:\\.|[^\s\\])*)\s*", "", where, flags=re.IGNORECASE)
    return f"postgres:{where.strip()}{mark}{table if mark else ''}"


def connection_fault(connection: str) -> tuple[str, str] | None:
    """Say why PostgreSQL would misread a connection, whose parts it would then repeat in what it says.

    Parameters
    ----------
    connection : str
        What follows ``postgres:``: a URI, or ``key=value`` pairs.

    Returns
    -------
    (what, hint) or None
        None where it is well formed.
    """
    scheme, mark, rest = connection.partition("://")
    if mark and scheme in ("postgres", "postgresql"):
        account, at, after = rest.partition("@")
        place = after.partition("?")[0]
        odd = "@" in place if at else False
        odd = odd or ("/" in account and ":" in account.partition("/")[0] and bool(at))
        odd = odd or re.search(r"%(?![0-9A-Fa-f]{2})|\s", connection) is not None
        if odd:
            return (
                "a character of its password (or of another part) has a meaning in URLs",
                "Write @ as %40, / as %2F, % as %25 and a blank as %20; or leave the password out and set PGPASSWORD, "
                "or keep it in ~/.pgpass.",
            )
        return None
    pair = re.compile(r"\s*(\w+)\s*=\s*('(?:[^'\\]|\\.)*'(?=\s|$)|(?!')(?:\\.|[^\s\\])*(?=\s|$))")
    at_ = 0
    while connection[at_:].strip():
        found = pair.match(connection, at_)
        if found is None:
            return (
                "it is no list of key=value pairs",
                "Put a value with blanks or quotes between ', and write ' in it as \\' and \\ as \\\\; or leave the "
                "password out and set PGPASSWORD, or keep it in ~/.pgpass.",
            )
        name = found[1]
        if name.lower() not in _OPTIONS and not re.fullmatch(_NAMED, name, re.IGNORECASE):
            near = difflib.get_close_matches(name.lower(), [*_OPTIONS, "password"], n=1)
            return (
                f"PostgreSQL knows no option '{name}'",
                f"{f'Did you mean {near[0]}? ' if near else ''}Its documentation lists them: Parameter Key Words.",
            )
        at_ = found.end()
    return None
