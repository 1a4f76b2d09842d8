"""Reads the HTML pages that commands write."""

from html.parser import HTMLParser

_VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Page(HTMLParser):
    """The tags and linked files of a page, and its text in each language, without its scripts and styles.

    `text` is what a reader of English sees, `korean` what one of Korean does; `translatable` is the Korean text less
    what stays as it is: names, code and what the class data marks.
    """

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.sources = [], []
        self._open: list[tuple[str, set[str]]] = []
        self._words: list[tuple[str, frozenset[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.sources += [value for name, value in attributes if name in ("src", "href")]
        if "data-ko" in dict(attributes):
            self._words.append((dict(attributes)["data-ko"], self._marks() | {"ko"}))
        if tag not in _VOID:
            classes = set((dict(attributes).get("class") or "").split())
            self._open.append((tag, classes | ({"en"} if "data-ko" in dict(attributes) else set()) | {tag}))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        while any(name == tag for name, _ in self._open) and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        self._words.append((data, self._marks()))

    def _marks(self) -> frozenset[str]:
        return frozenset(mark for _, marks in self._open for mark in marks)

    def _join(self, *hidden: str) -> str:
        shown = (words for words, marks in self._words if not marks & {"script", "style", *hidden})
        return " ".join(" ".join(shown).split())

    @property
    def pictures(self) -> list[dict[str, str]]:
        """The attributes of each image."""
        return [attributes for tag, attributes in self.tags if tag == "img"]

    @property
    def text(self) -> str:
        return self._join("ko")

    @property
    def korean(self) -> str:
        return self._join("en")

    @property
    def translatable(self) -> str:
        return self._join("en", "code", "data", "languages")
