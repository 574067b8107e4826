"""Facts about a release that do not lie in its bytes."""
