"""The loopback registry: serves index pages, and a file only after its verdict."""
