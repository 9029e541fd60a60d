"""Forgetting a contact on request."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from audit.actors import Actor
from ccportal.accounts.permissions import requires
from ccportal.core.errors import PortalError
from whatsapp.channels.base import GROUP_KEY
from whatsapp.models import Contact
from whatsapp.services import forgetting


class ForgetForm(forms.Form):
    """Why, and that it is meant."""

    reason = forms.CharField(max_length=300, help_text="Kept in the log; no names or numbers, please.")
    sure = forms.BooleanField(label="Delete it for good")


@require_http_methods(["GET", "HEAD", "POST"])
@requires("forget_contacts")
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """What there is of a contact; deleted once that is confirmed."""
    contact = get_object_or_404(Contact.objects.exclude(key=GROUP_KEY), pk=pk)
    form = ForgetForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            gone = forgetting.forget(pk, actor=Actor.of(request), reason=form.cleaned_data["reason"])
            messages.success(request, f"Forgotten: {gone.messages} messages and {gone.files} files were deleted.")
            return redirect("whatsapp:inbox")
        except PortalError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            status = error.status
    context = {"contact": contact, "kept": forgetting.kept_of(contact), "form": form}
    return render(request, "whatsapp/forget.html", context, status=status)
