"""Reading pages as a browser does: hidden fields, and the effect on a balance."""

import html
import re


def hidden(response):
    """The hidden fields of a page, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', response.content.decode())
    return {name: html.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def effect_of(response):
    """The three lines of the balance in kWh: before, effect, after."""
    page = response.content.decode()
    begin = page.index('id="balance-effect"')
    return re.findall(r'data-label="kWh">(?:<strong>)?([^<]+)<', page[begin : page.index("</table>", begin)])
