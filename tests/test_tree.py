"""Which files a check is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatekeeper.errors import UsageError
from gatekeeper.lockfiles import formats
from gatekeeper.tree import MAY_MATTER, Tree, tree_of

if TYPE_CHECKING:
    from pathlib import Path

PATTERNS = sorted(pattern for each in formats().values() for pattern in each.PATTERNS)
PIPELINES = (
    ".github/workflows/ci.yml", "action.yaml", ".gitlab-ci.yml", ".gitlab/ci/build.yml", ".circleci/config.yml",
    ".travis.yml", "azure-pipelines.yml", "Jenkinsfile", "deploy.jenkinsfile", "GNUmakefile", "rules.mk", "CMakeLists.txt",
    "cmake/find.cmake", "build.gradle.kts", "settings.gradle", "pom.xml",
)  # fmt: skip


@pytest.mark.parametrize("path", [*(pattern.replace("*", "x") for pattern in PATTERNS), *PIPELINES])
def test_the_look_at_names_alone_passes_over_nothing_that_is_read(path: str) -> None:
    assert MAY_MATTER.search(path)
    assert MAY_MATTER.search(f"deep/down/{path}")


@pytest.mark.parametrize("path", ["README.md", "src/app.py", "docs/index.html", "index.ts"])
def test_other_files_are_passed_over(path: str) -> None:
    assert not MAY_MATTER.search(path)


def test_a_folder_is_read_as_it_lies(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").write_text("{}", "utf-8")
    (tmp_path / "requirements.txt").write_text("", "utf-8")
    tree = tree_of(tmp_path, None)
    assert tree.files([]) == ["requirements.txt", "web/package.json"]
    assert not tree.compares
    assert not tree.is_untouched()


def test_what_is_no_lock_or_not_there_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("", "utf-8")
    for name in ("notes.md", "missing.txt"):
        with pytest.raises(UsageError, match=name.partition(".")[0]):
            Tree(tmp_path).files([tmp_path / name])


def test_comparing_needs_a_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        tree_of(tmp_path, "HEAD")
