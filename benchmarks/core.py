"""How fast batch norm is: bnlib, PyTorch and the textbook's NumPy, one process, one thread.

    python benchmarks/core.py              times of forward + backward, float32, and of the import
    python benchmarks/core.py --profile    where bnlib's own time goes
    python benchmarks/core.py --alone      each way by itself, in a process of its own

Each repetition draws new arrays and calls the three one after another, in each of the six orders
by turns: what one leaves in the cache and on the heap, each of the others inherits equally often.
The last lines have means of 10 standard deviations, which bnlib must subtract before it squares.
"""

import os

# Read when the libraries are loaded, so it must come before the imports.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import cProfile
import itertools
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch

import bnlib

SHAPES = [(128, 256), (1024, 512), (8192, 512), (65536, 256)]
ELEMENTS = 1.6e8  # numbers to normalize for one line of the table: decides the repetitions


def ours(x, gamma, beta, dy):
    y, cache = bnlib.batch_norm(x, gamma, beta)
    return (y, *bnlib.batch_norm_backward(dy, cache))


def in_torch(x, gamma, beta, dy):
    x, gamma, beta = (torch.from_numpy(a).requires_grad_() for a in (x, gamma, beta))
    y = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True)
    y.backward(torch.from_numpy(dy))
    return y.detach().numpy(), x.grad.numpy(), gamma.grad.numpy(), beta.grad.numpy()


def textbook(x, gamma, beta, dy, eps=1e-5):
    """The formulas of the paper, one NumPy expression for each."""
    n = len(x)
    mean = x.mean(0)
    var = x.var(0)
    inv_std = 1 / np.sqrt(var + eps)
    xhat = (x - mean) * inv_std
    y = gamma * xhat + beta

    dbeta = dy.sum(0)
    dgamma = (dy * xhat).sum(0)
    dxhat = dy * gamma
    dx = inv_std / n * (n * dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0))
    return y, dx, dgamma, dbeta


WAYS = {"bnlib": ours, "torch": in_torch, "textbook": textbook}


def draw(rng, n, d, mean=0):
    x, dy = rng.standard_normal((2, n, d), dtype=np.float32)
    x += np.float32(mean)
    gamma, beta = rng.standard_normal((2, d), dtype=np.float32)
    return x, gamma, beta, dy


def agree(results):
    reference = results["torch"]
    for name, result in results.items():
        for a, b in zip(result, reference, strict=True):
            if np.abs(a - b).max() > 1e-3 * np.abs(b).max():
                raise SystemExit(f"{name} and torch disagree: nothing was measured")


def measure(n, d, mean):
    """Median seconds of each way; the first repetition is checked and not counted."""
    rng = np.random.default_rng(0)
    times = {name: [] for name in WAYS}
    orders = itertools.cycle(itertools.permutations(WAYS))
    for repetition in range(int(min(300, max(12, ELEMENTS / (n * d)))) + 1):
        arguments = draw(rng, n, d, mean)
        results = {}
        for name in next(orders):
            start = time.perf_counter()
            result = WAYS[name](*arguments)
            times[name].append(time.perf_counter() - start)
            if repetition == 0:
                results[name] = result
            del result
        if repetition == 0:
            agree(results)
            times = {name: [] for name in WAYS}
    return {name: statistics.median(values) for name, values in times.items()}


def import_times(repetitions=21):
    """Median seconds of `import numpy` and of `import bnlib`, each in a new interpreter.

    Both from cached bytecode, as after an installation; the first round writes the cache.
    """
    code = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
    times = {"numpy": [], "bnlib": []}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(repetitions + 1):
            for name, values in times.items():
                run = [sys.executable, "-c", code.format(name)]
                run = subprocess.run(run, capture_output=True, check=True, env=environment)
                values.append(float(run.stdout))
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def alone(way):
    """Print the median of one way called again and again, and the page faults of a call."""
    for n, d in SHAPES[:3]:
        arguments = draw(np.random.default_rng(0), n, d)
        faults, times = [], []
        for _ in range(41):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
            start = time.perf_counter()
            result = WAYS[way](*arguments)
            del result
            times.append(time.perf_counter() - start)
            faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
        print(
            f"| {n} | {d} | {way} | {1e3 * statistics.median(times):.2f} | "
            f"{statistics.median(faults):.0f} |",
            flush=True,
        )


def table():
    print(f"numpy {np.__version__}, torch {torch.__version__}, one thread, float32")
    print("forward + backward, median in ms\n")
    print("| N | D | mean | bnlib | torch | textbook | bnlib / torch | textbook / bnlib |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for mean, (n, d) in itertools.product((0, 10), SHAPES):
        t = measure(n, d, mean)
        columns = " | ".join(f"{1e3 * t[name]:.2f}" for name in WAYS)
        ratios = f"{t['bnlib'] / t['torch']:.2f} | {t['textbook'] / t['bnlib']:.2f}"
        print(f"| {n} | {d} | {mean} | {columns} | {ratios} |", flush=True)
    t = import_times()
    print(
        f"\nimport numpy {1e3 * t['numpy']:.1f} ms, import bnlib {1e3 * t['bnlib']:.1f} ms: "
        f"{100 * (t['bnlib'] / t['numpy'] - 1):+.1f} %"
    )


def profile():
    """Time by function, for a small and a large shape; ufuncs count in the function above them."""
    rng = np.random.default_rng(0)
    for n, d in ((128, 256), (8192, 512)):
        arguments = draw(rng, n, d)
        ours(*arguments)
        profiler = cProfile.Profile()
        profiler.enable()
        for _ in range(2000 if n < 1000 else 40):
            ours(*arguments)
        profiler.disable()
        print(f"\n({n}, {d})")
        pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(12)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--alone", nargs="?", const="all", choices=["all", *WAYS])
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.alone == "all":
        print("| N | D | way | ms | page faults |\n|---:|---:|---|---:|---:|", flush=True)
        for name in WAYS:
            subprocess.run([sys.executable, __file__, "--alone", name], check=True)
    elif options.alone:
        alone(options.alone)
    elif options.profile:
        profile()
    else:
        table()
