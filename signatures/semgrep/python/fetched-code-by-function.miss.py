import urllib.request


def parts():
    with urllib.request.urlopen("http://files.example/a") as answer:
        for line in answer:
            yield line


def run(code):
    exec(code)


print(len(list(parts())))
run("answer = 1")
