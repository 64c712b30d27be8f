"""Where no set reaches across rows, the gradients of parts add up to that of the batch."""

from functools import partial

import pytest

from bnlib.lab.accumulation import BATCH, accumulation_error
from bnlib.lab.layers import BatchNorm, GroupNorm, RMSNorm

WITHIN = {"layer": GroupNorm, "group": partial(GroupNorm, groups=8), "RMS": RMSNorm, "none": None}


@pytest.mark.parametrize("name", WITHIN)
@pytest.mark.parametrize("size", [32, 2, 1])
def test_norms_within_a_row_do_not_see_the_parts(name, size):
    assert accumulation_error(WITHIN[name], size).max() < 1e-5


def test_batch_norm_does_and_the_more_the_smaller_the_parts():
    errors = [accumulation_error(BatchNorm, size).mean().item() for size in (32, 8, 2)]
    assert 0.05 < errors[0] < errors[1] < errors[2]


def test_the_parts_of_a_ghost_batch_are_its_own():
    # With groups of 8 the whole batch is normalized in eights already.
    assert accumulation_error(partial(BatchNorm, group=8), 8).max() < 1e-5
    assert accumulation_error(BatchNorm, BATCH).max() == 0
