"""Which cells run before a cell."""

import pytest

from bnlib.browser.order import History, Page, older

PAGE = [
    "import numpy as np",  # 0
    "x = np.ones(3)",  # 1
    "def f(a):\n    return a + z",  # 2
    "z = 1",  # 3
    "y = f(x)",  # 4
    "x = np.zeros(3)",  # 5
    "print(x)",  # 6
    "rng = np.random.default_rng(0)",  # 7
    "a = rng.normal()",  # 8
    "b = rng.normal()",  # 9
    "print(y)",  # 10
]


class Reader:
    """Presses Run, and notes what runs; the cells are really executed."""

    def __init__(self, sources):
        self.sources, self.history, self.space = list(sources), History(), {}

    def run(self, target):
        page = Page(self.sources)
        plan = self.history.plan(page, target)
        for cell in plan:
            exec(self.sources[cell], self.space)
            self.history.record(page, cell)
        return plan


@pytest.fixture
def reader():
    return Reader(PAGE)


def test_what_a_cell_needs_runs_first_and_once(reader):
    assert reader.run(1) == [0, 1]
    assert reader.run(1) == [1]
    assert reader.run(6) == [5, 6]


def test_a_function_looks_up_its_names_where_it_is_called(reader):
    assert reader.run(4) == [0, 1, 2, 3, 4]


def test_a_name_given_anew_below_is_taken_from_above(reader):
    reader.run(4)
    reader.run(6)
    # x is that of cell 5 now; cell 4 wants the one of cell 1.
    assert reader.run(4) == [1, 4]
    assert reader.space["y"].tolist() == [2, 2, 2]


def test_an_edit_runs_what_rests_on_it_again(reader):
    reader.run(10)
    reader.sources[3] = "z = 5"
    assert reader.run(10) == [3, 4, 10]
    assert reader.space["y"].tolist() == [6, 6, 6]


def test_draws_are_those_of_the_page_however_often_a_cell_runs(reader):
    reader.run(9)
    a, b = reader.space["a"], reader.space["b"]
    for target in (8, 8, 9, 9, 8):
        reader.run(target)
        assert (reader.space["a"], reader.space["b"]) == (a, b)


def test_a_cell_that_changes_a_value_starts_from_the_page():
    reader = Reader(["x = 1", "x += 1", "y = x"])
    for target in (1, 1, 2, 1, 2):
        reader.run(target)
        assert reader.space["x"] == 2


def test_a_cell_that_failed_runs_again(reader):
    page = Page(PAGE)
    reader.run(4)
    reader.history.forget(page, 1)
    assert reader.run(4) == [1, 4]


def test_any_order_shows_what_the_page_would():
    wanted = Reader(PAGE)
    for cell in range(len(PAGE)):
        wanted.run(cell)
    for order in ([10, 4, 9, 6, 8], [9, 8, 10], [6, 10, 6, 4, 9]):
        reader = Reader(PAGE)
        for cell in order:
            reader.run(cell)
        for name in ("y", "a", "b"):
            if name in reader.space:
                assert (reader.space[name] == wanted.space[name]) is not False


def test_outputs_of_another_state_are_found():
    page = Page(PAGE)
    keys = [None] * len(PAGE)
    edited = list(PAGE)
    edited[3] = "z = 5"
    # Nothing has run since: what the page came with is older below the edit.
    assert older(edited, PAGE, keys) == [3, 4, 10]
    keys[3], keys[4] = Page(edited).key(3), Page(edited).key(4)
    assert older(edited, PAGE, keys) == [10]
    # The edit taken back, the outputs made from it are older.
    assert older(PAGE, PAGE, keys) == [3, 4]
    assert page.closure(10) == [0, 1, 2, 3, 4, 10]
