#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon's web server, looked at with curl: TLS, logins, who may see and act.
Usage: web_test.py MAILPROBED [TEST...]"""
import gzip
import socket
import subprocess
import sys
import unittest

from scene import SESAME, Authority, Scene
from support.processes import eventually, run

PROGRAM = None
IDENTITY = {"cert_file": "server.pem", "key_file": "server.key"}
# curl's exit statuses for a handshake that failed; 56: TLS 1.3 clients learn it with the first read.
HANDSHAKE = (35, 56)


# Becomes the program in argv[3], with the socket in argv[1] as the service manager hands it in.
HAND_IN = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES=sys.argv[2], LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[3], sys.argv[3:])
"""


class WebTest(unittest.TestCase):
    """Each test has a daemon of its own."""

    def setUp(self):
        self.scene = Scene(PROGRAM)
        self.addCleanup(self.scene.close)

    def with_tls(self, users=None, **keys):
        """Starts the daemon with TLS."""
        self.authority = Authority(self.scene.folder, "ca")
        self.authority.sign("server", "DNS:localhost,IP:127.0.0.1")
        sections = {"tls_server_config": {**IDENTITY, **keys}}
        if users:
            sections["basic_auth_users"] = users
        self.scene.start("--web.config.file", self.scene.web(**sections))

    def serial(self):
        """The serial number of the certificate that the daemon shows."""
        shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.scene.port}"],
                               capture_output=True, stdin=subprocess.DEVNULL, timeout=20)
        return run("openssl", "x509", "-noout", "-serial", input=shown.stdout.decode()).strip()


