"""One file per lock file format: text to the releases it names, with line numbers."""
