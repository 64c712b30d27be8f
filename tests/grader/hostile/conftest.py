import pytest

from tests.grader.hostile.harness import Classroom


@pytest.fixture(scope="session")
def classroom(tmp_path_factory):
    """One judge for all cases that a worker of the tests runs, as in a run of the grader."""
    with Classroom(tmp_path_factory.mktemp("classroom")) as room:
        yield room
