"""Commands on drafts: stage corrections, see what they would do, publish them; with those that talk about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli import draft_review
from workbench.cli.draft_review import shown_values
from workbench.cli.state import (
    COUNT,
    State,
    json_option,
    message_option,
    pass_state,
    progress,
    say,
    show_json,
    show_table,
    show_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.api import OpenLake
    from workbench.errors import Requirement


@click.group("draft")
def draft() -> None:
    """Stage corrections in a draft, see what they would do, publish them.

    \b
    Example:
      workbench draft new people --title "impossible ages"
      workbench draft add 1 fixes.csv
      workbench draft check 1
      workbench draft publish 1 -m "impossible ages"
    """


@draft.command("new")
@click.argument("name")
@click.option("--title", default="", metavar="TEXT")
@json_option
@pass_state
def new(state: State, name: str, title: str, as_json: bool) -> None:
    """Begin a draft on the newest version of NAME."""
    with state.lake() as lake:
        made = lake[name].draft(title=title)
    if as_json:
        show_json({"draft": made.draft, "dataset": made.dataset, "base": made.base})
    else:
        say(f"draft {made.draft} on {made.dataset}@{made.base}")


@draft.command("list")
@click.argument("name")
@click.option("--all", "every", is_flag=True, help="Published and discarded ones too.")
@json_option
@pass_state
def list_(state: State, name: str, every: bool, as_json: bool) -> None:
    """List the open drafts of NAME."""
    with state.lake() as lake:
        drafts = lake[name].drafts(state=None if every else "open")
    if as_json:
        show_json([vars(item) for item in drafts])
        return
    rows = [[d.draft, d.title, d.author, f"{d.dataset}@{d.base}", f"{d.corrections:,}", d.state] for d in drafts]
    show_table(["draft", "title", "author", "base", "corrections", "state"], rows, right=["draft", "corrections"])


@draft.command("show")
@click.argument("number", metavar="ID", type=COUNT)
@click.option(
    "--limit", type=COUNT, default=20, show_default=True, metavar="N", help="List at most N corrections; 0: all."
)
@json_option
@pass_state
def show(state: State, number: int, limit: int, as_json: bool) -> None:
    """Show a draft: its corrections, what was said of it, and what stands against publishing it.

    JSON has all corrections, whatever --limit says.

    \b
    Example:
      workbench draft show 3 --limit 100
    """
    from workbench.reporting import count_of

    with state.lake() as lake:
        item = lake.draft(number)
        corrections = lake.corrections(number)
        conflicts = lake.conflicts(number)
        talk = lake.discussion(number)
        asked = lake.requirements(number)
        means = lake.consequences(number) if item.state == "open" and item.corrections else None
    if as_json:
        show_json(
            {
                **vars(item),
                "corrections": [vars(c) for c in corrections],
                "conflicts": [vars(c) for c in conflicts],
                "review": talk.state,
                "content": talk.content,
                "discussion": [vars(event) for event in talk.events],
                "requirements": [vars(each) for each in asked],
                "consequences": None if means is None else means.to_dict(),
            }
        )
        return
    rows = [
        [
            ", ".join(map(str, c.key.values())), c.action, c.column, *shown_values(c), c.author,
            c.reason,
        ]
        for c in corrections[: limit or None]
    ]  # fmt: skip
    show_table(["key", "action", "column", "old", "new", "who", "why"], rows)
    if len(corrections) > len(rows):
        say(f"… and {len(corrections) - len(rows):,} more (--limit 0 lists all)")
    where = item.state if item.state != "open" else f"open, {talk.state}"
    say(f"draft {number} on {item.dataset}@{item.base}: {where}, {count_of(item.corrections, 'correction')}")
    for event in talk.events:
        say(f"  {event.created_at:%Y-%m-%d %H:%M} {event.author}: {_told(event.kind, event.text)}")
    _show_requirements(asked)
    for line in means.lines() if means is not None else ():
        say(f"  {line}")
    if conflicts:
        say(f"{len(conflicts):,} of them no longer fit the newest version")


def _told(kind: str, text: str) -> str:
    """Write an event in words."""
    from workbench.reporting.discussions import event_words

    said = event_words(kind, text)
    return said.text if kind == "comment" else f"{said.kind}{': ' if said.text else ''}{said.text}"


def _show_requirements(asked: Sequence[Requirement]) -> None:
    """List what the policy asks for."""
    for each in asked:
        sign = {True: "✓", False: "✕", None: "?"}[each.met]
        say(f"  {sign} {each.requirement}: {each.why}{f' → {each.how}' if each.how else ''}")


@draft.command("add")
@click.argument("number", metavar="ID", type=COUNT)
@click.argument("file", type=click.Path(dir_okay=False))
@json_option
@pass_state
def add(state: State, number: int, file: str, as_json: bool) -> None:
    """Stage a corrections FILE (CSV or JSON), all of it or nothing, as one step of undo.

    Columns: the key column(s), action (set, exclude, restore, delete; default set), column, old (optional: what you
    saw), new, reason, finding.
    """
    from workbench.reporting import count_of

    with state.lake() as lake:
        before = lake.draft(number).corrections
        item = lake.stage_file(number, Path(file))
    if as_json:
        show_json(vars(item))
    else:
        staged = count_of(item.corrections - before, "correction")
        say(f"draft {number}: {staged} staged, {item.corrections:,} in all")


@draft.command("undo")
@click.argument("number", metavar="ID", type=COUNT)
@json_option
@pass_state
def undo(state: State, number: int, as_json: bool) -> None:
    """Take back the last step of a draft."""
    _flip(state, number, as_json, back=True)


@draft.command("redo")
@click.argument("number", metavar="ID", type=COUNT)
@json_option
@pass_state
def redo(state: State, number: int, as_json: bool) -> None:
    """Do the step again that was undone last."""
    _flip(state, number, as_json, back=False)


def _flip(state: State, number: int, as_json: bool, *, back: bool) -> None:
    """Undo or redo, and say what the draft holds now."""
    from workbench.reporting import count_of

    with state.lake() as lake:
        item = lake.undo(number) if back else lake.redo(number)
    if as_json:
        show_json(vars(item))
    else:
        say(f"draft {number}: {count_of(item.corrections, 'correction')}")


@draft.command("check")
@click.argument("number", metavar="ID", type=COUNT)
@json_option
@pass_state
def check(state: State, number: int, as_json: bool) -> None:
    """Validate the rows as the draft would leave them, beside its base."""
    with state.lake() as lake, progress() as report:
        result = lake.check_draft(number, progress=report)
    if as_json:
        show_json(result.to_dict())
        return
    show_table(
        ["check", "failures before", "after"],
        [[code, f"{before:,}", f"{after:,}"] for code, before, after in result.checks],
        right=["failures before", "after"],
    )
    say(f"draft {number}: failures {result.before:,} → {result.after:,}")


@draft.command("findings")
@click.argument("number", metavar="ID", type=COUNT)
@json_option
@pass_state
def findings(state: State, number: int, as_json: bool) -> None:
    """Run the checks on the rows as the draft would leave them, beside its base.

    Nothing joins the queue, and what somebody has kept does not count. The label checks fit the model on both.
    """
    from workbench.reporting import count_of

    with state.lake() as lake, progress() as report:
        found = lake.draft_findings(number, progress=report).to_dict()
    if as_json:
        show_json(found)
        return
    names = ("before", "after", "gone", "new")
    rows = [[each["check"], *(f"{each[name]:,}" for name in names)] for each in found["checks"]]
    show_table(["check", "findings before", *names[1:]], rows, right=["findings before", *names[1:]])
    for each in found["appeared"]:
        say(f"  new: {each['message']}{f' ({_key_text(each)})' if each['key'] else ''}")
    said = found["findings"]
    if said["new"] > len(found["appeared"]):
        say(f"  {count_of(said['new'] - len(found['appeared']), 'new finding')} not listed")
    for each in found["unknown"]:
        say(f"  ? {each['check']} could not be asked: {each['message']}")
    counts = f"{said['before']:,} → {said['after']:,}, {said['gone']:,} gone, {said['new']:,} new"
    say(f"draft {number}: findings {counts}")


def _key_text(found: dict[str, Any]) -> str:
    """Write the key of a finding's row."""
    return ", ".join(f"{name} {value}" for name, value in json.loads(found["key"]).items())


