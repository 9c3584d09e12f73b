# SPDX-License-Identifier: Apache-2.0
"""Every form in which a password can be recognised in a text."""
import base64
import re
import urllib.parse


def _base64_core(secret, offset):
    """The base64 characters that the secret alone decides, `offset` octets standing before it."""
    text = base64.b64encode(b"\0" * offset + secret)
    return text[-(-offset * 8 // 6):(offset + len(secret)) * 8 // 6]


def forms_of(password, wire=b""):
    """Names and patterns (of bytes, without case where case means nothing) of a password, and of
    the secrets made of it that `wire`, a recorded conversation, holds."""
    secret = password.encode()
    forms = {"plain": re.escape(secret), "hexadecimal": b"(?i)" + secret.hex().encode()}
    for name, text in (("URL", urllib.parse.quote(password, safe="")),
                       ("URL of a form", urllib.parse.quote_plus(password)),
                       ("URL of a path", urllib.parse.quote(password))):
        forms[name] = b"(?i)" + re.escape(text.encode())
    for offset in range(3):
        forms[f"base64 at offset {offset}"] = re.escape(_base64_core(secret, offset))
    for name, text in _credentials(wire):
        forms[name] = re.escape(text)
    return {name: re.compile(pattern) for name, pattern in forms.items()}


def _credentials(wire):
    """What the client sent to log in: digests and responses."""
    for line in wire.split(b"\r\n"):
        apop = re.fullmatch(rb"APOP \S+ ([0-9a-f]{32})", line)
        if apop:
            yield "APOP digest", apop[1]
        inline = re.fullmatch(rb"AUTH PLAIN (\S+)", line)
        if inline:
            yield "PLAIN response", inline[1]
        decoded = b""
        if re.fullmatch(rb"[A-Za-z0-9+/]{8,}={0,2}", line) and len(line) % 4 == 0:
            decoded = base64.b64decode(line)
        cram = re.fullmatch(rb"\S+ ([0-9a-f]{32})", decoded)
        if cram:
            yield "CRAM digest", cram[1]
            yield "CRAM response", line
        if decoded.count(b"\0") == 2:
            yield "PLAIN response", line


def found_in(text, password, wire=b""):
    """The names of the forms that stand in a text (bytes), as it is and with its blanks and line
    ends taken out: a secret may be wrapped."""
    squeezed = re.sub(rb"\s+", b"", text)
    return [name for name, pattern in forms_of(password, wire).items()
            if pattern.search(text) or (name != "plain" and pattern.search(squeezed))]
