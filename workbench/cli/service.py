"""Commands that keep things going: demo, app, doctor, maintain."""

from __future__ import annotations

import click

from workbench.cli.state import COUNT, State, json_option, pass_state, progress, say, show_json, show_table, show_text


@click.command()
@click.option("--no-app", is_flag=True, help="Print the table and stop.")
@click.option("--port", default=8501, show_default=True, metavar="N", help="Port of the app.")
@json_option
@pass_state
def demo(state: State, no_app: bool, port: int, as_json: bool) -> None:
    """Run the whole loop on the shipped sample of Adult, then open the app on it.

    Import, validate, publish rule fixes, then three review rounds answered from a file that knows the truth. The
    errors are planted and the output says so. Takes about a minute.
    """
    from workbench.demo import report_demo, run_demo

    with state.lake(create=True) as lake, progress() as report:
        result = run_demo(lake, say=say, progress=report)
        settings = lake.lake.settings
    if as_json:
        show_json(result)
    else:
        show_text(report_demo(result))
    if not no_app:
        from workbench.ui.launch import launch

        launch(settings, port=port)


@click.command()
@click.option("--port", default=8501, show_default=True, metavar="N")
@click.option("--address", default="127.0.0.1", show_default=True, metavar="HOST")
@click.option("--open-to-network", is_flag=True, help="Allow another address than this machine's own.")
@pass_state
def app(state: State, port: int, address: str, open_to_network: bool) -> None:
    """Start the app in the browser.

    Prints the address to open, which ends in ?token=…; each start makes a new token. Whoever has the address works
    under your name. Settings: app_token (a token that stays), app_hosts (other names of the app, such as a proxy's),
    app_login = "none" (no token, behind a proxy that decides who may reach the app).

    \b
    Examples:
      workbench app --port 8502
      WORKBENCH_APP_TOKEN=$(cat ~/.app-token) workbench app
    """
    from workbench.ui.launch import launch

    launch(state.settings(), port=port, address=address, open_to_network=open_to_network)


@click.command()
@json_option
@pass_state
@click.pass_context
def doctor(context: click.Context, state: State, as_json: bool) -> None:
    """Check the installation and the lake: extensions, catalogue, and each newest version against its content hash."""
    from workbench.doctor import examine

    with progress() as report:
        findings = examine(state.settings(), progress=report)
    if as_json:
        show_json([vars(finding) for finding in findings])
    else:
        show_table(["what", "", "detail"], [[f.what, "ok" if f.ok else "PROBLEM", f.detail] for f in findings])
    context.exit(0 if all(finding.ok for finding in findings) else 3)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME[@V]..]")
@click.option("--all", "every", is_flag=True, help="Every kept version of every dataset.")
@json_option
@pass_state
@click.pass_context
def verify(context: click.Context, state: State, names: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Read versions whole and check that they are still what was published.

    NAME checks every kept version of a dataset, NAME@V one version. The content hash covers the rows' cells and
    which rows are excluded; the identity hash covers row identities and splits (older versions: "not recorded").
    Exit code 0: all sound; 1: something is damaged, with the file where it can be told; 3: the lake cannot be read.

    \b
    Examples:
      workbench verify people@production
      workbench verify --all --json
    """
    from workbench.errors import UsageError

    if bool(names) == every:
        raise UsageError("Name datasets or versions, or give --all.", hint="`workbench datasets` lists them.")
    with state.lake() as lake, progress() as report:
        found = lake.verify(*names, progress=report)
    if as_json:
        show_json([each.to_dict() for each in found])
    else:
        marks = {"sound": "ok", "damaged": "DAMAGED", "not kept": "not kept"}
        show_table(["version", "", "detail"], [[each.name, marks[each.state], each.detail] for each in found])
    context.exit(1 if any(each.state == "damaged" for each in found) else 0)


@click.command()
@click.option("--retention-days", type=COUNT, metavar="N", help="Default: the setting.")
@json_option
@pass_state
def maintain(state: State, retention_days: int | None, as_json: bool) -> None:
    """Let go of snapshots nobody needs, merge small files; versions that are young or tagged stay."""
    from workbench.lake import maintain as run

    with state.lake() as lake:
        done = run(lake.lake, retention_days=retention_days)
    if as_json:
        show_json(vars(done))
        return
    say(
        f"{done.snapshots:,} snapshots let go, {done.files_before:,} → {done.files_after:,} files; "
        f"{done.deleted:,} replaced files deleted"
    )
    if done.versions:
        say(f"versions that can no longer be read: {', '.join(done.versions)}")
    if done.dropped:
        say(f"datasets dropped longer ago than the retention, deleted for good: {', '.join(done.dropped)}")
    if done.unknown:
        say(f"files in the data folder that this lake does not know, left alone: {', '.join(done.unknown)}")


COMMANDS = (demo, app, doctor, verify, maintain)
