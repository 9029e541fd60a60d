"""HTML to PDF in a child process with limits; it fetches nothing and reads no file.

``python -m omreport.printing`` is the child: HTML on standard input, PDF on standard output. Nothing of the portal is
loaded there, so a page that runs away takes a small process with it and no secrets.
"""

import resource
import subprocess
import sys
from pathlib import Path

from ccportal.core.errors import Unavailable

CPU_SECONDS = 60
MEMORY_BYTES = 1536 * 1024 * 1024
TIMEOUT_SECONDS = 120
ROOT = Path(__file__).resolve().parent.parent


def pdf_of(html: str) -> bytes:
    """Render a page; ``Unavailable`` when the child gives up, runs out of time or out of memory."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "omreport.printing"],
            input=html.encode(),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            cwd=ROOT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable("The PDF took too long to make. Choose fewer quarters or one site.") from None
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF"):
        raise Unavailable("The PDF could not be made. Choose fewer quarters or one site, or use the workbook.")
    return done.stdout


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    _limit()
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # No protocol is allowed: a report brings all it shows inside itself.
    fetcher = URLFetcher(allowed_protocols=set(), allow_redirects=False, timeout=1)
    page = HTML(string=sys.stdin.buffer.read().decode(), base_url=None, url_fetcher=fetcher)
    sys.stdout.buffer.write(page.write_pdf())


if __name__ == "__main__":
    main()
