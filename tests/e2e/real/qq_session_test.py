# SPDX-License-Identifier: Apache-2.0
"""The conversation that the project began with, and what QQ's servers do unlike others, replayed by
a scripted server; `once --transcript` must hold it and deliver."""
import base64
import pathlib
import tempfile
import unittest

from support.case import RealCase, main
from support.certificates import Authority
from support.program import Configuration, Once
from support.qq_server import ADDED, BANNER, EHLO, POP3_BANNER, QqServer, Script
from support.secret_forms import found_in

ADDRESS = "probe@qq.test"
PASSWORD = "k9#Zq/T7+m&x%=w Pv5~?"
FOREIGN = b"From: somebody@qq.test\r\nSubject: Lunch?\r\n\r\nShall we?\r\n.\r\n"


class QqSession(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mailprobed-qq-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.maxDiff = None

    def talk(self, script, mode="none", smtp=None, mailbox=()):
        """One run of `once --transcript` against a server with this script."""
        server = QqServer(ADDRESS, PASSWORD, script)
        self.addCleanup(server.close)
        server.mailbox += mailbox
        keys = {"tls": mode, "port": server.ports["smtp"]}
        if mode == "none":
            keys["allow_plaintext_auth"] = True
        configuration = Configuration(self.folder / "configuration")
        configuration.account("qq", ADDRESS, PASSWORD, {**keys, **(smtp or {})},
                              {"tls": "none", "allow_plaintext_auth": True,
                               "port": server.ports["pop3"]})
        configuration.probe("qq")
        once = Once(RealCase.program, configuration, "qq", "--transcript",
                    arguments=["--log.level", "trace"])
        self.assertEqual(found_in(once.raw, PASSWORD), [])
        return server, once

    def assert_delivered(self, once):
        self.assertEqual(once.status, 0, once.output)
        self.assertRegex(once.output, r"(?m)^verdict +delivered$")
        self.assertRegex(once.output, r"(?m)^body +intact$")

    def assert_refused(self, once, stage, cause):
        self.assertEqual(once.status, 1, once.output)
        self.assertRegex(once.output, rf"(?m)^failed at +{stage}, {cause}$")

    def test_the_first_session_is_held_word_for_word(self):
        server, once = self.talk(Script(), mailbox=[FOREIGN])
        self.assert_delivered(once)
        size = len(server.sent[0])
        login = base64.b64encode(f"\0{ADDRESS}\0{PASSWORD}".encode()).decode()
        dialogue = ["EHLO [127.0.0.1]", f"AUTH PLAIN {login}",
                    f"MAIL FROM:<{ADDRESS}> SIZE={size}", f"RCPT TO:<{ADDRESS}>", "DATA", "QUIT"]
        self.assertEqual(server.heard["smtp"], dialogue)
        dialogue[1] = "AUTH PLAIN <secret>"
        self.assertEqual(once.commands("smtp"), dialogue)
        self.assertEqual(once.said("smtp", "S"), [line.decode() for line in (
            BANNER, *EHLO, b"235 Authentication successful", b"250 Ok", b"250 Ok",
            b"354 End data with <CR><LF>.<CR><LF>", b"250 Ok: queued as ", b"221 Bye")])
        # The server knows no CAPA, no UIDL and no TOP: what remains is the script's USER, PASS,
        # STAT, RETR n, QUIT, and the own mail is deleted.
        look = server.heard["pop3"]
        look = look[len(look) - look[::-1].index("CAPA") - 1:]
        self.assertEqual(look[:6], ["CAPA", f"USER {ADDRESS}", f"PASS {PASSWORD}", "STAT", "UIDL",
                                    "LIST"])
        self.assertIn("RETR 2", look)
        self.assertEqual(look[-2:], ["DELE 2", "QUIT"])
        self.assertEqual(server.mailbox, [FOREIGN])

    def test_headers_put_in_front_of_the_mail_do_not_hide_it(self):
        server, once = self.talk(Script(modern_pop3=True))
        self.assert_delivered(once)
        self.assertIn(POP3_BANNER.decode(), once.said("pop3", "S"))
        shown = once.said("pop3", "S")
        start = shown.index("Date: Mon, 22 Apr 2013 16:22:01 +0800")
        added = ADDED.decode().replace("\t", "\\t").splitlines()
        self.assertEqual(shown[start:start + len(added)], added)
        self.assertEqual(server.mailbox, [])

    def test_the_newest_mail_need_not_be_the_one_that_was_sent(self):
        for modern in (False, True):
            with self.subTest(modern=modern):
                self.setUp()
                server, once = self.talk(Script(modern_pop3=modern, afterwards=FOREIGN))
                self.assert_delivered(once)
                self.assertIn("DELE 1", server.heard["pop3"])
                self.assertEqual(server.mailbox, [FOREIGN])

    def test_a_second_form_of_queued_without_an_id_is_accepted(self):
        _, once = self.talk(Script(queued=b"250 OK: queued as."))
        self.assert_delivered(once)

    def test_auth_with_an_equals_sign_alone_is_an_offer_and_prompts_may_be_lower_case(self):
        ehlo = [line for line in EHLO if not line.startswith(b"250-AUTH ")]
        server, once = self.talk(Script(ehlo=ehlo, prompts=(b"dXNlcm5hbWU6", b"cGFzc3dvcmQ6")))
        self.assert_delivered(once)
        self.assertEqual(server.heard["smtp"][1], "AUTH LOGIN")

    def test_a_helo_reply_of_three_lines_is_one_reply(self):
        script = Script(ehlo=[b"502 Error: command not implemented"])
        server, once = self.talk(script, smtp={"auth": "none"})
        self.assert_delivered(once)
        self.assertEqual([line.split(" ")[0] for line in server.heard["smtp"]],
                         ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "QUIT"])
        # Nothing was offered, so nothing is used.
        self.assertEqual(server.heard["smtp"][2], f"MAIL FROM:<{ADDRESS}>")

    def test_auth_offered_before_starttls_is_not_used_before_it(self):
        authority = Authority(self.folder, "authority")
        certificate = authority.issue("qq", "IP:127.0.0.1")
        server, once = self.talk(Script(tls=certificate), "starttls",
                                 {"ca_file": str(authority.file)})
        self.assert_delivered(once)
        self.assertEqual([line.split(" ")[0] for line in server.heard["smtp"]],
                         ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"])
        self.assertFalse([line for line in once.said("smtp", "S") if line.startswith("530")])

    def test_530_without_tls_says_that_tls_is_wanted(self):
        authority = Authority(self.folder, "authority")
        server, once = self.talk(Script(tls=authority.issue("qq", "IP:127.0.0.1")))
        self.assert_refused(once, "auth", "auth_unsupported")
        self.assertRegex(once.output, r"(?m)^detail .*530 Must issue a STARTTLS command first\. "
                         r"\(the server wants TLS before a login\)$")
        self.assertEqual(server.sent, [])

    def test_a_535_that_is_not_utf_8_is_shown_escaped_and_tried_only_once(self):
        text = "535 Error: 请使用授权码登录。详情请看: http://service.mail.qq.com/\r\n".encode("gbk")
        server, once = self.talk(Script(login_answer=[text]))
        self.assert_refused(once, "auth", "auth_rejected")
        [answer] = [line for line in once.said("smtp", "S") if line.startswith("535")]
        self.assertTrue(answer.startswith("535 Error: \\x"), answer)
        self.assertTrue(answer.isascii(), answer)
        self.assertIn("http://service.mail.qq.com/", answer)
        # A second try with the same password is what locks accounts.
        self.assertEqual([line.split(" ")[0] for line in server.heard["smtp"]][:2],
                         ["EHLO", "AUTH"])
        self.assertEqual(once.commands("smtp")[2:], ["QUIT"])

    def test_a_server_that_echoes_the_password_in_pieces_does_not_get_it_into_any_output(self):
        secret = PASSWORD.encode()
        encoded = base64.b64encode(b"ab" + secret)
        pieces = [b"535-wrong: " + secret[:7], secret[7:] + b" is not it\r\n535-nor is " +
                  encoded[:11], encoded[11:] + b"\r\n535-nor " + secret.hex()[:9].encode(),
                  secret.hex()[9:].encode() + b"\r\n535-half " + secret[:10],
                  b"\r\n535 " + secret[10:] + b"\r\n"]
        _, once = self.talk(Script(login_answer=pieces))
        self.assert_refused(once, "auth", "auth_rejected")
        self.assertIn("535-wrong: <secret>", "\n".join(once.said("smtp", "S")))
        for half in (secret[:10], secret[10:]):
            self.assertNotIn(half, once.raw, "half of the password, at the end of a line")


if __name__ == "__main__":
    main()
