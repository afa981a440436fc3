"""Commands on columns and rules: clusters, transform, ``recipe list|show|save|learn|dry-run|apply|remove``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.state import (
    COUNT,
    State,
    json_option,
    overwrite_option,
    pass_state,
    say,
    show_document,
    show_json,
    show_table,
)

if TYPE_CHECKING:
    from workbench.api import Dataset
    from workbench.recipes import DryRun, Recipe


@click.command()
@click.argument("name")
@click.argument("column")
@click.option(
    "--method",
    type=click.Choice(["fingerprint", "ngram", "distance"]),
    default="fingerprint",
    show_default=True,
    help="fingerprint and ngram: the same but for case, accents, punctuation, order. distance: few letters differ.",
)
@click.option(
    "--similarity", type=float, default=0.85, show_default=True, metavar="SHARE", help="For distance: 0 to 1."
)
@click.option(
    "--measure", type=click.Choice(["levenshtein", "jaro-winkler"]), default="levenshtein", show_default=True,
    help="For distance.",
)  # fmt: skip
@click.option("--draft", type=COUNT, metavar="ID", help="Look at the rows as this draft leaves them.")
@json_option
@pass_state
def clusters(
    state: State, name: str, column: str, method: Any, similarity: float, measure: Any, draft: int | None, as_json: bool
) -> None:
    """Find values of COLUMN that are probably one value written in several ways.

    Nothing is changed. The proposed value is one that the schema allows, else the most frequent.

    \b
    Examples:
      workbench clusters people city
      workbench clusters people city --method distance --similarity 0.8
    """
    from workbench.reporting import count_of

    with state.lake() as lake:
        found = lake[name].clusters(column, method=method, similarity=similarity, measure=measure, draft=draft)
    if as_json:
        show_json(found.to_dict())
        return
    rows = [
        [n if not k else "", value.value, f"{value.rows:,}", "" if k else cluster.proposed]
        for n, cluster in enumerate(found.clusters, start=1)
        for k, value in enumerate(cluster.values)
    ]
    if rows:
        show_table(["cluster", "value", "rows", "proposed"], rows, right=["cluster", "rows"])
    say(f"{count_of(len(found.clusters), 'cluster')} among {count_of(found.distinct, 'value')} of {name}.{column}")
    if found.note:
        say(found.note)


@click.command()
@click.argument("name")
@click.argument("column")
@click.argument("kind", metavar="TRANSFORM")
@click.argument("parameters", nargs=-1, metavar="[PARAMETER=VALUE]...")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only rows that hold this; repeat for several.")
@click.option("--draft", type=COUNT, metavar="ID", help="Stage it in this draft.")
@click.option("--apply", "apply_", is_flag=True, help="Stage it in your own open draft, or in a new one.")
@click.option("--limit", type=COUNT, default=20, show_default=True, metavar="N", help="Examples to show.")
@json_option
@pass_state
def transform(
    state: State,
    name: str,
    column: str,
    kind: str,
    parameters: tuple[str, ...],
    where: tuple[str, ...],
    draft: int | None,
    apply_: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Show what a TRANSFORM would do to COLUMN, or stage it with --draft or --apply.

    \b
    TRANSFORM     PARAMETERS
      trim          none: blanks at both ends, and runs of them within
      case          to=lower|upper|title|first
      replace       old=TEXT new=TEXT
      regex         pattern=RE2 replacement=TEXT ignore_case=true
      parse-number  thousands=, decimal=. percent=fraction|number
      parse-date    formats=%d.%m.%Y (repeat for several)
      parse-unit    to=kg units=g:0.001 (repeat for each other unit)
      split         delimiter=TEXT part=N
      fill          value=TEXT or by=COLUMN
      map           values=OLD:NEW (repeat; nothing after the colon: missing)

    \b
    Examples:
      workbench transform people city trim
      workbench transform people name regex 'pattern=^(\\w+), (\\w+)$' 'replacement=\\2 \\1'
      workbench transform people joined parse-date formats=%d.%m.%Y formats=%d/%m/%Y --apply
    """
    from workbench.recipes import Recipe, TransformStep
    from workbench.transforms import described, transform_of

    wanted = kind.replace("-", " ")
    chosen = transform_of(wanted, _parameters(wanted, parameters))
    step = TransformStep(column, chosen, tuple(_pair(item, "--where") for item in where))
    recipe = Recipe(f"{wanted} {column}", (step,))
    with state.lake() as lake:
        dataset = lake[name]
        if draft is not None or apply_:
            staged = dataset.apply_recipe(recipe, draft=draft)
            run, target = staged.run, staged.draft.draft
            seen = None
        else:
            run, target = dataset.dry_run(recipe), None
            seen = dataset.preview(column, chosen, limit=limit) if not where else None
    if as_json:
        show_json({"draft": target, "run": run.to_dict(), "preview": seen.to_dict() if seen else None})
        return
    if seen is not None:
        rows = [[*each.key.values(), each.old, each.new, f"{each.rows:,}"] for each in seen.examples]
        keys = list(seen.examples[0].key) if seen.examples else []
        if rows:
            show_table([*keys, "old", "new", "rows"], rows, right=["rows"])
        for refused in seen.refused:
            say(f"left alone: {refused.value!r} {refused.reason} ({refused.rows:,} rows)")
    say(f"{described(chosen)} {run.steps[0].said}")
    if target is not None:
        say(f"staged in draft {target}")


