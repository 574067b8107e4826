"""One file per output format: outcome in, text out."""
