"""Commands on drafts: ``workbench draft new|list|show|add|undo|redo|check|evaluate|publish|discard``."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.state import State, json_option, message_option, pass_state, progress, say, show_json, show_table


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
@click.argument("number", metavar="ID", type=int)
@json_option
@pass_state
def show(state: State, number: int, as_json: bool) -> None:
    """List the corrections of a draft, and what stands against publishing it."""
    from workbench.reporting import count_of

    with state.lake() as lake:
        item = lake.draft(number)
        corrections = lake.corrections(number)
        conflicts = lake.conflicts(number)
    if as_json:
        show_json(
            {**vars(item), "corrections": [vars(c) for c in corrections], "conflicts": [vars(c) for c in conflicts]}
        )
        return
    rows = [
        [", ".join(map(str, c.key.values())), c.action, c.column, c.old, c.new, c.author, c.reason] for c in corrections
    ]
    show_table(["key", "action", "column", "old", "new", "who", "why"], rows)
    say(f"draft {number} on {item.dataset}@{item.base}: {item.state}, {count_of(item.corrections, 'correction')}")
    if conflicts:
        say(f"{len(conflicts):,} of them no longer fit the newest version")


@draft.command("add")
@click.argument("number", metavar="ID", type=int)
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
@click.argument("number", metavar="ID", type=int)
@json_option
@pass_state
def undo(state: State, number: int, as_json: bool) -> None:
    """Take back the last step of a draft."""
    _flip(state, number, as_json, back=True)


@draft.command("redo")
@click.argument("number", metavar="ID", type=int)
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
@click.argument("number", metavar="ID", type=int)
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


@draft.command("evaluate")
@click.argument("number", metavar="ID", type=int)
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
        click.echo(report_comparison(comparison))


@draft.command("publish")
@click.argument("number", metavar="ID", type=int)
@click.option("--skip-conflicts", is_flag=True, help="Publish what fits; keep the rest in a new draft.")
@message_option
@json_option
@pass_state
@click.pass_context
def publish(
    context: click.Context, state: State, number: int, skip_conflicts: bool, message: str, as_json: bool
) -> None:
    """Turn a draft into the next version; exit code 1 where cells have changed meanwhile."""
    from workbench.errors import ConflictError
    from workbench.reporting import count_of

    with state.lake() as lake:
        try:
            done = lake.publish(number, message=message, skip_conflicts=skip_conflicts)
        except ConflictError as error:
            if not as_json:
                raise
            show_json({"conflicts": [vars(conflict) for conflict in error.conflicts]})
            context.exit(error.exit_code)
        document = lake[done.version.dataset].at(done.version.version).document()
    if as_json:
        show_json(document)
        return
    say(f"{done.version.name}: {count_of(done.version.cells_changed, 'cell')} changed")
    if done.rest:
        say(f"{count_of(len(done.conflicts), 'correction')} no longer fitted, kept in draft {done.rest.draft}")


@draft.command("discard")
@click.argument("number", metavar="ID", type=int)
@pass_state
def discard(state: State, number: int) -> None:
    """Close a draft without publishing it."""
    with state.lake() as lake:
        lake.discard(number)
    say(f"draft {number} discarded")


COMMANDS = (draft,)
