"""What the directory answers, checked before anybody believes it."""

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Person(BaseModel):
    """An employee as the directory knows them; texts it leaves out are empty."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    employee_id: str = Field(min_length=1, max_length=20)
    name: str = Field(default="", max_length=150)
    email: str = Field(default="", max_length=254)
    department: str = Field(default="", max_length=100)
    role: str = Field(default="", max_length=60)

    @field_validator("email")
    @classmethod
    def email_is_one(cls, value: str) -> str:
        if value and (value.count("@") != 1 or value.startswith("@") or value.endswith("@") or " " in value):
            raise ValueError("no e-mail address")
        return value.lower()
