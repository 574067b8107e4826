"""Every error raised on purpose. Each carries its exit code and says what, to whom, and what to do next."""

from __future__ import annotations


class GatekeeperError(Exception):
    """Base of all errors raised on purpose; `exit_code` is the process's, `hint` is what to do next."""

    exit_code = 12

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keep the one-line message and the optional hint."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way from one process to another with the hint."""
        return (_remade, (type(self), self.message, self.hint))


def _remade(kind: type[GatekeeperError], message: str, hint: str | None) -> GatekeeperError:
    return kind(message, hint=hint)


class UsageError(GatekeeperError):
    """The words, the policy file or the settings are wrong."""

    exit_code = 2


class UndecidedError(GatekeeperError):
    """We could not decide: network, timeout, unreadable input, engine fault, nothing to judge."""

    exit_code = 12


class UpstreamError(UndecidedError):
    """An index or a file host did not give what it should have."""


class NotFoundUpstreamError(UpstreamError):
    """The index answered that the project or file does not exist."""


class UnreadableError(UndecidedError):
    """An archive or file cannot be read safely: malformed, over a limit, or made to mislead."""


class ReaderLostError(UndecidedError):
    """The process that read an artifact died over it, or did not come to an end."""


class DamagedInstallationError(UndecidedError):
    """Our own files are missing or broken; a gate with a missing check must not open."""


class StoppedError(GatekeeperError):
    """The person pressed Ctrl-C, or somebody sent SIGTERM."""

    exit_code = 130
