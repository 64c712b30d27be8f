"""Exercise: batch norm whose batch lies on several devices."""

import numpy as np

from bnlib.checks.compare import expect_list
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.algorithm.faults import normalize
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import OFFSET_SINGLE, signed
from bnlib.exercises.limits.faults import SCALINGS, STEPS
from bnlib.exercises.limits.parts import moments, parts_of, pooled


def split(rows, shards):
    """Rows of all shards as a list again, one array a shard."""
    return np.split(rows, np.cumsum([len(shard) for shard in shards])[:-1])


def reference(shards, gamma, beta, eps):
    return split(gamma * normalize(np.concatenate(shards), eps) + beta, shards)


def _arguments(rng, sizes, features, scale=20.0, shift=100.0):
    shards = parts_of(rng, sizes, features, shift, scale)
    return shards, signed(rng, 0.5, 2.0, features), signed(rng, 0.5, 2.0, features)


exercise = Exercise(
    name="sync_batchnorm",
    notebook="08_limits",
    title="Synchronized batch norm",
    difficulty=4,
    minutes=25,
    section=sections.SYNC,
    parameters=("shards", "gamma", "beta", "eps"),
    returns=("y",),
    lists=("y",),
    reference=reference,
    example=lambda rng: (*_arguments(rng, (5, 2, 4), 3, scale=1.0, shift=2.0), 0.5),
)


def _judge(student, arguments, eps, given):
    want = reference(*arguments, eps)
    expect_list("y", student(*arguments, eps), want, f"shards of {given} rows, eps={eps:g}")


@exercise.check("shards of unequal size give what the whole batch gives", points=3)
def unequal(student, rng, others):
    _judge(student, _arguments(rng, (5, 2, 8, 3), 4), 1e-10, "5, 2, 8 and 3")


@exercise.check("one shard alone is batch norm", 1, sections.NEIGHBOURS)
def one_shard(student, rng, others):
    _judge(student, _arguments(rng, (5,), 4), 1e-10, "5")


@exercise.check("a shard may be a single row", points=1)
def single_rows(student, rng, others):
    _judge(student, _arguments(rng, (1, 3, 1), 4), 1e-10, "1, 3 and 1")


