"""A test of the class ``Readable`` runs for each figure of the class that inherits it."""


def pytest_generate_tests(metafunc):
    drawn = getattr(metafunc.cls, "drawn", None)
    if drawn is not None and "figure" in metafunc.fixturenames:
        metafunc.parametrize("figure", list(drawn.values()), ids=list(drawn))
