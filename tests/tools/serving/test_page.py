"""The page in a real Chromium: photos, clips, the webcam; nothing is fetched from elsewhere, nothing fails unseen."""

import base64
import json
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.tools.browser import console_errors, is_blank, open_address, resize, sideways
from tests.trainer.finding.coloured_pets import paint
from tests.trees import make_jpeg

WEBCAM = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
COLOURS = "Emulation.setEmulatedMedia"


@pytest.fixture(scope="module")
def browser(served):
    with open_address(served.address, 1280, 900, WEBCAM) as driver:
        yield driver


@pytest.fixture
def page(browser, served):
    """The page as it is when it was opened; at the end, all that it fetched and complained of is looked at."""
    yield Page(browser, served.address)
    fetched = browser.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    own = (served.address, f"blob:{served.address}")
    assert any(url.endswith("/api/model") for url in fetched)
    assert not [url for url in fetched if not url.startswith(own)]


@pytest.fixture
def clean(browser):
    """The same, for tests of what must not put anything on the console."""
    yield
    assert console_errors(browser) == []


class Page:
    def __init__(self, driver, address: str) -> None:
        self.driver = driver
        resize(driver, 1280, 900)
        driver.get(address)
        driver.execute_script("localStorage.clear()")
        driver.refresh()
        self.wait("return document.body.dataset.ready === 'true'")
        console_errors(driver)

    def run(self, script: str, *values):
        return self.driver.execute_script(script, *values)

    def wait(self, script: str, seconds: float = 15):
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, seconds, 0.05).until(lambda driver: driver.execute_script(script))

    def find(self, selector: str):
        return self.driver.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def choose(self, kind: str, *paths: Path) -> None:
        self.find(f"#{kind}-input").send_keys("\n".join(map(str, paths)))


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "우리 고양이 <b>.jpg"
    path.write_bytes(make_jpeg(5))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Six seconds that a browser can show: VP8 in WebM."""
    path = tmp_path_factory.mktemp("clip") / "산책.webm"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"VP80"), 10, (320, 240))
    noise = cv2.resize(np.random.default_rng(1).integers(0, 255, (6, 8, 3), np.uint8), (320, 240))
    for place in range(60):
        writer.write(np.roll(noise, 4 * place, axis=1))
    writer.release()
    return path


def test_a_photo(page, clean, photo, served):
    page.choose("photo", photo)
    page.wait("return document.querySelector('.card .sentence')")
    [result] = served.ask("/api/mood", photo.read_bytes()).json["results"]
    assert page.text(".card .sentence") == result["sentence"]
    assert page.text(".card .name") == photo.name  # as text, not as markup
    shares = page.run("return [...document.querySelectorAll('.card .share')].map((cell) => cell.textContent)")
    assert [float(share[:-1]) for share in shares] == pytest.approx(
        [100 * mood["probability"] for mood in result["probabilities"]], abs=0.51
    )
    moods = page.run("return [...document.querySelectorAll('.card dt')].map((cell) => cell.textContent)")
    assert moods == [mood["korean"] for mood in result["probabilities"]]
    bars = page.run(
        "return [...document.querySelectorAll('.bar span')].map((bar) => bar.getBoundingClientRect().width)"
    )
    assert np.argmax(bars) == np.argmax([mood["probability"] for mood in result["probabilities"]])
    assert page.run("return document.querySelector('.card img').naturalWidth") > 0
    assert page.find("#whole-note").is_displayed()  # this server has no finder
    page.find(".card .close").click()
    assert not page.run("return document.querySelectorAll('.card').length")


def test_several_photos_pasted_and_dropped(page, clean, photo):
    script = """
      const bytes = Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0));
      const data = new DataTransfer();
      for (const name of ["a.jpg", "b.jpg", "c.jpg"]) data.items.add(new File([bytes], name, { type: "image/jpeg" }));
      const kind = arguments[1] === "paste" ? ClipboardEvent : DragEvent;
      const field = arguments[1] === "paste" ? "clipboardData" : "dataTransfer";
      document.dispatchEvent(new kind(arguments[1], { [field]: data, bubbles: true, cancelable: true }));
    """
    for count, event in ((3, "paste"), (6, "drop")):
        page.run(script, base64.b64encode(photo.read_bytes()).decode(), event)
        page.wait(f"return document.querySelectorAll('.card .sentence').length === {count}")


def test_a_clip(page, clean, clip, served):
    page.choose("clip", clip)
    page.wait("return document.querySelector('.summary .sentence')")
    lines = served.ask("/api/mood", clip.read_bytes(), accept="application/x-ndjson").body.splitlines()
    frames = [json.loads(line)["frame"] for line in lines[:-1]]
    assert len(frames) == 30
    points = page.run("return document.querySelector('.plot polygon').getAttribute('points').split(' ').length")
    assert points == 2 * (len(frames) + 1)
    key = "return [...document.querySelectorAll('.key span')].map((one) => one.textContent)"
    assert len(page.run(key)) == 7 and page.run(key)[-1] == "동물이 보이지 않음"
    swatch = "getComputedStyle(document.querySelector('.key .unseen'), '::before').backgroundColor"
    assert page.run(f"return {swatch} === getComputedStyle(document.querySelector('.plot')).backgroundColor")
    assert not page.find(".card progress").is_displayed()
    for seconds in (1.05, 4.05):  # what is shown is what was judged there
        page.run("document.querySelector('video').currentTime = arguments[0]", seconds)
        page.wait(f"return Math.abs(document.querySelector('.plot line').getAttribute('x1') - {seconds}) < 0.01")
        frame = max((f for f in frames if f["seconds"] <= seconds), key=lambda f: f["seconds"])
        shares = page.run(
            "return [...document.querySelectorAll('.pets .share')].map((cell) => parseFloat(cell.textContent))"
        )
        assert shares == pytest.approx([100 * share for share in frame["pets"][0]["probabilities"]], abs=0.51)


def test_the_plot_leads_through_the_clip(page, clean, clip):
    page.choose("clip", clip)
    page.wait("return document.querySelector('.summary .sentence')")
    plot = page.find(".plot")
    plot.click()  # in its middle
    page.wait("return Math.abs(document.querySelector('video').currentTime - 3) < 0.2")
    plot.send_keys("\ue014")  # arrow right
    page.wait("return Math.abs(document.querySelector('video').currentTime - 4) < 0.2")


def test_a_clip_is_given_up(page, clean, served, tmp_path):
    path = tmp_path / "길다.avi"  # a browser cannot show it, which is said
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 5, (640, 480))
    for _ in range(400):
        writer.write(np.full((480, 640, 3), 90, np.uint8))
    writer.release()
    before = served.read_metric("petmood_pictures_total")
    page.choose("clip", path)
    page.wait("return document.querySelector('.card .pets .sentence')")
    assert served.read_metric("petmood_clips_open") == 1
    page.find(".card .close").click()
    assert page.text(".card .status") == "그만두었어요."
    given_up = time.monotonic()
    while served.read_metric("petmood_clips_open") and time.monotonic() < given_up + 30:
        time.sleep(0.1)
    assert served.read_metric("petmood_clips_open") == 0
    assert served.read_metric("petmood_pictures_total") < before + 400


def test_the_webcam(page, clean, served):
    before = served.read_metric("petmood_pictures_total")
    page.find("#start-webcam").click()
    page.wait("return document.querySelector('.card .sentence') && document.querySelector('.plot polygon')")
    first = page.text(".card .bars")
    page.wait("return document.querySelector('.plot polygon').getAttribute('points').split(' ').length > 12")
    asked = served.read_metric("petmood_pictures_total") - before
    assert page.text(".card .bars") != first  # the fake camera's picture moves
    assert not is_blank(page.find(".card .picture").screenshot_as_png)
    page.find(".card .close").click()
    assert asked >= 5 and not page.run("return document.querySelectorAll('.card').length")


def test_what_cannot_be_read_is_one_line_in_both_languages(page, tmp_path):
    path = tmp_path / "움직이는 그림.gif"
    path.write_bytes(b"GIF89a" + bytes(100))
    page.choose("photo", path)
    page.wait("return document.querySelector('.card .error:not([hidden])')")
    assert page.text(".card .error").startswith("GIF 파일은 읽을 수 없어요.")
    page.find("#language").click()
    assert page.text(".card .error").startswith("GIF files cannot be read")
    [complaint] = console_errors(page.driver)  # the browser itself says that the status was 415, and nothing else
    assert "415" in complaint


def test_english_by_a_switch_that_is_remembered(page, clean, photo):
    assert page.run("return document.documentElement.lang") == "ko" and "감정" in page.text("h1")
    page.choose("photo", photo)
    page.wait("return document.querySelector('.card .sentence')")
    page.find("#language").click()
    assert page.text(".card .sentence").startswith("The animal ") and page.text(".card dt") == "anger"
    page.driver.refresh()
    page.wait("return document.body.dataset.ready === 'true'")
    assert page.run("return document.documentElement.lang") == "en" and "feeling" in page.text("h1")
    assert not [letter for letter in page.find("main").text if "가" <= letter <= "힣"]


def test_about_the_model_by_keyboard(page, clean, served):
    from selenium.webdriver import ActionChains

    for _ in range(5):
        ActionChains(page.driver).send_keys("\ue004").perform()  # tab
        if page.run("return document.activeElement.id") == "about-open":
            break
    ActionChains(page.driver).send_keys("\ue007").perform()  # enter
    page.wait("return document.querySelector('#about').open")
    score = served.ask("/api/model").json["scores"]["videos"]
    row = page.text("#scores tr:nth-child(2)")
    for figure in (score["value"], *score["interval"], score["majority"]):
        assert f"{figure:.3f}" in row
    assert "편안/안정" in page.text("#scores") and "영상 40개의 사진 4,000장" in page.text("#about")
    ActionChains(page.driver).send_keys("\ue00c").perform()  # escape
    page.wait("return !document.querySelector('#about').open")


@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_seen_at_any_width_light_and_dark(page, clean, photo, clip, width):
    resize(page.driver, width, 900)
    page.choose("photo", photo)
    page.wait("return document.querySelector('.card .sentence')")
    page.choose("clip", clip)
    page.wait("return document.querySelector('.summary .sentence')")
    pictures = {}
    for colours in ("light", "dark"):
        page.driver.execute_cdp_cmd(COLOURS, {"features": [{"name": "prefers-color-scheme", "value": colours}]})
        pictures[colours] = page.driver.get_screenshot_as_png()
        assert not is_blank(pictures[colours])
    levels = {name: cv2.imdecode(np.frombuffer(png, np.uint8), 0)[-300:, :12].mean() for name, png in pictures.items()}
    assert levels["light"] > 220 and levels["dark"] < 60
    assert sideways(page.driver) == 0
    page.driver.execute_cdp_cmd(COLOURS, {"features": []})


def test_the_hangul_is_drawn(page, clean):
    """Without the page's own font a machine without Hangul draws the same box for each syllable."""
    shapes = page.run("""
      const canvas = document.createElement("canvas");
      const pen = canvas.getContext("2d");
      pen.font = `700 30px ${getComputedStyle(document.querySelector("h1")).fontFamily}`;
      return ["감", "정"].map((letter) => {
        pen.clearRect(0, 0, 300, 150); pen.fillText(letter, 10, 50); return canvas.toDataURL();
      });""")
    assert shapes[0] != shapes[1]


