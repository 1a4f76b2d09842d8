"""Reads the HTML pages that commands write."""

import re
from html.parser import HTMLParser

_VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Page(HTMLParser):
    """The tags and linked files of a page, and its text in each language, without its scripts and styles.

    `text` is what a reader of English sees, `korean` what one of Korean does. Names, code and what the class data
    marks stay as they are in every language.
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

    def _list(self, *hidden: str) -> list[str]:
        return [words for words, marks in self._words if not marks & {"script", "style", *hidden}]

    @property
    def pictures(self) -> list[dict[str, str]]:
        """The attributes of each image."""
        return [attributes for tag, attributes in self.tags if tag == "img"]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._list("ko")).split())

    @property
    def korean(self) -> str:
        return " ".join(" ".join(self._list("en")).split())

    @property
    def untranslated(self) -> list[str]:
        """Texts that a reader of Korean sees in English."""
        shown = self._list("en", "code", "data", "languages")
        return [text.strip() for text in shown if re.search("[a-z]+ [a-z]+ [a-z]+", text)]
