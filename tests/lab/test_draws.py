"""Random numbers that a browser draws alike: known values, independence of the shape, moments."""

import numpy as np
import pytest

from bnlib.lab.draws import normals, uniforms


def mulberry32(seed, count):
    """The generator as its author writes it, a number at a time, in whole numbers of Python."""
    mask, found = 2**32 - 1, []
    for _ in range(count):
        seed = (seed + 0x6D2B79F5) & mask
        t = ((seed ^ (seed >> 15)) * (1 | seed)) & mask
        t = (((t + (((t ^ (t >> 7)) * (61 | t)) & mask)) & mask) ^ t) & mask
        found.append((t ^ (t >> 14)) / 2**32)
    return found


@pytest.mark.parametrize("seed", [0, 1, 2024, 2**32 - 1])
def test_the_uniform_numbers_are_those_of_mulberry32(seed):
    assert uniforms(seed, 500).tolist() == mulberry32(seed, 500)


def test_the_first_numbers_do_not_depend_on_how_many_are_drawn():
    many = normals(3, 40, 5)
    assert many.shape == (40, 5)
    np.testing.assert_array_equal(normals(3, 7), many.ravel()[:7])
    assert not np.isin(normals(4, 7), many).any()


def test_they_are_normal_and_independent():
    z = normals(11, 400_000)
    moments = [np.mean(z**k) for k in (1, 2, 3, 4)]
    # Four standard errors of each moment.
    errors = 4 * np.sqrt(np.array([1, 2, 15, 96]) / z.size)
    np.testing.assert_array_less(np.abs(np.array(moments) - [0, 1, 0, 3]), errors)
    for lag in (1, 2, 40):
        assert abs(np.mean(z[lag:] * z[:-lag])) < 4 / np.sqrt(z.size)


@pytest.mark.parametrize("seed", [-1, 0.5, 2**32])
def test_a_seed_that_is_none_is_named(seed):
    with pytest.raises(ValueError, match=f"got {seed}"):
        uniforms(seed, 1)
