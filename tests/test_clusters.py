"""Clusters: which values are proposed to be one, and which are left apart."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.clusters import clusters, fingerprint, ngram_fingerprint
from workbench.errors import UnknownName, UsageError
from workbench.lake import view_of


@pytest.fixture
def cities(lake, make):
    """Make a column of texts, each so many times."""

    def cities(counts: dict[str | None, int]):
        texts = [text for text, rows in counts.items() for _ in range(rows)]
        frame = pd.DataFrame({"id": range(len(texts)), "city": pd.array(texts, dtype="object")})
        return view_of(lake, make(frame, "cities", key=("id",)))

    return cities


def groups(found):
    return [[value.value for value in cluster.values] for cluster in found.clusters]


def test_a_fingerprint_ignores_case_accents_punctuation_and_the_order_of_words(cities):
    view = cities(
        {"Zürich": 3, "zurich.": 1, "Oslo, City of": 2, "city of OSLO": 5, "Bergen": 9, None: 4, "?": 1, "!": 2}
    )
    found = clusters(view, "city")
    assert groups(found) == [["city of OSLO", "Oslo, City of"], ["Zürich", "zurich."]]
    assert (found.distinct, found.clusters[0].rows, found.clusters[0].changing) == (7, 7, 2)
    assert found.clusters[0].proposed == "city of OSLO" and found.note == ""


def test_n_grams_meet_what_blanks_part(cities):
    view = cities({"New York": 3, "NewYork": 1, "York": 1})
    assert groups(clusters(view, "city")) == []
    assert groups(clusters(view, "city", method="ngram")) == [["New York", "NewYork"]]


def test_distance_meets_typing_errors_but_not_other_numbers(cities):
    view = cities({"Copenhagen": 9, "Copenhagne": 1, "Kopenhagen": 2, "Highway 101": 3, "Highway 102": 3, "Rome": 5})
    found = clusters(view, "city", method="distance", similarity=0.8)
    assert groups(found) == [["Copenhagen", "Kopenhagen", "Copenhagne"]]
    assert groups(clusters(view, "city", method="distance", similarity=0.95)) == []
    assert groups(clusters(view, "city", method="distance", similarity=0.95, measure="jaro-winkler")) == [
        ["Copenhagen", "Copenhagne"]
    ]


def test_a_value_that_the_schema_allows_wins_and_two_of_them_stay_apart(cities):
    view = cities({"nyc": 9, "NYC": 2, "male": 3, "Male": 3})
    found = clusters(view, "city", allowed={"NYC", "male", "Male"})
    assert [(each.proposed, [v.allowed for v in each.values]) for each in found.clusters] == [("NYC", [False, True])]


def test_what_cannot_be_clustered(cities):
    view = cities({"a": 1})
    with pytest.raises(UnknownName, match="no column 'town'"):
        clusters(view, "town")
    with pytest.raises(UsageError, match="holds BIGINT"):
        clusters(view, "id")
    with pytest.raises(UnknownName, match="no method"):
        clusters(view, "city", method="sound")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="similarity of 2"):
        clusters(view, "city", method="distance", similarity=2)


@given(st.text(max_size=30))
def test_a_key_is_its_own_key_and_ignores_what_surrounds_it(text):
    assert fingerprint(fingerprint(text)) == fingerprint(text)
    assert fingerprint(f"  {text}. ") == fingerprint(text)
    assert ngram_fingerprint(f" {text} !") == ngram_fingerprint(text)
