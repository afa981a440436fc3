"""A delivery that looks like a mistake: the app shows the counts and asks, and does what it is told."""

from __future__ import annotations

import shutil

import pytest

import workbench
from workbench.ui.components.import_dialog import KEY, merge
from workbench.ui.tasks import Delivery

ROWS = [(f"{n:03}", "ab"[n % 2], n * 10, f"note {n}") for n in range(1, 13)]
HEADER = "id,kind,amount,note"


def csv(rows=ROWS, header=HEADER):
    return header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doubt")
    (folder / "t.csv").write_text(csv())
    with workbench.open(f"sqlite:{folder / 'lake' / 'catalog.sqlite'}", author="ann", create=True) as lake:
        lake.import_data("people", folder / "t.csv", key=["id"])
    return folder / "lake"


@pytest.fixture
def url(made, tmp_path):
    shutil.copytree(made, tmp_path / "lake")
    return f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"


@pytest.fixture
def answer(when_done):
    """Press a button of the question, and see what came of it."""

    def answer(page, key):
        page = when_done(page.button(key=key).click().run(), KEY)
        assert not page.exception
        return page

    return answer


@pytest.fixture
def deliver(tmp_path, when_done):
    """Let the page merge an uploaded file, as the dialog's button does: ``deliver(page, content, "full")``."""

    def deliver(page, content, mode="upsert"):
        file = tmp_path / "upload" / "people.csv"
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8")
        merge(Delivery("people", str(file), mode, "December", upload=True))
        page = when_done(page, KEY)
        assert not page.exception
        return page, file

    return deliver


def shown(page):
    return [element.value for kind in ("warning", "success", "text") for element in page.get(kind)]


def buttons(page):
    return {"refresh-rename", "refresh-confirm", "refresh-drop"} & {button.key for button in page.button}


def newest(url):
    with workbench.open(url, author="ann") as lake:
        version = lake["people"].newest
        return version.version, version.rows, [column.name for column in version.columns], version.message


QUESTION = "people was not refreshed: is this delivery a mistake?"

CASES = {
    "no key is known": (
        csv([(f"{n + 500}", *rest) for n, (_, *rest) in enumerate(ROWS)]), "upsert",
        "None of 12 keys is known, so every row would be added to the 12 there are.", (24, 4),
    ),
    "keys spelt otherwise": (
        csv([(id.lstrip("0"), *rest) for id, *rest in ROWS]), "upsert",
        "12 of 12 keys are new, and 12 of them differ from a known key only by leading zeros", (24, 4),
    ),
    "rows leaving": (csv(ROWS[:7]), "full", "5 of 12 rows would leave (42%).", (7, 4)),
    "columns leaving": (
        csv([row[:2] for row in ROWS], "id,kind"), "full", "2 of 4 columns would leave: amount, note.", (12, 2),
    ),
    "header with a blank": (csv(header="id,kind ,amount,note"), "upsert", "spells 'kind ' for 'kind'", (12, 5)),
    "header in capitals": (csv(header="id,kind,AMOUNT,note"), "upsert", "spells 'AMOUNT' for 'amount'", (12, 5)),
}  # fmt: skip


@pytest.mark.parametrize(("content", "mode", "why", "merged"), CASES.values(), ids=CASES)
def test_a_delivery_that_looks_like_a_mistake_is_merged_only_where_somebody_says_so(
    visit, url, deliver, answer, content, mode, why, merged
):
    page, file = deliver(visit(url, dataset="people"), content, mode)
    assert QUESTION in shown(page) and any(why in text for text in shown(page))
    assert buttons(page) == {"refresh-confirm", "refresh-drop"} | ({"refresh-rename"} if "spells" in why else set())
    page = answer(page, "refresh-drop")
    assert QUESTION not in shown(page) and not buttons(page)
    assert newest(url)[:2] == (1, 12) and not file.parent.exists()
    page, file = deliver(page, content, mode)
    page = answer(page, "refresh-confirm")
    assert "The data is in the lake" in shown(page) and not buttons(page)
    version, rows, columns, message = newest(url)
    assert (version, rows, len(columns), message) == (2, *merged, "December") and not file.parent.exists()


def test_a_header_spelt_otherwise_is_read_under_the_known_names_and_what_is_left_is_asked_again(
    visit, url, deliver, answer
):
    content = csv([(id, kind, amount + 1, note) for id, kind, amount, note in ROWS[:7]], "ID,kind ,amount,note\u200b")
    page, file = deliver(visit(url, dataset="people"), content, "full")
    assert any("'note<U+200B>' for 'note'" in text for text in shown(page))
    page = answer(page, "refresh-rename")
    assert "5 of 12 rows would leave (42%)." in shown(page) and buttons(page) == {"refresh-confirm", "refresh-drop"}
    page = answer(page, "refresh-confirm")
    assert not buttons(page)
    assert newest(url) == (2, 7, HEADER.split(","), "December") and not file.parent.exists()
    page, _ = deliver(page, csv(ROWS[:6], "ID,kind ,amount,note\u200b"))
    assert "The data is in the lake" in shown(page) and newest(url)[:2] == (3, 7)
