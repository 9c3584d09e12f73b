# SPDX-License-Identifier: Apache-2.0
"""Finds secrets in what a program writes, in every form, and what is made of them for a challenge."""
import base64
import hashlib
import hmac
import re
import urllib.parse

from support.secret_forms import forms_of

# A challenge of APOP or CRAM-MD5.
CHALLENGE = re.compile(rb"<[^<>\s\"]{3,100}@[^<>\s\"]{1,100}>")
HEXADECIMAL = re.compile(rb"(?=([0-9a-f]{32}))")
BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")


def canary(number):
    """A password that URLs, base64 and regular expressions all write differently."""
    unique = hashlib.sha256(f"canary {number}".encode()).hexdigest()
    return f"k#{unique[:6]}/q+m&x%=w {unique[6:14]}~?"


def echoes(user, word):
    """The forms in which a server might repeat a password."""
    whole = base64.b64encode(f"\0{user}\0{word}".encode()).decode()
    return (word, base64.b64encode(word.encode()).decode(), whole,
            urllib.parse.quote(word, safe=""), word.encode().hex())


def challenges_in(text):
    """All challenges of servers that stand in a text or in its base64 words."""
    found = set(CHALLENGE.findall(text))
    for word in set(BASE64.findall(text)):
        if len(word) % 4 == 0:
            found.update(CHALLENGE.findall(base64.b64decode(word)))
    return found


def digests_of(user, word, challenges):
    """What a client answers to these challenges: APOP's digest, CRAM-MD5's and its response."""
    for challenge in challenges:
        yield hashlib.md5(challenge + word.encode()).hexdigest().encode()
        digest = hmac.new(word.encode(), challenge, "md5").hexdigest()
        yield digest.encode()
        yield base64.b64encode(f"{user} {digest}".encode())


def responses_in(text, user):
    """What stands in a text and could be this user's response of CRAM-MD5."""
    size = len(base64.b64encode(f"{user} {32 * 'x'}".encode()))
    head = base64.b64encode(f"{user} ".encode())[:(len(user) + 1) * 8 // 6]
    return {text[m.start():m.start() + size] for m in re.finditer(re.escape(head), text)}


class Secrets:
    """Every secret of a scene and its forms."""

    def __init__(self):
        self.words = {}
        self.challenges = set()

    def new(self, user):
        self.words[user] = canary(user)
        return self.words[user]

    def found_in(self, text, excepted=()):
        """Which secrets stand in a text (bytes) in which forms."""
        squeezed = re.sub(rb"\s+", b"", text)
        # What could be one is collected first: there are thousands of digests.
        digests = {m[1] for t in (text, squeezed) for m in HEXADECIMAL.finditer(t)}
        found = []
        for user, word in self.words.items():
            if user in excepted:
                continue
            found += [(user, form) for form, pattern in forms_of(word).items()
                      if pattern.search(text) or pattern.search(squeezed)]
            responses = responses_in(text, user) | responses_in(squeezed, user)
            found += [(user, "digest") for digest in digests_of(user, word, self.challenges)
                      if digest in digests or digest in responses]
        return found
