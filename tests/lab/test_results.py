"""What is stored is what its command computes: a small part of each result is run again."""

import math
import re

import pytest

from bnlib.lab import tables
from bnlib.lab.experiments import every, find

EXPERIMENTS = every()


def differences(stored, rows, keys, tolerance) -> list[str]:
    """Values of rows that are not in the stored table, within the tolerance."""
    found = []
    for row in rows:
        where = {k: row[k] for k in keys}
        (there,) = stored.where(**_as_stored(where)).rows
        for name, value in row.items():
            if name in keys:
                continue
            kept = there[name]
            same = (
                math.isclose(value, kept, rel_tol=tolerance, abs_tol=1e-12)
                or (math.isnan(value) and math.isnan(kept))
                if isinstance(kept, (int, float))
                else str(value) == kept
            )
            if not same:
                found.append(f"{where}: {name} is {value}, stored {kept}")
    return found


def _as_stored(where):
    """Keys as they are read back: a rate of 1/3 has six digits there."""
    return {k: tables._value(tables._text(v)) for k, v in where.items()}


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_a_small_part_comes_out_again(name):
    one = EXPERIMENTS[name]
    rows = one(**one.small)
    assert rows, "the small part is empty"
    assert differences(tables.read(name), rows, one.keys, one.tolerance) == []


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_a_result_says_where_it_comes_from(name):
    one, table = EXPERIMENTS[name], tables.read(name)
    assert table.header["command"] == f"python -m bnlib.lab {name}"
    assert table.header["seeds"] == " ".join(map(str, one.seeds))
    assert len(one.seeds) >= 5 or "seed" not in one.keys
    assert re.fullmatch(r"\d+ of CPU, one thread", table.header["seconds"])
    assert "torch" in table.header["versions"]
    assert set(one.keys) < set(table.rows[0])
    seen = [tuple(row[k] for k in one.keys) for row in table.rows]
    assert len(set(seen)) == len(seen), "two rows have the same keys"


def test_every_stored_result_has_its_experiment():
    files = {path.stem for path in tables.FOLDER.glob("*.csv")} - {"frameworks"}
    assert files == set(EXPERIMENTS)


def test_a_changed_value_would_be_seen():
    stored = tables.Table([{"norm": "none", "rate": 0.333333, "seed": 0, "loss": 1.0}])
    row = {"norm": "none", "rate": 1 / 3, "seed": 0, "loss": 1.02}
    keys = ("norm", "rate", "seed")
    assert differences(stored, [row], keys, 0.05) == []
    assert len(differences(stored, [row], keys, 0.01)) == 1
    assert len(differences(stored, [row | {"loss": math.nan}], keys, 0.05)) == 1


def test_an_unknown_experiment_is_named_with_those_that_there_are():
    with pytest.raises(KeyError, match="no experiment 'nonsense'"):
        find("nonsense")
