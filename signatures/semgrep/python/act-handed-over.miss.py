import threading
import urllib.request


def show(text):
    print(text)


page = urllib.request.urlopen("http://files.example/a").read().decode()
threading.Thread(target=show, args=(page,)).start()
