import base64
import io
import json
import re

import jinja2
import pytest
from fontTools.ttLib import TTFont

from console.html_page import encode_data_uri, format_percent, render_page

FONT = '{% if font %}<style>@font-face { src: url("{{ font }}"); }</style>{% endif %}'


@pytest.fixture
def render(tmp_path):
    def render(text: str, **values) -> str:
        path = tmp_path / "쪽.html.jinja"
        path.write_text(text, encoding="utf-8")
        return render_page(path, **values)

    return render


def letters_of(page: str) -> set[str]:
    data = base64.b64decode(re.search(r'url\("data:font/ttf;base64,([^"]+)"\)', page)[1])
    return {letter for letter in map(chr, TTFont(io.BytesIO(data)).getBestCmap()) if "가" <= letter <= "힣"}


def test_the_font_has_the_letters_of_the_page_and_no_others(render):
    page = render(
        FONT + "<p>고양이 {{ name }}</p><script>{{ names | tojson }}</script>", name="개", names={"이름": "편안"}
    )
    assert letters_of(page) == set("고양이개름편안")
    assert "\0" not in page


def test_names_are_escaped_in_text_and_in_scripts(render):
    name = "</script><b>&\"한글'"
    page = render('<p>{{ name }}</p><script type="application/json">{{ [name] | tojson }}</script>', name=name)
    text, script = page.split("<script", 1)
    assert "<b>" not in text and "&lt;/script&gt;&lt;b&gt;&amp;&#34;한글" in text
    assert script.count("</script>") == 1 and "<b>" not in script
    assert json.loads(script.split(">", 1)[1].removesuffix("</script>")) == [name]


def test_a_value_that_is_not_given_is_an_error(render):
    with pytest.raises(jinja2.UndefinedError, match="nobody"):
        render("{{ nobody }}")


def test_the_filters(render):
    page = render(
        "{{ n | show }} {{ i | interval }} {{ p | percent }} {{ t | capitalize_first }}",
        n=1234567,
        i=[0.25, 0.5],
        p=0.5,
        t="word",
    )
    assert page == "1,234,567 [0.250, 0.500] 50.0% Word"


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (0, "0.0%"), (1, "100.0%"), (0.123, "12.3%"), (1e-6, "under 0.1%"), (0.99999, "over 99.9%")],
)
def test_a_percentage_hides_nothing(share, text):
    assert format_percent(share) == text


def test_embedded_bytes_come_back():
    uri = encode_data_uri("image/png", bytes(range(256)))
    kind, data = uri.removeprefix("data:").split(";base64,")
    assert kind == "image/png" and base64.b64decode(data) == bytes(range(256))
