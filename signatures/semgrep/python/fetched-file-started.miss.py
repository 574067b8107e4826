import pathlib
import subprocess
import tempfile
import urllib.request

place = pathlib.Path(tempfile.gettempdir()) / "page.html"
place.write_bytes(urllib.request.urlopen("http://files.example/a").read())
subprocess.run(["git", "--version"], check=True)
