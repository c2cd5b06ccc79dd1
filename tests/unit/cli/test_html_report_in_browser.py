"""A report in a real browser: attacked, by keyboard, as a screen reader gets it, on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.html_report.page import FleetReport, render
from scripts.chromium import PROGRAM, Chromium
from tests.unit.cli.reports import ATTACKS, example, hostile, in_two_regions, many

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(PROGRAM is None, reason="no chromium on the PATH: apt install chromium"),
]
OPEN_SECONDS = 2.0
SMALL_PHONE, DESKTOP = (320, 640), (1280, 800)
FOCUS = "document.activeElement.ariaLabel ?? document.activeElement.textContent"
CONTRAST = """
(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const found = numbers(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const ratio = (node) => {
    const pair = [light(numbers(getComputedStyle(node).color)), light(behind(node))];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  const shown = [...document.querySelectorAll("main *, header *")].filter((node) =>
    node.offsetParent && [...node.childNodes].some((each) => each.nodeType === 3
      && each.data.trim()));
  return Math.min(...shown.map(ratio));
})()
"""
SEARCH = """(() => {
  const began = performance.now(), search = document.getElementById("search");
  search.value = "model-00001";
  search.dispatchEvent(new Event("input"));
  document.body.offsetHeight;
  return performance.now() - began;
})()"""
OPENED_TEXTS = """[...document.querySelectorAll("#jobs td button")].map((button) => {
  const job = document.getElementById("job");
  button.click();
  const text = job.innerText;
  job.close();
  return text;
})"""

Show = Callable[[FleetReport], float]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium.started(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def show(browser: Chromium, tmp_path: Path) -> Iterator[Show]:
    """Write a report and open it as a file, in a desktop's window; nothing may be refused."""

    def opened(report: FleetReport) -> float:
        browser.look_like(*DESKTOP)
        path = tmp_path / "report.html"
        path.write_text(render(report), encoding="utf-8")
        return browser.open(path.as_uri())

    yield opened
    assert complaints(browser) == []
    assert [url for url in requested(browser) if not url.startswith("file:")] == []


def complaints(browser: Chromium) -> list[Any]:
    """Return exceptions, and what the policy or the browser refused."""
    methods = ("Runtime.exceptionThrown", "Log.entryAdded")
    return [event["params"] for event in browser.events if event["method"] in methods]


def requested(browser: Chromium) -> list[str]:
    sent = [event for event in browser.events if event["method"] == "Network.requestWillBeSent"]
    return [event["params"]["request"]["url"] for event in sent]


def shown(browser: Chromium) -> str:
    return str(browser.evaluate("document.getElementById('shown').textContent"))


def test_markup_in_every_text_is_shown_as_text(browser: Chromium, show: Show) -> None:
    show(hostile())
    elements = "[...document.querySelectorAll('img, iframe, svg, link')].length"
    assert browser.evaluate(elements) == 0
    assert browser.evaluate("document.scripts.length") == 2
    for view in ("board", "list"):
        browser.evaluate(f"location.hash = 'view={view}'")
        browser.evaluate("new Promise(requestAnimationFrame)")
        assert shown(browser) == "18 of 18 jobs"
        said = browser.evaluate("document.body.innerText")
        assert ATTACKS[0] in said
        assert ATTACKS[2] in said
        assert "a\\u{202e}gpj.exe\\u{2066}b" in said
        texts = browser.evaluate(OPENED_TEXTS)
        assert len(texts) == 18
        assert sum(ATTACKS[3] in text for text in texts) == 2
    assert browser.evaluate("typeof window.attacked") == "undefined"


def test_the_policy_stops_what_a_mistake_would_let_in(browser: Chromium, tmp_path: Path) -> None:
    page = render(example()).replace(
        "<main>", "<main><img src=x onerror='window.attacked=1'><script>attacked=2</script>"
    )
    path = tmp_path / "report.html"
    path.write_text(page)
    browser.open(path.as_uri())
    assert browser.evaluate("typeof window.attacked") == "undefined"
    assert len(complaints(browser)) >= 2
    assigned = "try { document.body.innerHTML = '<b>x</b>'; 'allowed' } catch (e) { e.name }"
    assert browser.evaluate(assigned) == "TypeError"


def test_the_address_is_no_way_in(browser: Chromium, show: Show) -> None:
    show(example())
    browser.evaluate("location.hash = 'search=<img src=x onerror=window.attacked=1>&state=<b>'")
    browser.evaluate("new Promise(requestAnimationFrame)")
    assert shown(browser) == "0 of 31 jobs"
    assert browser.evaluate("document.querySelectorAll('img').length") == 0


def test_filters_by_state_name_and_target(browser: Chromium, show: Show) -> None:
    show(example())
    assert shown(browser) == "31 of 31 jobs"
    assert browser.evaluate("document.getElementById('place').offsetParent === null")
    browser.evaluate("document.querySelector('[data-state=failed]').click()")
    assert shown(browser) == "4 of 31 jobs"
    assert browser.evaluate("document.querySelectorAll('#jobs td button').length") == 4
    browser.evaluate("document.querySelector('[type=reset]').click()")
    browser.evaluate("document.getElementById('search').focus()")
    browser.write("RESNET inf1")
    assert shown(browser) == "1 of 31 jobs"
    browser.open(browser.evaluate("location.href").replace("#", "?again#"))
    assert shown(browser) == "1 of 31 jobs"


def test_equal_names_in_two_regions_are_rows_of_their_own(browser: Chromium, show: Show) -> None:
    show(in_two_regions())
    assert shown(browser) == "62 of 62 jobs"
    most = (
        "Math.max(...[...document.querySelectorAll('#jobs td')].map(cell => cell.children.length))"
    )
    assert browser.evaluate(most) == 1
    unread = browser.evaluate("document.getElementById('unread').innerText")
    assert "ap-south-1: Denied" in unread
    assert browser.evaluate("document.querySelectorAll('img').length") == 0
    browser.evaluate(
        "(() => { const place = document.getElementById('place');"
        "place.value = '111122223333, eu-central-1';"
        "place.dispatchEvent(new Event('change')); })()"
    )
    assert shown(browser) == "31 of 62 jobs"
    browser.open(browser.evaluate("location.href").replace("#", "?again#"))
    assert shown(browser) == "31 of 62 jobs"
    names = [name for role, name in browser.spoken() if role == "button" and ": " in name]
    assert names
    assert all(" in 111122223333, eu-central-1" in name for name in names)
    browser.evaluate("document.querySelector('#jobs td button').click()")
    dialog = browser.evaluate("document.getElementById('job').innerText")
    assert "Account and region" in dialog
    browser.look_like(*SMALL_PHONE)
    assert browser.evaluate("document.scrollingElement.scrollWidth") <= SMALL_PHONE[0]


def test_by_keyboard_alone(browser: Chromium, show: Show) -> None:
    show(example())
    for _ in range(60):
        browser.press("Tab")
        if " on " in browser.evaluate(FOCUS) and browser.evaluate(
            "document.activeElement.closest('.board') !== null"
        ):
            break
    first = browser.evaluate(FOCUS)
    browser.press("ArrowRight")
    right = browser.evaluate(FOCUS)
    browser.press("ArrowDown")
    below = browser.evaluate(FOCUS)
    assert len({first, right, below}) == 3
    model, target = right.split(":")[0].split(" on ")
    assert first.startswith(f"{model} on ")
    assert below.split(":")[0].endswith(f" on {target}")
    browser.press("Enter")
    assert browser.evaluate("document.getElementById('job').open") is True
    browser.press("Escape")
    assert browser.evaluate("document.getElementById('job').open") is False
    assert browser.evaluate(FOCUS) == below, "the focus is where it was"
    browser.press("Tab")
    assert browser.evaluate("document.activeElement.closest('.board')") is None


def test_a_screen_reader_is_told_everything(browser: Chromium, show: Show) -> None:
    show(example())
    spoken = browser.spoken()
    assert ("heading", "vision") in spoken
    assert ("grid", "Jobs") in spoken
    assert ("rowheader", "resnet50") in spoken
    assert ("columnheader", "jetson_nano") in spoken
    cells = [name for role, name in spoken if role == "button" and " on " in name]
    assert "resnet50 on jetson_nano: failed" in cells
    assert "resnet50 on ml_c5: completed, 4 min 15 s" in cells
    assert ("searchbox", "Name contains") in spoken
    assert [role for role, name in spoken if role == "button" and not name.strip()] == []
    browser.evaluate("document.querySelector('#jobs td button').click()")
    dialog = [name for role, name in browser.spoken() if role == "dialog"]
    assert len(dialog) == 1
    assert " on " in dialog[0]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out(browser: Chromium, show: Show, dark: bool) -> None:
    show(example())
    browser.look_like(*DESKTOP, dark=dark)
    assert browser.evaluate(CONTRAST) >= 4.5
    browser.evaluate("document.querySelector('#jobs td button').click()")
    assert browser.evaluate(CONTRAST) >= 4.5


def test_a_phone_is_never_scrolled_sideways(browser: Chromium, show: Show) -> None:
    show(example())
    browser.look_like(*SMALL_PHONE)
    for view in ("board", "list"):
        browser.evaluate(f"location.hash = 'view={view}'")
        browser.evaluate("new Promise(requestAnimationFrame)")
        width = browser.evaluate("document.scrollingElement.scrollWidth")
        assert width <= SMALL_PHONE[0]
    heights = "[...document.querySelectorAll('.board td button')].map(b => b.offsetHeight)"
    browser.evaluate("location.hash = ''")
    browser.evaluate("new Promise(requestAnimationFrame)")
    assert min(browser.evaluate(heights)) >= 44, "large enough for a finger"


@pytest.mark.parametrize(("models", "targets"), [(1000, 10), (10_000, 1), (50, 200)])
def test_ten_thousand_jobs_open_soon(tmp_path: Path, models: int, targets: int) -> None:
    path = tmp_path / "report.html"
    path.write_text(render(many(models, targets)), encoding="utf-8")
    with Chromium.started(tmp_path / "profile") as fresh:
        fresh.look_like(*DESKTOP)
        assert fresh.open(path.as_uri()) < OPEN_SECONDS
        assert shown(fresh) == "10,000 of 10,000 jobs"
        assert fresh.evaluate(SEARCH) < OPEN_SECONDS * 1000
        assert shown(fresh) == f"{targets:,} of 10,000 jobs"