def test_boxes_of_found_pets(finding, real_files):
    photo = next((real_files / "boxes/oxford_pets_5/images").glob("Abyssinian*.jpg"))
    with open_address(finding.address, 1280, 900) as driver:
        page = Page(driver, finding.address)
        page.choose("photo", photo)
        page.wait("return document.querySelector('.picture rect')")
        [pet] = finding.ask("/api/mood", photo.read_bytes()).json["results"][0]["pets"]
        box = page.find(".picture rect")
        assert [int(box.get_attribute(name)) for name in pet["box"]] == list(pet["box"].values())
        assert page.text(".card .sentence").startswith("고양이가 ")
        assert not page.find("#whole-note").is_displayed()
        assert console_errors(driver) == []


def test_several_pets_on_one_photo(finding_colours, tmp_path):
    """Each has a box, and a card with its number; nothing is wider than the phone."""
    photo = tmp_path / "셋.png"
    pixels = paint([("dog", 2, 2), ("cat", 6, 3), ("dog", 5, 7)], 640, 480)
    assert cv2.imencode(".png", pixels[:, :, ::-1])[1].tofile(photo) is None
    with open_address(finding_colours.address, 1280, 900) as driver:
        page = Page(driver, finding_colours.address)
        page.choose("photo", photo)
        page.wait("return document.querySelectorAll('.picture rect').length == 3")
        pets = finding_colours.ask("/api/mood", photo.read_bytes()).json["results"][0]["pets"]
        shown = page.run("""
            return [...document.querySelectorAll(".picture rect")].map(
              (box) => ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name))));""")
        assert shown == [[pet["box"][name] for name in ("x", "y", "width", "height")] for pet in pets]
        sentences = page.run("return [...document.querySelectorAll('.card .sentence')].map((each) => each.innerText)")
        assert sentences == [f"{number}번 · {pet['sentence']}" for number, pet in enumerate(pets, 1)]
        resize(driver, 390, 900)
        assert page.run("return document.documentElement.scrollWidth") <= 390
        assert console_errors(driver) == []
