"""Scheduled runs."""

from __future__ import annotations

import click

from workbench.cli.state import (
    COUNT,
    State,
    json_option,
    pass_state,
    progress,
    report_options,
    show_json,
    show_report,
    show_table,
)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME..]")
@click.option("--all", "every", is_flag=True, help="Every dataset of the lake.")
@click.option("--no-refresh", is_flag=True, help="Do not read the source again.")
@click.option("--mode", type=click.Choice(["full", "upsert", "append"]), default="upsert", show_default=True)
@click.option("--no-evaluate", is_flag=True, help="Do not measure the fixed model.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "loss", "never"]),
    multiple=True,
    default=["error"],
    show_default=True,
    help="What ends with exit code 1; repeat for several.",
)
@report_options
@pass_state
@click.pass_context
def run(
    context: click.Context,
    state: State,
    names: tuple[str, ...],
    every: bool,
    no_refresh: bool,
    mode: str,
    no_evaluate: bool,
    fail_on: tuple[str, ...],
    form: str,
    output: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Do everything that should happen while nobody watches, and say what is new.

    For each NAME: read the source again and merge it, validate, check, evaluate, and report what is new, returned and
    fixed since the run before, and whether accuracy moved. Exit code 0 passed, 1 failed, 3 could not be done; of
    several datasets the worst counts.

    \b
    Examples:
      workbench run people
      workbench run --all --fail-on error --fail-on loss --format junit --output runs.xml --overwrite
      0 2 * * *  cd /srv/people && .venv/bin/workbench run --all >> run.log 2>&1
    """
    from workbench.errors import UsageError
    from workbench.output import check_output
    from workbench.reporting import report_runs
    from workbench.runs import worst

    if bool(names) == every:
        raise UsageError("Name the datasets to run, or give --all.", hint="`workbench datasets` lists them.")
    if output:
        check_output(output, overwrite=overwrite)
    done = []
    with state.lake() as lake, progress() as report:
        for dataset in [lake[name] for name in (lake.names() if every else dict.fromkeys(names))]:
            done.append(
                dataset.run(
                    refresh=not no_refresh, mode=mode, evaluate=not no_evaluate, fail_on=fail_on, progress=report
                )
            )
    text = report_runs([each.to_dict() for each in done], format="json" if as_json else form)
    show_report(text, output, form="json" if as_json else form, overwrite=overwrite)
    context.exit(worst(done))


@click.command("runs")
@click.argument("name", required=False)
@click.option("--limit", type=COUNT, default=20, show_default=True, metavar="N")
@json_option
@pass_state
def list_runs(state: State, name: str | None, limit: int, as_json: bool) -> None:
    """List the runs of a dataset, or of all, the newest first.

    \b
    Example:
      workbench runs people
    """
    from workbench.reporting import run_row

    with state.lake() as lake:
        documents = [run.to_dict() for run in (lake[name].runs(limit=limit) if name else lake.runs(limit=limit))]
    if as_json:
        show_json(documents)
        return
    headers = ["run", "when", "version", "outcome", "took", "findings", "model"]
    show_table(headers, [run_row(document) for document in documents], right=["took"])


COMMANDS = (run, list_runs)
