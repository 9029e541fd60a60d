"""Bearer tokens: what they say, how they are made, and when they stop being believed.

A token names who it is for and which sign-in it belongs to (``sid``). Signature and expiry are checked against the key
ring; everything else (still employed, role, password changed, signed out) comes from the database on every request.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
from django.http import HttpRequest
from django.utils import timezone
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.tokens import AccessToken, Token
from rest_framework_simplejwt.tokens import RefreshToken as SimpleRefreshToken

from ccportal.accounts.addresses import client_ip
from ccportal.accounts.models import CustomerLogin, Employee, SignIn
from ccportal.accounts.signing import key_ring

_SEEN_EVERY = timedelta(minutes=5)
Person = Employee | CustomerLogin


class RingBackend(TokenBackend):
    """Signs with the ring's key and names it in the header; believes every key of the ring, ES256 only."""

    def encode(self, payload: dict[str, Any]) -> str:
        ring = key_ring()
        return jwt.encode(payload, ring.private, algorithm="ES256", headers={"kid": ring.kid})

    def get_verifying_key(self, token: Any) -> Any:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidTokenError as error:
            raise TokenBackendError("Token is invalid") from error
        key = key_ring().public.get(str(kid))
        if key is None:
            raise TokenBackendError("Token is signed with a key that is not known here")
        return key


_backend = RingBackend("ES256")


class Access(AccessToken):
    def get_token_backend(self) -> TokenBackend:
        return _backend


class Refresh(Token):
    """Buys one new pair of tokens; it knows our keys and lasts as long as the settings say."""

    token_type = "refresh"  # noqa: S105 - the kind of token, no secret
    lifetime = SimpleRefreshToken.lifetime

    def get_token_backend(self) -> TokenBackend:
        return _backend


@dataclass(frozen=True)
class Pair:
    """``expires_in`` is the access token's life in seconds."""

    access: str
    refresh: str
    expires_in: int


def sign_in(person: Person, request: HttpRequest, name: str) -> Pair:
    """Open a sign-in for a program acting for ``person`` and hand out its first tokens."""
    opened = SignIn(
        kind=SignIn.API, ip_address=client_ip(request), user_agent=request.headers.get("User-Agent", "")[:200]
    )
    if isinstance(person, Employee):
        opened.employee = person
    else:
        opened.customer = person
    return _pair(opened, name)


def refresh(text: str, name_of: Any) -> tuple[Person, Pair]:
    """New tokens for a refresh token, which then is used up; ``TokenError`` when it is not believed.

    A used-up one that comes again was copied: the whole sign-in ends, for the thief and for the owner.
    """
    token = Refresh(text)  # type: ignore[arg-type]  # simplejwt takes the text here; its annotation says Token
    opened = _opened(token)
    if not secrets.compare_digest(opened.refresh_jti, str(token["jti"])):
        end(opened)
        raise TokenError("This refresh token was used before; sign in again.")
    person = opened.employee or opened.customer
    used_jti = opened.refresh_jti
    pair = _pair(opened, name_of(person), used_jti)
    return person, pair  # type: ignore[return-value]  # the constraint sign_in_of_one: one of the two is set


def authenticate(text: str) -> tuple[Person, SignIn]:
    """Who an access token speaks for at this moment; ``TokenError`` when it is not believed."""
    opened = _opened(Access(text))  # type: ignore[arg-type]  # as above
    now = timezone.now()
    if now - opened.seen_at > _SEEN_EVERY:
        SignIn.objects.filter(pk=opened.pk).update(seen_at=now)
    return (opened.employee or opened.customer), opened  # type: ignore[return-value]  # as above


def end(opened: SignIn) -> None:
    """Sign out: none of this sign-in's tokens works any more."""
    SignIn.objects.filter(pk=opened.pk, ended_at=None).update(ended_at=timezone.now())


def _opened(token: Token) -> SignIn:
    try:
        sid = UUID(str(token.get("sid")))
    except ValueError:
        raise TokenError("Token is invalid") from None
    opened = SignIn.objects.select_related("employee", "customer").filter(pk=sid, kind=SignIn.API).first()
    if opened is None or not opened.is_open:
        raise TokenError("This sign-in has ended; sign in again.")
    owner = opened.employee or opened.customer
    if owner is None or owner.get_username() != token.get("sub"):
        raise TokenError("Token is invalid")
    return opened


def _pair(opened: SignIn, name: str, used_jti: str = "") -> Pair:
    access, fresh = Access(), Refresh()
    owner = opened.employee or opened.customer
    claims = _claims(owner, name) if owner else {}
    for token in (access, fresh):
        token["sid"] = str(opened.pk)
        token["sub"] = claims["sub"]
    for claim, value in claims.items():
        access[claim] = value
    opened.seen_at = timezone.now()
    opened.refresh_jti = fresh["jti"]
    if used_jti:
        changed = SignIn.objects.filter(pk=opened.pk, refresh_jti=used_jti, ended_at=None).update(
            refresh_jti=opened.refresh_jti, seen_at=opened.seen_at
        )
        if not changed:
            raise TokenError("This refresh token was used before; sign in again.")
    else:
        opened.save(force_insert=True)
    return Pair(str(access), str(fresh), int(access.lifetime.total_seconds()))


def _claims(owner: Person, name: str) -> dict[str, str]:
    """The contract's claims, for clients that show them; nothing here is ever believed."""
    if isinstance(owner, Employee):
        kind, role, email = "employee", owner.role, owner.email
    else:
        kind, role, email = "customer", "customer", ""
    return {"sub": owner.get_username(), "user_type": kind, "role": role, "name": name, "email": email}
