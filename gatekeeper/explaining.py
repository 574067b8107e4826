"""Why a release was not allowed, how sure that is, and the ways on. Pure: words for what was decided elsewhere."""

from __future__ import annotations

import inspect
import re
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gatekeeper.checks import check_called
from gatekeeper.model import UNASKED, Confidence, Finding, Ruling, Way, When
from gatekeeper.policy import NEVER_EXCUSED, QUESTION_WORDS, RULING_WORDS, Policy, rule_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.checks import Check
    from gatekeeper.model import Outcome, Release, Verdict

SURE = {Confidence.HIGH: "We are sure", Confidence.MEDIUM: "Probably so", Confidence.LOW: "Perhaps so"}
VERBS = {Ruling.BLOCK: "blocked", Ruling.ASK: "a question", Ruling.ALLOW: "no more than a remark"}
# A name or version that can stand in a command line and in JSON as it is, and is no option.
PLAIN = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@/._+~!-]{0,120}")
NOT_JUDGED = "what could not be judged is not excused"
REASON = "WHY IT IS GOOD"  # for the person to put words in its place
OTHERWISE = "Take another version, or do without it"
ALARM = "gatekeeper explain --report"


@dataclass(frozen=True, slots=True)
class Documentation:
    """What a check's docstring says: what it asks, why, and what to do."""

    question: str
    why: str
    remedy: str


def documentation(check: Check) -> Documentation:
    """Read a check's docstring; a check that gives no reason has asked for it in its question."""
    question, _, rest = inspect.cleandoc(check.__doc__ or "").partition("\n")
    why, _, remedy = rest.partition("Remedy:")
    return Documentation(question, why.strip(), " ".join(remedy.split()))


def documented(identity: str) -> Documentation:
    """Return what a check with an id says of itself; nothing of an id that nobody knows."""
    check = check_called(identity)
    return Documentation("", "", "") if check is None else documentation(check)


def default_rule(finding: Finding) -> str:
    """Say how sure a finding is, and what the table makes of it."""
    return _rule(finding, rule_on(replace(finding, waived=None), Policy()))


