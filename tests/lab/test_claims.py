"""The verdict on a claim follows from its findings by one rule."""

import json

import pytest

from bnlib.lab.claims import DEPENDS, HOLDS, OPEN, REFUTED, Finding, Result, verdict
from bnlib.lab.paired import Estimate


def finding(low, high, side="above", border=1.0, **more):
    value = Estimate((low + high) / 2, low, high, 2.0, 0.8, 5)
    return Finding("a net", "steps without / with", value, side, border, **more)


@pytest.mark.parametrize(
    ("low", "high", "side", "speaks"),
    [
        (1.1, 2.0, "above", 1),
        (0.9, 2.0, "above", 0),
        (0.1, 0.9, "above", -1),
        (0.1, 0.9, "below", 1),
        (0.9, 2.0, "below", 0),
        (1.1, 2.0, "below", -1),
        (0.96, 1.04, "near", 1),
        (0.94, 1.04, "near", 0),
        (0.96, 1.06, "near", 0),
        (0.90, 0.94, "near", -1),
        (1.06, 1.10, "near", -1),
    ],
)
def test_a_finding_speaks_by_its_whole_interval(low, high, side, speaks):
    assert finding(low, high, side).speaks == speaks


def test_near_is_relative_to_what_theory_gives():
    assert finding(9.8, 10.2, "near", 10.0, within=0.03).speaks == 1
    assert finding(9.8, 10.2, "near", 10.0, within=0.01).speaks == 0
    assert finding(-10.2, -9.8, "near", -10.0, within=0.03).speaks == 1


def test_a_side_that_is_none_is_refused():
    with pytest.raises(ValueError, match="beside"):
        _ = finding(1, 2, "beside").speaks


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([1, 1], HOLDS),
        ([1, 0], DEPENDS),
        ([1, -1], DEPENDS),
        ([-1, 0], REFUTED),
        ([-1, -1], REFUTED),
        ([0, 0], OPEN),
    ],
)
def test_the_verdict(said, expected):
    assert verdict(said) == expected


def test_no_verdict_without_a_finding():
    with pytest.raises(ValueError, match="needs a finding"):
        verdict([])


def test_a_result_is_shown_and_kept_with_the_same_words():
    result = Result(4, (finding(1.1, 2.0, digits=".1f"), finding(0.1, 0.9, digits=".1f")))
    page, kept = result._repr_html_(), json.loads(result.to_json())
    assert kept["claim"] == 4
    assert [f["speaks"] for f in kept["findings"]] == ["for", "against"]
    assert kept["findings"][0]["interval"] == "1.1 to 2.0"
    assert kept["findings"][0]["seeds"] == "4 of 5"
    for text in ("Claim 4: depends", 'id="shown-4"', "1.1 to 2.0", "4 of 5", "against"):
        assert text in page
    assert "Claim 4: depends" in repr(result)


def test_what_a_setting_is_called_cannot_break_the_page():
    value = Estimate(1.5, 1.1, 2.0, 2.0, 1.0, 5)
    page = Result(1, (Finding("<b>", "a & b", value, "above", 1.0),))._repr_html_()
    assert "&lt;b&gt;" in page
    assert "a &amp; b" in page


def test_an_effect_size_is_of_an_effect():
    assert finding(1.1, 2.0).effect == "2.0"
    assert finding(0.96, 1.04, "near").effect == "–"
    same = Estimate(2.0, 2.0, 2.0, float("inf"), 1.0, 5)
    assert Finding("a net", "ratio", same, "above", 1.0).effect == "exact"
