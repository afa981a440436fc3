"""Settings come from the command line, the environment and a file, in that order; a typo is an error."""

from __future__ import annotations

import getpass
import os

import pytest
from pydantic import ValidationError

from workbench.errors import ConfigurationError
from workbench.settings import DEFAULT_LAKE, Policy, Settings, load, without_password


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    for name in list(os.environ):
        if name.startswith("WORKBENCH_"):
            monkeypatch.delenv(name)


def test_without_any_source_the_defaults_hold_and_the_lake_is_in_the_working_directory(tmp_path):
    settings = load(directory=tmp_path)
    assert settings.lake == f"sqlite:{tmp_path / DEFAULT_LAKE.removeprefix('sqlite:')}"
    assert (settings.memory_limit, settings.write_timeout, settings.max_train_rows) == ("1GB", 60, 200_000)


def test_the_command_line_beats_the_environment_beats_the_file(tmp_path, monkeypatch):
    (tmp_path / "workbench.toml").write_text('author = "file"\nthreads = 1\nmemory_limit = "2GB"\n')
    monkeypatch.setenv("WORKBENCH_AUTHOR", "environment")
    monkeypatch.setenv("WORKBENCH_THREADS", "2")
    settings = load(directory=tmp_path, author="command line", lake=None)
    assert (settings.author, settings.threads, settings.memory_limit) == ("command line", 2, "2GB")


def test_pyproject_is_read_where_there_is_no_settings_file(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.workbench]\nauthor = "pyproject"\n')
    assert load(directory=tmp_path).author == "pyproject"
    (tmp_path / "workbench.toml").write_text('author = "workbench"\n')
    assert load(directory=tmp_path).author == "workbench"


