"""Try a recipe on rows: what each of its steps would do, and the corrections that are left in the end.

The cells that the recipe is about are copied, as text, into a temporary table, and the steps are carried out there one
after the other. What stands against a step is found on the way, and those rows are left as they are:

- a value that the column cannot hold, or that the step would change again each time it runs;
- a cell that holds what a person put there, or that a person looked at and kept;
- labels of test rows, which decide every figure: a recipe may rename their classes one to one, and never merges, swaps
  or parts them, nor does it exclude test rows by their label.

A recipe must change nothing when it runs a second time. So the steps are carried out a second time on their own result,
and rows that would change again are left as they were: steps that are in order one by one can undo one another.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.drafts import Correction
from workbench.lake import LANES, Column, Session, Version, View, literal, quote, touch
from workbench.lake.sql import any_of, count_where, sum_of
from workbench.lake.values import logical_text
from workbench.recipes.guarding import RESTORED, answered, relabels
from workbench.recipes.planning import apart, names, pairs, unsettled
from workbench.recipes.records import (
    BrokenStep,
    Change,
    DryRun,
    ExcludeStep,
    Held,
    Recipe,
    Status,
    Step,
    StepOutcome,
    Where,
    kind_of,
)
from workbench.transforms import RESTLESS, Fill, Map, applied

SHOWN = 20
"""Values named for each step that leaves some alone."""


@dataclass(frozen=True)
class Tried:
    """A dry run, with the corrections that it comes to."""

    run: DryRun
    corrections: tuple[Correction, ...]


def dry_run(view: View, recipe: Recipe, *, draft: int | None = None, since: Version | None = None) -> DryRun:
    """Say what each step of a recipe would do, without changing anything.

    Parameters
    ----------
    view : View
        The rows, excluded ones included: a version, or a version with a draft laid over it.
    draft : int, optional
        The draft that is laid over; what people did in it is theirs.
    since : Version, optional
        Only rows that were added or changed after this version.
    """
    return tried(view, recipe, draft=draft, since=since, wanted=False).run


def tried(
    view: View, recipe: Recipe, *, draft: int | None = None, since: Version | None = None, wanted: bool = True
) -> Tried:
    """Do what :func:`dry_run` does, and return the corrections as well if they are wanted."""
    with view.session() as session:
        bench = _Bench(session, view, recipe, draft, since)
        outcomes = bench.run()
        cells, excluded = bench.counts()
        corrections = tuple(bench.corrections()) if wanted else ()
    return Tried(DryRun(recipe, view.label, tuple(outcomes), cells, excluded), corrections)


class _Bench:
    """The temporary tables that a recipe is tried on.

    ``work`` has a row for each row of the view: ``rid``, ``lane``, ``out`` (excluded), ``todo`` (whether it is among
    the rows asked for), ``x`` (the step that excluded it), and per column n ``c{n}`` (its text now), ``b{n}`` (its text
    at the beginning) and ``s{n}`` (the step that changed it last).
    """

    def __init__(self, session: Session, view: View, recipe: Recipe, draft: int | None, since: Version | None) -> None:
        self.session, self.view, self.recipe = session, view, recipe
        self.draft, self.since = draft, since
        known = {column.name: column for column in view.columns}
        named = dict.fromkeys(name for step in recipe.steps for name in names(step) if name in known)
        self.columns: dict[str, tuple[int, Column]] = {name: (n, known[name]) for n, name in enumerate(named)}
        self.label = view.definition.label

    def run(self) -> list[StepOutcome]:
        """Carry out the steps, leaving alone the rows on which the result would not rest."""
        self._prepare()
        while True:
            self._lay_out()
            outcomes = self._pass()
            if not self._restless(outcomes):
                break
        held = dict(self.session.rows("SELECT step, count(*) FROM restless GROUP BY step"))
        why = f"{RESTLESS}: steps of the recipe undo one another"
        return [
            dataclasses.replace(each, status="conflicts", conflicts=(*each.conflicts, Held(why, held[each.number])))
            if each.number in held
            else each
            for each in outcomes
        ]

    def counts(self) -> tuple[int, int]:
        """Count the cells that differ from the beginning, and the rows excluded."""
        cells = sum_of([count_where(f"c{n} IS DISTINCT FROM b{n}") for n, _ in self.columns.values()])
        counted = self.session.rows(f"SELECT {cells}, count(x) FROM first_pass")[0]
        return int(counted[0]), int(counted[1])

    def corrections(self) -> Iterable[Correction]:
        """List what was changed, in order of row identity."""
        found: list[tuple[int, Correction]] = []
        for name, (n, _) in self.columns.items():
            for rid, old, new, number in self.session.rows(
                f"SELECT rid, b{n}, c{n}, s{n} FROM first_pass WHERE c{n} IS DISTINCT FROM b{n}"
            ):
                found.append((rid, Correction({}, column=name, old=old, new=new, reason=self._why(number), rid=rid)))
        for rid, number in self.session.rows("SELECT rid, x FROM first_pass WHERE x IS NOT NULL"):
            found.append((rid, Correction({}, "exclude", reason=self._why(number), rid=rid)))
        return [change for _, change in sorted(found, key=lambda item: item[0])]

    def _why(self, number: int) -> str:
        """Name the recipe and step that a correction comes from."""
        step = self.recipe.steps[number - 1]
        reason = "" if isinstance(step, BrokenStep) else step.reason
        return f"recipe {self.recipe.name}, step {number}" + (f": {reason}" if reason else "")

    def _prepare(self) -> None:
        """Read the rows, and what people did to them."""
        run = self.session.run
        if self.since is not None:
            touch(self.session, self.since, self._version(), table="todo_rows")
        cells = "".join(
            f", {logical_text(quote(column.physical), column)} AS b{n}" for n, column in self.columns.values()
        )
        todo = "_rid IN (SELECT _rid FROM todo_rows)" if self.since is not None else "true"
        run(
            "CREATE OR REPLACE TEMP TABLE base AS "
            + self.view.sql(
                f"SELECT _rid AS rid, _lane AS lane, _excluded AS was_out, {todo} AS todo{cells} FROM {{rows}}"
            )
        )
        run("CREATE OR REPLACE TEMP TABLE restless (rid BIGINT, step INTEGER)")

    def _version(self) -> Version:
        """Return the version that the rows are of."""
        from workbench.lake import read_version

        return read_version(self.session, self.view.dataset, self.view.version)

    def _lay_out(self) -> None:
        """Begin at the beginning."""
        self.session.run(f"CREATE OR REPLACE TEMP TABLE answered AS {answered(self.view, self.draft)}")
        for name, (_, column) in self.columns.items():
            if column.reads != column.type:
                self.session.run(
                    f"UPDATE answered SET value = {logical_text('value', column)} WHERE column_name = {literal(name)}"
                )
        cells = "".join(f", b{n} AS c{n}, b{n}, NULL::INTEGER AS s{n}" for n, _ in self.columns.values())
        self.session.run(
            f"CREATE OR REPLACE TEMP TABLE work AS SELECT rid, lane, was_out AS out, "
            f"todo AND rid NOT IN (SELECT rid FROM restless) AS todo, NULL::INTEGER AS x{cells} "
            "FROM base"
        )

    def _pass(self) -> list[StepOutcome]:
        """Carry out all steps once, those together that do not touch one another."""
        outcomes: list[StepOutcome] = []
        together: list[tuple[int, Change]] = []
        for number, step in enumerate(self.recipe.steps, start=1):
            refusal = self._refusal(number, step)
            if together and (refusal or not apart(together, step)):
                outcomes += self._change(together)
                together = []
            if refusal is not None:
                outcomes.append(refusal)
            elif isinstance(step, ExcludeStep):
                outcomes.append(self._exclude(number, step))
            elif not isinstance(step, BrokenStep):
                together.append((number, step))
        return outcomes + (self._change(together) if together else [])

    def _refusal(self, number: int, step: Step) -> StepOutcome | None:
        """Say why a step as a whole cannot be done, if it cannot."""
        kind, column = kind_of(step), getattr(step, "column", "")
        if isinstance(step, BrokenStep):
            return StepOutcome(number, kind, column, "cannot", conflicts=(Held(step.fault, 0),))
        gone = next((name for name in names(step) if name not in self.columns), None)
        if gone is not None:
            why = f"{self.view.label} has no column '{gone}'"
        elif column in self.view.definition.key:
            why = f"'{column}' is part of the key"
        elif unsettled(step, self.recipe.steps[number:]):
            why = "a later step changes what it goes by; put it last"
        else:
            return None
        return _outcome(number, step, 0, [Held(why, 0)], [])

    def _condition(self, where: Where) -> str:
        """SQL for the rows that a step is for."""
        parts = [f"c{self.columns[name][0]} IS NOT DISTINCT FROM {literal(value)}" for name, value in where]
        return " AND ".join(["todo", *parts])

    def _change(self, together: Sequence[tuple[int, Change]]) -> list[StepOutcome]:
        """Carry out a step that changes cells, or several of one column that replace different values."""
        session, step = self.session, together[0][1]
        n, column = self.columns[step.column]
        transform, condition = step.transform, self._condition(step.where)
        number = str(together[0][0])
        if len(together) > 1:
            listed = {old: (new, place) for place, each in together for old, new in pairs(each)}
            transform = Map(tuple((old, new) for old, (new, _) in listed.items()))
            cases = "".join(
                f" WHEN {literal(old)} THEN {place}" for old, (_, place) in listed.items() if old is not None
            )
            missing = f"WHEN v IS NULL THEN {listed[None][1]} " if None in listed else ""
            number = f"CASE {missing}ELSE CASE v{cases} END END" if missing else f"CASE v{cases} END"
        by = transform.by if isinstance(transform, Fill) else None
        group = f"c{self.columns[by][0]}" if by is not None else "NULL::VARCHAR"
        # What a fill goes by is common among all rows, not only among those that it fills.
        among = "true" if by is not None else condition
        relation = (
            f"(SELECT c{n} AS v, {group} AS g, count(*) FILTER ({condition}) AS n, "
            f"count(*) FILTER (lane = 0 AND NOT out) AS train FROM work WHERE {among} GROUP BY ALL)"
        )
        session.run(
            f"CREATE OR REPLACE TEMP TABLE told AS SELECT v, g, n, new, why, clash, {number} AS step FROM "
            f"{applied(relation, transform, column.reads)} WHERE n > 0 AND (new IS DISTINCT FROM v OR why IS NOT NULL)"
        )
        held: dict[tuple[int, bool], list[tuple[str, int, str | None]]] = {}
        for place, v, why, clash, many in session.rows(
            "SELECT step, v, why, clash, sum(n)::BIGINT AS many FROM told WHERE why IS NOT NULL "
            "GROUP BY step, v, why, clash ORDER BY many DESC, v NULLS FIRST, why"
        ):
            held.setdefault((place, clash), []).append((why, many, v))
        conflicts = {place: _listed(held.get((place, True), [])) for place, _ in together}
        moved: dict[int, int] = {}
        if session.row("SELECT 1 FROM told WHERE new IS DISTINCT FROM v LIMIT 1"):
            same_group = "" if by is None else f" AND t.g IS NOT DISTINCT FROM {group}"
            session.run(
                f"CREATE OR REPLACE TEMP TABLE moves AS SELECT w.rid, w.lane, t.new, t.step, "
                "EXISTS (SELECT 1 FROM answered a WHERE a.rid = w.rid "
                f"AND a.column_name = {literal(step.column)} AND a.value IS NOT DISTINCT FROM w.c{n}) AS theirs "
                f"FROM work w JOIN told t ON t.v IS NOT DISTINCT FROM w.c{n}{same_group} "
                f"WHERE {condition} AND t.new IS DISTINCT FROM t.v"
            )
            for place, rows in session.rows("SELECT step, count(*) FROM moves WHERE theirs GROUP BY step"):
                conflicts[place].append(Held("a person put this value there, or kept it", rows))
            session.run("DELETE FROM moves WHERE theirs")
            bent = relabels(session, n) if step.column == self.label else ""
            if bent and len(together) > 1:
                return [outcome for each in together for outcome in self._change([each])]
            moved = dict(session.rows("SELECT step, count(*) FROM moves GROUP BY step"))
            if bent:
                conflicts[together[0][0]].append(Held(bent, moved.pop(together[0][0])))
            else:
                session.run(f"UPDATE work SET c{n} = m.new, s{n} = m.step FROM moves m WHERE work.rid = m.rid")
        return [
            _outcome(place, each, moved.get(place, 0), conflicts[place], _listed(held.get((place, False), [])))
            for place, each in together
        ]

    def _exclude(self, number: int, step: ExcludeStep) -> StepOutcome:
        """Carry out a step that excludes rows."""
        session, conflicts = self.session, []
        by_label = self.label is not None and any(name == self.label for name, _ in step.where)
        protected = f"lane = {LANES.index('test')}" if by_label else "false"
        session.run(
            f"CREATE OR REPLACE TEMP TABLE moves AS SELECT rid, {protected} AS test, EXISTS (SELECT 1 FROM answered a "
            f"WHERE a.rid = work.rid AND a.column_name IS NULL AND a.value = {literal(RESTORED)}) AS theirs "
            f"FROM work WHERE {self._condition(step.where)} AND NOT out"
        )
        test, theirs, free = session.rows(
            "SELECT count(*) FILTER (test), count(*) FILTER (theirs AND NOT test), "
            "count(*) FILTER (NOT test AND NOT theirs) FROM moves"
        )[0]
        if test:
            conflicts.append(Held("would exclude test rows by their label, which decide every figure", test))
        if theirs:
            conflicts.append(Held("a person brought these rows back", theirs))
        chosen = "SELECT rid FROM moves WHERE NOT test AND NOT theirs"
        session.run(f"UPDATE work SET out = true, x = {number} WHERE rid IN ({chosen})")
        return _outcome(number, step, free, conflicts, [])

    def _restless(self, outcomes: Sequence[StepOutcome]) -> bool:
        """Run the steps a second time, on their own result, and note the rows that would change again."""
        run = self.session.run
        run("CREATE OR REPLACE TEMP TABLE first_pass AS SELECT * FROM work")
        if len(outcomes) < 2 or not any(outcome.rows for outcome in outcomes):
            return False
        run("UPDATE work SET x = NULL")
        for name, (n, _) in self.columns.items():
            # What the recipe itself wrote is nobody's answer any more, and a class that it renamed is renamed.
            run(
                f"DELETE FROM answered WHERE column_name = {literal(name)} "
                f"AND rid IN (SELECT rid FROM work WHERE s{n} IS NOT NULL)"
            )
            run(f"UPDATE work SET b{n} = c{n}, s{n} = NULL WHERE s{n} IS NOT NULL")
        self._pass()
        changed = any_of([f"w.c{n} IS DISTINCT FROM f.c{n}" for n, _ in self.columns.values()])
        last = ", ".join(["w.x", *(f"w.s{n}" for n, _ in self.columns.values())])
        moving = f"FROM work w JOIN first_pass f USING (rid) WHERE w.out <> f.out OR {changed}"
        if not self.session.row(f"SELECT 1 {moving} LIMIT 1"):
            return False
        run(f"INSERT INTO restless SELECT rid, greatest({last}) {moving}")
        return True


def _listed(told: Sequence[tuple[str, int, str | None]]) -> list[Held]:
    """List values that are left alone, those of most rows first, and the rest in one."""
    shown = [Held(why, rows, value) for why, rows, value in told[:SHOWN]]
    if len(told) > SHOWN:
        rest = told[SHOWN:]
        shown.append(Held(f"and {len(rest):,} more values", sum(rows for _, rows, _ in rest)))
    return shown


def _outcome(number: int, step: Step, rows: int, conflicts: Sequence[Held], refused: Sequence[Held]) -> StepOutcome:
    """Lay out what a step did."""
    status: Status = "conflicts" if conflicts else "applies" if rows else "nothing to do"
    return StepOutcome(
        number, kind_of(step), getattr(step, "column", ""), status, rows, tuple(conflicts), tuple(refused)
    )
