"""Gathers facts: which code runs when, and what it does."""
