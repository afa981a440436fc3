"""Commands on quality: validate, check, findings, decide, evaluate, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from workbench.cli.filtering import filter_options
from workbench.cli.state import (
    COUNT,
    State,
    json_option,
    pass_state,
    progress,
    report_options,
    say,
    show_json,
    show_report,
    show_table,
    show_text,
)

if TYPE_CHECKING:
    from workbench.findings import Filter
    from workbench.findings.listing import Order


@click.command()
@click.argument("name", metavar="NAME[@V]")
@click.option("--fail-on", type=click.Choice(["error", "warning", "never"]), default="error", show_default=True)
@report_options
@pass_state
@click.pass_context
def validate(
    context: click.Context,
    state: State,
    name: str,
    fail_on: Literal["error", "warning", "never"],
    form: str,
    output: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Validate a version against its pandera schema; exit code 1 where it fails.

    \b
    Examples:
      workbench validate people
      workbench validate people@production --format junit --output report.xml --overwrite
    """
    from workbench.output import check_output
    from workbench.reporting import report_validation

    if output:
        check_output(output, overwrite=overwrite)
    with state.lake() as lake, progress() as report:
        validation = lake.resolve(name).validate(progress=report)
    text = report_validation(validation, format="json" if as_json else form)
    show_report(text, output, form="json" if as_json else form, overwrite=overwrite)
    context.exit(validation.exit_code(fail_on))


@click.command()
@click.argument("name", metavar="NAME[@V]")
@click.option("--check", "only", multiple=True, metavar="CODE", help="Run only this check; repeat for several.")
@click.option(
    "--fail-on", type=click.Choice(["error", "warning", "never"]), default="error", show_default=True,
    help="Which findings end it with exit code 1, e.g. --fail-on warning.",
)  # fmt: skip
@json_option
@pass_state
@click.pass_context
def check(
    context: click.Context,
    state: State,
    name: str,
    only: tuple[str, ...],
    fail_on: Literal["error", "warning", "never"],
    as_json: bool,
) -> None:
    """Run the schema, label and data checks; what they find joins the queue.

    Exit code 1 where a check finds an error (a broken rule of the schema), or with --fail-on warning anything at all
    (a likely label error, a duplicate); 3 where a check could not be run. What somebody kept counts as found.

    \b
    Examples:
      workbench check people
      workbench check people --fail-on warning
    """
    from workbench.checks import exit_code

    with state.lake() as lake, progress() as report:
        results = lake.resolve(name).check(only=only or None, progress=report)
    if as_json:
        show_json([result.to_dict() for result in results])
    else:
        show_table(
            ["check", "outcome", "findings", ""],
            [[r.code, r.outcome, f"{r.count:,}", r.message] for r in results],
            right=["findings"],
        )
    context.exit(exit_code(results, fail_on))


@click.command("findings")
@click.argument("name")
@filter_options
@click.option("--limit", type=COUNT, default=20, show_default=True, metavar="N")
@json_option
@pass_state
def list_findings(
    state: State,
    name: str,
    wanted: Filter,
    order: Order,
    limit: int,
    as_json: bool,
) -> None:
    """List findings of a dataset, most urgent first.

    \b
    Examples:
      workbench findings people --check label.issue --limit 50
      workbench findings people --cause missing --column age
      workbench findings people --status kept --by ann --search 4711
    """
    with state.lake() as lake:
        found = lake[name].findings(wanted=wanted, limit=limit, order=order)
        total = lake[name].count_findings(wanted=wanted)
    if as_json:
        show_json([finding.to_dict() for finding in found])
        return
    rows = [
        [
            finding.finding,
            finding.check,
            ", ".join(str(value) for value in finding.key.values()) if finding.key else None,
            finding.column,
            finding.value,
            finding.suggestion,
            None if finding.score is None else f"{finding.score:.2f}",
            finding.status,
        ]
        for finding in found
    ]
    show_table(["finding", "check", "key", "column", "value", "suggestion", "score", "status"], rows, right=["score"])
    say(f"{len(found):,} of {total:,} findings")


