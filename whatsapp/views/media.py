"""Photos and voice messages, for staff: always as a download, never as a page."""

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from ccportal.accounts.permissions import requires
from ccportal.core.errors import NotFound
from whatsapp.models import Media, MediaState
from whatsapp.services.media import path_of

#: What a browser may show in an <img> or <audio>; everything goes out as an attachment all the same.
ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "audio/ogg": "ogg", "audio/mpeg": "mp3",
    "audio/aac": "aac", "audio/amr": "amr", "audio/wav": "wav", "audio/mp4": "m4a", "video/mp4": "mp4",
    "video/3gpp": "3gp", "application/pdf": "pdf",
}  # fmt: skip


@require_safe
@requires("view_care")  # type: ignore[arg-type]  # a file is no HttpResponse to the stubs
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The bytes of a stored file."""
    media = Media.objects.filter(pk=pk, state=MediaState.STORED).first()
    if media is None or media.mime not in ENDINGS or not path_of(media).is_file():
        raise NotFound("There is no such file.")
    # A photo is drawn again whenever a message comes: the browser asks whether it may, and fetches it once.
    etag = f'"{media.sha256}"'
    answer = get_conditional_response(request, etag=etag) or _file(media)
    answer["ETag"], answer["Cache-Control"] = etag, "private, no-cache"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _file(media: Media) -> FileResponse:
    name = f"message-{media.message_id}-{media.pk}.{ENDINGS[media.mime]}"
    return FileResponse(path_of(media).open("rb"), as_attachment=True, filename=name, content_type=media.mime)
