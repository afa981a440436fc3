"""Which label a row should have, knowing which classes are mistaken for which.

Where wrong labels come from a few pairs of classes, a label that is improbable by the models but that no other class is
ever mistaken for is right more often than one from such a pair. With p(j | x) out of fold and T_ji the share of the
rows of class j that are labelled i, Bayes' rule gives

    P(true label j | x, labelled i) ∝ p(j | x) T_ji.

T comes from the confident joint (Northcutt, Jiang and Chuang 2021, "Confident learning: Estimating uncertainty in
dataset labels", JAIR 70, equations 1 to 3): a row counts as of class j where p(j | x) is at least the mean of p(j | ·)
over the rows labelled j, and of the most probable such class where there are more; counts are scaled so that each label
has as many rows as it has. As in that paper, probabilities of models that learnt from wrong labels stand for those of
the true labels: undoing T on them as well found fewer wrong labels.

How far the counts of single pairs are to be believed is learnt from all of them. How the wrong labels of a class fall
on the others is taken to be drawn from a symmetric Dirichlet distribution, whose concentration is the one that makes
the counts of all classes the most likely (empirical Bayes; the Dirichlet-multinomial likelihood of Minka 2000,
"Estimating a Dirichlet distribution"). Where they fall on one or two it is small and pairs count as they were seen;
where they fall on all it is large, and what differs between pairs is taken for chance.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

PSEUDO_ROWS = 1.0
"""Rows of each class that are taken to be labelled right, and as many labelled wrong: no class is always either."""

_CONCENTRATIONS = np.geomspace(0.01, 100.0, 60)
# Tried for the Dirichlet distribution; at the lower end one pair has nearly all, at the upper all have alike. None is
# 0: a pair of classes that no row was confidently counted for is improbable, not impossible.


def mistakes(believed: Floats, y: Places) -> Floats:
    """Estimate how often rows of one class are labelled as another.

    Parameters
    ----------
    believed : ndarray of shape (n_rows, n_classes)
        Probabilities by models that did not learn from the rows; at least two classes.
    y : ndarray of int, shape (n_rows,)
        Places of the labels among the classes.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        T: of the rows of the class of each line, the share with the label of each column; all above 0, lines sum to 1.
    """
    n_classes = believed.shape[1]
    counts = np.bincount(y, minlength=n_classes)
    sums = np.bincount(y, weights=believed[np.arange(len(y)), y], minlength=n_classes)
    # A class that no row is labelled as has no threshold to reach.
    least = np.divide(sums, counts, out=np.full(n_classes, np.inf), where=counts > 0)
    reached = np.where(believed >= least, believed, -1.0)
    sure = reached.max(axis=1, initial=-1.0) >= 0
    joint = np.zeros((n_classes, n_classes))
    np.add.at(joint, (reached[sure].argmax(axis=1), y[sure]), 1.0)
    found = joint.sum(axis=0)
    joint *= np.divide(counts, found, out=np.zeros(n_classes), where=found > 0)
    other = ~np.eye(n_classes, dtype=bool)
    wrong = joint[other].reshape(n_classes, -1)
    rate = (wrong.sum(axis=1) + PSEUDO_ROWS) / (joint.sum(axis=1) + 2 * PSEUDO_ROWS)
    among = wrong + _concentration(wrong)
    shares: Floats = np.diag(1 - rate)
    shares[other] = (rate[:, None] * among / among.sum(axis=1, keepdims=True)).ravel()
    return shares


def _concentration(counts: Floats) -> float:
    """Return the concentration of a symmetric Dirichlet distribution that makes counts, one line each, most likely."""
    totals, seen, width = counts.sum(axis=1), counts[counts > 0], counts.shape[1]

    def likelihood(each: float) -> float:
        whole = sum(math.lgamma(width * each) - math.lgamma(width * each + total) for total in totals)
        return whole + sum(math.lgamma(count + each) - math.lgamma(each) for count in seen)

    likelihoods = [likelihood(each) for each in _CONCENTRATIONS]
    return float(_CONCENTRATIONS[np.argmax(likelihoods)])


def true_labels(believed: Floats, y: Places) -> Floats:
    """Return the probability of each class to be the right label of each row, given the label that it has.

    Parameters
    ----------
    believed, y
        As of :func:`mistakes`.

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        Rows sum to 1.

    Examples
    --------
    Ants are labelled as bees and never the other way round, so that of two rows that the models find as likely an ant
    as a bee the one labelled ant is right.

    >>> believed = np.array([[0.9, 0.1]] * 12 + [[0.1, 0.9]] * 8 + [[0.5, 0.5]] * 2)
    >>> labels = np.array([0] * 8 + [1] * 4 + [1] * 8 + [0, 1])
    >>> true_labels(believed, labels)[-2:].round(2)
    array([[0.87, 0.13],
           [0.28, 0.72]])
    """
    logs = np.log(np.clip(believed, 1e-12, 1.0)) + np.log(mistakes(believed, y))[:, y].T
    likely = np.exp(logs - logs.max(axis=1, keepdims=True))
    shares: Floats = likely / likely.sum(axis=1, keepdims=True)
    return shares