@draft.command("evaluate")
@click.argument("number", metavar="ID", type=COUNT)
@json_option
@pass_state
def evaluate(state: State, number: int, as_json: bool) -> None:
    """Fit and score the fixed model on the rows as the draft would leave them, against its base."""
    from workbench.reporting import report_comparison

    with state.lake() as lake, progress() as report:
        comparison = lake.evaluate_draft(number, progress=report)
    if as_json:
        show_json(comparison.to_dict())
    else:
        show_text(report_comparison(comparison))


@draft.command("publish")
@click.argument("number", metavar="ID", type=COUNT)
@click.option("--skip-conflicts", is_flag=True, help="Publish what fits; keep the rest in a new draft.")
@message_option
@json_option
@pass_state
@click.pass_context
def publish(
    context: click.Context, state: State, number: int, skip_conflicts: bool, message: str, as_json: bool
) -> None:
    """Turn a draft into the next version.

    Before it does, it says what that means: class balance, validation, new findings, effect on the model. What was
    found out about the draft is kept for the version.

    \b
    Example:
      workbench draft publish 3 -m "labels of round 2"

    Exit code 1 where cells have changed meanwhile, or where the policy asks for something that is missing.
    """
    from workbench.errors import ConflictError, RequirementsNotMet
    from workbench.reporting import count_of

    with state.lake() as lake, progress() as report:
        item = lake.draft(number)
        if item.state == "open" and item.corrections:
            for line in lake.consequences(number).lines():
                say(line)
        try:
            done = lake.publish(number, message=message, skip_conflicts=skip_conflicts, progress=report)
        except ConflictError as error:
            if not as_json:
                raise
            show_json({"conflicts": [vars(conflict) for conflict in error.conflicts]})
            context.exit(error.exit_code)
        except RequirementsNotMet as error:
            if not as_json:
                raise
            show_json({"requirements": [vars(each) for each in error.requirements]})
            context.exit(error.exit_code)
        document = lake[done.version.dataset].at(done.version.version).document()
    if as_json:
        show_json(document)
        return
    say(f"{done.version.name}: {count_of(done.version.cells_changed, 'cell')} changed")
    if done.carried:
        say(f"Kept from the draft: {', '.join(done.carried)}")
    for each in done.stale:
        say(f"Not kept: {each}")
    if done.rest:
        say(f"{count_of(len(done.conflicts), 'correction')} no longer fitted, kept in draft {done.rest.draft}")


