import os

import requests


def rows():
    for key in os.environ:
        yield key, os.environ[key]


print(len(dict(rows())))
requests.post("https://files.example/", json={"version": 1})
