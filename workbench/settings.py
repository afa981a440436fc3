"""One frozen set of settings, from the command line, the environment and a file, in that order.

Operations only: where the lake is, who the author is, limits. What a dataset *is* (key, label, model, schema) lives in
the lake and is versioned with it.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from workbench.addresses import HIDDEN, remember_secret, remember_secrets
from workbench.addresses import without_password as without_password
from workbench.errors import ConfigurationError

DEFAULT_LAKE = "sqlite:data/lake/catalog.sqlite"
DEFAULT_POSTGRES_FILES = "data/lake/files"

_SECRETIVE = ("lake", "data_path", "app_token")
"""Settings whose values no error repeats: they may hold a password in a shape that nobody knows."""


def project_folder(url: str) -> Path | None:
    """Find the project that a SQLite lake lies in: the nearest folder above it with settings or schemas.

    What a dataset remembers by a relative path (its source, its schema, its model's module) is looked for here, so
    that a scheduled run finds it from any working directory.
    """
    kind, _, path = url.partition(":")
    return project_of(Path(path).parent) if kind == "sqlite" else None


def project_of(folder: Path) -> Path | None:
    """Find the nearest folder, this one or one above it, that has settings or schemas.

    A folder for everybody's temporary files is nobody's project.
    """
    signs = ("workbench.toml", "pyproject.toml", "schemas")
    for place in (folder, *folder.parents):
        if any((place / sign).exists() for sign in signs):
            return None if place.stat().st_mode & 0o1002 == 0o1002 else place
    return None


class Policy(BaseModel):
    """What a draft must have before it may be published; by default nothing.

    Attributes
    ----------
    approval : bool
        Somebody who wrote none of it has approved it as it is.
    validation : {"any", "no worse", "pass"}
        What its rows must do under the schema: nothing, have no more failures than its base version, or pass.
    no_loss : bool
        The fixed model's verdict on it must not be a loss.
    class_loss : float or None
        No class's recall may be shown to lose more than so many points; None: no class is looked at.
    second_opinion : bool
        Each label of a test row that it corrects needs a second person who says the same without having seen it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    approval: bool = False
    validation: Literal["any", "no worse", "pass"] = "any"
    no_loss: bool = False
    class_loss: float | None = Field(default=None, ge=0, le=100)
    second_opinion: bool = False

    @property
    def judged(self) -> bool:
        """Whether it asks for what the draft's rows do, and not only for what people say."""
        return self.validation != "any" or self.no_loss or self.class_loss is not None


class Policies(BaseModel):
    """The policy of each dataset.

    In the settings file ``[policies]`` is for all datasets, and ``[policies.NAME]`` overrides it key by key for one.

    Attributes
    ----------
    general : Policy
        For datasets that have none of their own.
    datasets : dict
        Name → policy, with what the general one says filled in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    general: Policy = Policy()
    datasets: dict[str, Policy] = Field(default_factory=dict)

    def of(self, dataset: str, former: Iterable[str] = ()) -> Policy:
        """Return the policy of a dataset, where it has none that of a name which it had before."""
        return next((self.datasets[name] for name in (dataset, *former) if name in self.datasets), self.general)

    @model_validator(mode="before")
    @classmethod
    def _from_tables(cls, given: Any) -> Any:
        """Tell the keys of the general policy from the tables of single datasets."""
        if not isinstance(given, dict):
            return given
        general = {name: value for name, value in given.items() if not isinstance(value, dict)}
        own = {name: {**general, **value} for name, value in given.items() if isinstance(value, dict)}
        return {"general": general, "datasets": own}

    def __str__(self) -> str:
        """Write as the JSON that the environment variable takes."""
        own = {name: policy.model_dump() for name, policy in self.datasets.items()}
        return json.dumps({**self.general.model_dump(), **own}, ensure_ascii=False)


class Settings(BaseSettings):
    """Where and how the workbench works.

    Attributes
    ----------
    lake : str
        Catalogue URL: ``sqlite:PATH`` or ``postgres:CONNECTION``. A relative path is relative to the settings file,
        or to the working directory where there is none.
    data_path : str
        Where lakes have their data folders (a folder or ``s3://…``); each lake makes one of its own there, named by
        its identity. Empty: ``files`` beside a SQLite catalogue, ``data/lake/files`` with PostgreSQL. A relative path
        is relative to the settings file, or to the working directory where there is none.
    temp_directory : str
        Where DuckDB puts what does not fit in memory; empty: in the lake's data folder, or for ``s3://…`` beside a
        SQLite catalogue, or else in the system's temporary folder. Relative as above.
    group_access : str
        Group of the system that may read and write the files of a new lake; empty: only their owner may. A lake that
        is there already goes by the rights of its data folder.
    author : str
        Who is recorded with versions and decisions; empty: the operating system's user.
    memory_limit : str
        What DuckDB may use, in its own notation. For tables of more than 200 columns and few rows it is raised, since
        DuckDB then counts far more than it uses.
    threads : int
        DuckDB's threads; 0: as many as the machine has cores.
    workers : int
        Models fitted at once, each in a process of its own; 0: as many as the machine has cores, up to 8.
    write_timeout : float
        Seconds for which a write that meets another writer is tried again.
    seeds : int
        Fits behind every figure. With more of them the interval of a change is narrower, and waiting longer.
    max_train_rows : int
        Rows a model is fitted on at most; above it a fixed sample, said in every figure.
    retention_days : int
        ``maintain`` keeps the snapshots of versions younger than this, and of tagged ones for ever.
    refresh_rows_leave : float
        A refresh is asked about if more than this share of the rows would leave, or if more than this share of the
        delivered keys are known keys in another spelling.
    refresh_columns_leave : float
        A refresh is asked about if this share of the columns, or more, would leave.
    refresh_cells_misfit : float
        A refresh is asked about if more than this share of a column's cells does not fit the type it had.
    refresh_no_match : bool
        A refresh is asked about if none of its keys is known; false where deliveries by ``upsert`` bring new rows only.
    schema_dir : str
        Folder in which ``NAME.py`` is looked for when an import names no schema.
    project : str
        The project's folder, whose schema and model files may run; empty: that of the settings file.
    trusted_folders : tuple of str
        Other folders whose schema and model files may run. Relative to the settings file.
    app_login : {"token", "none"}
        What the app asks of visitors: the token in the address that ``workbench app`` prints, or nothing. ``none`` is
        for a proxy that decides who may reach the app.
    app_token : str
        The app's token; empty: each start makes a new one. At least 16 letters, digits, ``-`` and ``_``.
    app_hosts : tuple of str
        Further names under which the app is reached, such as that of a proxy: ``quality.example.org``.
    policies : Policies
        What drafts must have before they may be published.
    """

    model_config = SettingsConfigDict(env_prefix="WORKBENCH_", extra="forbid", frozen=True)

    lake: str = DEFAULT_LAKE
    data_path: str = ""
    temp_directory: str = ""
    group_access: str = ""
    author: str = ""
    memory_limit: str = Field(default="1GB", pattern=r"(?i)^\d+(\.\d+)?\s*[kmgt]i?b$")
    threads: int = Field(default=0, ge=0, le=1024)
    workers: int = Field(default=0, ge=0, le=256)
    write_timeout: float = Field(default=60.0, gt=0)
    seeds: int = Field(default=10, ge=2, le=1000)
    max_train_rows: int = Field(default=200_000, ge=10, le=10**12)
    retention_days: int = Field(default=90, ge=0, le=36_500)
    refresh_rows_leave: float = Field(default=1 / 3, ge=0, le=1)
    refresh_columns_leave: float = Field(default=0.5, ge=0, le=1)
    refresh_cells_misfit: float = Field(default=0.5, ge=0, le=1)
    refresh_no_match: bool = True
    schema_dir: str = "schemas"
    project: str = ""
    trusted_folders: tuple[str, ...] = ()
    app_login: Literal["token", "none"] = "token"
    app_token: str = ""
    app_hosts: tuple[str, ...] = ()
    policies: Policies = Policies()

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        texts = value if isinstance(value, tuple) else (value,)
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise ValueError("no text with a NUL character can be used")
        return value

    @field_validator("author")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if "\n" in value or "\r" in value:
            raise ValueError("an author is one line")
        return value.strip()

    @field_validator("app_token")
    @classmethod
    def _fit_for_an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{16,}", value):
            raise ValueError("a token has at least 16 characters, each a letter, a digit, - or _")
        return value

    @field_validator("app_hosts")
    @classmethod
    def _names_alone(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not name or re.search(r"[/@*\s]|:\d+$|^\[", name):
                raise ValueError(f"'{name}' is no name of a machine: leave out scheme, port and path")
        return value

    def __repr__(self) -> str:
        """Write without secrets: a notebook or a log may show it."""
        shown = ", ".join(
            f"{name}={HIDDEN if name == 'app_token' and value else _masked(value)!r}" for name, value in self
        )
        return f"{type(self).__name__}({shown})"

    __str__ = __repr__

    def who(self) -> str:
        """Name the author: the setting, or else the operating system's user."""
        if self.author:
            return self.author
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return "unknown"


def load(*, config: Path | None = None, directory: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings.

    Parameters
    ----------
    config : Path, optional
        Settings file; default: ``workbench.toml`` in ``directory``, else ``[tool.workbench]`` of its pyproject.toml.
    directory : Path, optional
        Where to look; default: the working directory.
    **overrides
        Settings from the command line; None means not given.

    Raises
    ------
    ConfigurationError
        An unknown or malformed setting, named with its source.
    """
    directory = directory or Path.cwd()
    values, origin = _from_file(config, directory)
    given = {name: value for name, value in overrides.items() if value is not None}
    _refuse_unknown_environment()

    class FromAllSources(Settings):
        """The settings with the file's values behind the environment's."""

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, values)

    try:
        merged = Settings.model_construct(**dict(FromAllSources(**given)))
    except ValidationError as error:
        raise _explained(error, origin) from None
    except SettingsError as error:
        raise ConfigurationError(
            f"The environment cannot be read: {error}.",
            hint='Policies and lists are JSON: WORKBENCH_POLICIES={"approval": true}.',
        ) from None
    remember_secrets(merged.lake)
    remember_secrets(merged.data_path)
    remember_secret(merged.app_token)

    def anchor(name: str) -> Path:
        """Return the folder that a setting's relative path starts from."""
        elsewhere = name in given or f"WORKBENCH_{name.upper()}" in os.environ
        # The default of `lake` is in the working directory, wherever the settings file is.
        by_file = not elsewhere and (name in values or name != "lake")
        return origin.parent if origin and by_file else directory

    return _anchored(_placed(merged, origin.parent.resolve() if origin else None, directory), anchor)


def _from_file(config: Path | None, directory: Path) -> tuple[dict[str, Any], Path | None]:
    """Read the first settings file there is."""
    if config is not None and not config.is_file():
        raise ConfigurationError(f"There is no settings file '{config}'.", hint="Give an existing file to --config.")
    for path in [config] if config else [directory / "workbench.toml", directory / "pyproject.toml"]:
        if not path.is_file():
            continue
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{path} is not valid TOML: {error}.") from None
        if path.name == "pyproject.toml":
            tool = content.get("tool", {})
            content = tool.get("workbench", {}) if isinstance(tool, dict) else {}
            if not isinstance(content, dict):
                raise ConfigurationError(f"{path}: 'tool.workbench' is no table.")
            if not content:
                continue
        return content, path
    return {}, None


def _refuse_unknown_environment() -> None:
    """Refuse a misspelt ``WORKBENCH_*`` variable, which pydantic-settings alone would pass over."""
    known = {f"WORKBENCH_{name.upper()}" for name in Settings.model_fields}
    for name in os.environ:
        if name.startswith("WORKBENCH_") and name not in known:
            raise ConfigurationError(
                f"The environment variable {name} is no setting.", hint=f"Settings: {', '.join(sorted(known))}."
            )


def _explained(error: ValidationError, origin: Path | None) -> ConfigurationError:
    """Turn pydantic's report into one sentence a person can act on."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part not in ("general", "datasets")]
    name = ".".join(place) or "?"
    where = f" (from {origin}, the environment or the command line)" if origin else ""
    if first["type"] == "extra_forbidden" and place[0] == "policies":
        return ConfigurationError(
            f"'{name}' is no part of a policy{where}.", hint=f"A policy has: {', '.join(sorted(Policy.model_fields))}."
        )
    if first["type"] == "extra_forbidden":
        return ConfigurationError(
            f"'{name}' is no setting{where}.", hint=f"Settings: {', '.join(sorted(Settings.model_fields))}."
        )
    got = "" if place and place[0] in _SECRETIVE else f"; got {_masked(first.get('input'))!r}"
    return ConfigurationError(f"Setting '{name}': {first['msg']}{got}{where}.")


def _masked(value: Any) -> Any:
    """Hide secrets in a value of any shape before it is written as Python writes it, quotation marks and all."""
    if isinstance(value, dict):
        return {without_password(str(name)): _masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return without_password(value) if isinstance(value, str) else value


def _placed(settings: Settings, home: Path | None, directory: Path) -> Settings:
    """Make the project's folder and the trusted ones absolute, as seen from the settings file."""
    base = home or directory.resolve()
    unsaid = home if home and "WORKBENCH_PROJECT" not in os.environ else ""
    project = str(base / settings.project) if settings.project else str(unsaid)
    trusted = tuple(str(base / Path(folder).expanduser()) for folder in settings.trusted_folders)
    return settings.model_copy(update={"project": project, "trusted_folders": trusted})


def _anchored(settings: Settings, anchor: Callable[[str], Path]) -> Settings:
    """Make relative paths absolute, so that a later change of directory does not move the lake."""
    kind, _, rest = settings.lake.partition(":")
    paths = {name: getattr(settings, name) for name in ("data_path", "temp_directory")}
    if kind == "postgres" and not paths["data_path"]:
        paths["data_path"] = DEFAULT_POSTGRES_FILES
    update = {
        name: str((anchor(name) / path).resolve())
        for name, path in paths.items()
        if path and "://" not in path and not Path(path).is_absolute()
    }
    if kind == "sqlite" and rest and not Path(rest).is_absolute():
        update["lake"] = f"sqlite:{(anchor('lake') / rest).resolve()}"
    return settings.model_copy(update=update)
