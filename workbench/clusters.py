"""Values of a text column that are probably one value written in several ways.

Three ways to find them, after OpenRefine's "clustering in depth"
(https://openrefine.org/docs/technical-reference/clustering-in-depth):

- ``fingerprint``: values with the same key collide. The key is the value without accents, case and punctuation, its
  words sorted and each taken once, so that *Oslo, City of* meets *city of oslo*.
- ``ngram``: the key is the sorted set of the value's pairs of letters, blanks and punctuation left out; it also meets
  *NewYork* and small swaps of letters.
- ``distance``: values that differ in few letters (normalised Levenshtein or Jaro–Winkler similarity, rapidfuzz). Only
  values that share a block are compared: one of the runs of letters that stand at the key's beginning, middle or end.

A key collision is nearly always right, a distance is a suggestion to look at. Nothing is changed here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.errors import UnknownName, UsageError
from workbench.lake import View, canonical_text, quote

Method = Literal["fingerprint", "ngram", "distance"]
METHODS: tuple[Method, ...] = ("fingerprint", "ngram", "distance")
CAPS: dict[Method, int] = {"fingerprint": 500_000, "ngram": 500_000, "distance": 50_000}
"""Distinct values that a method looks at, those of most rows first."""
BLOCK = 500
"""Largest block whose values are compared with each other; the pairs of a larger one would be too many."""

_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "ae", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d"})


@dataclass(frozen=True)
class Variant:
    """One way in which a value is written.

    Attributes
    ----------
    value : str
        As it stands in the cells.
    rows : int
        In how many.
    allowed : bool or None
        Whether the schema allows it; None where it does not say.
    """

    value: str
    rows: int
    allowed: bool | None = None


@dataclass(frozen=True)
class Cluster:
    """Values that are probably one.

    Attributes
    ----------
    values : tuple of Variant
        Those of most rows first.
    proposed : str
        The value to write: one that the schema allows before one that it does not, then the most frequent.
    rows : int
        Rows that hold any of them.
    """

    values: tuple[Variant, ...]
    proposed: str
    rows: int

    @property
    def changing(self) -> int:
        """Rows that would change if all took the proposed value."""
        return sum(each.rows for each in self.values if each.value != self.proposed)


@dataclass(frozen=True)
class Clusters:
    """The clusters of a column, those of most rows first.

    Attributes
    ----------
    column, method : str
        Where, and how they were found.
    distinct : int
        Distinct values of the column, missing ones aside.
    clusters : tuple of Cluster
        Found.
    note : str
        What was not looked at, empty where all was.
    """

    column: str
    method: str
    distinct: int
    clusters: tuple[Cluster, ...]
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON."""
        found = [
            {"values": [vars(value) for value in each.values], "proposed": each.proposed, "rows": each.rows}
            for each in self.clusters
        ]
        return {
            "column": self.column, "method": self.method, "distinct": self.distinct, "clusters": found,
            "note": self.note,
        }  # fmt: skip


def clusters(
    view: View,
    column: str,
    *,
    method: Method = "fingerprint",
    allowed: Collection[str] = (),
    similarity: float = 0.85,
    measure: Literal["levenshtein", "jaro-winkler"] = "levenshtein",
) -> Clusters:
    """Find the values of a text column that are probably one value written in several ways.

    Parameters
    ----------
    view : View
        The rows, excluded ones included.
    column : str
        A text column.
    method : {"fingerprint", "ngram", "distance"}
        See the module.
    allowed : collection of str
        Values that the schema allows; one of them wins as the proposed value, and two of them are never one cluster's
        to merge: a cluster in which all values are allowed is left out.
    similarity : float
        For ``distance``: from 0 to 1, how alike two values must be.
    measure : {"levenshtein", "jaro-winkler"}
        For ``distance``: of what.

    Raises
    ------
    UnknownName
        There is no such column, method or measure.
    UsageError
        The column holds no text, or the similarity is no share.
    """
    if method not in METHODS:
        raise UnknownName("method", method, METHODS)
    if measure not in ("levenshtein", "jaro-winkler"):
        raise UnknownName("measure", measure, ("levenshtein", "jaro-winkler"))
    if not 0 < similarity <= 1:
        raise UsageError(f"A similarity of {similarity:g} makes no sense.", hint="Give one above 0 and up to 1.")
    chosen = view.column(column)
    if chosen.reads != "VARCHAR":
        kind = chosen.type if chosen.reads == chosen.type else chosen.logical_type
        raise UsageError(f"'{column}' holds {kind}, not text; only texts have variants.")
    cell = canonical_text(quote(chosen.physical), chosen.type)
    counts: dict[str, int] = dict(
        view.fetch(
            f"SELECT {cell}, count(*) FROM {{rows}} WHERE {cell} IS NOT NULL GROUP BY 1 "
            f"ORDER BY 2 DESC, 1 LIMIT {CAPS[method]}"
        )
    )
    distinct = len(counts)
    notes = []
    if distinct == CAPS[method]:
        distinct = int(view.fetch(f"SELECT count(DISTINCT {cell}) FROM {{rows}}")[0][0])
        if distinct > CAPS[method]:
            notes.append(f"only the {CAPS[method]:,} most frequent of {distinct:,} values were looked at")
    if method == "distance":
        groups, left = _near(list(counts), similarity, measure)
        if left:
            notes.append(f"{left:,} values are compared with too few others: too many begin, go on or end alike")
    else:
        groups = _colliding(counts, fingerprint if method == "fingerprint" else ngram_fingerprint)
    known = set(allowed)
    found = [_cluster(group, counts, known) for group in groups if not known.issuperset(group)]
    found.sort(key=lambda each: (-each.rows, each.proposed))
    return Clusters(column, method, distinct, tuple(found), "; ".join(notes))


