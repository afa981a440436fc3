"""Commands of ``workbench draft`` that talk about a draft: its approval, comments, second opinions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.state import COUNT, State, json_option, pass_state, say, show_json, show_table, text_option

if TYPE_CHECKING:
    from workbench.drafts import Discussion, SecondOpinion, Staged


@click.command("submit")
@click.argument("number", metavar="ID", type=COUNT)
@text_option("What is to be looked at.")
@json_option
@pass_state
def submit(state: State, number: int, text: str, as_json: bool) -> None:
    """Ask for a draft's approval; any change of it afterwards takes that back."""
    with state.lake() as lake:
        _show_state(number, lake.submit(number, text=text), as_json)


@click.command("withdraw")
@click.argument("number", metavar="ID", type=COUNT)
@text_option("Why.")
@json_option
@pass_state
def withdraw(state: State, number: int, text: str, as_json: bool) -> None:
    """Take a draft's submission back."""
    with state.lake() as lake:
        _show_state(number, lake.withdraw(number, text=text), as_json)


@click.command("approve")
@click.argument("number", metavar="ID", type=COUNT)
@text_option("What you looked at.")
@json_option
@pass_state
def approve(state: State, number: int, text: str, as_json: bool) -> None:
    """Approve a submitted draft as it is; nobody approves what they wrote themselves."""
    with state.lake() as lake:
        _show_state(number, lake.approve(number, text=text), as_json)


@click.command("send-back")
@click.argument("number", metavar="ID", type=COUNT)
@text_option("What has to change.", required=True)
@json_option
@pass_state
def send_back(state: State, number: int, text: str, as_json: bool) -> None:
    """Refuse a submitted draft, with a reason."""
    with state.lake() as lake:
        _show_state(number, lake.send_back(number, text), as_json)


@click.command("comment")
@click.argument("number", metavar="ID", type=COUNT)
@click.argument("text")
@json_option
@pass_state
def comment(state: State, number: int, text: str, as_json: bool) -> None:
    """Say something about an open draft."""
    with state.lake() as lake:
        _show_state(number, lake.comment(number, text), as_json)


def _show_state(number: int, talk: Discussion, as_json: bool) -> None:
    """Say where a draft stands."""
    if as_json:
        show_json(
            {
                "draft": number,
                "review": talk.state,
                "content": talk.content,
                "discussion": [vars(event) for event in talk.events],
            }
        )
    else:
        say(f"draft {number}: {talk.state}")


@click.command("opinion")
@click.argument("number", metavar="ID", type=COUNT)
@click.argument("key", required=False)
@click.argument("value", required=False)
@json_option
@pass_state
def opinion(state: State, number: int, key: str | None, value: str | None, as_json: bool) -> None:
    """Give a second opinion: the label VALUE of the test row KEY, which the draft corrects.

    Without KEY, list the test labels that the draft corrects. What it says of them is hidden until you have answered.
    """
    with state.lake() as lake:
        asked = lake.second_opinions(number)
        if key is not None:
            rid = next((each.rid for each in asked if ",".join(map(str, each.key.values())) == key), None)
            if rid is None or value is None:
                known = ", ".join(",".join(map(str, each.key.values())) for each in asked[:12]) or "none"
                raise click.UsageError(f"Give the KEY of a row and the VALUE of its label; rows: {known}.")
            asked = [lake.give_opinion(number, rid, value)]
    if as_json:
        show_json([vars(each) for each in asked])
        return
    rows = [
        [
            ", ".join(map(str, each.key.values())), each.column, *shown_values(each),
            each.author, each.state, ", ".join(f"{who}: {said}" for who, said in each.answers),
        ]
        for each in asked
    ]  # fmt: skip
    show_table(["key", "column", "old", "new", "who", "second opinion", "others say"], rows)


def shown_values(each: Staged | SecondOpinion) -> tuple[str | None, str | None]:
    """Write old and new value, as far as the reader is to see them."""
    return ("(hidden)", "(hidden)") if each.hidden else (each.old, each.new)


COMMANDS = (submit, withdraw, approve, send_back, comment, opinion)
