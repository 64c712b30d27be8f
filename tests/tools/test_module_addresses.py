"""Addresses of our own modules: a hash of each and of all that it loads, the same everywhere."""

import re
import time
from pathlib import Path

import pytest

from tools.site import finish, modules, styles

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = {
    "live/cells.js": (
        'import { keys } from "./store.js";\nconst all = () => import("./page.js");\n'
        '/** @param {import("./gone.js").Gone} x */\n// import "./gone.js";\n'
        'const folder = new URL("../../vendor/x/", import.meta.url);\n'
        'const other = new URL("index.js", folder);\n'
    ),
    "live/page.js": (
        'import {\n  Runtime,\n  Stopped,\n} from "./runtime.js";\nimport "./store.js";\n'
        'import { plot } from "../../vendor/plot.js";\n'
    ),
    "live/runtime.js": 'new Worker(new URL(\n  "worker.js", import.meta.url), {});\n',
    "live/worker.js": "import { manifest } from './manifest.js';\n",
    "live/manifest.js": "export const manifest = 1;\n",
    "live/store.js": "export const keys = 1;\n",
    "practice/work.js": 'const it = await import("../live/runtime.js");\n',
    "figures/host.js": "const x = 1;\n",
}
PAGE = """<!DOCTYPE html>
<html lang="en" data-content_root="../" >
  <head>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>T</title>
    <link rel="stylesheet" href="../_static/course.css?v=2" />
    <link rel="modulepreload" href="../_static/live/page.js" />
    <script src="../_static/doctools.js?v=4"></script>
    <script type="module" src="../_static/live/cells.js?v=ac5df3e2"></script>
  </head>
  <body><p>text</p></body>
</html>
"""
ABOVE_MANIFEST = {
    "live/manifest.js",
    "live/worker.js",
    "live/runtime.js",
    "live/page.js",
    "live/cells.js",
    "practice/work.js",
}


@pytest.fixture
def site(tmp_path):
    static = tmp_path / "_static"
    for name, text in SCRIPTS.items():
        path = static / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (static / "documentation_options.js").write_text("")
    (static / "doctools.js").write_text("")
    (static / "course.css").write_text(".a { color: green }\n")
    for name in ("one", "two"):
        page = tmp_path / "book" / f"{name}.html"
        page.parent.mkdir(exist_ok=True)
        page.write_text(PAGE)
    return tmp_path


def state(site):
    """Contents and times of all files."""
    files = [p for p in sorted(site.rglob("*")) if p.is_file()]
    return {p.relative_to(site).as_posix(): (p.read_text(), p.stat().st_mtime_ns) for p in files}


def test_a_module_has_one_address_wherever_it_is_named(site):
    finish.finish(site, ROOT)
    found = {}
    texts = {p: p.read_text() for p in [*site.rglob("*.js"), site / "book" / "one.html"]}
    for path, text in texts.items():
        for name, query in re.findall(r'["\']([\w./-]+\.js)\?v=([0-9a-f]{12})["\']', text):
            found.setdefault((path.parent / name).resolve(), []).append(query)
    named = {path.relative_to(site / "_static").as_posix(): set(v) for path, v in found.items()}
    loaded = set(SCRIPTS) - {"practice/work.js", "figures/host.js"}
    assert set(named) == loaded
    assert all(len(queries) == 1 for queries in named.values())
    # The runtime in a page of cells and in one of exercises, the store in two modules.
    assert len(found[site / "_static/live/runtime.js"]) == 2
    assert len(found[site / "_static/live/page.js"]) == 2  # the preload is one of them


def test_comments_folders_and_what_is_not_ours_stay(site):
    finish.finish(site, ROOT)
    cells = (site / "_static/live/cells.js").read_text()
    assert '/** @param {import("./gone.js").Gone} x */\n// import "./gone.js";\n' in cells
    assert 'new URL("../../vendor/x/", import.meta.url)' in cells
    assert 'new URL("index.js", folder)' in cells
    assert '"../../vendor/plot.js"' in (site / "_static/live/page.js").read_text()


def test_without_a_change_nothing_is_written(site):
    finish.finish(site, ROOT)
    once = state(site)
    finish.finish(site, ROOT)
    assert state(site) == once


def test_sphinx_bringing_the_scripts_again_changes_nothing(site):
    finish.finish(site, ROOT)
    once = {name: text for name, (text, _) in state(site).items()}
    for name, text in SCRIPTS.items():
        (site / "_static" / name).write_text(text)
    finish.finish(site, ROOT)
    assert {name: text for name, (text, _) in state(site).items()} == once


def test_an_edit_changes_the_addresses_of_all_that_come_to_it(site):
    finish.finish(site, ROOT)
    before, page = modules.address(site).hashes, (site / "book" / "one.html").read_text()
    sheet = (site / styles.NAME).read_text()
    (site / "_static/live/manifest.js").write_text("export const manifest = 2;\n")
    finish.finish(site, ROOT)
    after = modules.address(site).hashes
    assert {name for name in after if after[name] != before[name]} == ABOVE_MANIFEST
    for name in ("one", "two"):
        text = (site / "book" / f"{name}.html").read_text()
        assert f'src="../_static/live/cells.js?v={after["live/cells.js"]}"' in text
        assert f'href="../_static/live/page.js?v={after["live/page.js"]}"' in text
        assert text != page
    # A hash is no word that a style could be of.
    assert (site / styles.NAME).read_text() == sheet


def test_modules_that_import_each_other_have_addresses():
    texts = {"live/a.js": 'import "./b.js";', "live/b.js": 'import "./a.js";'}
    hashes = modules.hashed(texts).hashes
    other = modules.hashed(texts | {"live/b.js": 'import "./a.js"; 2'}).hashes
    assert len(set(hashes.values())) == 2
    assert not set(hashes.values()) & set(other.values())


def test_a_page_that_loads_what_is_not_there_is_an_error(site):
    (site / "_static/live/manifest.js").unlink()
    with pytest.raises(FileNotFoundError, match=r"live/page\.js, which needs live/manifest\.js"):
        finish.finish(site, ROOT)


def test_what_an_earlier_version_left_is_no_error(site):
    (site / "_static/practice/old.js").write_text('import "./gone.js";\n')
    finish.finish(site, ROOT)
    assert (site / "_static/practice/old.js").read_text() == 'import "./gone.js";\n'


def test_a_site_of_many_modules_takes_no_time():
    texts = {f"live/{i}.js": f'import "./{i + 1}.js";\n' * 20 for i in range(60)}
    texts["live/60.js"] = ""
    start = time.process_time()
    assert len(modules.hashed(texts).hashes) == 61
    assert time.process_time() - start < 1


def test_every_module_of_the_tree_is_found():
    """Each import of another of our modules is one of the forms that get an address."""
    static = ROOT / "book" / "_static"
    paths = [p for folder in modules.FOLDERS for p in (static / folder).rglob("*.js")]
    texts = {p.relative_to(static).as_posix(): p.read_text("utf-8") for p in paths}
    texts |= {"live/manifest.js": "", "figures/modules.js": ""}
    made = modules.hashed(texts)
    assert not made.lacking
    for name, text in texts.items():
        given = modules._with_hashes(name, text, made.hashes)
        for line in given.splitlines():
            if not line.lstrip().startswith(("//", "*", "/*")):
                left = re.search(r"""(?:from|import)\b[\s(]*["']\.[^"'?]*["']""", line)
                assert left is None, f"{name}: {line}"
