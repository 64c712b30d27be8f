"""What is graded of an upload, and under whose id: every file of it may be hostile."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlib.grader.exports import upload


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "submission").mkdir()
    (tmp_path / "metadata.json").write_text(json.dumps({"users": [{"id": 7}, {"id": 8}]}))
    return tmp_path


def put(folder, name, content=b"{}"):
    path = folder / "submission" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def stage(folder):
    return upload.stage(
        folder / "submission", folder / "metadata.json", "04_algorithm", folder / "target"
    )


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["04_algorithm.ipynb"], "04_algorithm.ipynb"),
        (["my work (2).ipynb", "notes.txt"], "my work (2).ipynb"),
        (["a.ipynb", "work/04_Algorithm.ipynb"], "work/04_Algorithm.ipynb"),
        (["04_algorithm.ipynb", ".ipynb_checkpoints/04_algorithm.ipynb"], "04_algorithm.ipynb"),
        (["04_algorithm.ipynb", "__MACOSX/04_algorithm.ipynb"], "04_algorithm.ipynb"),
        (["x.ipynb", "._x.ipynb"], "x.ipynb"),
        (["\u202egro.ipynb"], "\u202egro.ipynb"),
    ],
)
def test_the_notebook_that_is_graded(folder, names, chosen):
    for name in names:
        put(folder, name, name.encode())
    copy = stage(folder)
    assert copy == folder / "target" / "7" / "04_algorithm.ipynb"
    assert copy.read_bytes() == chosen.encode()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "holds no notebook. Submit 04_algorithm.ipynb."),
        (["04_algorithm.py", "ipynb"], "holds no notebook"),
        (["a.ipynb", "b.ipynb"], "2 notebooks, none named 04_algorithm.ipynb"),
        (["04_algorithm.ipynb", "x/04_algorithm.ipynb"], "2 notebooks with the name"),
    ],
)
def test_an_upload_that_is_not_one_notebook_is_refused(folder, names, said):
    for name in names:
        put(folder, name)
    with pytest.raises(upload.UploadError, match=said):
        stage(folder)
    assert not (folder / "target").exists()


def test_no_link_and_no_device_is_followed(folder, monkeypatch):
    (folder / "secret").write_text("secret")
    link = folder / "submission" / "04_algorithm.ipynb"
    link.symlink_to(folder / "secret")
    with pytest.raises(upload.UploadError, match="cannot be read"):
        stage(folder)
    link.unlink()
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "04_algorithm.ipynb").write_text("secret")
    (folder / "submission" / "within").symlink_to(folder / "elsewhere")
    with pytest.raises(upload.UploadError, match="holds no notebook"):
        stage(folder)
    os.mkfifo(link)
    with pytest.raises(upload.UploadError, match="it is no plain file"):
        upload.stage(
            folder / "submission", folder / "metadata.json", "04_algorithm", folder / "other"
        )


def test_what_is_too_large_is_refused(folder, monkeypatch):
    put(folder, "04_algorithm.ipynb", b"x" * 2_000_001)
    monkeypatch.setattr(upload, "LARGEST_NOTEBOOK", 2_000_000)
    with pytest.raises(upload.UploadError, match="it is larger than 2 MB"):
        stage(folder)
    monkeypatch.setattr(upload, "MOST_FILES", 3)
    for number in range(3):
        put(folder, f"{number}.txt")
    with pytest.raises(upload.UploadError, match="more than 3 files"):
        stage(folder)


@pytest.mark.parametrize(
    ("metadata", "id"),
    [
        ({"users": [{"id": 1234, "name": "A", "email": "a@b.example"}]}, "1234"),
        ({"users": [{"id": "ab-1_2"}]}, "ab-1_2"),
        ({"users": [{"id": "../../etc"}]}, upload.NOBODY),
        ({"users": [{"id": "a\n"}]}, upload.NOBODY),
        ({"users": [{"id": "x" * 65}]}, upload.NOBODY),
        ({"users": [{"id": None}]}, upload.NOBODY),
        ({"users": [{"id": [1]}]}, upload.NOBODY),
        ({"users": [{"name": "../x"}]}, upload.NOBODY),
        ({"users": []}, upload.NOBODY),
        ({"users": 3}, upload.NOBODY),
        ([], upload.NOBODY),
    ],
)
def test_the_id_of_the_student(tmp_path, metadata, id):
    path = tmp_path / "m"
    path.write_text(json.dumps(metadata))
    assert upload.student(path) == id


@pytest.mark.parametrize("content", [b"", b"\xff", b"{", b"[" * 100_000, b"[]" * 10])
def test_metadata_that_cannot_be_read_name_nobody(tmp_path, content, monkeypatch):
    path = tmp_path / "m"
    assert upload.student(path) == upload.NOBODY
    path.write_bytes(content)
    assert upload.student(path) == upload.NOBODY
    path.write_text('{"users": [{"id": 1}]}')
    assert upload.student(path) == "1"
    monkeypatch.setattr(upload, "LARGEST_METADATA", 3)
    assert upload.student(path) == upload.NOBODY


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x, max_size=2)))
def test_any_id_makes_a_file_name_of_one_part(tmp_path_factory, id):
    path = tmp_path_factory.mktemp("m") / "m"
    path.write_text(json.dumps({"users": [{"id": id}]}))
    found = upload.student(path)
    assert 0 < len(found) <= 64
    assert set(found).isdisjoint("/\\.\0 \n")
    assert found.isascii()


def test_as_a_program_it_tells_the_student_what_is_wrong(folder):
    results = folder / "results.json"
    words = [folder / "submission", folder / "metadata.json", "04_algorithm"]
    words = [str(word) for word in (*words, folder / "target", results)]
    with pytest.raises(SystemExit) as ended:
        upload.main(words)
    assert ended.value.code == upload.NOTHING_TO_GRADE
    assert json.loads(results.read_text())["output"].startswith("Your upload holds no notebook.")
    results.unlink()
    put(folder, "04_algorithm.ipynb")
    subprocess.run([sys.executable, "-m", upload.__name__, *words], check=True)
    assert not results.exists()
    assert (folder / "target" / "7" / "04_algorithm.ipynb").exists()
