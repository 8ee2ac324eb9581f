"""The shipped report pages in Chromium, at the width of a phone."""

import json
import re
import subprocess
import tempfile

import pytest
from browser import QUIET
from parts import START_SECONDS, need

PHONE = 360
# A frame as wide as a phone, since a headless window cannot be so narrow. Its title becomes the
# page's width and the number of broken pictures.
FRAME = """<iframe src="{page}" style="width:{width}px;height:800px;border:0"
 onload="const d=this.contentDocument.documentElement;document.title='measured '+JSON.stringify(
 {{page:d.scrollWidth,broken:[...this.contentDocument.images].filter(i=>!i.naturalWidth).length}})">
</iframe>"""


def in_chromium(page):
    """The HTML of a page after it has loaded."""
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [
                "chromium",
                *QUIET,
                "--allow-file-access-from-files",
                f"--user-data-dir={profile}",
                "--dump-dom",
                page.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=True,
        )
    return done.stdout


@pytest.mark.parametrize(
    "page", ["training/reports/report.html", "training/reports/reels/report.html"]
)
def test_a_report_page_fits_a_phone_and_loads_all_its_pictures(page, root, tmp_path):
    need("chromium")
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(page=(root / page).as_uri(), width=PHONE))
    measured = re.search(r"measured (\{.*?\})", in_chromium(frame))
    widths = json.loads(measured.group(1))
    assert widths["page"] <= PHONE
    assert widths["broken"] == 0
