"""The simulator: a pretended phone beside the portal, for trying and for demonstrations."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.errors import InvalidInput
from ccportal.core.htmx import render_page, wants_partial
from whatsapp.services import simulating
from whatsapp.services.simulating import Player
from whatsapp.views.uploads import takes_file

#: What people write, and what it means to somebody who does not read Sesotho.
CUSTOMER_WORDS = (
    ("Motlakase o tsamaile", "The power is gone"),
    ("Metara ea ka ha e sebetse", "My meter does not work"),
    ("Ho na le litlhase palong ea motlakase", "There are sparks at the pole"),
    ("Ke rekile liunite empa ha li kene", "I bought units but they do not load"),
    ("Lumela", "Hello"),
    ("E, o khutlile", "Yes, it is back"),
    ("Che, ha o eso khutle", "No, not yet"),
)
TECHNICIAN_WORDS = (
    ("Kea amohela", "I accept"),
    ("Che", "No"),
    ("Ke fihlile", "I have arrived"),
    ("Ke qetile: ke lokisitse fiuse", "Done: repaired the fuse"),
)


class Composer(forms.Form):
    """What the pretended phone sends."""

    text = forms.CharField(required=False, max_length=65536, widget=forms.Textarea(attrs={"rows": 2}))
    file = forms.FileField(required=False, label="Photo or voice")
    latitude = forms.FloatField(required=False, min_value=-90, max_value=90)
    longitude = forms.FloatField(required=False, min_value=-180, max_value=180)

    def place(self) -> tuple[float, float] | None:
        north, east = self.cleaned_data.get("latitude"), self.cleaned_data.get("longitude")
        return None if north is None or east is None else (north, east)


@require_safe
@never_cache
@requires("handle_care")
def page(request: HttpRequest) -> HttpResponse:
    """Choose whom to play, see that phone and write from it; htmx asks again, and gets nothing when nothing changed."""
    simulating.check_on()
    typed = request.GET.get("as", "")
    player = simulating.player_for(typed) if typed.strip() else None
    if player and wants_partial(request):
        return _screen(request, player)
    return _render(request, player, Composer())


def _screen(request: HttpRequest, player: Player) -> HttpResponse:
    """The messages alone, so that what is being typed stays."""
    messages = simulating.messages_of(player.key)
    mark = simulating.mark_of(messages)
    if request.GET.get("mark") == mark:
        return HttpResponse(status=204)
    context = {"player": player, "phone_messages": messages, "mark": mark}
    return render(request, "whatsapp/htmx/screen.html", context)


@require_POST
@requires("handle_care")
@takes_file
def send(request: HttpRequest) -> HttpResponse:
    """Send from the pretended phone."""
    simulating.check_on()
    player = simulating.player_for(request.POST.get("as", ""))
    form = Composer(request.POST, request.FILES)
    if not player.key or not form.is_valid():
        return _render(request, player, form, status=422)
    given = form.cleaned_data
    try:
        content = given["file"].read() if given["file"] else b""
        simulating.write(player, text=given["text"], file=content, place=form.place())
    except InvalidInput as error:
        form.add_error(error.field, error.message)
        return _render(request, player, form, status=422)
    if wants_partial(request):
        return _render(request, player, Composer())
    return redirect(f"{reverse('whatsapp:simulator')}?{urlencode({'as': player.key})}")


def _render(request: HttpRequest, player: Player | None, form: Composer, *, status: int = 200) -> HttpResponse:
    messages = simulating.messages_of(player.key) if player else []
    context: dict[str, object] = {
        "player": player,
        "form": form,
        "phone_messages": messages,
        "mark": simulating.mark_of(messages),
        "words": TECHNICIAN_WORDS if player and player.about == "technician" else CUSTOMER_WORDS,
    }
    if not wants_partial(request):
        context |= _people(request)
    return render_page(request, "whatsapp/simulator.html", "whatsapp/htmx/phone.html", context, status=status)


def _people(request: HttpRequest) -> dict[str, object]:
    query = request.GET.get("q", "").strip()
    return {
        "q": query,
        "found": simulating.find(query) if query else [],
        "recent": simulating.recent(),
        "technicians": simulating.technicians(),
        "group": simulating.GROUP,
    }
