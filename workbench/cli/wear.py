"""The command wear: how many decisions a test set has informed."""

from __future__ import annotations

import click

from workbench.cli.state import State, json_option, pass_state, show_json, show_text


@click.command()
@click.argument("name")
@json_option
@pass_state
def wear(state: State, name: str, as_json: bool) -> None:
    """Say how many versions and drafts were looked at on the newest test rows, and when fresh ones are due.

    \b
    Example:
      workbench wear people
    """
    from workbench.reporting.wear import report_wear

    with state.lake() as lake:
        found = lake.wear(name)
    if as_json:
        show_json(found.to_dict())
        return
    for line in report_wear(found):
        show_text(line)


COMMANDS = (wear,)
