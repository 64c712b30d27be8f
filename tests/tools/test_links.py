"""Links to other hosts are asked for, and what is broken is told from what cannot be known."""

import http.server
import threading
from pathlib import Path

import pytest

from tests.tools.small_book import write
from tools import links

CONFIG = "title: Trial\nauthor: nobody\nonly_build_toc_files: true\n"
CONFIG += 'execute: {execute_notebooks: "off"}\n'
ANSWERS = {"/there": 200, "/gone": 404, "/guarded": 403, "/moved": 301}


class Host(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        code = ANSWERS[self.path]
        self.send_response(code)
        if code == 301:
            self.send_header("Location", "/there")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *arguments):
        pass


@pytest.fixture
def host():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_each_kind_of_link_is_told_from_the_others(tmp_path, host):
    text = "".join(f"[{name[1:]}]({host}{name}#part)\n\n" for name in ANSWERS)
    files = {"_config.yml": CONFIG, "_toc.yml": "format: jb-book\nroot: index\n"}
    write(tmp_path, {**files, "index.md": f"# Start\n\n{text}"})
    found = links.check(tmp_path, tmp_path / "_toc.yml", tmp_path / "_build")
    said = links.report(found)
    kinds = {Path(line.split(host)[1].split("#")[0]).name: line.split()[0] for line in said}
    assert kinds == {"gone": "BROKEN", "guarded": "not", "moved": "moved"}
    assert said[0].startswith("BROKEN")
    assert [link["uri"] for link in found if links.is_broken(link)] == [f"{host}/gone#part"]
