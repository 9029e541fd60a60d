"""Takes the pictures of README and tour: `make run` in one terminal, `make pictures` in another."""

import io
import json
import sys

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from ccportal.core.testing.browser import CHROMIUM_ARGS, DESKTOP, PHONE, chromium
from demo.environment import ROOT, var_dir

FOLDER = ROOT / "docs" / "images"
ACCOUNT = "0041MAT"  # of the sample: bought often, and lately
#: File name, address, whether on a phone.
PICTURES = [
    ("dashboard", "/", False),
    ("customers", "/customers/?q=letsela", False),
    ("portal", f"/customer-data/{ACCOUNT}/", False),
    ("account-phone", f"/customer-data/{ACCOUNT}/", True),
    ("om-report", "/reports/om/", False),
    ("import", "/import/", False),
    ("mutations", "/mutations/", False),
]


def sign_in(page: Page, employee_no: str, password: str) -> None:
    page.goto("/sign-in/")
    page.fill("#id_employee_no", employee_no)
    page.fill("#id_password", password)
    page.press("#id_password", "Enter")
    page.wait_for_load_state("networkidle")


def save(page: Page, name: str) -> None:
    """A picture of the window, in few colours: a third of the size, and no difference to the eye."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


def main() -> int:
    known = var_dir() / "demo.json"
    if not known.exists():
        sys.stderr.write("No running portal known: start it with `make run`.\n")
        return 1
    demo = json.loads(known.read_text(encoding="utf-8"))
    account = demo["accounts"][0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        for phone, size in ((False, DESKTOP), (True, PHONE)):
            page = browser.new_page(base_url=demo["url"], viewport=size)
            if not phone:
                page.goto("/sign-in/")
                save(page, "sign-in")
            sign_in(page, account["employee_no"], account["password"])
            for name, address, on_phone in PICTURES:
                if on_phone == phone:
                    page.goto(address, wait_until="networkidle")
                    save(page, name)
            if not phone:
                page.goto("/customers/", wait_until="networkidle")
                page.locator("#site-search").press_sequentially("letsela", delay=60)
                page.wait_for_selector("#search-results a")
                save(page, "search")
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
