"""Which labels are likely wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.errors import DataError
from workbench.labels import label_issues

CIFAR = Path(__file__).parents[2] / "shared" / "data" / "labels_cifar10_clpaper"


def cifar(condition: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Given labels as class names, which of them are wrong, and probabilities in half precision."""
    if not CIFAR.is_dir():
        pytest.skip(f"{CIFAR} is not here: the published figures of CIFAR-10 are not compared")
    data = np.load(CIFAR / f"{condition}.npz")
    noisy = data["noisy_labels"].astype(int)
    return np.array([f"c{n}" for n in noisy], dtype=object), noisy != data["true_labels"], data["pred_probs"]


def f1(flags: np.ndarray, wrong: np.ndarray) -> float:
    return 2 * float((flags & wrong).sum()) / float(flags.sum() + wrong.sum())


@pytest.mark.parametrize(
    ("condition", "measured"),
    [
        ("noise0.2_sparsity0.0", 0.781),
        ("noise0.2_sparsity0.6", 0.782),
        ("noise0.4_sparsity0.0", 0.842),
        ("noise0.4_sparsity0.6", 0.783),
    ],
)
def test_the_flags_reach_the_known_figures(condition: str, measured: float) -> None:
    labels, wrong, pred_probs = cifar(condition)
    found = label_issues(labels, pred_probs, [f"c{n}" for n in range(10)])
    assert f1(found.is_issue, wrong) == pytest.approx(measured, abs=0.003)


def test_no_other_way_of_pruning_is_better_where_a_fifth_is_wrong() -> None:
    from cleanlab.filter import find_label_issues

    labels, wrong, pred_probs = cifar("noise0.2_sparsity0.0")
    found = label_issues(labels, pred_probs, [f"c{n}" for n in range(10)])
    numbers = np.array([int(label[1:]) for label in labels])
    exact = pred_probs.astype(float)
    exact /= exact.sum(axis=1, keepdims=True)
    published = {
        "predicted_neq_given": 0.71,
        "prune_by_class": 0.76,
        "prune_by_noise_rate": 0.77,
        "confident_learning": 0.75,
    }
    for way, figure in published.items():
        other = f1(find_label_issues(numbers, exact, filter_by=way, n_jobs=1), wrong)
        assert other == pytest.approx(figure, abs=0.006)
        assert f1(found.is_issue, wrong) > other


def test_the_worst_scores_are_nearly_all_wrong_labels() -> None:
    labels, wrong, pred_probs = cifar("noise0.2_sparsity0.0")
    found = label_issues(labels, pred_probs, [f"c{n}" for n in range(10)])
    assert wrong[np.argsort(found.score)[:1000]].mean() > 0.98


def confident(labels: list[str], classes: list[str], wrong: dict[int, str]) -> np.ndarray:
    """Probabilities that are .9 for the label, or for another class in some rows."""
    believed = [wrong.get(row, label) for row, label in enumerate(labels)]
    rest = 0.1 / (len(classes) - 1)
    return np.array([[0.9 if name == b else rest for name in classes] for b in believed])


def test_a_row_that_the_model_holds_for_another_class_is_flagged_with_both_probabilities() -> None:
    labels, classes = ["cat"] * 8 + ["dog"] * 8, ["cat", "dog"]
    found = label_issues(labels, confident(labels, classes, {3: "dog"}), classes)
    assert found.is_issue.nonzero()[0].tolist() == [3]
    assert (found.given[3], found.suggested[3]) == ("cat", "dog")
    assert (found.score[3], found.confidence[3]) == (pytest.approx(0.1), pytest.approx(0.9))


def test_the_score_is_cleanlabs_self_confidence() -> None:
    from cleanlab.rank import get_label_quality_scores

    rng = np.random.default_rng(1)
    pred_probs, numbers = rng.dirichlet([1, 1, 1], 50), rng.integers(0, 3, 50)
    found = label_issues([f"c{n}" for n in numbers], pred_probs, ["c0", "c1", "c2"])
    expected = get_label_quality_scores(numbers, pred_probs, method="self_confidence", adjust_pred_probs=False)
    assert found.score == pytest.approx(expected)


def test_classes_that_nobody_is_labelled_with_do_not_disturb() -> None:
    labels, classes = ["b"] * 8 + ["d"] * 8, ["a", "b", "c", "d", "e"]
    pred_probs = confident(labels, classes, {3: "d"})
    pred_probs[5] = [1, 0, 0, 0, 0]
    found = label_issues(labels, pred_probs, classes)
    assert found.is_issue.nonzero()[0].tolist() == [3]
    assert found.suggested[5] == "a"


def test_a_class_with_one_row_is_judged_in_silence_and_not_flagged() -> None:
    labels, classes = ["a"] * 8 + ["b"] * 8 + ["rare"], ["a", "b", "rare"]
    found = label_issues(labels, confident(labels, classes, {16: "a", 2: "b"}), classes)
    assert found.is_issue.nonzero()[0].tolist() == [2]


@pytest.mark.parametrize("labels", [[], ["a"], ["a", "a", "a"]])
def test_without_a_second_class_nothing_is_flagged(labels: list[str]) -> None:
    found = label_issues(labels, np.full((len(labels), 2), 0.5), ["a", "b"])
    assert not found.is_issue.any()
    assert len(found.suggested) == len(labels)


def test_half_precision_is_brought_to_a_sum_of_one() -> None:
    labels = ["a"] * 6 + ["b"] * 6
    exact = confident(labels, ["a", "b", "c"], {1: "b"})
    found = label_issues(labels, exact.astype(np.float16), ["a", "b", "c"])
    assert found.is_issue.nonzero()[0].tolist() == [1]
    assert found.score == pytest.approx(label_issues(labels, exact, ["a", "b", "c"]).score, abs=1e-3)


@pytest.mark.parametrize(
    ("pred_probs", "says"),
    [
        ([[0.5, 0.5], [np.nan, 1.0]], "row 1 are"),
        ([[0.5, 0.5], [-0.5, 1.5]], "row 1 are"),
        ([[0.3, 0.3], [0.5, 0.5]], "summing to 0.6"),
        ([[0.5, 0.5]], "shape"),
        ([[1.0], [1.0]], "shape"),
    ],
)
def test_what_is_no_probability_is_refused(pred_probs: list[list[float]], says: str) -> None:
    with pytest.raises(DataError, match=says):
        label_issues(["a", "b"], pred_probs, ["a", "b"])


def test_a_label_without_a_probability_is_refused() -> None:
    with pytest.raises(DataError, match="'z' is not among the 2 classes"):
        label_issues(["a", "z"], [[0.5, 0.5], [0.5, 0.5]], ["a", "b"])


@settings(max_examples=60, deadline=None)
@given(
    weights=arrays(np.float64, (12, 4), elements=st.floats(0.001, 1)),
    numbers=arrays(np.int64, 12, elements=st.integers(0, 3)),
)
def test_whatever_the_model_says_only_rows_it_would_label_otherwise_are_flagged(
    weights: np.ndarray, numbers: np.ndarray
) -> None:
    pred_probs = weights / weights.sum(axis=1, keepdims=True)
    labels = [f"c{n}" for n in numbers]
    found = label_issues(labels, pred_probs, ["c0", "c1", "c2", "c3"])
    assert (found.suggested[found.is_issue] != found.given[found.is_issue]).all()
    assert (found.score <= found.confidence).all()
    order = np.arange(12)[::-1]
    again = label_issues([labels[n] for n in order], pred_probs[order], ["c0", "c1", "c2", "c3"])
    assert again.score[order] == pytest.approx(found.score)