def fingerprint(text: str) -> str:
    """Return OpenRefine's fingerprint key: lower-case words without accents and punctuation, sorted, each once."""
    return " ".join(sorted(set(re.sub(r"[^\w\s]|_", "", _plain(text)).split())))


def ngram_fingerprint(text: str, size: int = 2) -> str:
    """Return OpenRefine's n-gram key: the sorted set of runs of ``size`` letters, blanks and punctuation left out."""
    letters = re.sub(r"[\W_]", "", _plain(text))
    return "".join(sorted({letters[n : n + size] for n in range(max(1, len(letters) - size + 1))}))


def _plain(text: str) -> str:
    """Write in lower case without accents."""
    parted = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.strip().translate(_LETTERS)).casefold())
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def _colliding(values: Iterable[str], key: Any) -> list[list[str]]:
    """Group values by their key; those whose key is empty, such as ``?``, resemble nothing."""
    groups: dict[str, list[str]] = {}
    for value in values:
        found = key(value)
        if found:
            groups.setdefault(found, []).append(value)
    return [group for group in groups.values() if len(group) > 1]


def _near(values: Sequence[str], similarity: float, measure: str) -> tuple[list[list[str]], int]:
    """Group values that are near one another, and count those that stand in a block too large to be compared.

    A value joins the group of the most frequent value that is near it, never a chain of neighbours: *a–b–c* in which
    *a* and *c* are far apart would be merged into one.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import JaroWinkler, Levenshtein

    score = Levenshtein.normalized_similarity if measure == "levenshtein" else JaroWinkler.normalized_similarity
    plain = [" ".join(_plain(value).split()) for value in values]
    blocks: dict[tuple[str, str], list[int]] = {}
    for n, text in enumerate(plain):
        letters = re.sub(r"[\W_]", "", text) or text
        for block in {("from", letters[:4]), ("to", letters[-4:]), ("amid", letters[len(letters) // 2 - 2 :][:4])}:
            blocks.setdefault(block, []).append(n)
    near: dict[int, set[int]] = {}
    compared: set[int] = set()
    for members in blocks.values():
        if not 1 < len(members) <= BLOCK:
            compared.update(members if len(members) == 1 else ())
            continue
        compared.update(members)
        texts = [plain[n] for n in members]
        found = process.cdist(texts, texts, scorer=score, score_cutoff=similarity - 1e-6)  # in single precision
        for a, b in zip(*found.nonzero(), strict=True):
            if a < b and _alike(texts[a], texts[b]):
                near.setdefault(members[a], set()).add(members[b])
                near.setdefault(members[b], set()).add(members[a])
    groups: list[list[str]] = []
    taken: set[int] = set()
    for n in sorted(near):  # the most frequent first
        if n in taken:
            continue
        group = [n, *sorted(near[n] - taken)]
        if len(group) > 1:
            taken.update(group)
            groups.append([values[each] for each in group])
    return groups, len(values) - len(compared)


def _alike(a: str, b: str) -> bool:
    """Tell whether two near texts may be one value: not those that differ in a number, as *Line 1* and *Line 2*."""
    return re.findall(r"\d+", a) == re.findall(r"\d+", b)


def _cluster(group: Sequence[str], counts: dict[str, int], allowed: set[str]) -> Cluster:
    """Lay out a group, its most frequent values first."""
    ordered = sorted(group, key=lambda value: (-counts[value], value))
    proposed = min(ordered, key=lambda value: value not in allowed)
    variants = tuple(Variant(value, counts[value], value in allowed if allowed else None) for value in ordered)
    return Cluster(variants, proposed, sum(each.rows for each in variants))
