"""gatekeeper judges packages before any of their code can run, and lets exactly the judged bytes through."""

__version__ = "0.1.0"
