"""Why a handshake failed, in words that name neither the address nor a file.

Source of the codes: https://docs.openssl.org/3.0/man1/openssl-verification-options/ and X509_V_ERR_* in openssl/x509_vfy.h.
"""

from __future__ import annotations

import ssl

_UNKNOWN_AUTHORITY = "its certificate is from an authority that is not trusted"
_OTHER_HOST = "its certificate is for another host"
_VERIFICATION = {
    2: _UNKNOWN_AUTHORITY,  # the issuer's certificate is not there
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: _UNKNOWN_AUTHORITY,  # self-signed
    19: _UNKNOWN_AUTHORITY,  # a self-signed one in the chain
    20: _UNKNOWN_AUTHORITY,  # the issuer's is not here
    21: _UNKNOWN_AUTHORITY,  # nothing but the certificate itself
    23: "its certificate has been revoked",
    26: "its certificate is not one for a server",
    62: _OTHER_HOST,
    64: _OTHER_HOST,  # an address instead of a name
}
_ASKS = "it asks for a certificate of plait's, and there is none"
_REFUSES = "it does not accept plait's certificate"
_NO_TLS = "it does not speak TLS"
_TOO_OLD = "it speaks no TLS of version 1.2 or newer"
_REASONS = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "UNSUPPORTED_PROTOCOL": _TOO_OLD,
    "TLSV1_ALERT_PROTOCOL_VERSION": _TOO_OLD,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _ASKS,
    "TLSV1_ALERT_UNKNOWN_CA": _REFUSES,
    "SSLV3_ALERT_BAD_CERTIFICATE": _REFUSES,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": _REFUSES,
    "SSLV3_ALERT_CERTIFICATE_REVOKED": _REFUSES,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _REFUSES,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": _REFUSES,
}


def refusal(exc: ssl.SSLError) -> str:
    """What the other side, or its certificate, did wrong."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return _VERIFICATION.get(exc.verify_code, "its certificate is not valid")
    if isinstance(exc, ssl.SSLEOFError):
        return "it closed the connection in the handshake"
    return _REASONS.get(exc.reason, "the TLS handshake failed")
