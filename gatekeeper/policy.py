"""Findings to ruling. Pure and monotone: more findings, or worse ones, never soften a ruling."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gatekeeper.model import Confidence, Finding, Ruling, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALLOW, ASK, BLOCK = Ruling.ALLOW, Ruling.ASK, Ruling.BLOCK

# What a policy file may say of a check. A note is shown and changes nothing.
RULING_WORDS: dict[str, Ruling] = {"allow": ALLOW, "note": ALLOW, "ask": ASK, "block": BLOCK}
ASK_WORDS = frozenset({"refuse", "allow"})

# The three columns of the table: code that runs unasked, code that runs when the person uses it, code that never runs.
# A finding without a moment (a name, a source) is about what was asked for, so it stands in the first column.
UNASKED, USED, NEVER = 0, 1, 2
COLUMN: dict[When | None, int] = {
    None: UNASKED,
    When.INSTALL: UNASKED,
    When.BUILD: UNASKED,
    When.STARTUP: UNASKED,
    When.IMPORT: UNASKED,
    When.COMMAND: USED,
    When.CALL: USED,
    When.NEVER: NEVER,
}

# severity -> confidence -> (unasked, used, never)
TABLE: dict[Severity, dict[Confidence, tuple[Ruling, Ruling, Ruling]]] = {
    Severity.NOTE: {
        Confidence.LOW: (ALLOW, ALLOW, ALLOW),
        Confidence.MEDIUM: (ALLOW, ALLOW, ALLOW),
        Confidence.HIGH: (ALLOW, ALLOW, ALLOW),
    },
    Severity.LOW: {
        Confidence.LOW: (ALLOW, ALLOW, ALLOW),
        Confidence.MEDIUM: (ALLOW, ALLOW, ALLOW),
        Confidence.HIGH: (ALLOW, ALLOW, ALLOW),
    },
    Severity.MEDIUM: {
        Confidence.LOW: (ALLOW, ALLOW, ALLOW),
        Confidence.MEDIUM: (ASK, ALLOW, ALLOW),
        Confidence.HIGH: (ASK, ALLOW, ALLOW),
    },
    Severity.HIGH: {
        Confidence.LOW: (ASK, ALLOW, ALLOW),
        Confidence.MEDIUM: (BLOCK, ASK, ALLOW),
        Confidence.HIGH: (BLOCK, ASK, ALLOW),
    },
    Severity.CRITICAL: {
        Confidence.LOW: (ASK, ASK, ALLOW),
        Confidence.MEDIUM: (BLOCK, ASK, ALLOW),
        Confidence.HIGH: (BLOCK, BLOCK, ALLOW),
    },
}


# What a release of which we could not decide is waived under; no check of ours, because no check came to an answer.
UNDECIDED = "could-not-decide"
# What a waiver names that is about a release's install hook, whatever was found: no check either, for most are honest.
HOOK = "install-hook"
# No [rulings] soften these, and a waiver excuses them only where the person wrote so in so many words (`Waiver.even`).
NEVER_EXCUSED = frozenset({"known-malware", UNDECIDED})
# What becomes of a question: it is put to the person, or nobody is asked and it is refused.
QUESTION_WORDS = ("ask", REFUSE := "refuse")  # the mildest first

COOLDOWN = 24.0  # hours
# What happens to install hooks that were judged: they run, only those with a waiver run, or none does.
HOOK_WORDS = ("run-judged", "waived", "none")  # the mildest first


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception for one finding of one release, bound to the bytes that the person looked at.

    `even` says in so many words that it excuses what waivers never excuse; `place` is the file:line it is written at.
    """

    release: str  # a purl
    check: str
    sha256: str
    reason: str
    author: str
    expires: str  # an ISO date; whoever reads the file drops what has expired
    hosts: tuple[str, ...] = ()  # what the release's hook may reach, run alone
    even: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class Feeds:
    """Where fresh data comes from. Nothing is ever asked that is not named here; addresses may hold credentials.

    `names` maps an ecosystem to the address of its list of popular names; `malware` are addresses of OSV records in
    bulk, `ask` is the base address of a service that is asked about single releases. `public` are parts of the
    addresses of indexes that serve public names, beside the client's own default. `digests` maps an address to the hex
    SHA-256 of what lies there, or to "none". With `strict`, a release of which nobody can say is undecided.
    """

    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    malware: tuple[str, ...] = field(default=(), repr=False)
    ask: str | None = field(default=None, repr=False)
    public: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict, repr=False)
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """What a person or an organisation decided. The empty policy is the default one.

    `rulings` maps a check id to a word of `RULING_WORDS`; `ask` maps a check id to what happens where nobody can be
    asked; `origins` maps an index to the name patterns that only it may serve; `package_hosts` are further file hosts.
    `floors` maps a check id to the mildest ruling it may have: what somebody less trusted demands on top. `hooks` is a
    word of `HOOK_WORDS`. `signatures` are files and folders with semgrep rules of the person's own. `cooldown` are the
    hours that a release has to be public before it is taken without being asked for by its version, 0 for none;
    `cooldown_exempt` are patterns of names that never wait; `ages` are longer hours of single ecosystems. `questions`
    is a word of `QUESTION_WORDS`; `audit` is the file that takes a line for each decision, None for none.
    """

    rulings: Mapping[str, str] = field(default_factory=dict)
    ask: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    package_hosts: tuple[str, ...] = ()
    floors: Mapping[str, str] = field(default_factory=dict)
    hooks: str = HOOK_WORDS[0]
    waivers: tuple[Waiver, ...] = ()
    signatures: tuple[str, ...] = ()
    feeds: Feeds = field(default_factory=Feeds)
    cooldown: float = COOLDOWN
    cooldown_exempt: tuple[str, ...] = ()
    ages: Mapping[str, float] = field(default_factory=dict)
    questions: str = QUESTION_WORDS[0]
    audit: str | None = None


