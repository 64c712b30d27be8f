"""The images that come with the package."""

import numpy as np
import pytest

from bnlib import data
from bnlib.data import handwriting as module


def test_shapes_types_and_ranges():
    x_train, y_train, x_test, y_test = data.digits()
    assert (x_train.shape, y_train.shape) == ((1348, 64), (1348,))
    assert (x_test.shape, y_test.shape) == ((449, 64), (449,))
    for x, y in ((x_train, y_train), (x_test, y_test)):
        assert (x.dtype, y.dtype) == (np.float64, np.int64)
        assert (x.min(), x.max()) == (0, 16)
        assert np.array_equal(np.unique(y), np.arange(10))
        assert np.bincount(y).min() >= 41


def test_every_image_is_in_one_part_and_an_eight_looks_like_one():
    x_train, y_train, x_test, _ = data.digits()
    rows = np.concatenate([x_train, x_test])
    assert len(np.unique(rows, axis=0)) == len(rows) == 1797
    eight = x_train[y_train == 8].mean(axis=0).reshape(8, 8)
    one = x_train[y_train == 1].mean(axis=0).reshape(8, 8)
    assert eight[:, 2].sum() > 1.5 * one[:, 2].sum()


def test_each_call_gives_new_arrays():
    first = data.digits()
    first.x_train[...] = -1
    assert data.digits().x_train.min() == 0


def test_a_missing_file_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(module.resources, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match="cannot be read"):
        data.digits()


def test_a_file_of_another_form_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(module.resources, "files", lambda package: tmp_path)
    np.savez(tmp_path / "digits.npz", pixels=np.zeros((3, 64)), labels=np.zeros(3))
    with pytest.raises(ValueError, match=r"got \(3, 64\) and \(3,\)"):
        data.digits()
