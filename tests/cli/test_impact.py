"""Attribution and bisection in a shell."""

from __future__ import annotations

import pytest

import workbench


@pytest.fixture
def mended_and_broken(people, import_labels):
    """The shell, with a dataset of which version 2 mended labels and version 3 broke others."""
    with workbench.open(author="ann") as lake:
        made = import_labels(lake, 700, 500)
        for said, label, rows in (("mended", "yes", range(200)), ("broken", "no", range(200, 420))):
            draft = made.relabel({row: label for row in rows if made.truth[row] == "yes"})
            lake.publish(draft, message=said)
    return people


def test_shares_sum_to_the_whole_and_have_words(mended_and_broken):
    told = mended_and_broken("attribute", "d@1", "d@3", "--by", "version")
    assert told.code == 0 and "d@2" in told.out and "gain" in told.out and "loss" in told.out
    found = mended_and_broken("attribute", "d@1", "d@3", "--by", "version", "--json").json
    assert [share["group"] for share in found["shares"]] == ["d@2", "d@3"]
    assert sum(share["change"] for share in found["shares"]) == pytest.approx(found["change"], abs=1e-9)
    assert found["shares"][0]["verdict"] == "gain" and found["shares"][1]["verdict"] == "loss"


def test_harm_is_found_and_taken_back_and_the_exit_code_says_so(mended_and_broken):
    found = mended_and_broken("bisect", "d@1", "d@3", "--revert", "--json")
    assert found.code == 1 and [group["name"] for group in found.json["found"]] == ["d@3"]
    shown = mended_and_broken("draft", "show", str(found.json["draft"]), "--json").json
    assert len(shown["corrections"]) == found.json["found"][0]["cells"]
    assert mended_and_broken("bisect", "d@1", "d@2").code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("attribute", "d@3", "d@1"), "newer"),
        (("attribute", "d@1", "d@3", "--metric", "macro_f1"), "no mean over rows"),
        (("attribute", "d@1", "d@9"), "no version '9'"),
        (("bisect", "d@1", "d@1"), "Nothing differs"),
    ],
)
def test_bad_questions_are_refused(mended_and_broken, arguments, says):
    refused = mended_and_broken(*arguments)
    assert refused.code == 2 and says in refused.err and "Traceback" not in refused.err
