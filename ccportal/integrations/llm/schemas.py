"""What the endpoint answers, checked before anybody believes it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class _Vendor(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Said(_Vendor):
    content: str


class Choice(_Vendor):
    message: Said
    finish_reason: str | None = None


class Completion(_Vendor):
    choices: Annotated[list[Choice], Field(min_length=1)]
