"""Where verdicts are remembered, keyed by artifact digest and ruleset digest."""
