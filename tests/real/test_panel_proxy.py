"""The panel behind a reverse proxy: under a path, and under a name that the rig lists."""

import contextlib
import http.client
import shutil
import subprocess

import pytest
from browser import Browser
from loopback import free_port
from panelled import pad, write_rig
from parts import eventually, perform
from reverse_proxy import ReverseProxy

NAME, TOKEN = "jam.localhost", "a-token-of-the-band"  # browsers know *.localhost as this machine
PANEL = f'token = "{TOKEN}"\nnames = ["{NAME}"]\npath = "/jam/"'
NGINX = """
pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location /jam/ {{
      proxy_pass http://127.0.0.1:{panel};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """The port of a panel whose rig names a proxy."""
    path, ports = write_rig(tmp_path_factory.mktemp("proxied"), PANEL)
    daemon = perform("run", str(path))
    try:
        daemon.wait_for("ready")
        yield ports["panel"]
    finally:
        assert daemon.end() == 0
    assert not daemon.saw("Traceback")


@pytest.fixture(scope="module")
def browser():
    with contextlib.closing(Browser()) as one:
        yield one


def play_through(browser, port, root):
    """Open the panel at the proxy's port, and play over a root; nothing may have failed."""
    browser.driver.get_log("browser")
    browser.open(f"http://{NAME}:{port}/jam/?token={TOKEN}")
    browser.press(pad(root, "7"))
    browser.press("#start")
    browser.until(f"return sideman.store.get('/chord') === '{root}7'")
    browser.until("return sideman.roll.notes.length > 3")
    browser.driver.refresh()  # the token is kept
    browser.live()
    browser.press("#stop")
    browser.until("return sideman.store.get('/transport') === 'stop'")
    assert browser.complaints() == []
    browser.driver.get("about:blank")


@pytest.mark.parametrize(
    ("strips", "renames", "root"),
    [
        (False, True, "C"),
        pytest.param(True, False, "D", marks=pytest.mark.long),
        pytest.param(False, False, "E", marks=pytest.mark.long),
        pytest.param(True, True, "F", marks=pytest.mark.long),
    ],
)
def test_the_page_plays_through_a_proxy(panel, browser, strips, renames, root):
    with contextlib.closing(ReverseProxy("/jam/", panel, strips=strips, renames=renames)) as proxy:
        play_through(browser, proxy.port, root)
        assert status(proxy.port, "/jam/") == 403  # without its token
        assert status(proxy.port, f"/jam/?token={TOKEN}", Host="evil.example") == (
            200 if renames else 403
        )
        assert status(proxy.port, "/") == 404


def test_the_page_plays_through_nginx(panel, browser, tmp_path):
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, port=port, panel=panel))
    with subprocess.Popen(["nginx", "-p", tmp_path, "-c", tmp_path / "nginx.conf"]) as nginx:
        try:
            eventually(lambda: status(port, "/jam/") == 403)
            play_through(browser, port, "G")
        finally:
            nginx.terminate()


def status(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": f"{NAME}:{port}", **headers})
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()
