"""What of other projects lies in the built book, and that edits of static files arrive there."""

import os
import re

import pytest

from tools import assets
from tools.site import static, vendor

LISTED = assets.read()


@pytest.mark.parametrize("name", [name for name, asset in LISTED.items() if asset.site])
def test_the_site_has_every_file_as_it_is_pinned(site, name):
    folder = site / "vendor" / name
    if not folder.exists():
        pytest.skip(f"{name} in the site : python -m tools.assets {name}, then make book")
    assert assets.is_whole(LISTED[name], folder)
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files == set(LISTED[name].files)


def test_what_is_for_tests_alone_is_not_in_the_site(site):
    assert not (site / "vendor" / "axe").exists()


def test_mathjax_is_loaded_where_formulas_are_not_typeset_and_nowhere_else(site):
    loaded = set()
    for page in sorted((site / "book").glob("*.html")):
        text = page.read_text("utf-8")
        scripts = re.findall(r'<script[^>]* src="([^"]*mathjax[^"]*)"', text)
        if 'class="math ' in text and (site / "vendor" / "mathjax").exists():
            assert len(scripts) == (0 if "<mjx-container" in text else 1), page.name
        for script in scripts:
            loaded.add(page.name)
            assert (page.parent / script.partition("?")[0]).resolve().is_file(), page.name
    assert "references.html" not in loaded


@pytest.fixture
def laid(tmp_path):
    """An asset of two files, and where it comes from."""
    source = tmp_path / "cache"
    for name, text in {"one.js": "1", "deep/two.js": "22"}.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    asset = assets.Asset("things", "1.0", "", (), {"one.js": "", "deep/two.js": ""})
    target = tmp_path / "html" / "vendor" / "things"
    vendor.lay(asset, source, target)
    return asset, source, target


def contents(folder):
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_text() for p in files}


def test_only_what_has_changed_is_copied(laid):
    asset, source, target = laid
    assert contents(target) == contents(source)
    before = (target / "one.js").stat().st_ino, (target / "one.js").stat().st_ctime_ns
    (source / "deep" / "two.js").write_text("333")
    vendor.lay(asset, source, target)
    assert contents(target) == {"one.js": "1", "deep/two.js": "333"}
    assert ((target / "one.js").stat().st_ino, (target / "one.js").stat().st_ctime_ns) == before


def test_what_is_done_to_the_site_does_not_reach_the_cache_and_is_mended(laid):
    asset, source, target = laid
    (target / "one.js").write_text("spoilt")
    (target / "stray.js").write_text("")
    assert (source / "one.js").read_text() == "1"
    vendor.lay(asset, source, target)
    assert contents(target) == contents(source)


def test_an_edit_of_a_static_file_is_noticed(tmp_path):
    (tmp_path / "deep").mkdir()
    path = tmp_path / "deep" / "a.css"
    path.write_text("p { color: red }")
    before = static.digest([tmp_path])
    assert static.digest([tmp_path]) == before
    os.utime(path, (1, 1))
    assert static.digest([tmp_path]) == before
    path.write_text("p { color: tan }")
    assert static.digest([tmp_path]) != before
