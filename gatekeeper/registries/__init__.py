"""Clients of the upstream indexes, with their credentials."""