@click.command()
@click.argument("name")
@click.argument("findings", nargs=-1, required=True, metavar="FINDING..")
@click.option("--keep", "decision", flag_value="keep", help="Not a problem; stays quiet until the value changes.")
@click.option("--exclude", "decision", flag_value="exclude", help="Take the row out of training, test and checks.")
@click.option("--unsure", "decision", flag_value="unsure", help="Set aside.")
@click.option("--fix", "value", metavar="VALUE", help="Stage this value; '' for missing.")
@click.option("--suggested", is_flag=True, help="Stage the suggested value of each.")
@click.option(
    "--draft", type=COUNT, metavar="ID", help="Draft for fixes and exclusions; default: your open one, or a new one."
)
@click.option("--reason", default="", metavar="TEXT")
@json_option
@pass_state
def decide(
    state: State,
    name: str,
    findings: tuple[str, ...],
    decision: str | None,
    value: str | None,
    suggested: bool,
    draft: int | None,
    reason: str,
    as_json: bool,
) -> None:
    """Answer findings: keep, exclude, unsure or fix.

    \b
    Examples:
      workbench decide people 3f2a… --keep --reason "checked with the clinic"
      workbench decide people 3f2a… 77b0… --suggested
      workbench decide people 3f2a… --fix 42
    """
    from workbench.drafts import UNSEEN
    from workbench.errors import UsageError

    if (decision is not None) + (value is not None) + suggested != 1:
        raise UsageError("Give one answer.", hint="One of --keep, --exclude, --unsure, --fix VALUE, --suggested.")
    with state.lake() as lake:
        decided = lake[name].decide(
            findings,
            decision or "fix",
            value=UNSEEN if value is None else value or None,
            use_suggestion=suggested,
            draft=draft,
            reason=reason,
        )
    if as_json:
        show_json(vars(decided))
        return
    where = f" in draft {decided.draft}" if decided.draft is not None else ""
    say(f"{decided.count:,} {'finding' if decided.count == 1 else 'findings'}: {decided.decision}{where}")


@click.command()
@click.argument("name", metavar="NAME[@V]")
@json_option
@pass_state
def evaluate(state: State, name: str, as_json: bool) -> None:
    """Fit and score the fixed model on a version; a figure that is known is not computed again.

    \b
    Example:
      workbench evaluate people@3
    """
    from workbench.reporting import format_metric
    from workbench.reporting.figures import NOISE_FLOOR, format_floor

    with state.lake() as lake, progress() as report:
        evaluation = lake.resolve(name).evaluate(progress=report)
    if as_json:
        show_json(evaluation.to_dict())
        return
    rows = [[metric, format_metric(metric, e.mean, e.low, e.high)] for metric, e in evaluation.metrics.items()]
    show_table(["metric", "mean over seeds (95 % interval)"], rows)
    say(f"{name}: {evaluation.model}, {evaluation.seeds} seeds, {evaluation.test_rows:,} test rows")
    main = next(iter(evaluation.metrics))
    say(f"{NOISE_FLOOR}: {main} {format_floor(evaluation.metrics[main].noise_floor, metric=main)}")
    for note in evaluation.notes:
        say(f"Note: {note}")


@click.command()
@click.argument("a", metavar="NAME@A")
@click.argument("others", metavar="NAME@B..", nargs=-1, required=True)
@click.option("--metric", metavar="NAME", help="Default: accuracy, or r2 for regression.")
@click.option("--seeds", type=click.IntRange(2, 1000), metavar="N", help="Fits of each version (default: the setting).")
@click.option("--resample", is_flag=True, help="Fit on 20 bootstrap samples: would it help on data like this?")
@json_option
@pass_state
def compare(
    state: State,
    a: str,
    others: tuple[str, ...],
    metric: str | None,
    seeds: int | None,
    resample: bool,
    as_json: bool,
) -> None:
    """Say whether the fixed model gained from version A to version B, and what moved it.

    With more versions than two, each is compared with the first, by intervals that hold together at 95 %.

    \b
    Examples:
      workbench compare people@1 people@3
      workbench compare people@1 people@2 people@3 people@4
      workbench compare people@1 people@3 --seeds 20
      workbench compare people@1 people@3 --resample
    """
    from workbench.evaluation import SAMPLES
    from workbench.reporting import report_comparison, report_comparisons

    samples = SAMPLES if resample else 0
    with state.lake() as lake, progress() as report:
        if len(others) > 1:
            many = lake.compare_many(a, *others, metric=metric, seeds=seeds, resample=samples, progress=report)
            document, text = many.to_dict(), report_comparisons(many)
        else:
            found = lake.compare(a, others[0], metric=metric, seeds=seeds, resample=samples, progress=report)
            document, text = found.to_dict(), report_comparison(found)
    if as_json:
        show_json(document)
    else:
        show_text(text)


COMMANDS = (validate, check, list_findings, decide, evaluate, compare)
