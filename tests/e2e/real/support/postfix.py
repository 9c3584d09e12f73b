# SPDX-License-Identifier: Apache-2.0
"""Postfix from Debian with configuration, queue and data of the test's own."""
import grp
import os
import pathlib
import pwd

from .processes import eventually, listens

_DAEMONS = "/usr/lib/postfix/sbin"

_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/postfix.log
maillog_file_prefixes = {home}

myhostname = mx.probe.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
biff = no
alias_maps =
append_dot_mydomain = no

# No mail leaves this machine: there is no transport that could carry it.
default_transport = error:only probe.test is served
relay_transport = error:only probe.test is served
local_transport = error:only probe.test is served
virtual_mailbox_domains = probe.test
virtual_mailbox_base = {mail}
virtual_mailbox_maps = texthash:{home}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
# A copy of every mail, of which mailprobed knows nothing.
always_bcc = archive@probe.test

smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unlisted_recipient, permit_sasl_authenticated, reject
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth_socket}
smtpd_sasl_security_options = noanonymous
smtpd_tls_loglevel = 1
smtpd_error_sleep_time = 0
"""

_SERVICES = """
cleanup   unix       n - n - 0 cleanup
qmgr      unix       n - n 300 1 qmgr
tlsmgr    unix       - - n 1000? 1 tlsmgr
rewrite   unix       - - n - - trivial-rewrite
bounce    unix       - - n - 0 bounce
defer     unix       - - n - 0 bounce
trace     unix       - - n - 0 bounce
proxymap  unix       - - n - - proxymap
error     unix       - - n - - error
retry     unix       - - n - - error
virtual   unix       - n n - - virtual
anvil     unix       - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""

_TLS = {"none": ["smtpd_tls_security_level=none"],
        "starttls": ["smtpd_tls_security_level=encrypt", "smtpd_tls_auth_only=yes"],
        "implicit": ["smtpd_tls_wrappermode=yes", "smtpd_tls_security_level=encrypt"]}


class Postfix:
    """One instance; `listen` before `start`."""

    def __init__(self, processes, home, mail, auth_socket, owner):
        self._processes = processes
        self._home = pathlib.Path(home)
        self._listeners = []
        self.log = self._home / "postfix.log"
        self._folders()
        (self._home / "main.cf").write_text(_MAIN.format(
            home=home, daemons=_DAEMONS, mail=mail, auth_socket=auth_socket, uid=owner.pw_uid,
            gid=owner.pw_gid))

    def _folders(self):
        postfix = pwd.getpwnam("postfix")
        postdrop = grp.getgrnam("postdrop").gr_gid
        modes = {"data": 0o700, "queue": 0o755, "queue/pid": 0o755, "queue/public": 0o710,
                 "queue/maildrop": 0o730}
        for name in ("active bounce corrupt defer deferred flush hold incoming private saved "
                     "trace").split():
            modes[f"queue/{name}"] = 0o700
        for name, mode in modes.items():
            folder = self._home / name
            folder.mkdir(parents=True, exist_ok=True)
            owner = 0 if name in ("queue", "queue/pid") else postfix.pw_uid
            group = postdrop if mode in (0o710, 0o730) else -1
            os.chown(folder, owner, group)
            folder.chmod(mode)

    def mailboxes(self, users):
        """Whose mail it takes; to anybody else it says 550."""
        (self._home / "mailboxes").write_text(
            "".join(f"{user}@probe.test {user}/\n" for user in users))

    def listen(self, tls, port, certificate, address="127.0.0.1"):
        """A submission service with `tls` none, starttls or implicit."""
        options = _TLS[tls] + [f"smtpd_tls_cert_file={certificate[0]}",
                               f"smtpd_tls_key_file={certificate[1]}"]
        self._listeners.append((f"{address}:{port}", address, port, options))

    def start(self):
        """Starts the master process and returns once every service takes connections."""
        lines = []
        for name, _, _, options in self._listeners:
            lines += [f"{name} inet n - n - - smtpd", *[f"  -o {option}" for option in options]]
        (self._home / "master.cf").write_text("\n".join(lines) + _SERVICES)
        output = self._home / "master.log"
        master = self._processes.start(output, f"{_DAEMONS}/master", "-c", self._home, "-s")

        def ready():
            if master.poll() is not None:
                raise AssertionError("Postfix did not start: " + self.logged())
            # It opens its services in their order.
            _, address, port, _ = self._listeners[-1]
            return listens(port, address)
        eventually("Postfix serves", ready)

    def logged(self):
        """All that it has logged."""
        return "".join(file.read_text(errors="replace")
                       for file in (self._home / "master.log", self.log) if file.exists())
