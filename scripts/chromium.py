"""A headless Chromium, driven through its DevTools pipe by the standard library alone.

with Chromium.started(folder) as browser:
    browser.open("file:///tmp/report.html")
    assert browser.evaluate("document.title") == "vision"
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

PROGRAM: Final = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PATIENCE_SECONDS: Final = 60.0
_CHUNK: Final = 1 << 16
_OPTIONS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
    "--hide-scrollbars", "--force-device-scale-factor=1", "--lang=en-US",
)  # fmt: skip
# Chromium reads commands from descriptor 3 and writes to 4.
_WITH_PIPES: Final = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(word), fcntl.F_DUPFD, 16) for word in sys.argv[1:3]]
for wanted, pipe in zip((3, 4), pipes):
    os.dup2(pipe, wanted)
os.execv(sys.argv[3], sys.argv[3:])
"""
_KEYS: Final = {
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
    "Enter": 13, "Escape": 27, "Tab": 9, "Home": 36, "End": 35,
}  # fmt: skip


class BrowserError(RuntimeError):
    """The browser did not do what it was asked to, or does not answer."""


@dataclass(slots=True)
class Chromium:
    """One browser with one page.

    Attributes:
        events: What the browser reported since the page was opened, oldest first.
    """

    to_browser: int
    from_browser: int
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    _read: bytearray = field(default_factory=bytearray)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @staticmethod
    @contextlib.contextmanager
    def started(profile: Path) -> Iterator[Chromium]:
        """Start a browser with a profile of its own, and end it."""
        assert PROGRAM is not None, "no chromium on the PATH: apt install chromium"
        their_input, our_output = os.pipe()
        our_input, their_output = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-c", _WITH_PIPES, str(their_input), str(their_output), PROGRAM,
             *_OPTIONS, f"--user-data-dir={profile}"],
            pass_fds=(their_input, their_output), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(profile)},
        )  # fmt: skip
        os.close(their_input)
        os.close(their_output)
        try:
            browser = Chromium(our_output, our_input)
            browser._attach()
            yield browser
        finally:
            process.terminate()
            process.wait()
            os.close(our_output)
            os.close(our_input)

    def _attach(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Performance.enable", timeDomain="threadTicks")

    # --- what a person does -------------------------------------------------------------------

    def open(self, url: str) -> float:
        """Show a page; return the seconds of processor time until it was loaded and painted.

        They are of the main thread of the page's process, with what it did before, if it showed
        another page before.
        """
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait_for(lambda event: event["method"] == "Page.loadEventFired")
        self.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        metrics = self.call("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))

    def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - JSON
        """Return the value of an expression in the page; a promise's, once it is kept."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key."""
        code = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def write(self, text: str) -> None:
        """Write into what has the focus."""
        self.call("Input.insertText", text=text)

    def look_like(self, width: int, height: int, *, dark: bool = False) -> None:
        """Set the size of the window, and the colours that the person prefers."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height,
            deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self) -> bytes:
        """Return what is seen, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def spoken(self) -> list[tuple[str, str]]:
        """Return what a screen reader is given: role and name of everything that has a name."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node["name"]["value"])
            for node in nodes
            if not node["ignored"] and node.get("name", {}).get("value")
        ]

    # --- the protocol -------------------------------------------------------------------------

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of the DevTools protocol. Raises BrowserError."""
        number = next(self._ids)
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda each: each.get("id") == number)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first event since the page was opened that is wanted."""
        for event in self.events:
            if wanted(event):
                return event
        return self._until(lambda each: "method" in each and wanted(each))

    def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read messages up to a wanted one; keep the events among them."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            message = self._message(deadline)
            if "method" in message:
                self.events.append(message)
            if wanted(message):
                return message

    def _message(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._read:
            ready, _, _ = select.select(
                [self.from_browser], [], [], max(0.0, deadline - time.monotonic())
            )
            chunk = os.read(self.from_browser, _CHUNK) if ready else b""
            if not chunk:
                raise BrowserError("the browser does not answer")
            self._read += chunk
        text, _, self._read = self._read.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message
