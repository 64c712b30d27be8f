"""Student's t distribution for a whole number of degrees of freedom, without SciPy.

The intervals of the book need one number of it, and SciPy is twenty megabytes that a browser
would have to load.
"""

from __future__ import annotations

import math


def t_cdf(t: float, freedom: int) -> float:
    """The probability of a value up to t.

    The finite sums of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.

    Raises ValueError unless freedom is a whole number of at least 1.
    """
    if freedom != int(freedom) or freedom < 1:
        raise ValueError(f"degrees of freedom are a whole number of at least 1, not {freedom!r}")
    theta = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(theta), math.cos(theta)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(2 + odd, freedom - 1, 2):
        term *= (k - 1) / k * cosine**2
        total += term
    inside = 2 / math.pi * (theta + sine * total) if odd else sine * total
    return (1 + inside) / 2


def t_quantile(p: float, freedom: int) -> float:
    """The value up to which the probability is p, by bisection, to the last digits of a float.

    Raises ValueError unless 0 < p < 1.
    """
    if not 0 < p < 1:
        raise ValueError(f"a probability between 0 and 1 is wanted, not {p!r}")
    if p < 0.5:
        return -t_quantile(1 - p, freedom)
    low, high = 0.0, 1.0
    while t_cdf(high, freedom) < p:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if t_cdf(middle, freedom) < p else (low, middle)
    return high