@exercise.check("eps is added to the variance of the whole batch, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    _judge(student, _arguments(rng, (4, 2, 3), 4, scale=0.4, shift=1.0), 0.5, "4, 2 and 3")


@exercise.check("a feature that is constant on all shards leaves as beta", 1, sections.EPS)
def constant(student, rng, others):
    shards, gamma, beta = _arguments(rng, (2, 3), 4)
    for shard in shards:
        shard[:, 1] = 1.5
    _judge(student, (shards, gamma, beta), 1e-5, "2 and 3")


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    arguments = _arguments(rng, (4, 2, 3), 4, scale=300.0, shift=3e8)
    got, want = student(*arguments, 1e-10), reference(*arguments, 1e-10)
    given = "shards of 4, 2 and 3 rows with means of 3e8 and deviations of 1e3"
    expect_list("y", got, want, given, part=1.0)
    # Whether an answer is float32 work is seen on all its rows, not on a shard of two.
    rows = np.concatenate([np.asarray(y) for y in got])
    expect_digits("y, joined,", rows, np.concatenate(want), given, OFFSET_SINGLE)


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    arguments = _arguments(rng, (3, 2), 4)
    changed = student.changed_arguments(*arguments, 1e-10)
    if changed:
        names = ", ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    _judge(student, arguments, 1e-10, "3 and 2")


for fault in STEPS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(
        lambda shards, g, b, eps, step=fault.function: split(
            g * step(np.concatenate(shards), eps) + b, shards
        )
    )
for fault in SCALINGS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(
        lambda shards, g, b, eps, step=fault.function: split(
            step(np.concatenate(shards), normalize(np.concatenate(shards), eps), g, b), shards
        )
    )


def _mistake(id, advice, mean=None, var=None):
    """A wrong mean or variance of all rows beside what is right; each of (n, means, variances)."""

    def answer(shards, gamma, beta, eps):
        right_mean, right_var = pooled(shards)
        known = moments(shards)
        m = mean(*known) if mean else right_mean
        v = var(*known) if var else right_var
        return [gamma * (shard - m) / np.sqrt(v + eps) + beta for shard in shards]

    exercise.mistake(id, advice)(answer)


_BETWEEN = "How far the shards' means lie apart belongs to the variance too."
_mistake(
    "between-missing",
    f"Your variance averages the spread within the shards, by their rows. {_BETWEEN}",
    None,
    lambda n, m, v: n @ v / n.sum(),
)
_mistake(
    "variances-averaged",
    f"Your variance is the plain average of the shards' variances. {_BETWEEN}",
    None,
    lambda n, m, v: v.mean(axis=0),
)
_mistake(
    "unweighted",
    "You average the shards' means and variances as if all shards were of one size. Every row "
    "counts the same.",
    lambda n, m, v: m.mean(axis=0),
    lambda n, m, v: v.mean(axis=0),
)
_mistake(
    "mean-unweighted",
    "Your mean is that of the shards' means, whatever their size. Every row counts the same.",
    lambda n, m, v: m.mean(axis=0),
)
_mistake(
    "moments-unweighted",
    "You average the shards' means and mean squares as if all shards were of one size. Every row "
    "counts the same.",
    lambda n, m, v: m.mean(axis=0),
    lambda n, m, v: (v + m**2).mean(axis=0) - m.mean(axis=0) ** 2,
)
_mistake(
    "mean-unweighted-between-missing",
    "Your mean counts every shard the same, and your variance averages the spread within the "
    "shards alone. Every row counts the same, and the shards' means lie apart.",
    lambda n, m, v: m.mean(axis=0),
    lambda n, m, v: n @ v / n.sum(),
)
_mistake(
    "between-unweighted",
    "You add the variance of the shards' means as if all shards were of one size. Weigh each "
    "squared distance by its rows.",
    None,
    lambda n, m, v: n @ v / n.sum() + m.var(axis=0),
)
_mistake(
    "distance-not-squared",
    "The term for the distance of a shard's mean from that of all rows holds the distance "
    "itself. Its square is needed.",
    None,
    lambda n, m, v: n @ (v + np.abs(m - n @ m / n.sum())) / n.sum(),
)
_mistake(
    "deviations-averaged",
    f"You average the shards' standard deviations. Variances can be averaged. {_BETWEEN}",
    None,
    lambda n, m, v: (n @ np.sqrt(v) / n.sum()) ** 2,
)
_mistake(
    "first-shard-for-all",
    "You normalize all shards with the statistics of the first.",
    lambda n, m, v: m[0],
    lambda n, m, v: v[0],
)
_mistake(
    "last-shard-for-all",
    "You normalize all shards with the statistics of the last. Does a loop overwrite them?",
    lambda n, m, v: m[-1],
    lambda n, m, v: v[-1],
)


@exercise.mistake(
    "each-shard-alone",
    "Each shard is normalized by itself, as devices do that do not talk to each other. All use "
    "the statistics of all rows.",
)
def each_alone(shards, gamma, beta, eps):
    return [gamma * normalize(shard, eps) + beta for shard in shards]


@exercise.mistake(
    "own-mean",
    "The variance is that of all rows, but each shard subtracts its own mean.",
)
def own_mean(shards, gamma, beta, eps):
    inv_std = 1 / np.sqrt(pooled(shards)[1] + eps)
    return [gamma * (shard - shard.mean(axis=0)) * inv_std + beta for shard in shards]


@exercise.mistake(
    "own-variance",
    "The mean is that of all rows, but each shard divides by its own deviation.",
)
def own_variance(shards, gamma, beta, eps):
    mean = pooled(shards)[0]
    return [gamma * (s - mean) / np.sqrt(s.var(axis=0) + eps) + beta for s in shards]


@exercise.mistake(
    "over-all-values",
    "You take one mean and one variance of all values. Each feature has its own.",
    source="students' repositories",
)
def over_all(shards, gamma, beta, eps):
    rows = np.concatenate(shards)
    return split(gamma * (rows - rows.mean()) / np.sqrt(rows.var() + eps) + beta, shards)


@exercise.mistake(
    "one-array",
    "The numbers are right, and they come as one array. Each device needs its own rows: return a "
    "list, one array a shard.",
)
def one_array(shards, gamma, beta, eps):
    return np.concatenate(reference(shards, gamma, beta, eps))


@exercise.mistake(
    "list-reversed",
    "The arrays are right, and the list is in reverse order.",
)
def list_reversed(shards, gamma, beta, eps):
    return reference(shards, gamma, beta, eps)[::-1]


@exercise.mistake(
    "split-evenly",
    "The numbers are right, and they are cut into pieces of nearly equal size. The pieces have "
    "the sizes of the shards.",
)
def split_evenly(shards, gamma, beta, eps):
    return np.array_split(one_array(shards, gamma, beta, eps), len(shards))


@exercise.mistake(
    "first-shard-returned",
    "Your list holds the first shard alone. Does a return stand inside of a loop?",
)
def first_returned(shards, gamma, beta, eps):
    return reference(shards, gamma, beta, eps)[:1]


@exercise.mistake(
    "changes-shards",
    "You work on a shard in place, and the caller's data are changed.",
    source="students' repositories",
)
def changes_shards(shards, gamma, beta, eps):
    y = reference(shards, gamma, beta, eps)
    for shard in shards:
        shard -= shard.mean(axis=0)
    return y


@exercise.alternative
def weighted(shards, gamma, beta, eps):
    n, means, variances = moments(shards)
    share = n / n.sum()
    mean = share @ means
    inv_std = 1 / np.sqrt(share @ (variances + (means - mean) ** 2) + eps)
    return [gamma * (shard - mean) * inv_std + beta for shard in shards]


@exercise.alternative
def merged_in_turn(shards, gamma, beta, eps):
    n, mean, squares = 0, 0.0, 0.0
    for shard in shards:
        k, delta = len(shard), shard.mean(axis=0) - mean
        squares = squares + shard.var(axis=0) * k + delta**2 * n * k / (n + k)
        mean = mean + delta * k / (n + k)
        n += k
    return tuple(gamma * (shard - mean) / (squares / n + eps) ** 0.5 + beta for shard in shards)


@exercise.alternative
def two_rounds(shards, gamma, beta, eps):
    # Sums are exchanged twice: first of the rows, then of the squared deviations.
    n = sum(len(shard) for shard in shards)
    mean = sum(np.einsum("nd->d", shard) for shard in shards) / n
    var = sum(np.einsum("nd,nd->d", shard - mean, shard - mean) for shard in shards) / n
    return [np.einsum("nd,d->nd", s - mean, gamma / np.sqrt(var + eps)) + beta for s in shards]


@exercise.alternative
def nested_lists(shards, gamma, beta, eps):
    return [y.tolist() for y in reference(shards, gamma, beta, eps)]


@exercise.alternative
def single_precision(shards, gamma, beta, eps):
    gamma, beta = gamma.astype(np.float32), beta.astype(np.float32)
    shards = [shard.astype(np.float32) for shard in shards]
    rows = np.concatenate(shards)
    scale = gamma / np.sqrt(rows.var(axis=0) + np.float32(eps))
    return [(shard - rows.mean(axis=0)) * scale + beta for shard in shards]
