"""The interval of a score near the end of its scale, as a ROC AUC near 1, and of the difference of two such scores.

Near 1 a handful of rows decides, a sample that lacks them looks surer than it is, and mean ± t · SE covers too little.
On the scale of the logit, log(x / (1 - x)), the interval is

    logit(x) ± t · SE / (x · (1 - x)),

which stays between 0 and 1 and reaches farther away from the near end. The difference of two correlated scores takes
its ends from theirs (the method of variance estimates recovery): with d = b - a, r the correlation of the two, and
l, u the ends of each interval,

    low  = d - sqrt((b - l_b)² + (u_a - a)² - 2 r (b - l_b)(u_a - a)),
    high = d + sqrt((u_b - b)² + (a - l_a)² - 2 r (u_b - b)(a - l_a)).

Where both intervals are symmetric that is d ± t · SE. Source: Zou & Yue 2013, Using confidence intervals to compare
several correlated areas under the receiver operating characteristic curves, Statistics in Medicine 32, 5077–5090.
"""

from __future__ import annotations

import math

from scipy.special import expit, logit


def ends(mean: float, se: float, t: float) -> tuple[float, float]:
    """Return the ends of the interval of a score between 0 and 1, by the logit; at 0 and 1 both are the score itself.

    Parameters
    ----------
    mean, se : float
        The score and its standard error.
    t : float
        Quantile of Student's distribution.
    """
    if not 0 < mean < 1:
        return mean, mean
    middle, half = float(logit(mean)), t * se / (mean * (1 - mean))
    return float(expit(middle - half)), float(expit(middle + half))


def difference_ends(
    a: float, b: float, *, se_a: float, se_b: float, se_difference: float, t: float
) -> tuple[float, float]:
    """Return the ends of the interval of b - a.

    Parameters
    ----------
    a, b : float
        Scores between 0 and 1.
    se_a, se_b, se_difference : float
        Standard errors of both and of their difference, which tells how far they vary together.
    t : float
        Quantile of Student's distribution, of the difference.
    """
    product = 2 * se_a * se_b
    correlation = (se_a**2 + se_b**2 - se_difference**2) / product if product else 0.0
    correlation = min(1.0, max(-1.0, correlation))
    (low_a, high_a), (low_b, high_b) = ends(a, se_a, t), ends(b, se_b, t)

    def together(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one**2 + other**2 - 2 * correlation * one * other))

    return b - a - together(b - low_b, high_a - a), b - a + together(high_b - b, a - low_a)
