# SPDX-License-Identifier: Apache-2.0
"""A scripted SMTP and POP3 server that says what smtp.qq.com and pop.qq.com say, word for word:
one account, one mailbox. What differs from session to session is in `Script`."""
import base64
import dataclasses
import socket
import ssl
import threading

BANNER = b"220 smtp.qq.com Esmtp QQ Mail Server"
EHLO = [b"250-smtp.qq.com", b"250-PIPELINING", b"250-SIZE 52428800", b"250-AUTH LOGIN PLAIN",
        b"250-AUTH=LOGIN", b"250-MAILCOMPRESS", b"250 8BITMIME"]
POP3_BANNER = b"+OK QQMail POP3 Server v1.0 Service Ready(QQMail v2.0)"
# What stands in front of a mail when it comes back, in this order.
ADDED = b"""\
Date: Mon, 22 Apr 2013 16:22:01 +0800
X-QQ-mid: esmtp26t1366618921t425t12695
Received: from [169.254.114.107] (unknown [192.0.2.173])
\tby esmtp4.qq.com (ESMTP) with SMTP id 0
\tfor <probe@qq.test>; Mon, 22 Apr 2013 16:22:01 +0800 (CST)
X-QQ-SSF: b10000000000050321003000000000
"""


@dataclasses.dataclass
class Script:
    """How this day's server speaks."""

    ehlo: list = dataclasses.field(default_factory=lambda: list(EHLO))
    # Certificate and key; offers STARTTLS and answers 530 to a login before it.
    tls: tuple = None
    # Pieces of the answer to a login, written one after the other; empty: a right one is taken.
    login_answer: list = dataclasses.field(default_factory=list)
    prompts: tuple = (b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6")
    queued: bytes = b"250 Ok: queued as "
    # Knows CAPA, UIDL and TOP.
    modern_pop3: bool = False
    # A mail of somebody else that comes in after each one sent.
    afterwards: bytes = b""


class _Link:
    """Lines on a connection."""

    def __init__(self, connection):
        self._connection = connection
        self._lines = connection.makefile("rb")

    def say(self, *lines):
        self._connection.sendall(b"".join(line + b"\r\n" for line in lines))

    def say_in_pieces(self, pieces):
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            self._connection.sendall(piece)
            # So that the client most likely reads them one by one; no test depends on it.
            threading.Event().wait(0.1)

    def hear(self):
        line = self._lines.readline()
        return line[:-2] if line.endswith(b"\r\n") else None

    def encrypt(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self._connection = context.wrap_socket(self._connection, server_side=True)
        self._lines = self._connection.makefile("rb")

    def close(self):
        self._lines.close()
        self._connection.close()


class QqServer:
    """Listens on two ports of 127.0.0.1; `heard` holds each side's commands in their order."""

    def __init__(self, address, password, script):
        self._address, self._password, self._script = address.encode(), password.encode(), script
        self.heard = {"smtp": [], "pop3": []}
        self.sent = []      # mails as they came in
        self.mailbox = []   # mails as they are handed out
        self._listeners, self.ports = [], {}
        for name, serve in (("smtp", self._smtp), ("pop3", self._pop3)):
            listener = socket.create_server(("127.0.0.1", 0))
            self._listeners.append(listener)
            self.ports[name] = listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(listener, serve), daemon=True).start()

    def close(self):
        """Takes no more connections."""
        for listener in self._listeners:
            listener.close()

    def _accept(self, listener, serve):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, serve), daemon=True).start()

    @staticmethod
    def _serve(connection, serve):
        link = _Link(connection)
        try:
            serve(link)
        except OSError:
            pass  # the client has gone
        finally:
            link.close()

    def _commands(self, link, protocol):
        while (line := link.hear()) is not None:
            self.heard[protocol].append(line.decode())
            word = line.split(b" ")[0].upper()
            yield word, line
            if word == b"QUIT":
                return

    # SMTP

    def _smtp(self, link):
        script, encrypted, logged_in = self._script, False, False
        simple = {b"QUIT": b"221 Bye", b"MAIL": b"250 Ok", b"RCPT": b"250 Ok", b"RSET": b"250 Ok"}
        link.say(BANNER)
        for word, line in self._commands(link, "smtp"):
            if word == b"EHLO":
                offer = [b"250-STARTTLS"] if script.tls and not encrypted else []
                link.say(*script.ehlo[:-1], *offer, script.ehlo[-1])
            elif word == b"HELO":
                link.say(b"250-newxmesmtplogicsvrszc7.qq.com", b"250-SIZE 73400320", b"250 OK")
            elif word == b"STARTTLS" and script.tls:
                link.say(b"220 Ready to start TLS")
                link.encrypt(script.tls)
                encrypted = True
            elif word in (b"AUTH", b"MAIL") and script.tls and not encrypted:
                link.say(b"530 Must issue a STARTTLS command first.")
            elif word == b"AUTH":
                logged_in = self._login(link, line)
            elif word == b"DATA":
                link.say(b"354 End data with <CR><LF>.<CR><LF>")
                self._take_mail(link)
                link.say(script.queued)
            else:
                link.say(simple.get(word, b"502 Error: command not implemented"))

    def _login(self, link, line):
        if line.upper() == b"AUTH LOGIN":
            answers = []
            for prompt in self._script.prompts:
                link.say(b"334 " + prompt)
                answers.append(base64.b64decode(link.hear()))
            right = answers == [self._address, self._password]
        else:
            _, user, password = base64.b64decode(line.split(b" ")[2]).split(b"\0")
            right = (user, password) == (self._address, self._password)
        if self._script.login_answer:
            link.say_in_pieces(self._script.login_answer)
            return False
        link.say(b"235 Authentication successful" if right else b"535 Error: wrong password")
        return right

    def _take_mail(self, link):
        lines = []
        while (line := link.hear()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        mail = b"".join(line + b"\r\n" for line in lines)
        self.sent.append(mail)
        self.mailbox.append(ADDED.replace(b"\n", b"\r\n") + mail)
        if self._script.afterwards:
            self.mailbox.append(self._script.afterwards)

    # POP3

    def _pop3(self, link):
        modern = {b"CAPA": self._capa, b"UIDL": self._uidl, b"TOP": self._top}
        known = {b"STAT": self._stat, b"LIST": self._list, b"RETR": self._retr,
                 **(modern if self._script.modern_pop3 else {})}
        deleted, logged_in = set(), False
        link.say(POP3_BANNER)
        for word, line in self._commands(link, "pop3"):
            if word == b"USER":
                link.say(b"+OK")
            elif word == b"PASS":
                logged_in = line[5:] == self._password
                link.say(b"+OK" if logged_in else b"-ERR Unable to log on")
            elif word == b"DELE" and logged_in:
                deleted.add(int(line.split(b" ")[1]))
                link.say(b"+OK")
            elif word == b"QUIT":
                self.mailbox = [mail for number, mail in enumerate(self.mailbox, 1)
                                if number not in deleted]
                link.say(b"+OK Bye")
            elif word in known and (logged_in or word == b"CAPA"):
                known[word](link, line)
            else:
                link.say(b"-ERR Unknown command")

    def _stat(self, link, _line):
        link.say(b"+OK %d %d" % (len(self.mailbox), sum(map(len, self.mailbox))))

    def _list(self, link, _line):
        sizes = [b"%d %d" % (number, len(mail)) for number, mail in enumerate(self.mailbox, 1)]
        link.say(b"+OK", *sizes, b".")

    def _capa(self, link, _line):
        link.say(b"+OK Capability list follows", b"TOP", b"USER", b"UIDL", b".")

    def _uidl(self, link, _line):
        names = [b"%d ZC%d" % (number, hash(mail) & 0xFFFFFFFF)
                 for number, mail in enumerate(self.mailbox, 1)]
        link.say(b"+OK", *names, b".")

    def _retr(self, link, line):
        self._show(link, self.mailbox[int(line.split(b" ")[1]) - 1])

    def _top(self, link, line):
        head = self.mailbox[int(line.split(b" ")[1]) - 1].partition(b"\r\n\r\n")[0]
        self._show(link, head + b"\r\n\r\n")

    @staticmethod
    def _show(link, mail):
        lines = mail.split(b"\r\n")[:-1]
        link.say(b"+OK", *[b"." + line if line.startswith(b".") else line for line in lines], b".")
