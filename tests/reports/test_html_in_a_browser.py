"""The HTML page in headless Chromium: it asks nothing, runs nothing of a package's, filters, folds, and prints."""

from __future__ import annotations

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from gatekeeper.reports import html
from tests.support.outcomes import HOSTILE, MARKUP, OUTCOME, hostile_outcome, large_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gatekeeper.model import Outcome

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        # Chromium's own sandbox asks for rights that containers do not give; the pages are ours
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open an outcome's page; `asked` and `told` collect its requests and whatever it said on the console."""
    contexts = []

    def show(outcome: Outcome, **settings: Any) -> Any:
        path = tmp_path / "report.html"
        path.write_text(html.render(outcome), "utf-8")
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.told = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.told.append(message.text))
        page.on("pageerror", lambda error: page.told.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize("outcome", [OUTCOME, hostile_outcome(MARKUP), hostile_outcome(HOSTILE)])
def test_nothing_is_asked_and_no_script_of_a_package_runs(opened: Callable[..., Any], outcome: Outcome) -> None:
    page = opened(outcome)
    assert page.title() == "gatekeeper: block"
    assert page.asked == [page.url]
    assert page.told == []
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, embed, link, base").count() == 0


def test_the_policy_stops_what_got_in_all_the_same(opened: Callable[..., Any]) -> None:
    hits: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = opened(OUTCOME)
        page.evaluate(
            """address => {
                const script = Object.assign(document.createElement("script"), {text: "document.title = 'owned'"});
                const image = Object.assign(new Image(), {src: address + "/image"});
                image.setAttribute("onerror", "document.title = 'owned'");
                document.body.append(script, image);
                fetch(address + "/fetch").catch(() => {});
            }""",
            f"http://127.0.0.1:{server.server_port}",
        )
        page.wait_for_timeout(200)
        server.shutdown()
    assert page.title() == "gatekeeper: block"
    assert hits == []
    assert sum("Content Security Policy" in told for told in page.told) >= 3


def shown(page: Any) -> list[str]:
    return page.locator("tbody:visible b.name").all_text_contents()


def test_search_and_filters_leave_what_fits(opened: Callable[..., Any]) -> None:
    page = opened(OUTCOME)
    assert shown(page) == ["reqeusts 1.0", "numpy", "requests 2.32.3"]
    page.fill("input[type=search]", "base64 setup")
    assert shown(page) == ["reqeusts 1.0"]
    assert page.locator("#count").text_content() == "1 of 3 shown"
    page.fill("input[type=search]", "")
    page.uncheck("input[value=block]")
    assert shown(page) == ["numpy", "requests 2.32.3"]
    page.check("input[value=block]")
    page.select_option("select", label="high or graver")
    assert shown(page) == ["reqeusts 1.0"]


def test_details_open_by_mouse_key_and_link(opened: Callable[..., Any]) -> None:
    page = opened(OUTCOME)
    details = page.locator("#r2 tr.more")
    assert not details.is_visible()
    page.click("#r2 tr.head b")
    assert details.is_visible()
    page.focus("#r2 button.turn")
    page.keyboard.press("Enter")
    assert not details.is_visible()
    assert page.get_attribute("#r2 button.turn", "aria-expanded") == "false"
    page.click("a.node[href='#r2']")
    assert details.is_visible()


def test_without_scripts_everything_is_there(opened: Callable[..., Any]) -> None:
    page = opened(OUTCOME, java_script_enabled=False)
    assert page.locator("tr.more:visible").count() == 3
    assert not page.locator("form.filter").is_visible()
    assert page.locator("svg .node:visible").count() == 5  # you, flask, and three releases


def test_light_dark_and_paper_differ(opened: Callable[..., Any]) -> None:
    def brightness(**settings: Any) -> int:
        colour = opened(OUTCOME, **settings).evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    assert brightness(color_scheme="dark") < 150
    assert brightness(color_scheme="light") > 700
    page = opened(OUTCOME, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("form.filter").is_visible()
    assert page.locator("#r0 tr.more").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_nothing_is_wider_than_a_narrow_window(opened: Callable[..., Any]) -> None:
    page = opened(hostile_outcome(MARKUP))
    page.set_viewport_size({"width": 420, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_six_hundred_releases_stay_usable(opened: Callable[..., Any]) -> None:
    page = opened(large_outcome())
    page.fill("input[type=search]", "p577 1.0.0")
    assert "p577 1.0.0" in shown(page)
    filtering = """() => {
        const began = performance.now();
        document.querySelector("form.filter").dispatchEvent(new Event("input"));
        document.body.getBoundingClientRect();
        return performance.now() - began;
    }"""
    assert page.evaluate(filtering) < 3000  # ms; about 5 on a desk
    page.click("details.whole > summary")
    drawing = page.locator("details.whole svg[viewBox]").first
    before = drawing.bounding_box()["width"]
    page.click("details.whole [data-act=fit]")
    assert drawing.bounding_box()["width"] < before
