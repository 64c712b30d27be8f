"""Wrong forward passes of the norms of one example, made of those of batch norm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.exercises.algorithm.faults import AFFINE, NORMALIZING, Fault
from bnlib.exercises.alternatives.layouts import (
    Layout,
    given_forward,
    normalized,
    of_columns,
    per_channel,
)

STUDENTS = "students' repositories"

# Batch norm's words speak of features and batches.
_WORDS = {
    "variance-not-root": "You divide by the variance. What brings {whole} to variance 1 is its "
    "square root, the standard deviation.",
    "bessel": "Your variance divides by one less than the number of values. It is the mean of "
    "the squared deviations, over {whole}.",
    "mean-over-all": "You subtract one mean of all entries. {own}",
    "variance-over-all": "You divide by one deviation of all entries. {own}",
    "statistics-over-all": "You use one mean and one variance of all entries. {own}",
    "min-max": "You divide by the range (largest less smallest), not by the standard deviation.",
}


def normalizing(whole: str, own: str) -> tuple[Fault, ...]:
    """Batch norm's wrong ways to normalize columns, in words for what shares a mean here."""
    return tuple(
        fault._replace(advice=_WORDS.get(fault.id, fault.advice).format(whole=whole, own=own))
        for fault in NORMALIZING
        # Over other axes, which are told apart by name.
        if fault.id != "features-of-each-example"
    )


def _forward(layout: Layout, step: Callable) -> Callable:
    """A forward pass whose normalization is ``step(matrix, eps)`` on columns."""

    def wrong(x, gamma, beta, *rest):
        *groups, eps = rest
        xhat = of_columns(step, x, layout.axes, eps, layout.split(x.shape, *groups))
        channel = layout.channel
        return per_channel(gamma, x, channel) * xhat + per_channel(beta, x, channel), None

    return wrong


def _affine(layout: Layout, step: Callable) -> Callable:
    right = given_forward(layout)

    def wrong(x, gamma, beta, *rest):
        cache = right(x, gamma, beta, *rest)[1]
        gamma, beta = (per_channel(v, x, layout.channel) for v in (gamma, beta))
        return step(x, cache.xhat, gamma, beta), None

    return wrong


def over(axes, layout: Layout) -> Callable:
    """A forward pass that averages over these axes of x, whatever the layer is."""

    def wrong(x, gamma, beta, *rest):
        xhat, _, _ = normalized(x, axes, rest[-1])
        channel = layout.channel
        return per_channel(gamma, x, channel) * xhat + per_channel(beta, x, channel), None

    return wrong


def add(exercise, fault: Fault, function: Callable | None = None) -> None:
    """Make a fault a mistake of the exercise."""
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(
        function or fault.function
    )


def add_forward_mistakes(exercise, layout: Layout) -> None:
    """What can go wrong in any forward pass of (x, gamma, beta, ..., eps)."""
    right = given_forward(layout)
    for fault in normalizing(layout.whole, layout.own):
        add(exercise, fault, _forward(layout, fault.function))
    for fault in AFFINE:
        add(exercise, fault, _affine(layout, fault.function))

    def changes_x(x, *rest):
        y, _ = right(x, *rest)
        x -= x.mean()
        return y, None

    add(
        exercise,
        Fault(
            "changes-x",
            "You work on x in place, and the caller's array is changed. Let the first step make a "
            "new array.",
            changes_x,
            source=STUDENTS,
        ),
    )
    add_return_mistakes(exercise, right)


def add_return_mistakes(exercise, right: Callable) -> None:
    """A forward pass that returns too little."""
    kept = exercise.returns[1]
    add(
        exercise,
        Fault(
            f"{exercise.returns[0]}-only",
            f"You return {exercise.returns[0]} alone. The backward pass needs what the forward "
            f"pass computed: return ({exercise.returns[0]}, {kept}).",
            lambda *arguments: right(*arguments)[0],
        ),
    )

    def nothing_returned(*arguments):
        right(*arguments)

    add(
        exercise, Fault("nothing-returned", "The function ends without a return.", nothing_returned)
    )


def single(arguments):
    """The arguments with their arrays in float32."""
    return [a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in arguments]
