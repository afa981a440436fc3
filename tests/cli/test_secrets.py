"""No password is shown: every command of the tree, every error and every log, with every shape of an address."""

from __future__ import annotations

import io
import itertools
import json
import logging
import traceback
from pathlib import Path

import click
import pytest

from workbench.addresses import connection_fault, guard_logs, remember_secrets, stored_source, without_password
from workbench.cli import cli
from workbench.errors import ConfigurationError, WorkbenchError
from workbench.ingest import import_source
from workbench.lake import open_lake
from workbench.settings import Settings, load

FORMS = {
    "plain": ("postgres:host=127.0.0.1 port=1 password=hunter2x dbname=d", ["hunter2x"]),
    "slash": ("postgres:postgresql://ann:hun/ter2x@127.0.0.1:1/d", ["hun/ter2x", "ter2x"]),
    "at": ("postgres:postgresql://ann:hun@ter2x@127.0.0.1:1/d", ["hun@", "ter2x"]),
    "slash and at": ("postgres:postgresql://ann:hun@te/r2x@127.0.0.1:1/d", ["hun@", "te/r2x", "r2x"]),
    "blank in a URL": ("postgres:postgresql://ann:hun ter2x@127.0.0.1:1/d", ["hun ", "ter2x"]),
    "question mark": ("postgres:postgresql://ann:hun?ter2x@127.0.0.1:1/d", ["hun?", "ter2x"]),
    "percent": ("postgres:postgresql://ann:hun%2Fter2x@127.0.0.1:1/d", ["hun%2Fter2x", "hun/ter2x"]),
    "wrong percent": ("postgres:postgresql://ann:hun%zzter2x@127.0.0.1:1/d", ["hun%zz", "ter2x"]),
    "passwd": ("postgres:host=127.0.0.1 port=1 passwd=hunter2x dbname=d", ["hunter2x"]),
    "capitals": ("postgres:host=127.0.0.1 port=1 PASSWORD=hunter2x dbname=d", ["hunter2x"]),
    "blanks around": ("postgres:host=127.0.0.1 port=1 password = hunter2x dbname=d", ["hunter2x"]),
    "quoted": ("postgres:host=127.0.0.1 port=1 password='hunt er2x' dbname=d", ["hunt ", "er2x"]),
    "backslash": (r"postgres:host=127.0.0.1 port=1 password='hu\'nt\\er2x' dbname=d", [r"hu\'nt", "hu'nt", "er2x"]),
    "doubled quotes": ("postgres:host=127.0.0.1 port=1 password='hunt''er2x' dbname=d", ["hunt'", "er2x"]),
    "never closed": ("postgres:host=127.0.0.1 port=1 password='hunt er2x dbname=d", ["hunt ", "er2x"]),
    "escaped blank": (r"postgres:host=127.0.0.1 port=1 password=hunt\ er2x dbname=d", [r"hunt\ ", "er2x"]),
    "ampersand": ("postgres:host=127.0.0.1 port=1 password=hun&ter2x dbname=d", ["hun&", "ter2x"]),
    "query": ("postgres:postgresql://127.0.0.1:1/d?user=ann&password=hunter2x&sslmode=disable", ["hunter2x"]),
    "sslpassword": ("postgres:host=127.0.0.1 port=1 sslpassword=hunter2x dbname=d", ["hunter2x"]),
    "misspelt": ("postgres:host=127.0.0.1 port=1 pasword=hunter2x dbname=d", ["hunter2x"]),
    "misspelt, quoted": ("postgres:host=127.0.0.1 port=1 pwrd='hunt er2x' dbname=d", ["hunt ", "er2x"]),
    "misspelt in a query": ("postgres:postgresql://127.0.0.1:1/d?user=ann&pasword=hunter2x", ["hunter2x"]),
    "last": ("postgres:host=127.0.0.1 port=1 dbname=d password=hunter2x", ["hunter2x"]),
    "S3 key": ("s3://b/lake?s3_access_key_id=AKIAABCDEFGHIJKLMNOP&s3_secret_access_key=hunter2x", ["AKIA", "hunter2x"]),
    "S3 in SQL": ("postgres:x (TYPE s3, KEY_ID 'AKIAABCDEFGHIJKLMNOP', SECRET 'hunt/er2x')", ["AKIA", "hunt/"]),
}
"""Address → what must not be seen of it. Nobody answers at any of them."""

