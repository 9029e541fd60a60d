"""What somebody sees after too many wrong passwords."""

from django.http import HttpResponse


def locked_out(request, response=None, credentials=None):
    return HttpResponse("locked", status=429)