class Tls(WebTest):
    def test_curl_gets_pages_over_tls_and_not_without_it(self):
        self.with_tls()
        for version in ("--tls-max", "1.2"), ("--tlsv1.3",):
            got = self.scene.curl("/metrics", *version)
            self.assertEqual((got.failed, got.status), (0, 200))
            self.assertIn(b"mailprobed_build_info", got.body)
        plain = self.scene.curl("/metrics", scheme="http")
        self.assertEqual(plain.status, 400)
        self.assertIn(b"https", plain.body)

    def test_a_version_below_the_least_one_is_refused(self):
        self.with_tls(min_version="TLS13")
        self.assertIn(self.scene.curl("/metrics", "--tls-max", "1.2").failed, HANDSHAKE)
        self.assertEqual(self.scene.curl("/metrics").status, 200)

    def test_versions_of_the_past_are_refused_whatever_the_client_allows(self):
        self.with_tls()
        old = ("--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT:@SECLEVEL=0")
        self.assertIn(self.scene.curl("/metrics", *old).failed, HANDSHAKE)

    def test_only_the_ciphers_and_curves_of_the_list_are_spoken(self):
        self.with_tls(max_version="TLS12", curve_preferences=["CurveP384"],
                      cipher_suites=["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"])
        self.assertEqual(self.scene.curl("/metrics").status, 200)
        for refused in ("--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("--curves", "P-256"):
            self.assertIn(self.scene.curl("/metrics", *refused).failed, HANDSHAKE)

    def test_a_required_client_certificate_is_verified_and_counts_as_a_login(self):
        folder = self.scene.folder
        clients = Authority(folder, "clients")
        clients.sign("scraper", "DNS:scraper.test.invalid")
        clients.sign("stranger", "DNS:stranger.test.invalid")
        Authority(folder, "others").sign("forger", "DNS:scraper.test.invalid")
        self.with_tls(client_auth_type="RequireAndVerifyClientCert", client_ca_file="clients.pem",
                      client_allowed_sans=["scraper.test.invalid"])

        def shown(name):
            return ("--cert", folder / f"{name}.pem", "--key", folder / f"{name}.key")

        self.assertEqual(self.scene.curl("/metrics", *shown("scraper")).status, 200)
        # Not a loopback name: the certificate alone makes the difference.
        foreign = ("-H", "Host: monitor.test.invalid")
        self.assertEqual(self.scene.curl("/config", *foreign, *shown("scraper")).status, 200)
        self.assertNotEqual(self.scene.curl("/metrics").failed, 0)
        for name in ("forger", "stranger"):
            got = self.scene.curl("/metrics", *shown(name))
            self.assertEqual((got.failed != 0, got.status), (True, None), name)

    def test_a_renewed_certificate_is_shown_and_a_broken_one_is_not(self):
        self.with_tls()
        self.assertEqual(self.serial(), "serial=01")
        self.authority.sign("server", "DNS:localhost,IP:127.0.0.1")
        # The new key is there a little before the new certificate; until both are, the old serve.
        self.assertEqual(self.serial(), "serial=02")
        (self.scene.folder / "server.pem").write_text("broken")
        self.assertEqual(self.serial(), "serial=02")
        refused = eventually("the log says so", lambda: [
            line for line in self.scene.log().splitlines() if "web_config_refused" in line])
        self.assertIn("cert_file", refused[-1])
        self.assertEqual(self.scene.curl("/metrics").status, 200)


class Logins(WebTest):
    def test_good_bad_and_unknown_users_and_none(self):
        self.with_tls(users={"alice": SESAME})
        good = ("--user", "alice:open sesame")
        for _ in range(2):
            self.assertEqual(self.scene.curl("/metrics", *good).status, 200)
            for wrong in ("alice:open sesam", "bob:open sesame", "alice:"):
                got = self.scene.curl("/metrics", "--user", wrong)
                self.assertEqual(got.status, 401, wrong)
                self.assertTrue(got.fields["www-authenticate"].startswith("Basic realm="))
        for page in ("/", "/metrics", "/config", "/-/healthy", "/nothing"):
            self.assertEqual(self.scene.curl(page).status, 401, page)
        foreign = ("-H", "Host: monitor.test.invalid")
        self.assertEqual(self.scene.curl("/config", *good, *foreign).status, 200)
        self.assertNotIn("open sesame", self.scene.log())

    def test_users_work_without_tls_too(self):
        self.scene.start("--web.config.file", self.scene.web(basic_auth_users={"alice": SESAME}))
        got = self.scene.curl("/metrics", "--user", "alice:open sesame", scheme="http")
        self.assertEqual(got.status, 200)
        self.assertEqual(self.scene.curl("/metrics", scheme="http").status, 401)


class Pages(WebTest):
    def test_configured_headers_are_there_and_the_usual_ones_stay(self):
        headers = {"Strict-Transport-Security": "max-age=60", "X-Frame-Options": "deny",
                   "Content-Security-Policy": "default-src 'self'"}
        file = self.scene.web(http_server_config={"http2": True, "headers": headers})
        self.scene.start("--web.config.file", file)
        for page in ("/", "/metrics", "/nothing"):
            fields = self.scene.curl(page, scheme="http").fields
            for name, value in headers.items():
                self.assertEqual(fields[name.lower()], value)
            self.assertEqual(fields["x-content-type-options"], "nosniff")
            self.assertEqual(fields["cache-control"], "no-store")

    def test_metrics_are_compressed_for_those_who_ask(self):
        self.scene.start()
        small = self.scene.curl("/metrics", "-H", "Accept-Encoding: gzip", scheme="http")
        self.assertEqual(small.fields["content-encoding"], "gzip")
        text = gzip.decompress(small.body)
        self.assertIn(b"mailprobed_build_info", text)
        self.assertLess(len(small.body) * 4, len(text))
        plain = self.scene.curl("/metrics", scheme="http")
        self.assertNotIn("content-encoding", plain.fields)
        self.assertIn(b"mailprobed_build_info", plain.body)

    def test_a_rebound_name_reads_nothing_and_this_machines_names_do(self):
        self.scene.start("--web.allowed-host", "monitor.test.invalid")
        self.assertIn(b"me@test.invalid", self.scene.curl("/config", scheme="http").body)
        foreign = ("-H", "Host: rebound.test.invalid")
        hidden = self.scene.curl("/config", *foreign, scheme="http")
        self.assertEqual(hidden.status, 403)
        self.assertNotIn(b"me@test.invalid", hidden.body)
        for page in ("/metrics", "/", "/api/v1/probes"):
            refused = self.scene.curl(page, *foreign, scheme="http")
            self.assertEqual(refused.status, 403, page)
            self.assertIn(b"web.allowed_hosts", refused.body)
            for name in (socket.gethostname(), "192.0.2.7:10995", "monitor.test.invalid:80"):
                got = self.scene.curl(page, "-H", f"Host: {name}", scheme="http")
                self.assertEqual(got.status, 200, name)
        for page in ("/-/healthy", "/-/ready"):
            self.assertEqual(self.scene.curl(page, *foreign, scheme="http").status, 200)

    def test_a_reload_is_refused_to_browsers_and_granted_to_operators(self):
        self.scene.start("--web.allowed-host", "monitor.test.invalid")
        json, post = ("-H", "Content-Type: application/json"), ("-X", "POST")

        def status(*options):
            return self.scene.curl("/-/reload", *options, scheme="http").status

        if status() == 404:
            self.skipTest("this build has no reload")
        self.assertEqual(status(), 405)
        self.assertEqual(status(*post), 415)
        self.assertEqual(status(*post, *json, "-H", "Host: rebound.test.invalid"), 403)
        self.assertEqual(status(*post, *json, "-H", "Origin: http://rebound.test.invalid"), 403)
        self.assertEqual(status(*post, *json), 200)
        self.assertEqual(status(*post, *json, "-d", "{}"), 200)
        self.assertEqual(status(*post, *json, "-H", "Host: monitor.test.invalid"), 200)


class Listening(WebTest):
    def test_several_addresses_of_both_families(self):
        self.scene.listen = ["127.0.0.1:0", "[::1]:0", "127.0.0.2:0"]
        self.scene.start()
        for address in self.scene.addresses():
            host, _, port = address.rpartition(":")
            self.scene.port = port
            got = self.scene.curl("/-/ready", "--globoff", scheme="http", host=host)
            self.assertEqual(got.status, 200, address)
        self.assertEqual(len(self.scene.addresses()), 3)

    def activated(self, name):
        """Starts the daemon as a socket unit would; its port and process."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        self.scene.listen = "192.0.2.1:1"  # nobody's: must not be bound
        with open(self.scene.log_file, "ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-c", HAND_IN, str(listener.fileno()), name, PROGRAM, "--config",
                 self.scene.configuration()], stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, pass_fds=(listener.fileno(),))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return listener.getsockname()[1], process

    def test_a_socket_of_the_service_manager_is_used_instead(self):
        self.scene.port, _ = self.activated("http")
        # The first connection waits in the socket until the daemon serves.
        self.assertEqual(self.scene.curl("/-/healthy", scheme="http").status, 200)

    def test_a_socket_of_another_name_is_refused_with_the_remedy(self):
        _, process = self.activated("other")
        self.assertEqual(process.wait(timeout=20), 78)
        self.assertIn("FileDescriptorName=http", self.scene.log())


class Check(WebTest):
    def test_mistakes_are_told_with_their_place_and_status_78(self):
        file = self.scene.folder / "web.yml"
        file.write_text("basic_auth_users:\n  alice: canary\nunknown: 1\n")
        for status, said in (self.scene.check("--web.config.file", file),
                             self.run_daemon("--web.config.file", file)):
            self.assertEqual(status, 78)
            self.assertIn(f"{file}:2:10: the password of user 'alice' is no bcrypt hash, expected",
                          said)
            self.assertIn(f"{file}:3:1: unknown key 'unknown' in the file, expected", said)
            self.assertNotIn("canary", said)

    def run_daemon(self, *arguments):
        """Status and output of a daemon that does not start."""
        said = subprocess.run([PROGRAM, "--config", self.scene.configuration(), *arguments],
                              capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL)
        return said.returncode, said.stdout + said.stderr

    def test_a_good_file_is_fine(self):
        status, said = self.scene.check("--web.config.file",
                                        self.scene.web(basic_auth_users={"alice": SESAME}))
        self.assertEqual(status, 0, said)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
