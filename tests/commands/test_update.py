"""`gatekeeper update`: what comes is checked, put in place at once, and whatever goes wrong changes nothing."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gatekeeper import signatures
from gatekeeper.commands.update import update
from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.evidence.names import names_file
from gatekeeper.files import replace_with
from gatekeeper.history import feeds as room
from gatekeeper.history.advisories import Advisories, build, default_path
from gatekeeper.history.osv import read_record
from gatekeeper.model import Known, Release
from gatekeeper.policy import Feeds
from tests.support import index as faults
from tests.support.index import Answer
from tests.support.osv import all_zip, record

if TYPE_CHECKING:
    from tests.support.index import Fault, Index

NAMES = "# The most used, as of 2031-05.\n" + "".join(f"name-{number}\n" for number in range(1500))
POLICY = Path("gatekeeper.toml")
FEED = "/osv/PyPI/all.zip"
EVIL = Release("pypi", "evil-pkg", "1.0")


@pytest.fixture(autouse=True)
def _a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(room, "TRIES_AGAIN", 0)


@pytest.fixture
def feeds(index: Index) -> Feeds:
    """One feed of each kind, published with their digests."""
    publish(index, "/names/pypi.txt", NAMES.encode())
    publish(index, FEED, all_zip(record("Evil_Pkg", "1.0"), record("old", identity="GHSA-x")))
    return Feeds({"pypi": f"{index.base}/names/pypi.txt"}, (f"{index.base}{FEED}",))


def publish(index: Index, path: str, content: bytes, digest: str | None = None) -> None:
    index.extra[path] = Answer(200, content)
    told = digest or hashlib.sha256(content).hexdigest()
    index.extra[f"{path}.sha256"] = Answer(200, f"{told}  {path.rpartition('/')[2]}\n".encode())


def told(feeds: Feeds) -> list[str]:
    return list(update(feeds, POLICY))


def seed() -> None:
    """Lay down what an earlier update left, without asking anybody."""
    build(default_path(), filter(None, [read_record(json.dumps(record("Evil_Pkg", "1.0")).encode())]))
    replace_with(signatures.own_names("pypi"), signatures.sealed(NAMES.encode()))


def known(release: Release = EVIL) -> list[str] | None:
    advisories = Advisories(default_path())
    found = advisories.about(release)
    advisories.close()
    return [each.id for each in found.value] if isinstance(found, Known) else None


def refused(feeds: Feeds) -> str:
    """Update and fail; what was there before is there still."""
    before = {path: path.read_bytes() for path in default_path().parent.rglob("*") if path.is_file()}
    lines = update(feeds, POLICY)
    with pytest.raises(UndecidedError) as error:
        list(lines)
    assert {path: path.read_bytes() for path in default_path().parent.rglob("*") if path.is_file()} == before
    return f"{error.value.message} {error.value.hint}"


def test_without_feeds_it_says_what_to_write(tmp_path: Path) -> None:
    lines = update(Feeds(), tmp_path / "own.toml")
    said = next(lines)
    assert str(tmp_path / "own.toml") in said
    assert "[feeds]\nnames-pypi = " in said
    with pytest.raises(UsageError, match="no feed is configured"):
        next(lines)


def test_everything_comes_and_is_used(feeds: Feeds) -> None:
    names, malware = told(feeds)
    assert names == "pypi names: 1,500 (2031-05)"
    assert malware.startswith("malware: 1 records on 1 pypi packages, ")
    assert known() == ["MAL-2024-1"]
    assert names_file("pypi").splitlines()[1] == "name-0"
    assert "name-0\n" not in names_file("npm")


def test_fresh_names_change_what_names_are_judged_by(feeds: Feeds, index: Index, tmp_path: Path) -> None:
    publish(index, "/names/pypi.txt", f"quietharbour\n{NAMES.partition(chr(10))[2]}".encode())
    words = [sys.executable, "-m", "gatekeeper", "inspect", "--offline", "pypi:quiethabrour", "--format", "json"]

    def targets() -> list[str]:
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
        found = json.loads(done.stdout)["releases"][0]["findings"]
        return [one["message"] for one in found if one["check"] == "typosquat"]

    assert targets() == []
    told(feeds)
    assert "quietharbour" in targets()[0]


def test_a_second_update_says_what_changed(feeds: Feeds, index: Index) -> None:
    told(feeds)
    publish(index, FEED, all_zip(record("evil-pkg"), record("b", identity="MAL-2", ecosystem="npm")))
    names, malware = told(feeds)
    assert names.endswith(", as before")
    assert malware.startswith("malware: 2 records (+1) on 1 npm, 1 pypi packages")


def test_nothing_is_written_beside_the_data_folder(feeds: Feeds) -> None:
    before = signatures.digest()
    told(feeds)
    signatures.digest.cache_clear()
    assert signatures.digest() == before


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (faults.truncated, "truncated"),
        (faults.altered, "wrong digest"),
        (faults.html_page, "wrong digest"),
        (faults.fails(503), "answered 503"),
        (faults.fails(404), "not found"),
        (faults.redirects("file:///etc/passwd"), "only http and https"),
        (faults.redirects("ftp://feeds.invalid/all.zip"), "only http and https"),
    ],
)
def test_what_does_not_come_whole_changes_nothing(feeds: Feeds, index: Index, fault: Fault, said: str) -> None:
    seed()
    index.fault("all.zip", fault)
    index.fault("pypi.txt", fault)
    assert said in refused(feeds)
    assert known() == ["MAL-2024-1"]


def test_a_server_that_does_not_answer_changes_nothing(
    feeds: Feeds, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed()
    index.fault("all.zip", faults.slow(5))
    settings = room.NetworkSettings
    monkeypatch.setattr(room, "NetworkSettings", lambda **given: settings(**given, timeout=0.3))
    assert "no answer within 0.3 s" in refused(feeds)


def test_one_feed_that_fails_does_not_keep_the_others_back(feeds: Feeds, index: Index) -> None:
    index.fault("pypi.txt", faults.fails(404))
    lines = update(feeds, POLICY)
    assert "not updated" in next(lines)
    assert "1 records" in next(lines)
    with pytest.raises(UndecidedError, match="1 of 2 not updated"):
        next(lines)
    assert known() == ["MAL-2024-1"]


def test_a_feed_without_a_digest_is_refused_and_how_to_accept_it_is_said(feeds: Feeds, index: Index) -> None:
    del index.extra[f"{FEED}.sha256"]
    assert 'pin one in [feeds.digests]; there "none"' in refused(Feeds(malware=feeds.malware))
    told(Feeds(malware=feeds.malware, digests={feeds.malware[0]: "none"}))
    assert known() == ["MAL-2024-1"]


def test_a_pinned_digest_decides(feeds: Feeds, index: Index) -> None:
    pinned = hashlib.sha256(index.extra[FEED].body).hexdigest()
    told(Feeds(malware=feeds.malware, digests={feeds.malware[0]: pinned}))
    publish(index, FEED, all_zip(record("other")))
    assert "wrong digest" in refused(Feeds(malware=feeds.malware, digests={feeds.malware[0]: pinned}))


def test_what_is_beside_it_must_be_a_digest(feeds: Feeds, index: Index) -> None:
    index.extra[f"{FEED}.sha256"] = Answer(200, b"<html>")
    assert "is no digest" in refused(Feeds(malware=feeds.malware))


def test_no_credentials_are_told(index: Index) -> None:
    address = f"{index.base}{FEED}".replace("http://", "http://sam:secret@")
    assert "secret" not in refused(Feeds(malware=(address,)))
    assert "secret" not in repr(Feeds(malware=(address,)))


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", NAMES.replace("name-7\n", "Name_7\n").encode(), NAMES.replace("name-7\n", "name-8\n").encode(),
     NAMES[:5000].encode(), NAMES.encode() + b"\xff\n", b"a" * 300 + b"\n" + NAMES.encode()],
)  # fmt: skip
def test_what_is_no_list_of_names_is_refused(index: Index, feeds: Feeds, content: bytes) -> None:
    seed()
    publish(index, "/names/pypi.txt", content)
    assert "not a list of names" in refused(Feeds(feeds.names))


def test_a_damaged_list_of_names_is_not_used_and_is_named(feeds: Feeds) -> None:
    seed()
    own = signatures.own_names("pypi")
    own.write_bytes(own.read_bytes().replace(b"name-7\n", b"name-x\n"))
    assert names_file("pypi") == signatures.text("names/pypi.txt")
    (said,) = signatures.names_faults()
    assert str(own) in said
    told(feeds)
    assert signatures.names_faults() == []


def bomb() -> bytes:
    """A zip whose records unpack to more than a record may have."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b"[" + b" " * (room.MOST_RECORD + 1))
    return held.getvalue()


def vast_directory() -> bytes:
    """A zip that says that its directory takes two gigabytes."""
    content = bytearray(all_zip(record("evil-pkg")))
    at = content.rfind(room.END)
    content[at + 12 : at + 16] = struct.pack("<I", 1 << 31)
    return bytes(content)


def encrypted() -> bytes:
    content = bytearray(all_zip(record("evil-pkg")))
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.find(mark) + at] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (bomb(), "a record has more than"),
        (vast_directory(), "directory is too large"),
        (encrypted(), "cannot be read"),
        (all_zip(record("evil-pkg"))[:-30], "it is no zip"),
        (b"PK\x03\x04" + b"\0" * 100, "it is no zip"),
        (b"<html>\n" * 10, "holds no OSV records"),
        (b"", "holds no OSV records"),
        (b"x" * (room.MOST_RECORD + 2), "a line has more than"),
        (all_zip(), "holds no OSV records"),
        (all_zip(record("a", identity="GHSA-1")), "no record about malware"),
        (json.dumps(record("evil-pkg"))[:-1].encode(), "holds no OSV records"),
    ],
    ids=range(11),
)
def test_what_is_no_feed_or_made_to_harm_is_refused(feeds: Feeds, index: Index, content: bytes, said: str) -> None:
    seed()
    publish(index, FEED, content)
    assert said in refused(Feeds(malware=feeds.malware))
    assert known() == ["MAL-2024-1"]


