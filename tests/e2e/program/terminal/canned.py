# SPDX-License-Identifier: Apache-2.0
"""A web server that says what a daemon would say, or what it never should."""
import json
import socket
import ssl
import threading
import time

NOW = 1_800_000_000.0


def mail(verdict, **fields):
    """A mail in short, as the API has it."""
    return {"mail": "00000000000000a1", "probe": "a", "started": NOW - 60, "attempt": 1,
            "progress": "accepted", "verdict": verdict, "judged": NOW - 30, "stage": None,
            "cause": None, "status_class": None, "body": None, "round_trip": None,
            "uncertainty": None, "unmeasured": False, "deadline_uncertain": False,
            "at_risk": False, "evidence": {}, **fields}


def success(mails, delivered):
    """How often mail arrived."""
    return {"mails": mails, "delivered": delivered, "ratio": delivered / mails if mails else None}


def probe(name, state="up", recent=(), **fields):
    """A probe in short; `recent` are round trips, or verdicts for what did not arrive."""
    mails = [{"mail": f"{number:016x}", "started": NOW - 600 + number,
              "verdict": "delivered" if isinstance(item, float) else item,
              "round_trip": item if isinstance(item, float) else None}
             for number, item in enumerate(recent)]
    return {"name": name, "from": "a", "to": "a", "labels": {}, "state": state,
            "since": None if state == "new" else NOW - 7500, "interval": 60, "deadline": 300,
            "slo_latency": 60, "pending": 0, "oldest_pending": None, "started": 7, "bad_streak": 0,
            "last": None if state == "new" else mail("delivered"), "last_round_trip": None,
            "last_uncertainty": None, "recent": mails,
            "success": {"1h": success(60, 60), "24h": success(1440, 1440),
                        "30d": success(43200, 43199)}, **fields}


GOOD = probe("qq-self", recent=[2.0, 2.1, 4.0, 1.9], last_round_trip=2.31, last_uncertainty=0.4)
DOWN = probe("refused-login", "down", recent=[1.0, "send_failed", "lost", "unobserved"],
             bad_streak=3, pending=1, last=mail("send_failed", stage="auth", cause="auth_rejected"),
             success={"1h": success(60, 57), "24h": success(1440, 1437),
                      "30d": success(43200, 43197)})
NEW = probe("fresh", "new", success={key: success(0, 0) for key in ("1h", "24h", "30d")})


def answer(*probes, **fields):
    """The answer of GET /api/v1/probes."""
    return {"now": NOW, "version": "1.2.3", "instance": "canned", "access": "full",
            "may_run": True, "journal_healthy": True, "probes": list(probes), **fields}


def response(status, body, *fields):
    """An HTTP response as bytes."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


class Canned:
    """Answers every connection with `say(connection, request)`; `requests` are what came."""

    def __init__(self, say, certificate=None):
        self.say = say
        self.requests = []
        self.patient = True  # waits for the end of the request
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.settimeout(30)
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            request = b""
            while b"\r\n\r\n" not in request and (self.patient or not request):
                some = connection.recv(65536)
                if not some:
                    return
                request += some
            self.requests.append(request.decode(errors="replace"))
            self.say(connection, request)
            if self._tls:
                connection = connection.unwrap()
        except (OSError, ssl.SSLError):
            pass
        finally:
            connection.close()

    def close(self):
        """Listens no more."""
        self._socket.close()


def saying(what):
    """Says these bytes to everybody."""
    return lambda connection, _: connection.sendall(what)


def dripping(what, pause):
    """One byte after the other."""
    def say(connection, _):
        for byte in what:
            connection.sendall(bytes([byte]))
            time.sleep(pause)
    return say


def endless(start, more):
    """Never comes to an end by itself."""
    def say(connection, _):
        connection.sendall(start)
        while True:
            connection.sendall(more)
    return say
