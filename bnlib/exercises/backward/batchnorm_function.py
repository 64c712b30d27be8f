"""Exercise: the same backward pass as a torch.autograd.Function."""

import numpy as np

from bnlib.checks.adapters import autograd_function
from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.student import Student
from bnlib.checks.verdicts import Raised, Wrong
from bnlib.exercises import sections
from bnlib.exercises.algorithm.batchnorm_forward import given_forward
from bnlib.exercises.algorithm.faults import AFFINE, NORMALIZING, normalize
from bnlib.exercises.backward.faults import DGAMMA_OF_X, DX, PARAMETERS, backward
from bnlib.exercises.backward.function_forms import FORMS
from bnlib.exercises.backward.judging import OWN_FORWARD, derivative, is_a_norm, run_forward
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import OFFSET_SINGLE, eps_batch, offset_batch, ordinary, wide_batch


class _Function:
    """What the autograd.Function of these two passes gives, without the way through torch.

    ``made`` is the real one: a test holds the two together.
    """

    def __init__(self, forward, backward):
        self.forward, self.backward = forward, backward

    def on_arrays(self, x, gamma, beta, eps, dy):
        y, cache = self.forward(x, gamma, beta, eps)
        return (y, *self.backward(dy, cache))

    def made(self, extra=(None,)):
        """The torch.autograd.Function; ``extra`` is what its backward returns for eps."""
        import torch

        passes = self

        def tensor(array):
            return None if array is None else torch.from_numpy(np.array(array, dtype=float))

        class BatchNormFunction(torch.autograd.Function):  # torch's own messages name it
            @staticmethod
            def forward(ctx, x, gamma, beta, eps):
                arrays = (t.detach().numpy() for t in (x, gamma, beta))
                y, ctx.cache = passes.forward(*arrays, eps)
                return tensor(y)

            @staticmethod
            def backward(ctx, dy):
                gradients = passes.backward(dy.numpy(), ctx.cache)
                return (*map(tensor, gradients), *extra)

        return BatchNormFunction


class _TooFew(_Function):
    """The right passes, with no gradient returned for eps: torch refuses."""

    def on_arrays(self, x, gamma, beta, eps, dy):
        raise RuntimeError(
            "function BatchNormFunctionBackward returned an incorrect number of gradients "
            "(expected 4, got 3)"
        )

    def made(self, extra=()):
        return super().made(extra)


exercise = Exercise(
    name="BatchNormFunction",
    notebook="05_backward",
    title="A torch.autograd.Function",
    difficulty=3,
    minutes=20,
    section=sections.FUNCTION,
    parameters=("x", "gamma", "beta", "eps", "dy"),
    returns=("y", "dx", "dgamma", "dbeta"),
    reference=_Function(given_forward, backward),
    forbidden=(
        "bnlib",
        "torch.nn",
        "torch.batch_norm",
        "torch.native_batch_norm",
        "torch.layer_norm",
        "torch.native_layer_norm",
        "torch.instance_norm",
        "torch.group_norm",
        "torch.enable_grad",
        "torch.autograd.grad",
        "torch.autograd.backward",
        "torch.autograd.functional",
        "torch.func",
        "torch.ops",
    ),
    adapter=autograd_function,
    example=lambda rng: (*ordinary(rng, (6, 3)), rng.standard_normal((6, 3))),
    requires=("torch",),
)


def _judge(student, batch, dy, names):
    """Compare the named arrays, gradients with those of the student's own forward pass."""
    want_y, cache = given_forward(*batch[:4])
    want = (want_y, *backward(dy, cache))
    got = student(*batch[:4], dy)
    try:
        _compare(got, want, names, batch.given)
    except Wrong:
        # The exact gradient of one's own wrong forward pass is no second mistake.
        own = Student(exercise, student.callee)
        forward = run_forward(lambda *a: (own(*a, dy)[0], None), batch)
        if "y" in names or forward is None or _equal(forward[0], want_y):
            raise
        if not is_a_norm(lambda *a: (own(*a, dy)[0], None), batch, forward[0]):
            raise
        try:
            slopes = derivative(lambda *a: (own(*a, dy)[0], None), batch, dy)
            _compare(got, (want_y, *slopes), names, batch.given, part=1e-4)
        except (Wrong, Raised):
            pass
        else:
            return OWN_FORWARD
        raise
    return None


