"""Takes the pictures of README and tour: `make run` in one terminal, `make pictures` in another.

Names of pictures as arguments take these only: ``python -m demo.pictures phone ticket``.
"""

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
    ("energy", "/reports/energy/", False),
    ("import", "/import/", False),
    ("mutations", "/mutations/", False),
    ("payment-queue", "/payments/queue/", False),
    ("tariffs", "/tariffs/", False),
    ("inbox", "/care/inbox/", False),
    ("tickets", "/care/tickets/", False),
]
#: Nobody has this number.
PLAYED = "26659990071"


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


def report_a_fault(page: Page) -> None:
    """Play a customer whose power is gone, until the answer holds a ticket number."""
    page.goto(f"/care/simulator/?as={PLAYED}", wait_until="networkidle")
    for text in ("Motlakase o tsamaile", "Ke lula Ha Makebe"):
        page.fill("textarea[name=text]", text)
        page.get_by_role("button", name="Send").click()
        page.wait_for_timeout(6000)


def main() -> int:
    wanted = set(sys.argv[1:])
    known = var_dir() / "demo.json"
    if not known.exists():
        sys.stderr.write("No running portal known: start it with `make run`.\n")
        return 1
    demo = json.loads(known.read_text(encoding="utf-8"))
    account = demo["accounts"][0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        # The phone first: what is reported there is in the pictures of inbox and tickets.
        for phone, size in ((True, PHONE), (False, DESKTOP)):
            page = browser.new_page(base_url=demo["url"], viewport=size)
            if not phone:
                page.goto("/sign-in/")
                if not wanted or "sign-in" in wanted:
                    save(page, "sign-in")
            sign_in(page, account["employee_no"], account["password"])
            if phone and (not wanted or "phone" in wanted):
                report_a_fault(page)
                save(page, "phone")
            for name, address, on_phone in PICTURES:
                if on_phone == phone and (not wanted or name in wanted):
                    page.goto(address, wait_until="networkidle")
                    save(page, name)
            if not phone and (not wanted or "search" in wanted):
                page.goto("/customers/", wait_until="networkidle")
                page.locator("#site-search").press_sequentially("letsela", delay=60)
                page.wait_for_selector("#search-results a")
                save(page, "search")
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
