"""What drafts and versions changed counts by cell, whoever changed it and for whatever reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from workbench.drafts import Correction, discard, new_draft, publish_draft, stage, undo
from workbench.findings import (
    CheckResult,
    Filter,
    came_and_went,
    changed_cells,
    count,
    find,
    findings_table,
    queue,
    record,
    tally,
)
from workbench.iterations import check, decide
from workbench.lake import Lake, Version, newest, read_version
from workbench.versions import restore

SCHEMA = """
import pandera.pandas as pa
schema = pa.DataFrameSchema({
    "born": pa.Column(checks=pa.Check.str_matches(r"\\d{4}-\\d{2}-\\d{2}$")),
    "city": pa.Column(checks=pa.Check.isin(["Rome", "Oslo"])),
})
"""
SLASHED = ["03/04/1990", "05/06/1991", "07/08/1992"]


@pytest.fixture
def people(lake: Lake, make: Callable[..., Version], tmp_path: Path) -> Version:
    """Six rows: three dates of another form, one city misspelt; checked."""
    file = tmp_path / "people.py"
    file.write_text(SCHEMA)
    frame = pd.DataFrame(
        {
            "id": range(1, 7),
            "born": [*SLASHED, "1990-01-01", "1991-01-01", "1992-01-01"],
            "city": ["Rome", "Oslo", "Rome", "Oslo", "Rome", "Osloo"],
        }
    )
    version = make(frame, "people", key=("id",), schema=str(file))
    check(lake, version, only=["schema"], author="ann")
    return version


def stage_dates(lake: Lake, form: str = "1990-04-{:02}", rows: int = 3) -> int:
    """Stage the dates as a transform does: by cell, answering no finding."""
    draft = new_draft(lake, "people", author="ann").draft
    fixes = [Correction({"id": row}, column="born", new=form.format(row)) for row in range(1, rows + 1)]
    stage(lake, draft, fixes, author="ann")
    return draft


def dates(lake: Lake, **more: int) -> dict[str, int]:
    """Count the findings about dates by status."""
    return {
        row[0] or "": n for row, n in tally(lake, "people", Filter(None, column="born"), by=["status"], **more).items()
    }


def test_a_cell_that_an_open_draft_corrects_is_staged_whatever_it_answers(lake: Lake, people: Version) -> None:
    stage_dates(lake)
    assert dates(lake) == {"staged": 3}
    assert [finding.column for finding in queue(lake, "people")] == ["city"]
    assert count(lake, "people", Filter(status="staged", column="born")) == 3


def test_undoing_or_discarding_opens_it_again(lake: Lake, people: Version) -> None:
    draft = stage_dates(lake)
    undo(lake, draft, author="ann")
    assert dates(lake) == {"open": 3}
    other = stage_dates(lake, rows=2)
    assert dates(lake) == {"staged": 2, "open": 1}
    discard(lake, other, author="ann")
    assert dates(lake) == {"open": 3}


def test_a_correction_that_puts_the_old_value_back_stages_nothing(lake: Lake, people: Version) -> None:
    draft = stage_dates(lake)
    stage(lake, draft, [Correction({"id": 1}, column="born", new=SLASHED[0])], author="ann")
    assert dates(lake) == {"staged": 2, "open": 1}


def test_what_a_version_corrected_is_fixed_before_anybody_checks_it(lake: Lake, people: Version) -> None:
    publish_draft(lake, stage_dates(lake), author="ann", message="dates")
    assert dates(lake) == {"fixed": 3}
    assert count(lake, "people", Filter(column="born")) == 0
    assert came_and_went(lake, "people", 1, 2) == {"schema.born.str_matches": (3, 0)}
    assert dates(lake, version=1) == {"open": 3}
    check(lake, newest(lake, "people"), only=["schema"], author="ann")
    assert dates(lake) == {"fixed": 3}


def test_a_new_value_that_breaks_the_same_rule_is_still_open(lake: Lake, people: Version) -> None:
    publish_draft(lake, stage_dates(lake, form="{}.4.1990"), author="ann", message="dates")
    assert dates(lake) == {"open": 3}


def test_an_answer_that_did_not_help_is_open_and_one_that_did_is_fixed(lake: Lake, people: Version) -> None:
    wrong, right, _ = queue(lake, "people", Filter(column="born"), order="row")
    draft = decide(lake, "people", [wrong.finding], "fix", values=["1.1.1990"], author="ann").draft
    decide(lake, "people", [right.finding], "fix", values=["1991-06-05"], author="ann", draft=draft)
    assert dates(lake) == {"staged": 2, "open": 1}
    publish_draft(lake, draft or 0, author="ann", message="dates")
    assert [each.status for each in find(lake, "people", [wrong.finding, right.finding])] == ["open", "fixed"]


def test_restoring_opens_what_was_fixed(lake: Lake, people: Version) -> None:
    publish_draft(lake, stage_dates(lake), author="ann", message="dates")
    restore(lake, read_version(lake, "people", 1), author="ann", message="back")
    assert dates(lake) == {"open": 3}


def test_many_cells_are_read_from_a_table(lake: Lake, people: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed_cells, "INLINE", 1)
    publish_draft(lake, stage_dates(lake), author="ann", message="dates")
    assert dates(lake) == {"fixed": 3}
    assert [finding.column for finding in queue(lake, "people")] == ["city"]


def test_a_row_that_is_deleted_or_excluded_takes_its_findings_along(lake: Lake, people: Version) -> None:
    doubled = findings_table(
        {
            "check_code": ["data.duplicate"] * 3, "rid": [1, 2, 3],
            "row_key": [f'{{"id":"{n}"}}' for n in (1, 2, 3)], "column_name": [None] * 3, "observed": ["3 equal"] * 3,
            "severity": ["warning"] * 3, "message": ["equal"] * 3, "suggestion": [None] * 3, "score": [None] * 3,
            "evidence": ["{}"] * 3, "evidence_key": ["a", "b", "c"],
        }
    )  # fmt: skip
    record(lake, people, [CheckResult("data.duplicate", "failed", "", doubled)], author="ann")
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, draft, [Correction({"id": 1}, "exclude"), Correction({"id": 2}, "delete")], author="ann")

    def by_status() -> dict[tuple[str | None, ...], int]:
        return tally(lake, "people", by=["check", "status"])

    assert by_status()["data.duplicate", "staged"] == 2
    assert by_status()["schema.born.str_matches", "staged"] == 2
    publish_draft(lake, draft, author="ann", message="rows")
    assert by_status() == {
        ("data.duplicate", "fixed"): 2, ("data.duplicate", "open"): 1, ("schema.born.str_matches", "fixed"): 2,
        ("schema.born.str_matches", "open"): 1, ("schema.city.isin", "open"): 1,
    }  # fmt: skip


def test_a_cell_that_a_colleague_staged_is_not_answered_as_if_it_were_open(lake: Lake, people: Version) -> None:
    from workbench.errors import AnsweredMeanwhile

    seen = queue(lake, "people", Filter(column="born"), order="row")
    stage_dates(lake)
    with pytest.raises(AnsweredMeanwhile, match="is staged since you looked"):
        decide(lake, "people", [seen[0].finding], "keep", author="bob", seen=seen[:1])


def test_dates_that_a_recipe_corrects_are_staged_fixed_and_stay_so_over_a_refresh(lake: Lake, tmp_path: Path) -> None:
    from workbench.ingest import import_source, refresh
    from workbench.iterations import apply_recipe
    from workbench.recipes import Recipe, TransformStep
    from workbench.transforms import Regex

    (tmp_path / "people.py").write_text(SCHEMA)
    rows = [f"{n},{n % 28 + 1:02}/03/1990,Rome" for n in range(129)] + ["500,1990-01-01,Oslo"]
    (tmp_path / "people.csv").write_text("\n".join(["id,born,city", *rows]))
    version = import_source(
        lake, "people", tmp_path / "people.csv", key=["id"], schema=str(tmp_path / "people.py"), author="ann"
    )
    check(lake, version, only=["schema"], author="ann")
    assert dates(lake) == {"open": 129}
    turned = Regex(r"(\d\d)/(\d\d)/(\d{4})", r"\3-\2-\1")
    recipe = Recipe("dates", (TransformStep("born", turned),))
    staged = apply_recipe(lake, "people", recipe, author="ann")
    assert dates(lake) == {"staged": 129} and count(lake, "people") == 0
    publish_draft(lake, staged.draft.draft, author="ann", message="dates")
    assert dates(lake) == {"fixed": 129} and count(lake, "people") == 0
    (tmp_path / "people.csv").write_text("\n".join(["id,born,city", *rows, "501,1991-01-01,Oslo"]))
    assert refresh(lake, "people", author="ann").to_dict()["rows_added"] == 1
    assert dates(lake) == {"fixed": 129} and count(lake, "people") == 0
