"""Reads the HTML pages that commands write."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The text, tags and linked files of a page, without its scripts and styles."""

    def __init__(self, text: str):
        super().__init__()
        self.words, self.tags, self.sources, self._inside = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self._inside = tag
        self.tags.append((tag, dict(attributes)))
        self.sources += [value for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside not in ("script", "style"):
            self.words.append(data)

    @property
    def pictures(self) -> list[dict[str, str]]:
        """The attributes of each image."""
        return [attributes for tag, attributes in self.tags if tag == "img"]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())
