"""What the tests of the site share: its address, one browser a module, and the list of pages."""

from __future__ import annotations

import contextlib

import pytest

from tests.site import page_files


def pytest_generate_tests(metafunc):
    if "page" in metafunc.fixturenames and metafunc.definition.get_closest_marker("every_page"):
        metafunc.parametrize("page", page_files.expected(), scope="module")
    if "chapter_page" in metafunc.fixturenames:
        metafunc.parametrize("chapter_page", page_files.chapters(), scope="module")


@pytest.fixture(scope="module")
def browser(request, tmp_path_factory):
    """Chromium with an empty profile and without the web; LOGS of a module: what it keeps."""
    from tools.browser import opened

    logs = {"goog:loggingPrefs": getattr(request.module, "LOGS", {})}
    profile = tmp_path_factory.mktemp("profile")
    with opened(profile, offline=True, capabilities=logs) as driver:
        driver.set_script_timeout(60)
        yield driver


@pytest.fixture(scope="module")
def address(site):
    """The address of the site, each file as it is."""
    from tools.browser import served

    with served(site) as found:
        yield found


@pytest.fixture(scope="module")
def host(site):
    """The address of the site on a static host that compresses, and lets the browser keep files."""
    from tools.static_host import hosted

    with hosted(site) as found:
        yield found


@pytest.fixture(scope="module")
def lite(site):
    """The folder of JupyterLite in the site."""
    folder = site / "lite"
    if not folder.is_dir():
        pytest.skip("the site has no JupyterLite : make assets book")
    return folder


# ---------------------------------------------------------------- interactive figures, each alone


@pytest.fixture(scope="module")
def figure_pages(request, tmp_path_factory):
    """Name -> address of a page with that figure alone, for the FIGURES of a module."""
    from tests.site.interactive import shown

    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(shown(figure, tmp_path_factory.mktemp(name)))
            for name, figure in request.module.FIGURES.items()
        }


@pytest.fixture
def opened(browser, figure_pages):
    """Open the page of a figure: ``opened("batch", width=360, touch=True)`` gives hands for it."""
    from tests.site.interactive import Hands

    return lambda name, **how: Hands(browser).open(figure_pages[name], **how)


@pytest.fixture
def hands(request, opened):
    """Hands for a module's only figure."""
    (name,) = request.module.FIGURES
    return opened(name)