forms = pytest.mark.parametrize(("address", "secrets"), FORMS.values(), ids=FORMS)


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    """Let each test stand for itself: what an earlier one remembered is no help."""
    monkeypatch.setattr("workbench.addresses._known", set())


def hidden(text, secrets):
    assert not [secret for secret in secrets if secret in text], text
    return True


@forms
@pytest.mark.parametrize("around", ["{}", "The lake {} cannot be read.", 'unable to connect to "{}": refused', "({})"])
def test_an_address_in_a_text_has_no_password(address, secrets, around):
    assert hidden(without_password(around.format(address)), secrets)


@forms
def test_what_is_written_as_python_or_json_has_no_password(address, secrets):
    assert hidden(without_password(f'{{"url": "{address}"}}'), secrets)
    assert hidden(repr(Settings(lake=address)), secrets)


@forms
def test_an_error_and_its_traceback_have_no_password(address, secrets):
    assert hidden(str(WorkbenchError(f"{address} is wrong", hint=f"Mend {address}")), secrets)
    remember_secrets(address)
    try:
        try:
            raise ValueError(f"could not connect with {address!r}")
        except ValueError as cause:
            raise WorkbenchError("no") from cause
    except WorkbenchError:
        assert hidden(without_password(traceback.format_exc()), secrets)


@forms
def test_opening_a_lake_never_repeats_a_password(address, secrets, tmp_path):
    with pytest.raises(WorkbenchError) as caught:
        open_lake(Settings(lake=address, data_path=str(tmp_path / "files")), create=True)
    assert hidden(str(caught.value), secrets)


@forms
def test_a_source_is_stored_without_its_password(address, secrets):
    stored = stored_source(f"{address}?table=t" if address.startswith("postgres:") else f"postgres:{address}?table=t")
    assert hidden(stored, secrets)


@forms
def test_importing_never_repeats_a_password(lake, address, secrets):
    with pytest.raises(WorkbenchError) as caught:
        import_source(lake, "t", f"{address}?table=t", author="t")
    assert hidden(str(caught.value), secrets)


@pytest.mark.parametrize("setting", ["lake = {{ url = {} }}", "data_path = [{}]", "threads = {}", "athor = {}"])
@forms
def test_a_mistyped_setting_does_not_echo_a_password(tmp_path, address, secrets, setting):
    (tmp_path / "workbench.toml").write_text(setting.format(json.dumps(address)))
    with pytest.raises(ConfigurationError) as caught:
        load(directory=tmp_path)
    assert hidden(str(caught.value), secrets)


@forms
def test_an_environment_variable_does_not_echo_a_password(tmp_path, monkeypatch, address, secrets):
    monkeypatch.setenv("WORKBENCH_THREADS", address)
    with pytest.raises(ConfigurationError) as caught:
        load(directory=tmp_path)
    assert hidden(str(caught.value), secrets)


@forms
def test_a_log_has_no_password(monkeypatch, address, secrets):
    monkeypatch.setattr(logging, "_logRecordFactory", logging.LogRecord)
    guard_logs()
    remember_secrets(address)
    told = io.StringIO()
    logger = logging.Logger("app")
    logger.addHandler(logging.StreamHandler(told))
    try:
        raise ValueError(f"could not connect with {address!r}")
    except ValueError:
        logger.exception("cannot open %s", address)
    assert hidden(told.getvalue(), secrets) and "Traceback" in told.getvalue()


def test_a_known_password_is_hidden_wherever_it_turns_up():
    remember_secrets("postgres:postgresql://ann:hun%2Fter2x@db/d")
    assert without_password("role hun/ter2x is unknown, and so is hun%2Fter2x") == "role ••• is unknown, and so is •••"


