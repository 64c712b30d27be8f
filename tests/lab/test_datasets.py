"""The data of the experiments are the same rows every time."""

import numpy as np
import pytest
import torch

from bnlib.lab.datasets import digits, mnist1d


def test_digits_are_centred_and_whole():
    data = digits()
    assert data.x_train.shape == (1348, 64)
    assert data.x_test.shape == (449, 64)
    assert abs(data.x_train.mean()) < 1e-6
    assert 0.9 < data.x_train.max() - data.x_train.min() <= 1
    assert data.x_train.dtype == torch.float32
    assert sorted(set(data.y_train.tolist())) == list(range(10))


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("bnlib.lab.datasets.user_cache_path", lambda name: tmp_path / name)
    mnist1d.cache_clear()
    yield tmp_path / "batchnorm-course"
    mnist1d.cache_clear()


def test_mnist1d_has_held_out_rows_and_leaves_the_global_generator_alone():
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    data = mnist1d(train=100, test=200)
    np.testing.assert_array_equal(np.random.random(3), expected)  # noqa: NPY002
    assert data.x_train.shape == (100, 40)
    assert data.x_test.shape == (200, 40)
    assert set(data.y_test.tolist()) == set(range(10))
    assert not set(map(tuple, data.x_train.tolist())) & set(map(tuple, data.x_test.tolist()))


def test_mnist1d_is_kept_and_a_broken_file_is_made_anew(cache_folder, monkeypatch):
    first = mnist1d(train=50, test=50)
    (file,) = cache_folder.iterdir()
    mnist1d.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr("bnlib.lab.datasets._made", lambda *_: pytest.fail("it was kept"))
        second = mnist1d(train=50, test=50)
    file.write_bytes(b"PK broken")
    mnist1d.cache_clear()
    third = mnist1d(train=50, test=50)
    for one, two, three in zip(first, second, third, strict=True):
        assert torch.equal(one, two)
        assert torch.equal(one, three)
    assert list(cache_folder.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_costs_no_data(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("bnlib.lab.datasets.user_cache_path", lambda name: tmp_path / "file" / name)
    assert len(mnist1d(train=50, test=50).x_train) == 50
