# SPDX-License-Identifier: Apache-2.0
"""Where Alertmanager's notifications end: they are kept with the instant of their arrival."""
import http.server
import json
import threading
import time


class Notification:
    """One alert of one notification."""

    def __init__(self, at, receiver, alert):
        self.at, self.receiver = at, receiver
        self.firing = alert["status"] == "firing"
        self.name = alert["labels"]["alertname"]
        self.labels = alert["labels"]
        self.description = alert["annotations"].get("description", "")

    @property
    def subject(self):
        """Whom it is about: a probe, else a mailbox or an account, else the daemon."""
        return next((self.labels[key] for key in ("probe", "mailbox", "account")
                     if key in self.labels), "mailprobed")


class Sink:
    """A web server for webhooks."""

    def __init__(self):
        seen, lock = [], threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            """Takes what is posted."""

            def do_POST(self):  # pylint: disable=invalid-name
                """One notification, of one alert or several."""
                at = time.monotonic()
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    seen.extend(Notification(at, self.path.strip("/"), one)
                                for one in body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                """Says nothing."""

        self._seen, self._lock = seen, lock
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def seen(self, receivers=("page", "ticket")):
        """What has come for these receivers, in order."""
        with self._lock:
            return [one for one in self._seen if one.receiver in receivers]

    def first(self, after, name, subject, firing=True):
        """The first notification of an alert since `after`, if there is one."""
        return next((one for one in self.seen() if one.at >= after and one.firing == firing and
                     (one.name, one.subject) == (name, subject)), None)