@dataclass(frozen=True, slots=True)
class Explaining:
    """Explains verdicts under one policy.

    `again` are the words that begin another try, "" where nothing is installed; `until` is the last day of a waiver
    that is written now, an ISO date; `kept` says whether the refusal can be explained later.
    """

    policy: Policy = field(default_factory=Policy)
    again: str = ""
    until: str = ""
    kept: bool = True

    def outcome(self, outcome: Outcome) -> Outcome:
        """Add to each release that was not allowed why, and what to do now."""
        return replace(outcome, verdicts=tuple(self.verdict(verdict) for verdict in outcome.verdicts))

    def verdict(self, verdict: Verdict) -> Verdict:
        """Add to a verdict why it is not "allow", and what to do now."""
        if verdict.ruling is Ruling.ALLOW:
            return verdict
        told = replace(verdict, findings=tuple(self._explained(finding) for finding in verdict.findings))
        told = replace(told, rule=self._rule_of(told))
        return replace(told, ways=tuple(self._ways(told)))

    def _explained(self, finding: Finding) -> Finding:
        ruling, words = rule_on(finding, self.policy), documented(finding.check)
        why = words.why.partition("\n\n")[0] or words.question
        rule = "" if ruling is Ruling.ALLOW else self._rule_on(finding)
        return replace(finding, ruling=ruling, rule=rule, why=" ".join(why.split()))

    def _rule_on(self, finding: Finding) -> str:
        ruling = rule_on(finding, replace(self.policy, questions=QUESTION_WORDS[0]))
        said = _rule(finding, ruling)
        for word, where in ((self.policy.rulings, "the policy's"), (self.policy.floors, "a policy file's")):
            here = word.get(finding.check)
            if here is not None and RULING_WORDS[here] is ruling and finding.check not in NEVER_EXCUSED:
                said = f'{SURE[finding.confidence]}, {finding.severity.word} severity; {where} [rulings] says "{here}".'
                break
        refuses = ruling is Ruling.ASK and rule_on(finding, self.policy) is Ruling.BLOCK
        return f"{said} The policy refuses questions." if refuses else said

    def _rule_of(self, verdict: Verdict) -> str:
        """Say what made the ruling, where it is stricter than every finding's own."""
        strictest = max((each.ruling or Ruling.ALLOW for each in verdict.findings), default=Ruling.ALLOW)
        if verdict.error is not None:
            return "Not being able to decide is never a yes."
        if strictest >= verdict.ruling:
            return ""
        if any(
            rule_on(replace(each, when=When.IMPORT), self.policy) >= verdict.ruling for each in self._at_once(verdict)
        ):
            return "Its command would have run at once, before anybody could look."
        if strictest is Ruling.ASK:
            return "It was a question, and the answer was no."
        return ""

    def _ways(self, verdict: Verdict) -> Iterator[Way]:
        if verdict.ruling is Ruling.ASK:
            here = "run it in a terminal, or decide with --yes or --no before the package's name"
            yield Way("Nobody was there to ask", here if self.again else "safe-install asks, in a terminal")
        yield self._another(verdict)
        yield self._waiver(verdict)
        if verdict.ruling is Ruling.ERROR and verdict.artifact is None:
            yield Way("Our fault? This says what works on this machine", "", "gatekeeper doctor")
        elif self.kept:
            yield Way("A false alarm? This prints what to send", "", ALARM)
        else:
            yield Way("A false alarm?", f"nothing was kept; run it again without --no-store, then {ALARM}")

    def _another(self, verdict: Verdict) -> Way:
        """Return the way round the release: another name, another version, or what the check advises."""
        finding = verdict.deciding
        meant = verdict.instead or (finding.instead if finding else None)
        if meant:
            return self._meant(verdict, meant)
        if verdict.ruling is Ruling.ERROR:
            return Way("Remove the cause and run it again")
        if finding is not None and finding.check == "release-age":
            return Way("Wait", "it passes at the time that is named above; or take an older version")
        if verdict.artifact is not None:
            return self._without(verdict)
        advice = documented(finding.check).remedy if finding else ""
        return Way("What to do", advice) if advice else Way(OTHERWISE)

    def _meant(self, verdict: Verdict, meant: str) -> Way:
        title = f"Did you mean {meant}?"
        if verdict.requested:
            return Way(title, "", f"{self.again} {meant}" if self.again and PLAIN.fullmatch(meant) else "")
        return Way(title, "Then whoever wants this one has it wrong: take another version of that")

    def _without(self, verdict: Verdict) -> Way:
        title, release = "Take another version", verdict.release
        if not self.again and verdict.place is not None:
            return Way(title, f"where {verdict.place} names it")
        if not self.again or verdict.path is not None or not _is_plain(release):
            return Way(OTHERWISE)
        # What was typed beside the name (another index, a file of requirements) is not ours to leave out.
        if release.ecosystem == "npm":
            if verdict.requested:
                return Way(title, f"write {shlex.quote(f'{release.name}@<{release.version}')} in its place")
            return Way(title, f'in package.json: "overrides": {{"{release.name}": "<{release.version}"}}')
        return Way(title, f"add {shlex.quote(f'{release.name}!={release.version}')} to what you typed")

    def _waiver(self, verdict: Verdict) -> Way:
        """Return the way of an exception: the line that writes one, or why there can be none."""
        checks = self._asking(verdict)
        if NEVER_EXCUSED & set(checks):
            return Way("No waiver", "it is excused in so many words only; whoever keeps a wrong record withdraws it")
        if verdict.ruling is Ruling.ERROR or not checks:
            words = "bytes that cannot be read are excused in so many words only" if verdict.unread else NOT_JUDGED
            return Way("No waiver", words)
        release, finding = verdict.release, verdict.deciding
        if verdict.artifact is not None:
            # Judged anew, a name means what its own index has: another file than one that was typed, or lies elsewhere.
            by_name = verdict.public and verdict.path is None
            target = release.purl if by_name else f"{release.purl} --sha256 {shlex.quote(verdict.artifact.sha256)}"
            return Way("You know better? A waiver for these very bytes", "", self._allow(target, checks))
        if finding is not None and finding.instead and PLAIN.fullmatch(release.name):
            # A name is refused before anything is fetched: the command fetches, judges and asks for these very bytes.
            command = self._allow(f"{release.ecosystem}:{release.name}", checks)
            return Way("You know better? This judges it, and writes a waiver", "", command)
        return self._unbound(verdict, checks[0])

    def _allow(self, target: str, checks: tuple[str, ...]) -> str:
        named = " ".join(f"--check {check}" for check in checks)
        until = f" --expires {self.until}" if self.until else ""
        return f"gatekeeper allow {target} {named} --reason {shlex.quote(REASON)}{until}"

    def _asking(self, verdict: Verdict) -> tuple[str, ...]:
        """Return the checks that a waiver would have to name."""
        asked = [each for each in verdict.findings if (each.ruling or Ruling.ALLOW) >= Ruling.ASK]
        return tuple(dict.fromkeys(each.check for each in asked or self._at_once(verdict)))

    def _at_once(self, verdict: Verdict) -> list[Finding]:
        """Return what is no more than a remark, but for a package whose command runs as soon as it is installed."""
        commands = (each for each in verdict.findings if each.when is When.COMMAND and each.waived is None)
        return [each for each in commands if rule_on(replace(each, when=When.IMPORT), self.policy)]

    def _unbound(self, verdict: Verdict, check: str) -> Way:
        """Return what there is in place of a waiver where no bytes are that it could be bound to."""
        release = verdict.release
        if check == "release-age":
            pin = "@" if release.ecosystem == "npm" else "=="
            pinned = f"{release.name}{pin}{release.version}" if _is_plain(release) else ""
            words = "a version that is asked for by its number does not wait"
            return Way(
                "You know better?", words, f"{self.again} {shlex.quote(pinned)}" if pinned and self.again else ""
            )
        return Way("No waiver for what was not fetched; more about the check", "", f"gatekeeper explain {check}")


def _is_plain(release: Release) -> bool:
    """Say whether a release can be named in a command line."""
    return all(PLAIN.fullmatch(part or "") for part in (release.name, release.version))


def _rule(finding: Finding, ruling: Ruling) -> str:
    return f"{SURE[finding.confidence]}, {finding.severity.word} severity, {_column(finding.when)}: {VERBS[ruling]}."


def _column(when: When | None) -> str:
    """Say what of a moment the table goes by."""
    if when is None:
        return "before any code could run"
    if when in UNASKED:
        return "in code that runs unasked"
    return "in code that never runs by itself" if when is When.NEVER else "in code that runs when it is used"
