"""Fetching of the pinned files: every road, and what goes wrong on it, on a server of the test."""

import base64
import hashlib
import http.server
import io
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from tools import assets
from tools.assets import roads

ROOT = Path(__file__).resolve().parents[2]
FILES = {"one.js": b"let one = 1;\n" * 500, "deep/two.bin": bytes(range(256)) * 40}


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Server(http.server.BaseHTTPRequestHandler):
    """Serves ``server.content`` by path; ``server.cut`` are sent with half of what is promised."""

    def do_GET(self):
        self.server.asked.append(self.path)
        content = self.server.content.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        half = self.path in self.server.cut
        self.wfile.write((content or b"")[: len(content) // 2 if half else None])
        self.close_connection = True

    def log_message(self, *arguments):
        pass


@pytest.fixture
def cdn():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.content = {f"/lib/{name}": content for name, content in FILES.items()}
        server.cut, server.asked = set(), []
        server.address = f"http://127.0.0.1:{server.server_port}/lib/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def closed_port():
    with http.server.HTTPServer(("127.0.0.1", 0), Server) as server:
        return server.server_port


def tarball(path, files):
    """A package as `npm pack` reads one."""
    package = b'{"name": "things", "version": "1.0.0"}'
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {"package.json": package, **files}.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def wheel(folder, files):
    """A wheel of the distribution `things`, as pip takes one."""
    folder.mkdir(exist_ok=True)
    info = "things-1.0.dist-info"
    files = {f"things/{name}": content for name, content in files.items()}
    files[f"{info}/METADATA"] = b"Metadata-Version: 2.1\nName: things\nVersion: 1.0\n"
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join(
        f"{n},sha256={base64.urlsafe_b64encode(hashlib.sha256(c).digest()).decode().rstrip('=')},"
        f"{len(c)}\n"
        for n, c in files.items()
    )
    with zipfile.ZipFile(folder / "things-1.0-py3-none-any.whl", "w") as archive:
        for name, content in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(name, content)
    return folder


class Place:
    """A list of one asset, a cache, and what was said."""

    def __init__(self, folder):
        self.list, self.cache, self.said = folder / "assets.toml", folder / "cache", []

    def write(self, *roads, files=None):
        text = '[things]\nversion = "1.0"\nwithout = "there are no things"\nroads = [\n'
        text += "".join(f"  {{ {road} }},\n" for road in roads) + "]\n[things.files]\n"
        pinned = files or {name: digest(content) for name, content in FILES.items()}
        text += "".join(f'"{name}" = "{sha}"\n' for name, sha in pinned.items())
        self.list.write_text(text)

    def fetch(self):
        self.said = []
        return assets.fetch("things", assets=self.list, cache=self.cache, say=self.said.append)

    def holds_all(self):
        folder = self.cache / "things-1.0"
        return {n: (folder / n).read_bytes() for n in FILES} == FILES

    def files(self):
        return {p.relative_to(self.cache).as_posix() for p in self.cache.rglob("*") if p.is_file()}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(roads, "_silent", set())
    return Place(tmp_path)


# ---------------------------------------------------------------- the CDN, and the cache


def test_the_cdn_is_enough(place, cdn):
    place.write(f'cdn = "{cdn.address}"', 'npm = "no-such-package@0"')
    assert place.fetch() == place.cache / "things-1.0"
    assert place.holds_all()
    assert place.files() == {f"things-1.0/{name}" for name in FILES}
    assert place.said == [f"things 1.0: 2 of 2 files from {cdn.address}"]


def test_what_is_in_the_cache_is_not_asked_for_again(place, cdn):
    place.write(f'cdn = "{cdn.address}"')
    place.fetch()
    before = list(cdn.asked)
    assert sorted(before) == sorted(cdn.content)
    assert place.fetch()
    assert cdn.asked == before
    assert place.said == []


def test_a_spoilt_file_in_the_cache_is_fetched_again_and_nothing_else(place, cdn):
    place.write(f'cdn = "{cdn.address}"')
    (place.fetch() / "one.js").write_bytes(b"let one = 2;\n")
    cdn.asked.clear()
    assert place.fetch()
    assert cdn.asked == ["/lib/one.js"]
    assert place.holds_all()


def test_an_environment_variable_names_the_cache(place, cdn, tmp_path, monkeypatch):
    place.write(f'cdn = "{cdn.address}"')
    monkeypatch.setenv("BATCHNORM_ASSETS", str(tmp_path / "elsewhere"))
    found = assets.fetch("things", assets=place.list, say=place.said.append)
    assert found == tmp_path / "elsewhere" / "things-1.0"


# ---------------------------------------------------------------- what goes wrong


def local_npm(tmp_path, files=FILES):
    return f'npm = "things@file:{tarball(tmp_path / "things.tgz", files)}"'


def test_a_spoilt_file_is_refused_and_the_next_road_taken(place, cdn, tmp_path):
    spoilt = FILES["one.js"].replace(b"1", b"2", 1)
    cdn.content["/lib/one.js"] = spoilt
    place.write(f'cdn = "{cdn.address}"', local_npm(tmp_path))
    assert place.fetch()
    assert place.holds_all()
    refused = [line for line in place.said if ": refused " in line]
    assert len(refused) == 1
    for part in ("one.js", cdn.address, digest(spoilt)[:12], digest(FILES["one.js"])[:12]):
        assert part in refused[0]


def test_a_spoilt_file_without_another_road_is_not_kept(place, cdn):
    cdn.content["/lib/one.js"] = b"alert(1)"
    place.write(f'cdn = "{cdn.address}"')
    assert place.fetch() is None
    assert place.files() == {"things-1.0/deep/two.bin"}
    assert place.said[-1] == "things 1.0 is missing (one.js, of 2): there are no things"


def test_a_file_cut_off_half_way_is_taken_from_the_next_road(place, cdn, tmp_path):
    cdn.cut = {"/lib/deep/two.bin"}
    place.write(f'cdn = "{cdn.address}"', local_npm(tmp_path))
    assert place.fetch()
    assert place.holds_all()
    assert place.said[0] == f"things 1.0: 1 of 2 files from {cdn.address}"


def test_a_file_that_is_not_there_is_taken_from_the_next_road(place, cdn, tmp_path):
    del cdn.content["/lib/one.js"]
    place.write(f'cdn = "{cdn.address}"', local_npm(tmp_path))
    assert place.fetch()
    assert place.holds_all()


def test_without_a_network_it_is_said_and_the_build_goes_on(place, closed_port):
    place.write(f'cdn = "http://127.0.0.1:{closed_port}/lib/"', 'cdn = "https://host.invalid/lib/"')
    assert place.fetch() is None
    assert [line.split(": ")[-1] for line in place.said[:2]] == ["no connection"] * 2
    missing = "things 1.0 is missing (one.js and 1 more files, of 2): there are no things"
    assert place.said[2:] == [missing]


def test_two_processes_at_once_do_not_harm_each_other(place, cdn):
    place.write(f'cdn = "{cdn.address}"')
    program = (
        "import sys; from pathlib import Path; from tools.assets import fetch;"
        "found = fetch('things', assets=Path(sys.argv[1]), cache=Path(sys.argv[2]));"
        "sys.exit(found is None)"
    )
    command = [sys.executable, "-c", program, str(place.list), str(place.cache)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(3)]
    for process in running:
        with process:
            process.communicate(timeout=60)
        assert process.returncode == 0
    assert place.holds_all()
    assert place.files() == {f"things-1.0/{name}" for name in FILES}


# ---------------------------------------------------------------- npm and pip


def test_npm_packs_a_package(place, tmp_path):
    inside = {f"dist/{name}": content for name, content in FILES.items()}
    place.write(f'{local_npm(tmp_path, inside)}, folder = "dist/"')
    assert place.fetch()
    assert place.holds_all()


def test_pip_downloads_a_wheel(place, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel(tmp_path / "wheels", FILES)))
    place.write('wheel = "things@1.0", folder = "things/"')
    assert place.fetch()
    assert place.holds_all()
    assert place.said == ["things 1.0: 2 of 2 files from wheel things@1.0"]


@pytest.mark.parametrize("version", ["0.9", "1.0"])
def test_pip_without_such_a_wheel_is_no_road(place, tmp_path, monkeypatch, version):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    folder = wheel(tmp_path / "wheels", FILES)
    if version == "1.0":
        (folder / "things-1.0-py3-none-any.whl").write_bytes(b"no zip")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    place.write(f'wheel = "things@{version}", folder = "things/"')
    assert place.fetch() is None
    assert place.said[0].startswith(f"things 1.0: 0 of 2 files from wheel things@{version}: ")


def test_without_npm_the_next_road_is_taken(place, cdn, monkeypatch):
    monkeypatch.setattr(roads.shutil, "which", lambda name: None)
    place.write('npm = "things@1.0.0"', f'cdn = "{cdn.address}"')
    assert place.fetch()
    assert place.said[0].endswith("npm is not installed")


def test_an_asset_of_two_packages(place, tmp_path, monkeypatch):
    """`at` says below which folder a road's files lie."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv(
        "PIP_FIND_LINKS", str(wheel(tmp_path / "wheels", {"two.bin": FILES["deep/two.bin"]}))
    )
    place.write(
        local_npm(tmp_path, {"one.js": FILES["one.js"]}),
        'wheel = "things@1.0", folder = "things/", at = "deep/"',
    )
    assert place.fetch()
    assert place.holds_all()


# ---------------------------------------------------------------- the list


def test_the_list_of_the_book_can_be_read():
    listed = assets.read()
    assert {"mathjax", "pyodide", "axe"} <= set(listed)
    for asset in listed.values():
        assert asset.files
        assert asset.without
        # The CDN first; another road for those whom it does not answer.
        assert asset.roads[0].kind == "cdn"
        assert len(asset.roads) > 1


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"../x.js": digest(b"")}, "no relative path"),
        ({"/etc/x.js": digest(b"")}, "no relative path"),
        ({"x.js": "abc"}, "expected a sha256"),
    ],
)
def test_a_wrong_list_is_refused(place, files, message):
    place.write('npm = "things@1.0"', files=files)
    with pytest.raises(ValueError, match=message):
        place.fetch()


@pytest.mark.parametrize("road", ['ftp = "x"', 'npm = "x@1", cdn = "y"', 'npm = "things"'])
def test_a_wrong_road_is_refused(place, road):
    place.write(road)
    with pytest.raises(ValueError, match="asset things"):
        place.fetch()


def test_an_unknown_asset_is_named(place):
    place.write('npm = "things@1.0"')
    with pytest.raises(KeyError, match=r"no asset 'thing'.*which has things"):
        assets.fetch("thing", assets=place.list, cache=place.cache)


def test_the_command_names_what_is_unknown():
    command = [sys.executable, "-m", "tools.assets", "mathjx"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unknown: mathjx" in done.stderr
