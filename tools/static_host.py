"""A folder served on the loopback as a static host serves it: compressed, and kept open.

Python's own server sends files as they are and closes the connection after each, so what a
browser measures there is not what a reader meets.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What GitHub Pages and others compress; pictures and fonts are compressed already.
COMPRESSED = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".xml", ".txt", ".md", ".ipynb"}
TYPES = {".mjs": "text/javascript", ".wasm": "application/wasm", ".js": "text/javascript"}


@functools.lru_cache(maxsize=512)
def _packed(path: Path, changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class _Host(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | TYPES

    def setup(self):
        super().setup()
        # Head and body are two writes; Nagle's algorithm would hold the second for 40 ms.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self):
        path = Path(self.translate_path(unquote(urlsplit(self.path).path)))
        if path.is_dir():
            path /= "index.html"
        accepts = "gzip" in self.headers.get("Accept-Encoding", "")
        if not accepts or path.suffix not in COMPRESSED or not path.is_file():
            return super().do_GET()
        body = _packed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def end_headers(self):
        # As GitHub Pages has it.
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()

    def log_message(self, *arguments):
        pass

    def handle(self):
        # A browser that leaves a page closes what it no longer wants.
        with contextlib.suppress(ConnectionError):
            super().handle()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


@contextlib.contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """The address of a folder, served with gzip on the loopback at a free port."""
    handler = functools.partial(_Host, directory=str(folder))
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