def _compare(got, want, names, given, part=None):
    for name, g, w in zip(exercise.returns, got, want, strict=True):
        if name in names:
            expect(name, g, w, given, part=part)


def _equal(got, want):
    try:
        expect("y", got, want)
    except Wrong:
        return False
    return True


def _check(sentence, points, batch, shape, names, section=None):
    @exercise.check(sentence, points, section)
    def test(student, rng, others):
        drawn = batch(rng, shape)
        return _judge(student, drawn, rng.standard_normal(shape), names)


_check("y is that of batch norm", 1, wide_batch, (5, 3), ("y",))
_check("x.grad goes through the mean and the variance too", 2, wide_batch, (6, 3), ("dx",))
_check("gamma.grad and beta.grad", 1, wide_batch, (5, 3), ("dgamma", "dbeta"))
_check("eps reaches the forward pass", 1, eps_batch, (6, 2), ("y",))
_check("eps reaches the backward pass", 1, eps_batch, (6, 2), ("dx",))


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    x, gamma, beta, eps, given = offset_batch(rng, (6, 3))
    y = student(x, gamma, beta, eps, rng.standard_normal(x.shape))[0]
    expect_digits("y", y, given_forward(x, gamma, beta, eps)[0], given, OFFSET_SINGLE)


def _own_gradient(step):
    """A wrong forward pass with the gradient of the right one, as a slip in one place gives."""

    def forward(x, gamma, beta, eps):
        return step(x, gamma, beta, eps), given_forward(x, gamma, beta, eps)[1]

    return forward


for fault in NORMALIZING:
    # 1e-8 beside a variance of 1 is below what the checks see; without eps it is the same.
    if fault.id != "eps-hard-coded-1e-8":
        exercise.mistake(f"forward-{fault.id}", fault.advice, fault.rounding, fault.source)(
            _Function(_own_gradient(lambda x, g, b, e, f=fault.function: g * f(x, e) + b), backward)
        )
for fault in AFFINE:
    exercise.mistake(f"forward-{fault.id}", fault.advice, source=fault.source)(
        _Function(
            _own_gradient(lambda x, g, b, e, f=fault.function: f(x, normalize(x, e), g, b)),
            backward,
        )
    )
# torch itself refuses a gradient of another shape than its input; its message says so.
_REFUSED = ("keepdims", "over-features", "not-summed", "sum-of-all")
for fault in (*DX, *PARAMETERS, *DGAMMA_OF_X):
    if not any(part in fault.id for part in _REFUSED) or fault in DX:
        exercise.mistake(fault.id, fault.advice, source=fault.source)(
            _Function(given_forward, fault.function)
        )

exercise.mistake(
    "gradients-too-few",
    "backward must return one gradient for each argument of forward, None for eps.",
)(_TooFew(given_forward, backward))
exercise.mistake("dx-missing", "backward returns None where the gradient of x belongs.")(
    _Function(given_forward, lambda dy, c: (None, *backward(dy, c)[1:]))
)
exercise.mistake("dgamma-missing", "backward returns None where the gradient of gamma belongs.")(
    _Function(given_forward, lambda dy, c: (backward(dy, c)[0], None, dy.sum(axis=0)))
)
exercise.mistake("dbeta-missing", "backward returns None where the gradient of beta belongs.")(
    _Function(given_forward, lambda dy, c: (*backward(dy, c)[:2], None))
)

for form in FORMS:
    exercise.alternative(form)
