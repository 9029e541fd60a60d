"""What uGridPlan answers, as far as it is used (semantics 23 and 24)."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

#: uGridPlan may write times without a zone; they are UTC.
Moment = Annotated[datetime, AfterValidator(lambda at: at if at.tzinfo else at.replace(tzinfo=UTC))]

#: Texts of people there. PostgreSQL takes no NUL, and one comment must not hold all other news up.
Words = Annotated[str, AfterValidator(lambda text: text.replace("\x00", ""))]


class RemoteComment(BaseModel):
    """A comment of a ticket; ``reference`` is the key we gave it, empty for comments of others."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: Words = ""
    user: Words = ""
    text: Words = ""
    reference: Words = ""
    at: Moment | None = None


class RemoteTicket(BaseModel):
    """A ticket as uGridPlan has it; ``external_reference`` is the stable name that we gave it."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    ticket_id: Words = Field(min_length=1, max_length=40)
    status: Words = ""
    external_reference: Words = ""
    note: Words = ""
    updated_by: Words = ""
    updated_at: Moment | None = None
    comments: list[RemoteComment] = []


class Changed(BaseModel):
    """The answer to a change, as far as it says when it was made."""

    model_config = ConfigDict(extra="ignore")

    updated_at: Moment | None = None


class Created(BaseModel):
    """The answer to a new ticket; without ``success`` nothing was created (semantics 24)."""

    model_config = ConfigDict(extra="ignore")

    success: bool
    ticket: RemoteTicket


class Listed(BaseModel):
    """Tickets in the order in which they changed."""

    model_config = ConfigDict(extra="ignore")

    tickets: list[RemoteTicket]
