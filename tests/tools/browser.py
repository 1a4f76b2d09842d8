"""A real, headless Chromium that opens written pages; without it or its driver, tests are skipped."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_PHONE = 600  # pixels; below, the page is laid out as a phone does, by its viewport


@contextmanager
def open_page(path: Path, width: int = 1200, height: int = 900) -> Iterator[Any]:
    """A selenium driver that shows a file in a window of exactly width x height pixels."""
    with open_address(Path(path).absolute().as_uri(), width, height) as driver:
        yield driver


@contextmanager
def open_address(address: str, width: int, height: int, extra: tuple[str, ...] = ()) -> Iterator[Any]:
    """The same for any address; `extra` are more options of Chromium."""
    selenium = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    browser, service = shutil.which("chromium"), shutil.which("chromedriver")
    if not (browser and service):
        pytest.skip("Chromium is not installed: chromium and chromedriver are needed to look at pages")
    options = selenium.ChromeOptions()
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for option in (*_OPTIONS, *extra, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(option)
        driver = selenium.Chrome(options, selenium.ChromeService(service))
        try:
            resize(driver, width, height)
            driver.get(address)
            yield driver
        finally:
            driver.quit()


def resize(driver: Any, width: int, height: int) -> None:
    """Set the size of the page in pixels, also below 500, which is the least width of a window."""
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < _PHONE}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def console_errors(driver: Any) -> list[str]:
    """The page's errors and warnings since the last call."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def sideways(driver: Any) -> int:
    """Pixels by which the page is wider than its window; 0 where it needs no sideways scrolling."""
    return driver.execute_script("const d = document.documentElement; return d.scrollWidth - d.clientWidth")


def is_blank(png: bytes) -> bool:
    """Whether fewer than one pixel in 200 of a screenshot differs from its commonest colour."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.bincount(pixels.ravel()).max() > 0.995 * pixels.size
