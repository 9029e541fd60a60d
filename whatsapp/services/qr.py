"""QR codes as SVG that the content security policy lets through: shapes and classes, no style, no script."""

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString

QUIET = 4


def picture(text: str) -> SafeString:
    """A QR code of a text, for a page. Drawn dark on light in both themes: cameras want it so."""
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix]
    size = len(rows) + 2 * QUIET
    path = "".join(
        f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return format_html(
        '<svg class="qr" viewBox="0 0 {} {}" role="img" aria-label="QR code to scan with the phone">'
        '<path class="qr-ground" d="M0 0h{}v{}h-{}z"/><path class="qr-ink" d="{}"/></svg>',
        size, size, size, size, size, path,
    )  # fmt: skip
