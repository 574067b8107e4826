"""The side commands, one file each."""
