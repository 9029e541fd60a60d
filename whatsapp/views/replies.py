"""Prepared replies: what staff need not type again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ccportal.accounts.permissions import requires
from whatsapp.forms.replies import CannedReplyForm
from whatsapp.models import CannedReply


@require_safe
@requires("view_care")
def index(request: HttpRequest) -> HttpResponse:
    """All of them, with their texts."""
    return render(request, "whatsapp/replies.html", {"replies": CannedReply.objects.all()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("handle_care")
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a new one, or change one."""
    known = get_object_or_404(CannedReply, pk=pk) if pk else None
    form = CannedReplyForm(request.POST if request.method == "POST" else None, instance=known)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, f"“{saved.title}” is saved.")
        return redirect("whatsapp:replies")
    status = 422 if request.method == "POST" else 200
    return render(request, "whatsapp/reply.html", {"form": form, "reply": known}, status=status)


@require_POST
@requires("handle_care")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one off the list; messages that were sent stay as they are."""
    reply = get_object_or_404(CannedReply, pk=pk)
    reply.delete()
    messages.success(request, f"“{reply.title}” is deleted.")
    return redirect("whatsapp:replies")
