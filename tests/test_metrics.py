"""Metrics say what scikit-learn's say, and know when they say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from workbench.metrics import METRICS, Metric, encode, metrics_of

SKLEARN = {
    "accuracy": lambda y, p: sk.accuracy_score(y, p.argmax(axis=1)),
    "balanced_accuracy": lambda y, p: sk.balanced_accuracy_score(y, p.argmax(axis=1)),
    "macro_f1": lambda y, p: sk.f1_score(y, p.argmax(axis=1), average="macro"),
    "log_loss": lambda y, p: sk.log_loss(y, p, labels=np.arange(p.shape[1])),
    "roc_auc": lambda y, p: sk.roc_auc_score(y, p[:, 1] if p.shape[1] == 2 else p, multi_class="ovr"),
    "r2": sk.r2_score,
    "mae": sk.mean_absolute_error,
    "rmse": sk.root_mean_squared_error,
}


def sample(n_classes: int, *, n: int = 300, digits: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Labels of which the last class is rare, and probabilities that know something about them."""
    random = np.random.default_rng(n_classes)
    weights = np.r_[np.ones(n_classes - 1), 0.1]
    y = np.concatenate([np.arange(n_classes), random.choice(n_classes, n - n_classes, p=weights / weights.sum())])
    odds = np.exp((random.normal(size=(n, n_classes)) + 1.5 * np.eye(n_classes)[y]).round(digits))
    return y, odds / odds.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("digits", [16, 0], ids=["distinct", "ties"])
@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("name", [metric.name for metric in metrics_of("classification")])
def test_classification_scores_are_those_of_scikit_learn(name: str, n_classes: int, digits: int) -> None:
    y, predictions = sample(n_classes, digits=digits)

    assert METRICS[name].score(y, predictions) == pytest.approx(SKLEARN[name](y, predictions), abs=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e7])
@pytest.mark.parametrize("name", [metric.name for metric in metrics_of("regression")])
def test_regression_scores_are_those_of_scikit_learn(name: str, offset: float) -> None:
    random = np.random.default_rng(0)
    y = offset + random.normal(size=200)
    predictions = y + random.normal(size=200)

    assert METRICS[name].score(y, predictions) == pytest.approx(SKLEARN[name](y, predictions), rel=1e-9)


@pytest.mark.parametrize("name", ["balanced_accuracy", "macro_f1", "accuracy", "log_loss"])
def test_a_class_without_rows_or_predictions_is_left_out_as_by_scikit_learn(name: str) -> None:
    y, predictions = sample(3)
    wider = np.column_stack([predictions, np.zeros(len(y))])

    assert METRICS[name].score(y, wider) == pytest.approx(SKLEARN[name](y, wider))


def test_a_class_that_is_predicted_but_never_there_counts_against_macro_f1() -> None:
    y = np.array([0, 0, 1, 1])
    predictions = np.eye(3)[[0, 2, 1, 1]]

    assert METRICS["macro_f1"].score(y, predictions) == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_an_impossible_class_costs_a_finite_log_loss() -> None:
    assert METRICS["log_loss"].score(np.array([0]), np.array([[0.0, 1.0]])) == pytest.approx(52 * np.log(2))


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_better_prediction_scores_in_the_metrics_direction(metric: Metric) -> None:
    if metric.task == "classification":
        y, worse = sample(3)
        better = 0.3 * worse + 0.7 * np.eye(3)[y]
    else:
        random = np.random.default_rng(0)
        y = random.normal(size=200)
        worse = y + random.normal(size=200)
        better = 0.3 * worse + 0.7 * y

    assert (metric.score(y, better) > metric.score(y, worse)) == metric.greater_is_better
    assert metric.bounds[0] <= metric.score(y, worse) <= metric.bounds[1]


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_what_each_metric_says_about_rows_has_the_score_as_its_mean(metric: Metric) -> None:
    y, predictions = sample(3) if metric.task == "classification" else (np.array([1.0, 2, 4]), np.array([1.0, 3, 3]))
    per_row = metric.row_score or metric.components

    if per_row is not None:
        assert per_row(y, predictions).mean() == pytest.approx(metric.score(y, predictions))
    else:
        twice = np.stack([metric.of_means.statistics(y, predictions).mean(axis=0)] * 2)
        assert metric.of_means.combine(twice) == pytest.approx([metric.score(y, predictions)] * 2)
    assert [metric.row_score, metric.of_means, metric.components].count(None) == 2


def test_the_variance_of_the_auc_is_delongs() -> None:
    y = np.array([0, 0, 0, 1, 1, 1, 1])
    score = np.array([0.1, 0.4, 0.35, 0.8, 0.4, 0.3, 0.9])
    of_rows, of_others = score[y == 1], score[y == 0]
    wins = (of_rows[:, None] > of_others) + 0.5 * (of_rows[:, None] == of_others)
    by_hand = wins.mean(axis=1).var(ddof=1) / 4 + wins.mean(axis=0).var(ddof=1) / 3

    components = METRICS["roc_auc"].components(y, np.column_stack([1 - score, score]))

    assert components.mean() == pytest.approx(wins.mean())
    assert components.var(ddof=1) / 7 == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("name", "y", "n_classes", "reason"),
    [
        ("roc_auc", [0, 0, 1], 3, "1 of 3 classes have no row"),
        ("roc_auc", [1, 1], 2, "1 of 2 classes have no row"),
        ("roc_auc", [0, 0], 1, "it needs two classes"),
        ("r2", [2.0, 2.0], 1, "all labels are the same number"),
        *((metric.name, [], 2, "no row") for metric in METRICS.values()),
    ],
)
def test_an_undefined_score_is_nan_and_says_why(name: str, y: list[float], n_classes: int, reason: str) -> None:
    metric, labels = METRICS[name], np.array(y, dtype=int if METRICS[name].task == "classification" else float)
    predictions = np.full((len(y), n_classes), 1 / n_classes) if metric.task == "classification" else labels + 1

    assert np.isnan(metric.score(labels, predictions))
    assert reason in metric.why_undefined(labels, n_classes)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_defined_score_has_no_reason(metric: Metric) -> None:
    assert metric.why_undefined(np.array([0, 1, 1]), 2) == ""


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_predictions_of_other_rows_are_refused(metric: Metric) -> None:
    y = np.array([0, 1, 1])
    predictions = np.full((2, 2), 0.5) if metric.task == "classification" else np.zeros((3, 1))

    with pytest.raises(ValueError, match=r"labels of shape \(3,\) do not fit"):
        metric.score(y, predictions)


def test_encode_numbers_labels_by_their_place() -> None:
    assert encode(np.array(["b", "a", "b"]), ["b", "a"]).tolist() == [0, 1, 0]
    assert encode([], ["a"]).shape == (0,)


def test_encode_refuses_a_label_that_is_no_class() -> None:
    with pytest.raises(ValueError, match="'>50K.' is not among the classes <=50K, >50K"):
        encode([">50K", ">50K."], ["<=50K", ">50K"])
