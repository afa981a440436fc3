"""What is known of a version's rows: its schema, its failures, and what the checks find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.errors import ModelError, SchemaError, UsageError
from workbench.lake import Definition, Lake, Task, Version, View, view_of
from workbench.progress import Progress, silent
from workbench.provenance import code_folders

if TYPE_CHECKING:
    from workbench.findings import CheckResult
    from workbench.validation import Schema, Validation


def schema_of(lake: Lake, version: Version | View) -> Schema | None:
    """Load the pandera schema that a version's definition names, or None where it names none.

    A relative path is looked for below the working directory, then below the project's folder.

    Raises
    ------
    SchemaError
        The file lies outside the project's folder and those that the settings trust, or is no schema.
    """
    name = version.definition.schema
    if name is None:
        return None
    from workbench.validation import declared_schema

    return declared_schema(lake, name)


def schema_types(lake: Lake, version: Version | View) -> dict[str, str]:
    """Return the types that the model reads columns as: the schema's, where it names one."""
    from workbench.validation import column_types

    schema = schema_of(lake, version)
    return column_types(schema, [column.name for column in version.columns]) if schema else {}


def validate(lake: Lake, version: Version, *, progress: Progress = silent) -> Validation:
    """Validate a version against its schema.

    Raises
    ------
    UsageError
        The dataset has no schema.
    """
    from workbench.validation import validated

    return validated(lake, view_of(lake, version), needed_schema(lake, version), progress=progress)


def check(
    lake: Lake, version: Version, *, only: Sequence[str] | None = None, author: str, progress: Progress = silent
) -> list[CheckResult]:
    """Run the checks on a version and put what they find into the queue."""
    from workbench.checks import run_checks
    from workbench.findings import record

    results = run_checks(lake, view_of(lake, version), schema=schema_of(lake, version), only=only, progress=progress)
    record(lake, version, results, author=author)
    return results


def checks_asked(lake: Lake, version: Version) -> str:
    """Stand for everything that the checks' answers on a version depend on; see :func:`workbench.checks.asked`."""
    from workbench.checks import asked

    schema = schema_fingerprint(lake, version)
    return asked(lake, view_of(lake, version), schema) if schema or not version.definition.schema else ""


def schema_fingerprint(lake: Lake, version: Version) -> str:
    """Stand for the schema that a version's definition names, as its code is now.

    Empty where it names none, or one that cannot be loaded.
    """
    from workbench.validation import declared_schema_path, fingerprint

    if not version.definition.schema:
        return ""
    try:
        path = declared_schema_path(lake, version.definition.schema)
        return fingerprint(path, places=code_folders(lake.settings, lake.url))
    except SchemaError:
        return ""


def try_choices(lake: Lake, *, schema: str | None, model: str, task: Task | None) -> None:
    """Load the schema file and the model that somebody chose, so that a wrong one is told before a long import.

    Raises
    ------
    SchemaError, ModelError
        It cannot be loaded.
    """
    if schema is not None:
        from workbench.validation import declared_schema

        declared_schema(lake, schema)
    if model != Definition.model:
        from workbench.models import TASKS, load_model

        refused: ModelError | None = None
        for kind in [task] if task else TASKS:
            try:
                load_model(model, kind, folders=code_folders(lake.settings, lake.url))
                return
            except ModelError as error:
                refused = refused or error
        if refused:
            raise refused


def needed_schema(lake: Lake, version: Version) -> Schema:
    """Load a version's schema, or say how to give it one."""
    schema = schema_of(lake, version)
    if schema is None:
        raise UsageError(
            f"'{version.dataset}' has no schema to validate against.",
            hint=f"Write schemas/{version.dataset}.py (a pandera schema named `schema`), then: workbench set "
            f"{version.dataset} --schema schemas/{version.dataset}.py",
        )
    return schema
