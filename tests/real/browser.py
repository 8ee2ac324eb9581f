"""A headless browser with a new profile for each test, and a listener over OSC."""

import contextlib
import os
import select
import shutil
import socket
import tempfile
import threading
import time

import pytest
from loopback import free_port
from parts import eventually, need

from perform.net.osc import decode, encode

QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)
LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => list.getEntries().forEach((it) => longTasks.push(it.duration)))
  .observe({ type: "longtask", buffered: true });
"""


class Browser:
    """Chromium, driven by the system's chromedriver. Selenium downloads nothing."""

    def __init__(self, width=1280, height=900):
        need("chromium")
        need("chromedriver")
        webdriver = pytest.importorskip("selenium.webdriver")
        from selenium.webdriver.chrome.service import Service

        os.environ["SE_OFFLINE"] = "true"
        self._profile = tempfile.mkdtemp()
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in (
            *QUIET,
            f"--user-data-dir={self._profile}",
            f"--window-size={width},{height}",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = Service(shutil.which("chromedriver"), port=free_port())
        self.driver = webdriver.Chrome(options=options, service=service)

    def resize(self, width, height, *, touch):
        """Give the page this width and height. `touch`: emulate the touch screen of a telephone."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 2 if touch else 1}
        emulate = self.driver.execute_cdp_cmd
        emulate("Emulation.setDeviceMetricsOverride", screen | {"mobile": touch})
        emulate("Emulation.setTouchEmulationEnabled", {"enabled": touch, "maxTouchPoints": 5})

    def open(self, url):
        self.driver.get(url)
        self.live()
        return self

    def live(self):
        self.until("return document.body.dataset.link === 'live' && 'sideman' in window")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, script, *arguments):
        return eventually(lambda: self.run(script, *arguments))

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def press(self, selector):
        self.find(selector).click()

    def keys(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver, duration=10).send_keys(*keys).perform()

    def computed(self):
        """The processor time of the page so far, in milliseconds."""
        self.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        metrics = self.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return 1000 * next(it["value"] for it in metrics if it["name"] == "TaskDuration")

    def value(self, address):
        return self.run("return sideman.store.get(arguments[0])", address)

    def complaints(self):
        return [
            line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"
        ]

    def close(self):
        self.driver.quit()
        shutil.rmtree(self._profile, ignore_errors=True)


class OscListener:
    """A subscriber over OSC that can also send.

    A thread reads all the time, because the system drops packets when the buffer is full.
    """

    def __init__(self, port):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.setblocking(False)
        self.heard = []
        self._reading, self._ended = threading.Lock(), threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.send("/subscribe")

    def _read(self):
        while not self._ended.is_set():
            if select.select([self._socket], [], [], 0.1)[0]:
                self.listen()

    def send(self, address, *values):
        self._socket.send(encode(f"/sideman{address}", *values))

    def listen(self):
        """All messages so far: [(address, values)]."""
        with self._reading:
            while select.select([self._socket], [], [], 0)[0]:
                with contextlib.suppress(ConnectionRefusedError):  # the daemon has ended
                    for address, values in decode(self._socket.recv(65536)):
                        self.heard.append((address.removeprefix("/sideman"), values))
            return list(self.heard)

    def forget(self):
        self.listen()
        self.heard.clear()

    def expect(self, address, *values):
        eventually(
            lambda: any(one == address and _same(said, values) for one, said in self.listen())
        )

    def pitches_of(self, count=8):
        """The pitches of at least `count` notes that begin from now on."""
        self.forget()
        strokes = lambda: [v[1] for a, v in self.listen() if a == "/note" and v[2]]  # noqa: E731
        eventually(lambda: len(strokes()) >= count)
        return strokes()

    def close(self):
        self._ended.set()
        self._reader.join()
        self._socket.close()


def _same(said, values):
    """Whether a message begins with these values. Floats in OSC have seven digits."""
    return len(said) >= len(values) and all(
        one == pytest.approx(other, abs=1e-3) if isinstance(other, float) else one == other
        for one, other in zip(said, values, strict=False)
    )


def still(seconds):
    """Let the music play for some seconds."""
    time.sleep(seconds)