def test_what_is_no_secret_stays():
    for text in (
        "sqlite:/home/ann/password/catalog.sqlite",
        "postgres:dbname=lake host=db user=ann",
        "The app is at http://127.0.0.1:8501 (lake sqlite:data/catalog.sqlite).",
        "people@3: 12 rows added, 3 removed",
        "s3://bucket/lake/files",
    ):
        assert without_password(text) == text


@pytest.mark.parametrize(
    ("source", "stored"),
    [
        ("postgres:host=h password='a b' dbname=d?table=public.t", "postgres:host=h dbname=d?table=public.t"),
        ("postgres:host=h passwd=x dbname=d?table=t", "postgres:host=h dbname=d?table=t"),
        (
            "postgres:postgresql://u:x@h/d?password=y&sslmode=require?table=t",
            "postgres:postgresql://u@h/d?sslmode=require?table=t",
        ),
        ("duckdb:/data/password=x.duckdb?table=t", "duckdb:/data/password=x.duckdb?table=t"),
    ],
)
def test_all_but_the_password_of_a_source_is_kept(source, stored):
    assert stored_source(source) == stored


@pytest.mark.parametrize(
    "connection",
    [
        "",
        "dbname=lake host=/run/pg user=ann",
        "password='it\\'s' dbname=d",
        "postgresql://ann@db:5432/lake?sslmode=require",
        "postgresql://ann:hun%2Fter@db/lake",
        "postgres://db1:1,db2:2/lake?target_session_attrs=any",
    ],
)
def test_a_connection_that_postgres_understands_is_taken(connection):
    assert connection_fault(connection) is None


def test_a_password_that_must_be_encoded_is_named_with_the_way_to_write_it():
    with pytest.raises(ConfigurationError, match="has a meaning in URLs") as caught:
        open_lake(Settings(lake="postgres:postgresql://ann:p/w@db/lake"))
    assert "%2F" in caught.value.hint and "PGPASSWORD" in caught.value.hint


def leaves(group, path=()):
    """List the commands of a group, with the words that call them."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(leaves(cli))
NEVER = {("app",), ("init",), ("demo",)}
"""``app`` would start a server and ``demo`` a minute's work where the lake opened; ``init`` opens none."""


def arguments(command):
    """Make up whatever a command must have."""
    words = []
    for parameter in command.params:
        if not parameter.required:
            continue
        value = "1" if isinstance(parameter.type, click.types.IntParamType) else "x"
        if isinstance(parameter.type, click.Choice):
            value = str(parameter.type.choices[0])
        values = [value] * max(1, parameter.nargs)
        words += values if isinstance(parameter, click.Argument) else [parameter.opts[-1], *values]
    return words


@pytest.mark.parametrize("path", [path for path in COMMANDS if path not in NEVER], ids=" ".join)
def test_no_command_shows_a_password(shell, path):
    Path("x").write_text("id\n1\n")
    command = COMMANDS[path]
    turn = sorted(COMMANDS).index(path)
    json = ["--json"] if any("--json" in parameter.opts for parameter in command.params) else []
    for name, (address, secrets) in itertools.islice(itertools.cycle(FORMS.items()), turn, turn + 2):
        ran = shell("--debug", "--lake", address, *path, *arguments(command), *json)
        assert ran.code != 0, name
        assert hidden(ran.out + ran.err, secrets)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("command", ["doctor", "datasets"])
def test_no_shape_is_shown_by_any_way_in(shell, monkeypatch, name, command):
    address, secrets = FORMS[name]
    ran = shell("--lake", address, command, "--json")
    assert ran.code != 0 and hidden(ran.out + ran.err, secrets)
    monkeypatch.setenv("WORKBENCH_LAKE", address)
    ran = shell("--debug", command)
    assert ran.code != 0 and hidden(ran.out + ran.err, secrets)


@pytest.mark.parametrize("name", FORMS)
def test_a_source_is_not_repeated_with_its_password(people, name):
    address, secrets = FORMS[name]
    for arguments in (("import", "other"), ("refresh", "people"), ("validate", "people"), (address,)):
        ran = people("--debug", *arguments, f"{address}?table=t")
        assert ran.code != 0 and hidden(ran.out + ran.err, secrets)
