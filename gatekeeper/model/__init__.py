"""The nouns of gatekeeper, as frozen dataclasses. Nothing here does anything."""

from __future__ import annotations

from gatekeeper.model._basics import (
    FIRST,
    UNASKED,
    Artifact,
    Confidence,
    Known,
    Place,
    Release,
    Request,
    Ruling,
    Severity,
    Unknown,
    When,
)
from gatekeeper.model._facts import (
    Behaviour,
    Evidence,
    Lookalike,
    Mark,
    Notice,
    Surface,
    Unread,
)
from gatekeeper.model._past import (
    NEWS,
    Advisory,
    Change,
    Dated,
    History,
)
from gatekeeper.model._told import (
    Finding,
    Layer,
    Outcome,
    Pending,
    Verdict,
    Watcher,
    Way,
)

__all__ = [
    "FIRST",
    "NEWS",
    "UNASKED",
    "Advisory",
    "Artifact",
    "Behaviour",
    "Change",
    "Confidence",
    "Dated",
    "Evidence",
    "Finding",
    "History",
    "Known",
    "Layer",
    "Lookalike",
    "Mark",
    "Notice",
    "Outcome",
    "Pending",
    "Place",
    "Release",
    "Request",
    "Ruling",
    "Severity",
    "Surface",
    "Unknown",
    "Unread",
    "Verdict",
    "Watcher",
    "Way",
    "When",
]
