"""Schema and model files are code: those of the project run, others only where a setting trusts their folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import workbench
from workbench.errors import ModelError, SchemaError
from workbench.provenance import code_folders
from workbench.settings import Settings, load

SCHEMA = """
from pathlib import Path
import pandera.pandas as pa
Path(__file__).with_suffix(".ran").touch()
schema = pa.DataFrameSchema({"id": pa.Column(int)})
"""
MODEL = """
from sklearn.dummy import DummyClassifier
def make():
    return DummyClassifier()
"""


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A project, in which one stands, and a folder beside it."""
    monkeypatch.delenv("WORKBENCH_TRUSTED_FOLDERS")
    for name in ("project/schemas", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "elsewhere" / "rules.py").write_text(SCHEMA)
    (tmp_path / "elsewhere" / "mine_of_trust.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path


@pytest.fixture
def people(places):
    """Import three rows with a schema or model of one's own: ``people(schema="schemas/rules.py")``."""
    opened = []

    def people(**definition):
        opened.append(workbench.open(create=True))
        return opened[-1].import_data("people", pd.DataFrame({"id": [1, 2, 3]}), **definition)

    yield people
    for lake in opened:
        lake.lake.close()


def test_a_schema_elsewhere_is_refused_before_it_runs_and_the_setting_is_named(places, people):
    rules = places / "elsewhere" / "rules.py"
    for path in (str(rules), "../elsewhere/rules.py", "schemas/../../elsewhere/rules.py", f"{rules}:schema"):
        with pytest.raises(
            SchemaError, match=r"lies outside the project's folder(?s:.*)trusted_folders = \["
        ) as caught:
            people(schema=path)
        assert str(places / "project") in str(caught.value) and str(places / "elsewhere") in str(caught.value)
    assert not rules.with_suffix(".ran").exists()


def test_a_link_is_followed_to_where_it_leads(places, people):
    (places / "project" / "schemas" / "linked.py").symlink_to(places / "elsewhere" / "rules.py")
    with pytest.raises(SchemaError, match=r"it leads to .*elsewhere"):
        people(schema="schemas/linked.py")


def test_a_definition_that_somebody_else_wrote_runs_nothing_elsewhere(places, people, monkeypatch):
    monkeypatch.setenv("WORKBENCH_TRUSTED_FOLDERS", f'["{places}/elsewhere"]')
    found = people(schema=str(places / "elsewhere" / "rules.py"))
    assert found.validate().outcome == "passed"
    (places / "elsewhere" / "rules.ran").unlink()
    (places / "elsewhere" / "rules.py").write_text(SCHEMA + "# another content\n")
    monkeypatch.delenv("WORKBENCH_TRUSTED_FOLDERS")
    with workbench.open() as lake, pytest.raises(SchemaError, match="is not run"):
        lake["people"].validate()
    assert not (places / "elsewhere" / "rules.ran").exists()


def test_a_model_elsewhere_is_refused_even_where_python_would_find_it(places, people, monkeypatch):
    monkeypatch.syspath_prepend(str(places / "elsewhere"))
    with pytest.raises(ModelError, match=r"model file .*mine_of_trust.py' is not run"):
        people(label="id", model="mine_of_trust:make")
    monkeypatch.setenv("WORKBENCH_TRUSTED_FOLDERS", f'["{places}/elsewhere"]')
    assert people(label="id", model="mine_of_trust:make").newest.definition.model == "mine_of_trust:make"


def test_the_projects_folder_is_that_of_the_settings_of_the_place_and_of_the_lake(places):
    project = (places / "project").resolve()
    postgres = "postgres:host=db dbname=lake"
    shipped = code_folders(Settings(), postgres)[1:]
    assert code_folders(Settings(), postgres)[0] == project
    assert code_folders(Settings(), f"sqlite:{places}/elsewhere/catalog.sqlite")[0] == project
    (places / "elsewhere" / "schemas").mkdir()
    both = code_folders(Settings(), f"sqlite:{places}/elsewhere/data/catalog.sqlite")
    assert both == (project, (places / "elsewhere").resolve(), *shipped)
    file = places / "elsewhere" / "workbench.toml"
    file.write_text(f'lake = "{postgres}"\ntrusted_folders = ["rules", "/srv/rules"]\n')
    found = code_folders(load(config=file), postgres)
    trusted = ((places / "elsewhere" / "rules").resolve(), Path("/srv/rules"))
    assert found == ((places / "elsewhere").resolve(), project, *trusted, *shipped)


def test_without_any_project_the_working_directory_is_it(tmp_path, monkeypatch):
    monkeypatch.delenv("WORKBENCH_TRUSTED_FOLDERS")
    shared = tmp_path / "everybodys"
    (shared / "schemas").mkdir(parents=True)
    (shared / "mine").mkdir()
    shared.chmod(0o1777)
    monkeypatch.chdir(shared / "mine")
    assert code_folders(Settings(), "postgres:dbname=lake")[0] == (shared / "mine").resolve()
