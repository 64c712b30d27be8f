"""Files and archives that are hostile: refused with a reason, and read whole where they are not."""

import contextlib
import io
import os
import pickle
import socket
import stat
import struct
import zipfile
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import repeatable

from bnlib.grader.intake import archives, files
from bnlib.grader.intake.archives import Member, members
from bnlib.grader.intake.files import MIB, File, Refused, listing


def zipped(*entries, **options):
    """The bytes of an archive of (name or ZipInfo, content)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def archive(tmp_path):
    def stored(data):
        (tmp_path / "x.zip").write_bytes(data)
        return File(str(tmp_path), ("x.zip",))

    return stored


# ---------------------------------------------------------------- files


def test_a_file_is_read(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.ipynb").write_bytes(b"12345")
    file = File(str(tmp_path), ("a", "x.ipynb"))
    assert file.read(5) == b"12345"
    assert pickle.loads(pickle.dumps(file)) == file
    with pytest.raises(Refused, match="too large"):
        file.read(4)


def test_a_file_that_grows_while_it_is_read_is_read_whole_or_refused(tmp_path, monkeypatch):
    (tmp_path / "x.ipynb").write_bytes(b"0123456789")
    file, fstat = File(str(tmp_path), ("x.ipynb",)), os.fstat

    def before(descriptor):
        found = fstat(descriptor)
        return SimpleNamespace(st_mode=found.st_mode, st_size=4)

    monkeypatch.setattr(os, "fstat", before)
    assert file.read(10) == b"0123456789"
    with pytest.raises(Refused, match="too large"):
        file.read(9)


def hostile_folder(root):
    """Names in `root`, each with why it is refused."""
    (root / "secret").mkdir()
    (root / "secret" / "key.ipynb").write_text("key")
    inside = root / "in"
    inside.mkdir()
    (inside / "link.ipynb").symlink_to(root / "secret" / "key.ipynb")
    (inside / "dangling.zip").symlink_to("nowhere")
    (inside / "folder").symlink_to(root / "secret")
    (inside / "dir.ipynb").mkdir()
    (inside / "dir.ipynb" / "x.ipynb").write_text("x")
    os.mkfifo(inside / "fifo.ipynb")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(inside / "s.ipynb"))
    server.close()
    return inside, {
        ("link.ipynb",): "is a symbolic link",
        ("dangling.zip",): "is a symbolic link",
        ("folder",): "is a symbolic link",
        ("dir.ipynb",): "is a folder, not a file",
        ("fifo.ipynb",): "is a FIFO",
        ("s.ipynb",): "is a socket",
    }


@pytest.mark.parametrize("by_descriptor", [True, False])
def test_links_and_special_files_are_refused(tmp_path, monkeypatch, by_descriptor):
    monkeypatch.setattr(files, "_BY_DESCRIPTOR", by_descriptor)
    root, reasons = hostile_folder(tmp_path)
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "x.IPYNB").write_text("fine")
    (root / "a" / ".x.ipynb").write_text("hidden")
    (root / "a" / "notes.txt").write_text("no matter")
    for name in (".ipynb_checkpoints", "__MACOSX"):
        (root / name).mkdir()
        (root / name / "x.ipynb").write_text("no")
    found = {item.parts: item for item in listing(str(root))}
    assert {parts: item.refused for parts, item in found.items()} == {
        **reasons,
        ("a", "b", "x.IPYNB"): "",
    }
    assert found["a", "b", "x.IPYNB"].source.read(10) == b"fine"
    for parts in reasons:
        with pytest.raises(Refused):
            found[parts].source.read(10)


@pytest.mark.parametrize("by_descriptor", [True, False])
def test_what_became_a_link_since_is_not_followed(tmp_path, monkeypatch, by_descriptor):
    monkeypatch.setattr(files, "_BY_DESCRIPTOR", by_descriptor)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "x.ipynb").write_text("key")
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "a" / "x.ipynb").write_text("mine")
    (found,) = listing(str(tmp_path / "in"))
    (tmp_path / "in" / "a").rename(tmp_path / "in" / "b")
    (tmp_path / "in" / "a").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused, match="symbolic link"):
        found.source.read(10)


def test_devices_missing_files_and_odd_names_are_refused(tmp_path):
    for root, parts, said in (
        ("/dev", ("null",), "is a device"),
        (str(tmp_path), ("none",), "No such file"),
        (str(tmp_path), ("a\0b",), "null byte"),
    ):
        with pytest.raises(Refused, match=said):
            File(root, parts).read(10)


def test_folders_are_searched_within_limits(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_DEPTH", 3)
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (found,) = listing(str(tmp_path))
    assert found.refused == "lies more than 3 folders deep"
    monkeypatch.setattr(files, "MAX_ENTRIES", 2)
    with pytest.raises(Refused, match="more than 2 files"):
        list(listing(str(tmp_path)))


def test_a_folder_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()

    def scan(root, below, real=files._scan):
        if below:
            raise PermissionError(13, "Permission denied")
        return real(root, below)

    monkeypatch.setattr(files, "_scan", scan)
    (found,) = listing(str(tmp_path))
    assert (found.parts, found.refused) == (("a",), "cannot be opened (Permission denied)")


# ---------------------------------------------------------------- archives


def test_members_are_found_and_read_in_place(archive, tmp_path):
    source = archive(
        zipped(
            ("a/x.ipynb", "one"),
            ("a\\y.ipynb", "two"),
            ("a/notes.txt", "no"),
            ("./z.IPYNB", "three"),
            ("__MACOSX/a/._x.ipynb", "no"),
            ("a/.ipynb_checkpoints/x.ipynb", "no"),
            ("a/timestamp.txt", "2026-01-01 00:00:00 UTC"),
        )
    )
    found, outside = members(source)
    assert outside == []
    assert [(item.parts, item.refused) for item in found] == [
        (("a", "x.ipynb"), ""),
        (("a", "y.ipynb"), ""),
        (("z.IPYNB",), ""),
        (("a", "timestamp.txt"), ""),
    ]
    assert [item.source.read(100) for item in found[:3]] == [b"one", b"two", b"three"]
    assert pickle.loads(pickle.dumps(found[0].source)).read(3) == b"one"
    with pytest.raises(Refused, match="too large"):
        found[2].source.read(4)
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


def test_a_stored_member_larger_than_a_list_of_members(archive):
    data = os.urandom(17 * MIB)
    info = zipfile.ZipInfo("x.ipynb")
    (found,), _ = members(archive(zipped((info, data))))
    assert found.source.read(64 * MIB) == data


def test_names_that_lead_out_are_named_and_nothing_is_written(archive, tmp_path):
    source = archive(
        zipped(
            ("../../x.ipynb", "a"),
            ("/etc/x.ipynb", "b"),
            ("a/../../x.ipynb", "c"),
            ("C:\\x.ipynb", "d"),
            ("..\\x.ipynb", "e"),
        )
    )
    found, outside = members(source)
    assert found == []
    assert len(outside) == 5
    assert outside[0] == "a member named '../../x.ipynb' leads out of the archive"
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


def test_names_in_other_encodings(archive):
    # UTF-8 without the flag, as macOS writes it, and code page 437.
    plain = zipped(("caf__.ipynb", "x"), ("b_.ipynb", "y"))
    data = plain.replace(b"caf__", "café".encode()).replace(b"b_.", b"b\x94.")
    found, _ = members(archive(data))
    assert [item.parts for item in found] == [("café.ipynb",), ("bö.ipynb",)]
    assert [item.source.read(10) for item in found] == [b"x", b"y"]
    flagged = zipped(("é.ipynb", "x")).replace("é".encode(), b"\xff\xfe")
    with pytest.raises(Refused, match="cannot be unpacked"):
        members(archive(flagged))


def test_members_that_are_no_files_are_refused(archive):
    link = zipfile.ZipInfo("link.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    fifo = zipfile.ZipInfo("fifo.ipynb")
    fifo.external_attr = (stat.S_IFIFO | 0o777) << 16
    found, _ = members(
        archive(
            zipped(
                (link, "/etc/passwd"),
                (fifo, ""),
                ("dir.ipynb/", ""),
                ("/".join("a" * 50) + "/x.ipynb", ""),
            )
        )
    )
    assert [item.refused for item in found] == [
        "is a symbolic link",
        "is a special file",
        "is a folder, not a file",
        "lies more than 40 folders deep",
    ]


def test_bombs_are_refused(archive, monkeypatch):
    found, _ = members(archive(zipped(("x.ipynb", b"\0" * 20 * MIB), ("y.ipynb", b"0" * MIB))))
    assert [item.refused for item in found] == [
        "unpacks to more than 300 times its size, as an archive bomb does",
        "",
    ]
    monkeypatch.setattr(archives, "MAX_NOTEBOOK", MIB)
    found, _ = members(archive(zipped(("x.ipynb", os.urandom(2 * MIB)))))
    assert found[0].refused == "is too large: more than 1 MiB"
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    with pytest.raises(Refused, match="more than 2 members"):
        members(archive(zipped(*((f"{i}.ipynb", "") for i in range(3)))))
    monkeypatch.setattr(archives, "MAX_DIRECTORY", 70_000)
    with pytest.raises(Refused, match="list of members longer"):
        members(archive(zipped(*((f"{i}.txt", "") for i in range(2000)))))


def test_a_member_that_lies_about_its_size(archive):
    """The list of members says 3 bytes; the data unpack to a MiB."""
    data = bytearray(zipped(("x.ipynb", b"a" * MIB)))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.find(mark) + place, 3)
    (found,), _ = members(archive(bytes(data)))
    with pytest.raises(Refused, match="cannot be unpacked"):
        found.source.read(10)


def test_locked_broken_and_odd_archives_are_refused(archive):
    good = zipped(("x.ipynb", "x" * 1000))
    locked = bytearray(good)
    locked[6] |= 1
    locked[good.find(b"PK\x01\x02") + 8] |= 1
    (found,), _ = members(archive(bytes(locked)))
    assert found.refused == "is locked with a password"
    with pytest.raises(Refused, match="cannot be unpacked"):
        found.source.read(2000)

    method = good.replace(good[8:10], b"\x63\0")
    (found,), _ = members(archive(method))
    with pytest.raises(Refused, match="cannot be unpacked"):
        found.source.read(2000)

    for data in (b"", b"PK\x05\x06", good[:-10], good[60:], b"no zip at all"):
        with pytest.raises(Refused, match="cannot be unpacked"):
            members(archive(data))

    month = bytearray(good)
    place = good.find(b"PK\x01\x02") + 14
    month[place : place + 2] = b"\0\0"
    (found,), _ = members(archive(bytes(month)))
    assert found.modified == 0


def test_an_archive_that_changed_since(archive):
    source = archive(zipped(("x.ipynb", "one"), ("y.ipynb", "two")))
    found, _ = members(source)
    archive(zipped(("z.ipynb", "another")))
    for item in found:
        with pytest.raises(Refused, match="no longer where it was"):
            item.source.read(10)


def test_an_archive_in_an_archive(archive):
    inner = zipped(("a/x.ipynb", "inner"))
    (found,), _ = members(archive(zipped(("s.zip", inner))))
    (deep,), _ = members(found.source)
    assert deep.parts == ("a", "x.ipynb")
    assert pickle.loads(pickle.dumps(deep.source)).read(10) == b"inner"
    assert isinstance(deep.source.archive, Member)


def test_a_forked_process_reads_on_its_own(archive):
    """Both read through the same archive; a shared place in the file would mix them up."""
    names = [f"{i}.ipynb" for i in range(50)]
    found, _ = members(archive(zipped(*((name, name * 5000) for name in names))))

    def read_all():
        return all(
            item.source.read(MIB) == (item.parts[0] * 5000).encode() for item in found for _ in "12"
        )

    child = os.fork()
    if child == 0:
        os._exit(0 if read_all() else 1)
    assert read_all()
    assert os.waitpid(child, 0)[1] == 0


GOOD = zipped(("a/x.ipynb", "x" * 200), ("y.zip", zipped(("z.ipynb", "z"))))


@repeatable
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6))
def test_a_damaged_archive_is_read_or_refused(tmp_path_factory, changes):
    data = bytearray(GOOD)
    for place, value in changes:
        data[place] = value
    root = tmp_path_factory.mktemp("damaged")
    (root / "x.zip").write_bytes(data)
    with contextlib.suppress(Refused):
        found, _ = members(File(str(root), ("x.zip",)))
        for item in found:
            item.source.read(MIB)
