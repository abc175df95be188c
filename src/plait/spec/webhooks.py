"""The secret of a webhook, as Standard Webhooks 1.0.0 writes it (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii

PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The key that a secret stands for: behind `whsec_` in Base64, else the text's own bytes.

    Raises:
        ValueError: If it is not Base64, or empty.
    """
    if not secret.startswith(PREFIX):
        if not secret:
            raise ValueError("is empty; give it a secret, or leave it out: then messages are not signed")
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError(f"has no key in Base64 after {PREFIX}; make one: echo {PREFIX}$(openssl rand -base64 24)")
    return key
