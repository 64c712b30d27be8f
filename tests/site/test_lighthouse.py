"""Lighthouse, on a simulated telephone, has little to say of any chapter."""

from pathlib import Path

import pytest

from tests.site.page_files import chapters

pytestmark = pytest.mark.needs_system("chromium", "node", "npm")

ROOT = Path(__file__).resolve().parents[2]
PARTS = 3


@pytest.fixture(scope="module")
def packages():
    from conftest import not_run

    from tools.lighthouse import NotInstalled, install

    try:
        return install(ROOT / "_build" / "lighthouse")
    except NotInstalled as error:
        return not_run(f"Lighthouse ({error})", "a connection to the web")


# Three parts, so that a worker does not hold the last tests alone.
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_chapter_has_95_in_all_categories(site, packages, part):
    from tools.lighthouse import BAR, CATEGORIES, scores

    assert len(chapters()) >= 13
    pages = chapters()[part::PARTS]
    found = scores(site, pages, packages)
    assert set(found) == set(pages)
    short = {
        page: (one["scores"], one["metrics"], one["failed"])
        for page, one in found.items()
        if set(one["scores"]) != set(CATEGORIES) or min(one["scores"].values()) < BAR
    }
    assert short == {}


def test_a_page_that_falls_short_would_be_seen(tmp_path, packages):
    from tools.lighthouse import BAR, measure
    from tools.static_host import hosted

    (tmp_path / "bad.html").write_text(
        "<!DOCTYPE html><html><head><title></title></head><body><img src='none.png'>"
        "<p style='color: #ccc'>pale</p></body></html>"
    )
    with hosted(tmp_path) as host:
        (found,) = measure([f"{host}/bad.html"], packages, ("accessibility", "seo"))
    assert max(found["scores"].values()) < BAR
    assert "color-contrast" in {audit["id"] for audit in found["failed"]}