@click.group("recipe")
def recipe_() -> None:
    """Keep rules that fix data, try them, apply them, and let each refresh replay them.

    \b
    Example:
      workbench recipe learn people --draft 1 -o tidy.toml
      workbench recipe dry-run people tidy.toml
      workbench recipe save people tidy.toml --replay
      workbench recipe apply people tidy
    """


@recipe_.command("list")
@click.argument("name")
@json_option
@pass_state
def list_(state: State, name: str, as_json: bool) -> None:
    """List the recipes kept for NAME."""
    with state.lake() as lake:
        kept = lake[name].recipes()
    if as_json:
        show_json([each.to_dict() for each in kept])
        return
    rows = [
        [each.name, len(each.recipe.steps), "yes" if each.replay else "no", each.author, each.recipe.description]
        for each in kept
    ]
    show_table(["recipe", "steps", "replayed", "author", "description"], rows, right=["steps"])


@recipe_.command("show")
@click.argument("name")
@click.argument("recipe")
@json_option
@pass_state
def show(state: State, name: str, recipe: str, as_json: bool) -> None:
    """Print a recipe as the TOML that it is."""
    with state.lake() as lake:
        kept = lake[name].recipe(recipe)
    if as_json:
        show_json(kept.to_dict())
    else:
        show_document(kept.text, nl=False)


@recipe_.command("save")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--replay", is_flag=True, help="Let each refresh apply it to the rows that it brought.")
@json_option
@pass_state
def save(state: State, name: str, file: str, replay: bool, as_json: bool) -> None:
    """Keep the recipe in FILE (.toml, or .csv rules) for NAME; one of the same name is replaced.

    \b
    Example:
      workbench recipe save people tidy.toml --replay
    """
    from workbench.recipes import read_recipe
    from workbench.reporting import count_of

    recipe = read_recipe(Path(file))
    with state.lake() as lake:
        kept = lake[name].save_recipe(recipe, replay=replay)
    if as_json:
        show_json(kept.to_dict())
        return
    say(
        f"kept '{kept.name}' for {name}: {count_of(len(kept.recipe.steps), 'step')}"
        + (", replayed on each refresh" if kept.replay else "")
    )


