"""One turn of the loop: check a version, answer what was found, see what the draft would do, publish and measure.

Command line, app, schedule and notebook all call these functions, so that they cannot show different numbers.
"""

from workbench.iterations.checking import check, checks_asked, schema_of, schema_types, try_choices, validate
from workbench.iterations.columns import apply_recipe, column_clusters, rows_of
from workbench.iterations.consequences import Consequences, consequences
from workbench.iterations.deciding import Decided, decide, own_draft, redo, undo
from workbench.iterations.defining import NewDefinition, set_definition
from workbench.iterations.measuring import (
    compare_many,
    compare_versions,
    measure,
    measurements,
    version_documents,
)
from workbench.iterations.publishing import policy_of, publish, requirements, shown_corrections
from workbench.iterations.replaying import refresh_and_replay
from workbench.iterations.reporting import ComparisonReport, gather_report
from workbench.iterations.trying import DraftCheck, DraftFindings, check_draft, evaluate_draft, find_in_draft
from workbench.iterations.wearing import Wear, wear

__all__ = [
    "ComparisonReport",
    "Consequences",
    "Decided",
    "DraftCheck",
    "DraftFindings",
    "NewDefinition",
    "Wear",
    "apply_recipe",
    "check",
    "check_draft",
    "checks_asked",
    "column_clusters",
    "compare_many",
    "compare_versions",
    "consequences",
    "decide",
    "evaluate_draft",
    "find_in_draft",
    "gather_report",
    "measure",
    "measurements",
    "own_draft",
    "policy_of",
    "publish",
    "redo",
    "refresh_and_replay",
    "requirements",
    "rows_of",
    "schema_of",
    "schema_types",
    "set_definition",
    "shown_corrections",
    "try_choices",
    "undo",
    "validate",
    "version_documents",
    "wear",
]
