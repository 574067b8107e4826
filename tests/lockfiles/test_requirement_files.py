"""Requirements and constraints files: pip's syntax, what includes what, and what pip would not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatekeeper import lockfiles
from gatekeeper.errors import UndecidedError
from tests.lockfiles.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

A, B = "a" * 64, "b" * 64
WHOLE = rf"""# what we run
-i https://user:geheim@index.example/simple
--extra-inde=https://two.example/simple
--find-links ./wheels --pre
flask[async] >= 2 ; python_version < "3.12"  # why
one==1.0 \
    --hash=sha256:{A} \
    --hash sha256:{B}
    # via
    #   flask
    #   -r requirements.in
two==2.0  # via flask, one
three @ https://files.example/three-3.0.tar.gz#sha256={A}
git+https://code.example/four.git@main#egg=four
./local/five
six-6.0-py3-none-any.whl
-e ../seven[x]
https://files.example/eight-8.0-py3-none-any.whl ; python_version > "3"
nine==9.*
"""


def test_every_way_to_ask_pip_for_something_is_read_with_its_line() -> None:
    lock = lockfiles.read(WHOLE, "requirements.txt")
    assert [(str(each.release), each.place.line, each.kind) for each in lock.releases] == [
        ("flask", 5, "index"),
        ("one 1.0", 6, "index"),
        ("two 2.0", 12, "index"),
        ("three", 13, "url"),
        ("four", 14, "vcs"),
        ("five", 15, "path"),
        ("six 6.0", 16, "path"),
        ("seven", 17, "path"),
        ("eight 8.0", 18, "url"),
        ("nine", 19, "index"),
    ]
    flask, one, two, three = lock.releases[:4]
    assert (flask.specifier, flask.marker) == (">=2", 'python_version < "3.12"')
    assert [file.digests for file in one.files] == [(f"sha256:{A}",), (f"sha256:{B}",)]
    assert (one.direct, one.wanted_by) == (True, ("flask",))
    assert (two.direct, two.wanted_by) == (False, ("flask", "one"))
    assert three.files[0].digests == (f"sha256:{A}",)
    assert lock.kind == "manifest"


def test_sources_are_read_and_never_show_their_credentials() -> None:
    lock = lockfiles.read(WHOLE, "requirements.txt")
    assert [(source.kind, source.shown, source.place.line) for source in lock.sources] == [
        ("index", "https://index.example/simple", 2),
        ("index", "https://two.example/simple", 3),
        ("find-links", "./wheels", 4),
    ]
    assert "geheim" not in repr(lock)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a==1\nb==2\n", "lock"),
        ("a==1\nb>=2\n", "manifest"),
        ("a @ https://files.example/a-1.zip\n", "lock"),
        ("", "manifest"),
    ],
)
def test_a_file_in_which_everything_is_pinned_is_a_lock(text: str, kind: str) -> None:
    assert lockfiles.read(text, "requirements.txt").kind == kind


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n--unheard-of\n", 2),
        ("a\n\n==1.0\n", 3),
        ("a\nb --hash='\n", 2),
        ("-r\n", 1),
        ("a >= \n", 1),
        ("a[\n", 1),
        ("a\\\n b c\n", 1),
        ("a==1; not a marker\n", 1),
        ("--no-index --index=https://x.example/ --extra\n", 1),
        (f"{'a' * 5000}\n", 1),
    ],
)
def test_what_pip_would_not_take_is_an_error_that_names_the_line(text: str, line: int) -> None:
    with pytest.raises(UndecidedError) as told:
        lockfiles.read(text, "requirements.txt")
    assert told.value.message.startswith(f"requirements.txt:{line}: ")
    assert told.value.exit_code == 12


def test_an_error_never_quotes_the_line() -> None:
    with pytest.raises(UndecidedError) as told:
        lockfiles.read(
            "https://user:geheim@files.example/ x y z\n-i https://user:geheim@index.example --wrong\n",
            "requirements.txt",
        )
    assert "geheim" not in told.value.message


def test_constraints_ask_for_nothing() -> None:
    lock = lockfiles.read("a==1\n", "constraints-3.12.txt")
    assert rows(lock) == ["a 1 @1 transitive dev? [constraint]"]
    assert lock.kind == "manifest"


def test_a_file_for_development_is_one_by_its_name() -> None:
    assert [each.dev for each in lockfiles.read("a==1\n", "requirements-dev.txt").releases] == [True]
    assert [each.dev for each in lockfiles.read("a==1\n", "requirements/test.in").releases] == [True]
    assert [each.dev for each in lockfiles.read("a==1\n", "requirements.txt").releases] == [None]


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def test_other_files_are_followed_from_where_they_are_named(tmp_path: Path) -> None:
    written(
        tmp_path,
        {
            "requirements.txt": "-r deep/base.txt\n-c deep/pins.txt\na==1\n",
            "deep/base.txt": "-r ../requirements.txt\n-r more.in\nb==2\n",
            "deep/more.in": "c\n",
            "deep/pins.txt": "-r more.in\nb==2\n",
        },
    )
    locks = lockfiles.load("requirements.txt", lockfiles.on_disk(tmp_path))
    assert {lock.file: rows(lock) for lock in locks if not lock.file.endswith("in")} == {
        "requirements.txt": ["a 1 @3 direct dev?"],
        "deep/base.txt": ["b 2 @3 direct dev?"],
        "deep/pins.txt": ["b 2 @2 transitive dev? [constraint]"],
    }
    assert [rows(lock) for lock in locks if lock.file == "deep/more.in"] == [
        ["c @1 direct dev?"],
        ["c @1 transitive dev? [constraint]"],
    ]


@pytest.mark.parametrize("named", ["https://index.example/more.txt", "file:///etc/more.txt", "${HOME}/more.txt"])
def test_a_file_elsewhere_is_a_notice_that_names_the_line(tmp_path: Path, named: str) -> None:
    written(tmp_path, {"requirements.txt": f"a==1\n-r {named}\n"})
    (lock,) = lockfiles.load("requirements.txt", lockfiles.on_disk(tmp_path))
    assert [(each.kind, str(each.place)) for each in lock.problems] == [("remote-requirements", "requirements.txt:2")]


def test_a_file_that_is_not_there_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    written(tmp_path, {"requirements.txt": "a==1\n-r gone.txt\n"})
    with pytest.raises(UndecidedError, match=r"^requirements\.txt:2: gone\.txt: cannot be read: No such file"):
        lockfiles.load("requirements.txt", lockfiles.on_disk(tmp_path))


def test_a_folder_or_a_device_is_not_read(tmp_path: Path) -> None:
    written(tmp_path, {"requirements.txt": "-r /dev/zero\n", "requirements-two.txt": "-r .\n"})
    for name in ("requirements.txt", "requirements-two.txt"):
        with pytest.raises(UndecidedError, match="cannot be read"):
            lockfiles.load(name, lockfiles.on_disk(tmp_path))


def test_files_without_end_are_an_error() -> None:
    def opened(path: str) -> bytes:
        return f"-r x{path}\n".encode()

    with pytest.raises(UndecidedError, match="more than 200 files"):
        lockfiles.load("requirements.txt", opened)


def test_what_powershell_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("a==1\r\nb==2\r\n".encode("utf-16"))
    (lock,) = lockfiles.load("requirements.txt", lockfiles.on_disk(tmp_path))
    assert rows(lock) == ["a 1 @1 direct dev?", "b 2 @2 direct dev?"]


def test_a_conda_environment_names_what_pip_is_to_install() -> None:
    lock = lockfiles.read(
        "name: own\nchannels: [defaults]\ndependencies:\n  - python=3.11\n  - forge::numpy>=1.2\n  - pip:\n"
        "    - flask==2.0\n    - -r more.txt\n    - -i https://index.example/simple\n    - requests\n",
        "environment.yml",
    )
    assert [(each.release.ecosystem, str(each.release), each.place.line) for each in lock.releases] == [
        ("pypi", "flask 2.0", 7),
        ("pypi", "requests", 10),
        ("conda", "python 3.11", 4),
        ("conda", "numpy", 5),
    ]
    assert [(include.path, include.place.line) for include in lock.includes] == [("more.txt", 8)]
    assert [(source.shown, source.place.line) for source in lock.sources] == [("https://index.example/simple", 9)]
