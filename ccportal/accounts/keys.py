"""API keys of programs: made once, shown once, kept as a digest.

A key reads ``ccp_<prefix>_<secret>``: the prefix finds the row, the digest of the secret proves it. The secret has
256 random bits, so a plain SHA-256 cannot be turned back.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.crypto import constant_time_compare

from ccportal.accounts.models import ApiKey

MARK = "ccp"
_SEEN_EVERY = timedelta(minutes=5)


def issue(name: str, scopes: list[str], created_by: str, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """Make a key; the second value is the key itself, which cannot be had again."""
    prefix, secret = secrets.token_hex(4), secrets.token_hex(32)
    row = ApiKey.objects.create(
        name=name,
        scopes=sorted(scopes),
        created_by=created_by,
        expires_at=expires_at,
        prefix=prefix,
        digest=_digest(secret),
    )
    return row, f"{MARK}_{prefix}_{secret}"


def find(text: str) -> ApiKey | None:
    """The key that ``text`` proves; None when it is unknown, expired or revoked."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    row = ApiKey.objects.filter(prefix=prefix).first() if mark == MARK and prefix.isascii() else None
    # The comparison is made for unknown prefixes too, so that both take equally long.
    proven = constant_time_compare(row.digest if row else "0" * 64, _digest(secret))
    if row is None or not proven or not row.is_active:
        return None
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at > _SEEN_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def revoke(row: ApiKey) -> None:
    """Refuse the key from now on; revoking twice changes nothing."""
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