def rule_on(finding: Finding, policy: Policy) -> Ruling:
    """Rule on one finding: a waiver first, then the policy's word or the table, and never below the floor.

    Where the policy refuses questions, there are none: what would be one is a block.
    """
    if finding.waived is not None:
        return ALLOW
    word = policy.rulings.get(finding.check)
    by_table = TABLE[finding.severity][finding.confidence][COLUMN[finding.when]]
    floor = by_table if finding.check in NEVER_EXCUSED else RULING_WORDS[policy.floors.get(finding.check, "allow")]
    ruling = max(by_table if word is None else RULING_WORDS[word], floor)
    return BLOCK if ruling is ASK and policy.questions == REFUSE else ruling


def ruling_of(findings: Iterable[Finding], policy: Policy) -> Ruling:
    """Rule on all findings of one release: the strictest decides."""
    return max((rule_on(finding, policy) for finding in findings), default=ALLOW)


def is_refused_question(findings: Iterable[Finding], policy: Policy) -> bool:
    """Say whether findings are blocked for no other reason than that the policy refuses questions."""
    found = tuple(findings)
    return ruling_of(found, policy) is BLOCK and ruling_of(found, replace(policy, questions=QUESTION_WORDS[0])) is ASK


def is_about_code(finding: Finding) -> bool:
    """Say whether a finding is about code that was read, rather than about a name, an age or a source."""
    return finding.when is not None


def allows_unattended(findings: Iterable[Finding], policy: Policy) -> bool:
    """Say whether every question may be answered yes where nobody is there to ask.

    The policy's `[ask]` table says so per check, but never for findings about code of medium severity or more.
    """
    questions = [finding for finding in findings if rule_on(finding, policy) is ASK]
    return all(
        policy.ask.get(finding.check) == "allow"
        and not (is_about_code(finding) and finding.severity >= Severity.MEDIUM)
        for finding in questions
    )
