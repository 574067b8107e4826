"""One pure question per file: evidence in, findings out."""
