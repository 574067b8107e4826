import urllib.request


class Page:
    def load(self):
        self.text = urllib.request.urlopen("http://files.example/a").read()
        self.rule = "answer = 1"

    def show(self):
        print(self.text)
        exec(self.rule)


page = Page()
page.load()
page.show()
