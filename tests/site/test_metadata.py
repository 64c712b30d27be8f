"""What search engines, browsers and those who share a link are told of the book's pages."""

from pathlib import Path

import pytest
from PIL import Image

from tests.site.heads import Head
from tests.site.page_files import built

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def heads(site):
    return {name: Head(path) for name, path in built(site).items()}


def test_every_page_has_a_language_a_title_and_one_description(heads):
    for name, head in heads.items():
        assert head.language == "en", name
        assert head.title.strip(), name
        (text,) = head.meta("description")
        assert 20 < len(text) < 161, (name, text)
        assert "\\" not in text, (name, text)
        assert "$" not in text, (name, text)


def test_a_description_is_the_page_s_own(heads):
    chapters = {name: h.meta("description")[0] for name, h in heads.items() if "book/" in name}
    assert len(set(chapters.values())) == len(chapters)
    assert "normalize a small batch by hand" in chapters["book/04_algorithm.html"]


def test_every_page_has_an_icon_that_is_there(heads, site):
    for name, head in heads.items():
        icons = head.link("icon")
        assert any(icon.endswith(".svg") for icon in icons), name
        for icon in icons:
            assert (site / name).parent.joinpath(icon).is_file(), (name, icon)


def test_chapters_lead_to_the_one_before_and_the_next(heads):
    head = heads["book/04_algorithm.html"]
    assert head.link("prev") == ["03_signals.html"]
    assert head.link("next") == ["05_backward.html"]


def built_without_addresses(site):
    """Whether this build was given none, as `make test` gives none."""
    return not (site / "sitemap.xml").exists()


def test_no_address_is_invented(site, heads):
    if not built_without_addresses(site):
        pytest.skip("the book was built with SITE_URL : make book, without it")
    for name, head in heads.items():
        assert not head.link("canonical"), name
        assert not head.properties(), name
        page = (site / name).read_text("utf-8")
        for label in ("source-edit-button", "source-issues-button", "launch-buttons", "colab"):
            assert label not in page, (name, label)
        assert "mybinder.org" not in page, name


def test_the_icons_and_the_card_are_what_the_program_draws(tmp_path, monkeypatch):
    from tools import site_pictures

    monkeypatch.setattr(site_pictures, "STATIC", tmp_path / "book" / "_static")
    (tmp_path / "book" / "_static").mkdir(parents=True)
    site_pictures.main()
    kept = ROOT / "book" / "_static"
    names = ["card.png", *(f"icons/{n}" for n in ("favicon.svg", "favicon.ico", "touch.png"))]
    for name in names:
        new, old = tmp_path / "book" / "_static" / name, kept / name
        if name.endswith(".svg"):
            assert new.read_text() == old.read_text()
        else:
            one, two = (Image.open(p).convert("RGB") for p in (new, old))
            assert one.size == two.size, name
            # Pixels, as another version of a library may pack them another way.
            difference = sum(abs(a - b) for a, b in zip(one.tobytes(), two.tobytes(), strict=True))
            assert difference / len(one.tobytes()) < 1, name
    assert Image.open(kept / "card.png").size == (1200, 630)
