"""What others on this machine can read of us: no login among our words, no registry's login below us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gatekeeper.errors import UsageError
from gatekeeper.managers._npm_hidden import with_hidden
from gatekeeper.managers._npm_words import without_secrets
from gatekeeper.managers._npmrc import settings_in
from gatekeeper.managers._withheld import is_withheld_from_all
from gatekeeper.managers._written import login_variables

TOLD = "import sys; from gatekeeper.managers.hiding import hide; hide(); print('ready', flush=True); input()"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process change the words that others see")
def test_logins_among_our_words_are_blotted_out_and_nothing_else() -> None:
    words = ["--index-url", "https://ada:hunter2@index.example/simple/", "--//npm.example/:_authToken=hunter3", "moss"]
    with subprocess.Popen(
        [sys.executable, "-c", TOLD, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        shown = Path(f"/proc/{process.pid}/cmdline").read_text().split("\0")[3:-1]
        process.communicate("\n", timeout=10)
    stars = "*" * len("ada:hunter2")
    assert shown == [
        "--index-url",
        f"https://{stars}@index.example/simple/",
        "--//npm.example/:_authToken=*******",
        "moss",
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_PROXY", "NPM_TOKEN", "NODE_AUTH_TOKEN", "TWINE_PASSWORD"),
        *("UV_INDEX_ACME_PASSWORD", "UV_PUBLISH_TOKEN", "UV_EXTRA_INDEX_URL", "POETRY_HTTP_BASIC_ACME_PASSWORD"),
        *("npm_config_//npm.example/:_authToken", "npm_config__auth", "NPM_CONFIG_REGISTRY", "npm_config_https_proxy"),
        *("CARGO_REGISTRY_TOKEN", "CARGO_REGISTRIES_ACME_TOKEN", "YARN_NPM_AUTH_TOKEN", "SSLKEYLOGFILE"),
    ],
)
def test_a_login_for_a_registry_is_withheld_from_every_client(name: str) -> None:
    assert is_withheld_from_all(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "PATH",
            "HOME",
            "CC",
            "CFLAGS",
            "PIP_VERBOSE",
            "npm_config_jobs",
            "npm_config_build_from_source",
            "UV_CACHE_DIR",
        ),
        *("GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "CARGO_HOME", "NODE_OPTIONS", "SETUPTOOLS_SCM_PRETEND_VERSION"),
    ],
)
def test_what_is_about_no_registry_is_handed_down(name: str) -> None:
    assert not is_withheld_from_all(name)


def test_the_variables_of_logins_in_requirements_are_known(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(
        "--index-url https://ada:${ACME_TOKEN}@index.example/simple/\nmoss @ https://${HOST}/moss.whl\n", "utf-8"
    )
    assert login_variables([file]) == {"ACME_TOKEN"}


def test_an_address_that_npm_hides_is_taken_from_where_it_was_written() -> None:
    """The strongest wins: words, then the environment, then files; what npm does tell stays."""
    lines = "registry=https://a:1@files.example/\n@acme:registry=https://a:1@acme.example/\n@told:registry=x\n"
    found = with_hidden(
        {"@told:registry": "https://told.example/", "save": True},
        list(settings_in(lines, {})),
        {
            "npm_config_registry": "https://a:1@environment.example/",
            "NPM_CONFIG_HTTPS_PROXY": "http://a:1@proxy.example",
        },
        ["install", "--registry", "https://a:1@typed.example/", "moss"],
    )
    assert found == {
        "registry": "https://a:1@typed.example/",
        "@acme:registry": "https://a:1@acme.example/",
        "https-proxy": "http://a:1@proxy.example",
        "@told:registry": "https://told.example/",
        "save": True,
    }


def test_a_registry_that_nobody_tells_is_an_error_and_not_the_default_one() -> None:
    with pytest.raises(UsageError, match="holds a login"):
        with_hidden({"save": True}, [], {}, ["install", "moss"])


@pytest.mark.parametrize(
    "word", ["--registry", "--reg", "--proxy", "--https-proxy", "--@acme:registry", "--//x/:_authToken"]
)
def test_words_that_may_hold_a_login_are_kept_from_npm_inside(word: str) -> None:
    assert without_secrets(["install", word, "https://a:1@x.example/", "moss", "--", word]) == [
        *("install", "moss", "--", word)
    ]
    assert without_secrets(["install", f"{word}=https://a:1@x.example/", "moss"]) == ["install", "moss"]


@pytest.mark.parametrize("word", ["--progress", "--provenance", "--prefix", "--https", "--save"])
def test_other_words_are_kept(word: str) -> None:
    assert word in without_secrets([word, "x"])