@draft.command("discard")
@click.argument("number", metavar="ID", type=COUNT)
@pass_state
def discard(state: State, number: int) -> None:
    """Close a draft without publishing it."""
    with state.lake() as lake:
        lake.discard(number)
    say(f"draft {number} discarded")


@draft.command("rebase")
@click.argument("number", metavar="ID", type=COUNT)
@click.option("--mine", multiple=True, metavar="KEY:COLUMN", help="Your correction of this cell stands.")
@click.option("--theirs", multiple=True, metavar="KEY:COLUMN", help="What the newest version holds there stands.")
@click.option("--all", "rest", type=click.Choice(["mine", "theirs"]), help="Decide all other conflicts alike.")
@json_option
@pass_state
@click.pass_context
def rebase(
    context: click.Context,
    state: State,
    number: int,
    mine: tuple[str, ...],
    theirs: tuple[str, ...],
    rest: str | None,
    as_json: bool,
) -> None:
    """Move a draft to the newest version; what others changed meanwhile is decided cell by cell.

    KEY is the row's key (several key columns: with commas between them), COLUMN is left out for what is done to the
    row as a whole. A cell of a row that is gone can only be theirs. Exit code 1 where a conflict is not decided.
    """
    from workbench.errors import ConflictError
    from workbench.reporting import count_of

    with state.lake() as lake:
        try:
            done = lake.rebase(number, _choices(lake, number, mine, theirs, rest))
        except ConflictError as error:
            if not as_json:
                raise
            show_json({"conflicts": [vars(conflict) for conflict in error.conflicts]})
            context.exit(error.exit_code)
    if as_json:
        show_json({**vars(done.draft), "mine": done.mine, "theirs": done.theirs})
        return
    item = done.draft
    say(
        f"draft {number} is on {item.dataset}@{item.base}: {count_of(item.corrections, 'correction')}, "
        f"{done.mine:,} conflicts kept, {done.theirs:,} dropped"
    )


def _choices(
    lake: OpenLake, number: int, mine: Sequence[str], theirs: Sequence[str], rest: str | None
) -> dict[tuple[int, str | None], Any]:
    """Read which conflict is decided how."""
    conflicts = {}
    for conflict in lake.conflicts(number):
        key = ",".join(map(str, conflict.key.values()))
        conflicts[f"{key}:{conflict.column or ''}"] = conflict
    choices: dict[tuple[int, str | None], Any] = {}
    for choice, cells in (("mine", mine), ("theirs", theirs)):
        for name in cells:
            conflict = conflicts.get(name) or conflicts.get(f"{name}:")
            if conflict is None:
                known = ", ".join(conflicts) or "none"
                raise click.UsageError(f"'{name}' is no conflict of draft {number}; there is: {known}.")
            if choices.setdefault((conflict.rid, conflict.column), choice) != choice:
                raise click.UsageError(f"'{name}' cannot be both mine and theirs.")
    for conflict in conflicts.values():
        if rest is not None:
            # Of what is gone nothing can be kept.
            choices.setdefault((conflict.rid, conflict.column), "theirs" if conflict.gone else rest)
    return choices


for _command in draft_review.COMMANDS:
    draft.add_command(_command)

COMMANDS = (draft,)