def test_more_than_the_limits_is_refused(feeds: Feeds, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    seed()
    publish(index, FEED, all_zip(*(record("evil-pkg", identity=f"MAL-{number}") for number in range(9))))
    for limit, least in (("MOST_RECORDS", 8), ("MOST_UNPACKED", 500)):
        with monkeypatch.context() as lower:
            lower.setattr(room, limit, least)
            assert "more than" in refused(Feeds(malware=feeds.malware))
    monkeypatch.setattr(signatures, "LARGEST_LIST", 100)
    assert "larger than the limit" in refused(Feeds(feeds.names))


def test_records_that_nobody_understands_are_counted(feeds: Feeds, index: Index) -> None:
    publish(index, FEED, all_zip(record("evil-pkg"), record("b", identity="MAL-2"), {"id": "MAL-3", "affected": 7}))
    assert told(feeds)[1].endswith("; 1 were not understood")


def test_records_come_as_lines_too(index: Index) -> None:
    lines = "".join(f"{json.dumps(each)}\n\n" for each in (record("evil-pkg"), record("b", identity="MAL-2")))
    publish(index, "/osv/all.jsonl", lines.encode())
    assert "2 records" in told(Feeds(malware=(f"{index.base}/osv/all.jsonl",)))[0]


def test_records_come_from_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "osv" / "pypi"
    folder.mkdir(parents=True)
    (folder / "MAL-2024-1.json").write_text(json.dumps(record("evil-pkg")))
    file = tmp_path / "npm.zip"
    file.write_bytes(all_zip(record("worse", ecosystem="npm", identity="MAL-2024-2")))
    feeds = Feeds(malware=((tmp_path / "osv").as_uri(), file.as_uri()))
    assert "2 records on 1 npm, 1 pypi packages" in told(feeds)[0]
    (tmp_path / "npm.zip.sha256").write_text("0" * 64)
    assert "digest" in refused(feeds)
    file.unlink()
    assert "cannot be read" in refused(feeds)


def test_the_command_ends_as_its_exit_code_says(tmp_path: Path, feeds: Feeds, index: Index) -> None:
    policy = tmp_path / "p.toml"

    def run() -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "gatekeeper", "update", "--policy", str(policy)]
        return subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)

    policy.write_text("")
    done = run()
    assert (done.returncode, f"into {policy}" in done.stdout) == (2, True), done
    policy.write_text(f'[feeds]\nnames-pypi = "{feeds.names["pypi"]}"\nmalware = ["{feeds.malware[0]}"]\n')
    done = run()
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.startswith("pypi names: 1,500 (2031-05)\nmalware: 1 records")
    index.fault("all.zip", faults.truncated)
    done = run()
    assert done.returncode == 12
    assert "gatekeeper: error: 1 of 2 not updated: " in done.stderr
    assert "Traceback" not in done.stderr
