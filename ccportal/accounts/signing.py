"""The key pair that signs tokens, its predecessors, and the public halves for other services.

``JWT_SIGNING_KEY`` holds the PEM of an EC P-256 private key. An installation without it (never in production) makes
one in ``VAR_DIR/keys/jwt.pem``, readable by its owner only. To rotate: put the new key in ``JWT_SIGNING_KEY`` and the
old PEM into ``JWT_PREVIOUS_KEYS``; tokens of the old one stay good until they expire. Then drop it.
"""

import base64
import hashlib
import json
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)


@dataclass(frozen=True)
class KeyRing:
    """The signing key and every public key that is believed, by key id."""

    kid: str
    private: ec.EllipticCurvePrivateKey
    public: dict[str, ec.EllipticCurvePublicKey]

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JSON Web Key Set (RFC 7517)."""
        return {"keys": [{**_jwk(key), "kid": kid, "use": "sig", "alg": "ES256"} for kid, key in self.public.items()]}


def key_ring() -> KeyRing:
    """The keys of the settings; read once per set of settings."""
    return _ring(settings.JWT_SIGNING_KEY, settings.JWT_PREVIOUS_KEYS, Path(settings.VAR_DIR), settings.PRODUCTION)


@lru_cache(maxsize=8)
def _ring(current: str, previous: str, var_dir: Path, production: bool) -> KeyRing:
    if not current and production:
        raise ImproperlyConfigured("JWT_SIGNING_KEY is not set; docs/operations.md says how to make one")
    private = _private(current or _own_key(var_dir), "JWT_SIGNING_KEY")
    public = {_kid(private.public_key()): private.public_key()}
    for match in _PEM.finditer(previous):
        old = _public(match[0])
        public[_kid(old)] = old
    return KeyRing(_kid(private.public_key()), private, public)


def _own_key(var_dir: Path) -> str:
    path = var_dir / "keys" / "jwt.pem"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # Several processes may start at once: whoever links first wins, the others read that key.
        draft = path.with_name(f".jwt-{os.getpid()}-{os.urandom(4).hex()}.pem")
        draft.touch(mode=0o600)
        draft.write_bytes(pem)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its key is read below
        finally:
            draft.unlink()
    return path.read_text()


def _private(pem: str, name: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ImproperlyConfigured(f"{name} is not the PEM of an unencrypted private key") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ImproperlyConfigured(f"{name} must be an EC key on the curve P-256 (ES256)")
    return key


def _public(pem: str) -> ec.EllipticCurvePublicKey:
    if "PUBLIC" not in pem.splitlines()[0]:
        return _private(pem, "JWT_PREVIOUS_KEYS").public_key()
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ImproperlyConfigured("JWT_PREVIOUS_KEYS holds something that is no PEM key") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ImproperlyConfigured("JWT_PREVIOUS_KEYS must hold EC keys on the curve P-256 (ES256)")
    return key


def _jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"crv": "P-256", "kty": "EC", "x": _base64(numbers.x), "y": _base64(numbers.y)}


def _kid(key: ec.EllipticCurvePublicKey) -> str:
    """The key's thumbprint (RFC 7638), so that every process and every service names it alike."""
    canonical = json.dumps(_jwk(key), separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()


def _base64(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
