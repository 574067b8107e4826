import subprocess
import urllib.request

page = urllib.request.urlopen("http://files.example/a").read()
child = subprocess.Popen(["sort"], stdin=subprocess.PIPE)
child.communicate(page)
subprocess.run(["sh"], input=b"true\n", check=True)
