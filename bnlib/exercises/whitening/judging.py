"""Checks that every whitening shares: strict on what whitening means, blind to the rotation.

w whitens exactly where w^T (cov + eps I) w = I, or w w^T = (cov + eps I)^-1. Neither asks which of
the whitenings w is, in which order its columns stand or with which signs: that is the business of
one check of each exercise. So an answer that takes the wrong whitening, or a right one in the wrong
order, keeps its points for the rest.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.checks.compare import as_array, expect
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.whitening.clouds import (
    Cloud,
    eps_cloud,
    flat_cloud,
    offset_cloud,
    wide_cloud,
)

# Errors of w w^T in float32, as a part of the largest: such an x is rounded to hundredths of its
# deviation.
_OFFSET_SINGLE = (2e-4, 0.5)

# How near w has to be, as a part of the largest entry: as near as float32 gets, whatever the dtype.
# A float32 x and a float64 identity make a w that is float64 by name.
OF_W = 1e-4


def called(student, cloud: Cloud, steps: int | None = None) -> tuple:
    """z, mean and w as they came; the record holds of z and w what no rotation can change."""
    z, mean, w = student(*_arguments(cloud, steps))
    kept = {}
    z_numbers, w_numbers = numbers(z), numbers(w)
    if z_numbers is not None:
        # A column's sign is free. (Its place is not, nor a rotation: only their w is judged then.)
        kept["z"] = np.abs(z_numbers)
    if w_numbers is not None and w_numbers.ndim == 2:
        with np.errstate(all="ignore"):
            kept["w"] = np.abs(w_numbers @ w_numbers.T)
    student.record_as(**kept)
    return z, mean, w


def _arguments(cloud: Cloud, steps: int | None) -> tuple:
    return (cloud.x, cloud.eps) if steps is None else (cloud.x, steps, cloud.eps)


def numbers(value) -> np.ndarray | None:
    """The value as an array of floats, or None where it is none."""
    try:
        return as_array("", value)
    except Wrong:
        return None


def square(w, cloud: Cloud) -> np.ndarray:
    """w as an array, or Wrong where it is no array of shape (D, D)."""
    w, want = as_array("w", w), cloud.cov.shape
    if w.shape != want:
        raise Wrong(
            f"w has shape {w.shape}, expected {want}, for {cloud.given}.", "wrong-shape", "w"
        )
    return w


def expect_of_w(name: str, compare: Callable, *arguments, **options) -> None:
    """What is compared is made from w, so a mistake is looked for by its w."""
    try:
        compare(name, *arguments, **options)
    except Wrong as wrong:
        raise Wrong(wrong.message, wrong.mistake, "w") from None


def expect_product(z, w, cloud: Cloud) -> None:
    """Raise Wrong unless z = (x - mean) @ w with the student's own w."""
    w = square(w, cloud)
    with np.errstate(all="ignore"):
        want = (cloud.x - cloud.mean) @ w.astype(float)
    if not np.isfinite(want).all():
        raise Wrong(f"w holds what is not finite, for {cloud.given}.", "not-finite", "w")
    expect("z", z, want, f"{cloud.given}, with your w")


def expect_white(w, cloud: Cloud, name: str) -> None:
    """Raise Wrong unless w^T (cov + eps I) w = I."""
    w = square(w, cloud)
    with np.errstate(all="ignore"):
        made = (w.T @ cloud.ridged @ w).astype(w.dtype)
    expect_of_w(name, expect, made, np.eye(len(w)), cloud.given, part=OF_W)


def changes_nothing(student, cloud: Cloud, steps: int | None = None) -> tuple:
    """(z, w) of a call that leaves its arguments alone; Wrong where one changes them."""
    changed = student.changed_arguments(*_arguments(cloud, steps))
    if changed:
        message = f"After the call {', '.join(changed)} held other numbers."
        raise Wrong(message, "changed-argument")
    z, _, w = called(student, cloud, steps)
    return z, w


def expect_mean_and_product(student, cloud: Cloud, steps: int | None = None) -> None:
    z, mean, w = called(student, cloud, steps)
    expect("mean", mean, cloud.mean, cloud.given)
    expect_product(z, w, cloud)


def expect_kept_digits(student, cloud: Cloud, steps: int | None = None) -> None:
    _, _, w = called(student, cloud, steps)
    w = square(w, cloud)
    with np.errstate(all="ignore"):
        made = (w.astype(float) @ w.T.astype(float)).astype(w.dtype)
    want = np.linalg.inv(cloud.cov)
    expect_of_w("w @ w.T", expect_digits, made, want, cloud.given, _OFFSET_SINGLE)


def product_check(exercise) -> None:
    @exercise.check("z is (x - mean) @ w, and mean holds the mean of each feature", points=1)
    def product(student, rng, others):
        expect_mean_and_product(student, wide_cloud(rng, (7, 4)))


def white_check(exercise) -> None:
    @exercise.check("w whitens: w.T @ cov @ w is the identity", points=2)
    def white(student, rng, others):
        cloud = wide_cloud(rng, (7, 4))
        expect_white(called(student, cloud)[2], cloud, "w.T @ cov @ w")


def common_checks(exercise) -> None:
    """eps, flat directions, large means, arguments left alone."""

    @exercise.check("eps is added to the diagonal of the covariance", 1, sections.FLAT)
    def eps_inside(student, rng, others):
        cloud = eps_cloud(rng, (6, 3))
        expect_white(called(student, cloud)[2], cloud, "w.T @ (cov + eps I) @ w")

    @exercise.check(
        "with eps, constant and repeated features and N < D do no harm", 1, sections.FLAT
    )
    def flat(student, rng, others):
        cloud = flat_cloud(rng)
        z, _, w = called(student, cloud)
        expect_white(w, cloud, "w.T @ (cov + eps I) @ w")
        expect_product(z, w, cloud)

    @exercise.check("large means cost no digits", 1, sections.CORRELATION)
    def large_means(student, rng, others):
        expect_kept_digits(student, offset_cloud(rng, (8, 3)))

    @exercise.check("x is left as it was", points=1)
    def unchanged(student, rng, others):
        cloud = wide_cloud(rng, (6, 3))
        z, w = changes_nothing(student, cloud)
        expect_white(w, cloud, "w.T @ cov @ w")
        expect_product(z, w, cloud)


def one_of_them_check(exercise, sentence: str, root: Callable) -> None:
    """Which of the whitenings it is, where there is one that is right, w = root(cov + eps I)."""

    @exercise.check(sentence, points=2)
    def one_of_them(student, rng, others):
        cloud = wide_cloud(rng, (7, 4))
        w = square(called(student, cloud)[2], cloud)
        # Another whitening may stand in its place, with signs and in an order that are its own.
        with np.errstate(all="ignore"):
            student.record_as(w=w**2 @ (w**2).T)
        expect("w", w, root(cloud.ridged), cloud.given, part=OF_W)