@recipe_.command("learn")
@click.argument("name")
@click.option("--draft", type=COUNT, metavar="ID", help="Learn from this draft's corrections.")
@click.option("--versions", nargs=2, metavar="A B", help="Learn from what changed between two versions.")
@click.option("--as", "title", default="", metavar="TEXT", help="The recipe's name; default: the draft's title.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write there instead of stdout.")
@overwrite_option
@json_option
@pass_state
def learn(
    state: State,
    name: str,
    draft: int | None,
    versions: tuple[str, str] | None,
    title: str,
    output: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Make rules of corrections that hold for every row with the same value; test rows teach nothing.

    \b
    Examples:
      workbench recipe learn people --draft 1 -o tidy.toml
      workbench recipe learn people --versions 1 2 --as tidy
    """
    from workbench.output import check_output, write_output
    from workbench.recipes import write_recipe
    from workbench.reporting import count_of

    if output:
        check_output(output, overwrite=overwrite)
    with state.lake() as lake:
        found = lake[name].learn(draft=draft, versions=versions, name=title)
    text = write_recipe(found.recipe)
    if output and found.recipe.steps:
        write_output(output, text, overwrite=overwrite)
    if as_json:
        show_json(found.to_dict())
        return
    if found.recipe.steps and not output:
        show_document(text, nl=False)
    for each in found.left_out:
        change = f" {each.old!r} → {each.new!r}" if (each.old, each.new) != (None, None) else ""
        say(f"left out: {each.column or 'rows'}{change}: {each.reason}")
    said = count_of(len(found.recipe.steps), "rule")
    say(f"{said} learnt" + (f", written to {output}" if output and found.recipe.steps else ""))


@recipe_.command("dry-run")
@click.argument("name")
@click.argument("recipe", metavar="FILE|RECIPE")
@click.option("--draft", type=COUNT, metavar="ID", help="On the rows as this draft leaves them.")
@json_option
@pass_state
def dry_run(state: State, name: str, recipe: str, draft: int | None, as_json: bool) -> None:
    """Say what each step of a recipe would do to NAME, and what stands against it; nothing is changed."""
    with state.lake() as lake:
        run = lake[name].dry_run(_found(lake[name], recipe), draft=draft)
    if as_json:
        show_json(run.to_dict())
    else:
        _show_run(run)


@recipe_.command("apply")
@click.argument("name")
@click.argument("recipe", metavar="FILE|RECIPE")
@click.option("--draft", type=COUNT, metavar="ID", help="Default: your own open draft, or a new one.")
@json_option
@pass_state
def apply(state: State, name: str, recipe: str, draft: int | None, as_json: bool) -> None:
    """Stage a recipe in a draft, as one step that `workbench draft undo` takes back.

    What stands against it is left alone and listed. The draft is published like any other.
    """
    from workbench.reporting import count_of

    with state.lake() as lake:
        staged = lake[name].apply_recipe(_found(lake[name], recipe), draft=draft)
    if as_json:
        show_json({"draft": staged.draft.draft, **staged.run.to_dict()})
        return
    _show_run(staged.run)
    say(f"staged {count_of(staged.run.changes, 'correction')} in draft {staged.draft.draft}")


@recipe_.command("remove")
@click.argument("name")
@click.argument("recipe")
@pass_state
def remove(state: State, name: str, recipe: str) -> None:
    """Keep a recipe no longer; what it changed stays."""
    with state.lake() as lake:
        lake[name].remove_recipe(recipe)
    say(f"'{recipe}' is no longer kept for {name}")


def _found(dataset: Dataset, recipe: str) -> Recipe:
    """Read a recipe file, or find the recipe kept under a name."""
    from workbench.recipes import read_recipe

    path = Path(recipe)
    if path.suffix.lower() in (".toml", ".csv") or path.is_file():
        return read_recipe(path, lenient=True)
    return dataset.recipe(recipe).recipe


def _show_run(run: DryRun) -> None:
    """Print what each step does."""
    rows = [[step.number, step.kind, step.column or None, f"{step.rows:,}", step.said] for step in run.steps]
    show_table(["step", "kind", "column", "rows", ""], rows, right=["step", "rows"])
    for step in run.steps:
        for held in step.refused[:5]:
            say(f"step {step.number} leaves alone: {held.value!r} {held.reason} ({held.rows:,} rows)")
    say(
        f"{run.recipe.name} on {run.label}: {run.cells:,} cells would change"
        + (f", {run.excluded:,} rows be excluded" if run.excluded else "")
    )


def _parameters(kind: str, given: tuple[str, ...]) -> dict[str, Any]:
    """Read a transform's parameters from ``NAME=VALUE`` words."""
    found: dict[str, Any] = {}
    for item in given:
        name, value = _pair(item, "a parameter")
        if name == "formats":
            found.setdefault(name, []).append(value)
        elif name in ("units", "values"):
            old, colon, new = str(value).rpartition(":")
            if not colon:
                raise click.UsageError(f"{name} takes OLD:NEW, not '{value}'.")
            found.setdefault(name, {})[old] = _number(new, float) if name == "units" else (new or {"missing": True})
        elif name == "part":
            found[name] = _number(str(value), int)
        elif name == "ignore_case":
            found[name] = str(value).lower() in ("true", "yes", "1")
        else:
            found[name] = value
    if kind == "parse unit" and "to" in found:
        found["units"] = {found["to"]: 1.0} | found.get("units", {})
    return found


def _pair(item: str, what: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``."""
    name, separator, value = item.partition("=")
    if not separator:
        raise click.UsageError(f"{what} takes NAME=VALUE, not '{item}'.")
    return name, value


def _number(text: str, kind: type[int] | type[float]) -> float:
    """Read a number."""
    try:
        return kind(text)
    except ValueError:
        raise click.UsageError(f"'{text}' is no number.") from None


COMMANDS = (clusters, transform, recipe_)
