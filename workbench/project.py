"""Lay out a new project folder."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import UsageError

_SETTINGS = """# Settings of the workbench. What a dataset is (key, label, model, schema) lives in the lake, not here.
# Every setting can also come from the environment (WORKBENCH_LAKE, WORKBENCH_AUTHOR, …) or the command line.

lake = "sqlite:data/lake/catalog.sqlite"
# author = "ann"            # default: the system's user
# memory_limit = "1GB"      # what DuckDB may use
# seeds = 10                # fits behind every figure: more of them tell smaller changes, and take longer
# max_train_rows = 200000   # the fixed model is fitted on at most so many rows
# workers = 0               # models fitted at once, each in a process of its own; 0: one for each core
# trusted_folders = []      # other folders whose schema and model files may run
# app_hosts = []            # other names under which the app is reached, such as a proxy's
# app_login = "token"       # "none": behind a proxy that decides who may reach the app
# retention_days = 90       # `workbench maintain` keeps younger and tagged versions
"""

_SCHEMA = '''"""A pandera schema, one file a dataset: `workbench import people …` looks for schemas/people.py."""

import pandera.pandas as pa

schema = pa.DataFrameSchema(
    {
        "id": pa.Column("int64", unique=True),
        "age": pa.Column("Int64", pa.Check.in_range(0, 120), nullable=True),
    }
)
'''


def init_project(directory: Path) -> list[Path]:
    """Make ``workbench.toml``, ``schemas/example.py`` and ``data/`` in a folder; what is there already stays.

    Returns
    -------
    list of Path
        What was made.

    Raises
    ------
    UsageError
        Everything is there already, or the folder cannot be written.
    """
    made = []
    try:
        for name in ("schemas", "data"):
            folder = directory / name
            if not folder.is_dir():
                folder.mkdir(parents=True)
                made.append(folder)
        for name, content in (("workbench.toml", _SETTINGS), ("schemas/example.py", _SCHEMA)):
            file = directory / name
            if not file.exists():
                file.write_text(content, encoding="utf-8")
                made.append(file)
    except OSError as error:
        raise UsageError(f"'{directory}' cannot be made a project: {error.strerror}.") from error
    if not made:
        raise UsageError(f"'{directory}' is a workbench project already.", hint="Import a dataset next.")
    return made
