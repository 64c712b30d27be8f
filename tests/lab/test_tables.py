"""Stored results: what was written is read, and what is missing is said."""

import numpy as np
import pytest

from bnlib.lab import tables

ROWS = [
    {"norm": norm, "seed": seed, "steps": 10 * seed + len(norm), "loss": 0.1 / (seed + 1)}
    for norm in ("none", "batch")
    for seed in range(3)
]


@pytest.fixture
def table(tmp_path):
    tables.write(tmp_path / "speed.csv", ROWS, {"command": "python: it", "seconds": "4"})
    return tables.read("speed", tmp_path)


def test_rows_and_header_come_back(table):
    assert table.header == {"command": "python: it", "seconds": "4"}
    for got, expected in zip(table.rows, ROWS, strict=True):
        assert got["loss"] == pytest.approx(expected.pop("loss"), rel=1e-5)
        assert {k: v for k, v in got.items() if k != "loss"} == expected


def test_columns_are_selected_by_what_was_run(table):
    np.testing.assert_array_equal(table.column("steps", norm="batch"), [5, 15, 25])
    assert table.values("norm") == ["none", "batch"]
    assert table.where(seed=1).values("norm") == ["none", "batch"]


def test_what_is_not_there_is_said_with_what_is(table):
    with pytest.raises(KeyError, match=r"no row with .*layer.*batch.*none"):
        table.column("steps", norm="layer")
    with pytest.raises(KeyError, match=r"no column 'rate'.*norm"):
        table.where(rate=1)
    with pytest.raises(KeyError, match="no column 'width'"):
        table.column("width")


def test_a_missing_file_names_the_command_that_makes_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"python -m bnlib\.lab speed"):
        tables.read("speed", tmp_path)


def test_a_table_has_rows_of_one_kind():
    with pytest.raises(ValueError, match="needs a row"):
        tables.Table([])
    with pytest.raises(ValueError, match="same columns"):
        tables.Table([{"a": 1}, {"b": 1}])


def test_six_digits_are_kept(tmp_path):
    tables.write(tmp_path / "one.csv", [{"x": 1 / 3, "y": np.float32(2e-9)}], {})
    text = (tmp_path / "one.csv").read_text()
    assert text == "x,y\n0.333333,2e-09\n"