def test_a_pyproject_without_our_section_is_no_settings_file(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert load(directory=tmp_path).author == ""


def test_a_relative_lake_is_relative_to_the_file_that_names_it(tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere").mkdir()
    config = tmp_path / "project" / "workbench.toml"
    config.write_text('lake = "sqlite:lake/c.sqlite"\n')
    in_project, elsewhere = tmp_path / "project" / "lake" / "c.sqlite", tmp_path / "elsewhere"
    assert load(config=config, directory=elsewhere).lake == f"sqlite:{in_project}"
    assert load(config=config, directory=elsewhere, lake="sqlite:d.sqlite").lake == f"sqlite:{elsewhere / 'd.sqlite'}"
    monkeypatch.setenv("WORKBENCH_LAKE", "sqlite:e.sqlite")
    assert load(config=config, directory=elsewhere).lake == f"sqlite:{elsewhere / 'e.sqlite'}"


def test_relative_folders_are_relative_to_the_file_that_names_them(tmp_path, monkeypatch):
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    file = project / "workbench.toml"
    file.write_text('lake = "postgres:dbname=x"\n')
    monkeypatch.chdir(elsewhere)
    assert load(config=file).data_path == str(project / "data/lake/files"), "PostgreSQL's default goes by it, too"
    file.write_text('lake = "postgres:dbname=x"\ndata_path = "shared"\ntemp_directory = "tmp"\n')
    assert load(config=file).data_path == str(project / "shared")
    assert load(config=file).temp_directory == str(project / "tmp")
    monkeypatch.setenv("WORKBENCH_DATA_PATH", "mine")
    assert load(config=file).data_path == str(elsewhere / "mine"), "the shell's go by the working directory"
    assert load(config=file, data_path="s3://bucket/people").data_path == "s3://bucket/people"
    assert load(config=file, data_path="/srv/data").data_path == "/srv/data"


@pytest.mark.parametrize("lake", ["sqlite:/data/catalog.sqlite", "postgres:dbname=lake host=db"])
def test_other_lakes_stay_as_they_are(tmp_path, lake):
    assert load(directory=tmp_path, lake=lake).lake == lake


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('athor = "x"', "'athor' is no setting .*workbench.toml"),
        ("threads = -1", "Setting 'threads': .*greater than or equal to 0; got -1"),
        ('memory_limit = "much"', "Setting 'memory_limit'"),
        ("write_timeout = 0", "Setting 'write_timeout'"),
        ('author = "a\\nb"', "an author is one line"),
        ("author = ", "not valid TOML"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong_in_it(tmp_path, content, says):
    (tmp_path / "workbench.toml").write_text(content)
    with pytest.raises(ConfigurationError, match=says) as caught:
        load(directory=tmp_path)
    assert caught.value.exit_code == 2


def test_a_settings_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "workbench.toml").write_bytes(b'author = "\xff\xfe"')
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        load(directory=tmp_path)


def test_a_missing_settings_file_is_refused_only_where_it_was_named(tmp_path):
    with pytest.raises(ConfigurationError, match="no settings file"):
        load(config=tmp_path / "none.toml")


def test_a_misspelt_variable_is_refused_and_the_right_ones_are_listed(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_LAEK", "sqlite:x")
    with pytest.raises(ConfigurationError, match="WORKBENCH_LAEK is no setting") as caught:
        load(directory=tmp_path)
    assert "WORKBENCH_LAKE" in caught.value.hint


def test_a_bad_variable_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_THREADS", "many")
    with pytest.raises(ConfigurationError, match="Setting 'threads'.*many"):
        load(directory=tmp_path)


def test_settings_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().author = "other"


def test_the_author_is_the_setting_or_the_system_s_user(monkeypatch):
    assert Settings(author=" ann ").who() == "ann"
    assert Settings().who() == getpass.getuser()

    def nobody():
        raise KeyError("no such user")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert Settings().who() == "unknown"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres:dbname=x password=geheim host=h", "postgres:dbname=x password=••• host=h"),
        ("postgres:dbname=x password = 'ge heim' host=h", "postgres:dbname=x password = ••• host=h"),
        ("postgres:postgresql://ann:geheim@db/lake", "postgres:postgresql://ann:•••@db/lake"),
        ("sqlite:/home/ann/password/catalog.sqlite", "sqlite:/home/ann/password/catalog.sqlite"),
    ],
)
def test_a_password_is_never_shown(text, shown):
    assert without_password(text) == shown


POLICIES = """
[policies]
approval = true
class_loss = 1.5

[policies.adult]
approval = false
validation = "no worse"

[policies.second_opinion]
no_loss = true
"""


def test_a_policy_is_for_all_datasets_and_overridden_key_by_key_for_one(tmp_path):
    (tmp_path / "workbench.toml").write_text(POLICIES)
    policies = load(directory=tmp_path).policies
    assert policies.of("any") == Policy(approval=True, class_loss=1.5)
    assert policies.of("adult") == Policy(validation="no worse", class_loss=1.5)
    assert policies.of("second_opinion") == Policy(approval=True, class_loss=1.5, no_loss=True), (
        "a dataset of that name"
    )
    assert load(directory=tmp_path / "elsewhere").policies.of("any") == Policy()


def test_policies_travel_through_the_environment(tmp_path, monkeypatch):
    (tmp_path / "workbench.toml").write_text(POLICIES)
    policies = load(directory=tmp_path).policies
    monkeypatch.setenv("WORKBENCH_POLICIES", str(policies))
    assert load(directory=tmp_path / "elsewhere").policies == policies
    monkeypatch.setenv("WORKBENCH_POLICIES", "approval")
    with pytest.raises(ConfigurationError, match="policies"):
        load(directory=tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[policies]\naproval = true\n", "'policies.aproval' is no part of a policy"),
        ("[policies.adult]\naproval = true\n", "'policies.adult.aproval' is no part of a policy"),
        ("[policies]\nvalidation = 'no-worse'\n", "'policies.validation'"),
        ("[policies]\nclass_loss = -1\n", "'policies.class_loss'"),
        ("policies = 3\n", "'policies'"),
    ],
)
def test_a_wrong_policy_is_an_error(tmp_path, text, said):
    (tmp_path / "workbench.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        load(directory=tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("workbench.toml", "a = " + "[" * 100_000, "is not valid TOML"),
        ("workbench.toml", "a = " + "1" * 5000, "is not valid TOML"),
        ("workbench.toml", 'lake = "sqlite:a\\u0000b"', "Setting 'lake': .*NUL"),
        ("workbench.toml", 'trusted_folders = ["\\u0000"]', "Setting 'trusted_folders': .*NUL"),
        ("workbench.toml", "threads = 99999999999999999999", "Setting 'threads'"),
        ("workbench.toml", "max_train_rows = 99999999999999999999", "Setting 'max_train_rows'"),
        ("workbench.toml", "retention_days = 99999999999", "Setting 'retention_days'"),
        ("pyproject.toml", "[tool]\nworkbench = 1", "'tool.workbench' is no table"),
    ],
)
def test_what_no_setting_can_be_is_refused(tmp_path, name, content, says):
    (tmp_path / name).write_text(content)
    with pytest.raises(ConfigurationError, match=says):
        load(directory=tmp_path)


def test_another_programs_odd_table_and_a_byte_order_mark_are_no_obstacle(tmp_path):
    (tmp_path / "pyproject.toml").write_text("tool = 1")
    assert load(directory=tmp_path).threads == 0
    (tmp_path / "workbench.toml").write_text("\ufeffthreads = 3", encoding="utf-8")
    assert load(directory=tmp_path).threads == 3
