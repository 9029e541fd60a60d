"""Faults a person can understand.

A service raises one of these; each surface translates it (page or form error, JSON ``detail``, failed job).
The message is shown to the user as it is: it names what is wrong and what to do, and holds nothing internal.
"""


class PortalError(Exception):
    """Base of all expected faults; ``status`` is the HTTP status both surfaces answer with."""

    status = 400
    title = "That did not work"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(PortalError):
    """A value does not fit; ``field`` names it."""

    status = 400
    title = "Please check the input"


class NotAllowed(PortalError):
    """The role may not do this; the message says which role may and who grants it."""

    status = 403
    title = "Not permitted"


class NotFound(PortalError):
    status = 404
    title = "Not found"


class Conflict(PortalError):
    """The record changed meanwhile, or exists already."""

    status = 409
    title = "Changed meanwhile"


class Unavailable(PortalError):
    """Something this depends on does not answer now; trying again later may help."""

    status = 503
    title = "Not available"


class AcdbUnavailable(Unavailable):
    """The customer database cannot be read; sign-in and everything else still work."""

    title = "The customer database is not available"

    def __init__(
        self, message: str = "The customer database is not available at the moment. Try again shortly."
    ) -> None:
        super().__init__(message)
