"""A pandera schema asked of a dataset: failure cases with row, key, value and severity, streamed and kept."""

from workbench.validation.allowed import allowed_values
from workbench.validation.declared import declared_schema, declared_schema_path
from workbench.validation.full import validate
from workbench.validation.incremental import revalidate
from workbench.validation.results import CASE_FIELDS, CheckOutcome, Validation
from workbench.validation.schemas import Schema, fingerprint, load_schema, split_path
from workbench.validation.single import failing_checks, failing_values, forbidden_values
from workbench.validation.stored import stored_validation, validated
from workbench.validation.types import column_types

__all__ = [
    "CASE_FIELDS",
    "CheckOutcome",
    "Schema",
    "Validation",
    "allowed_values",
    "column_types",
    "declared_schema",
    "declared_schema_path",
    "failing_checks",
    "failing_values",
    "forbidden_values",
    "fingerprint",
    "load_schema",
    "revalidate",
    "split_path",
    "stored_validation",
    "validate",
    "validated",
]
