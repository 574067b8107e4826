"""One file per client we drive: ask what it would do, refuse what cannot be gated, run it fenced."""
