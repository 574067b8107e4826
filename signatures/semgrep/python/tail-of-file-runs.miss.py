import pathlib

raw = (pathlib.Path(__file__).parent / "logo.png").read_bytes()
start = raw.index(b"IEND") + 8
print(len(raw[start:]))
about = {}
exec((pathlib.Path(__file__).parent / "version.py").read_bytes(), about)
