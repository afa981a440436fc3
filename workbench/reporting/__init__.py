"""Results as text for people and as documents for other programs; values in, text out."""

from workbench.reporting.figures import (
    badge,
    badge_of,
    count_of,
    format_accuracy,
    format_change,
    format_count,
    format_level,
    format_metric,
    format_points,
    format_score,
    metric_name,
)
from workbench.reporting.runs import against, figure_alone, report_runs, run_row
from workbench.reporting.validations import report_validation
from workbench.reporting.versions import accuracy_of, report_comparison, report_comparisons, verdict_of

__all__ = [
    "accuracy_of",
    "against",
    "badge",
    "badge_of",
    "count_of",
    "figure_alone",
    "format_accuracy",
    "format_change",
    "format_count",
    "format_level",
    "format_metric",
    "format_points",
    "format_score",
    "metric_name",
    "report_comparison",
    "report_comparisons",
    "report_runs",
    "report_validation",
    "run_row",
    "verdict_of",
]
