# SPDX-License-Identifier: Apache-2.0
"""Dovecot from Debian with configuration and run folder of the test's own: POP3, and who may log
in to Postfix."""
import pathlib

from .processes import eventually, listens

_SETTINGS = """
protocols = pop3
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate[0]}
ssl_key = <{certificate[1]}
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 apop
# Refusals come at once, and however many there are.
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {home}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mail}/%n
}}
first_valid_uid = 1
mail_location = maildir:{mail}/%n
mail_max_lock_timeout = 1s
protocol pop3 {{
  # Without it a locked mailbox is never told from a free one.
  pop3_lock_session = yes
}}
service auth {{
  unix_listener {auth_socket} {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    address = {addresses}
    port = {pop3}
  }}
  inet_listener pop3s {{
    address = {addresses}
    port = {pop3s}
    ssl = yes
  }}
}}
"""

_LOCAL = """
local {address} {{
  ssl_cert = <{certificate[0]}
  ssl_key = <{certificate[1]}
}}
"""


class Dovecot:
    """One instance, ports `pop3` (plain and STLS) and `pop3s`."""

    def __init__(self, processes, home, mail, auth_socket, owner):
        self._processes = processes
        self._home = pathlib.Path(home)
        self._values = {"home": home, "mail": mail, "auth_socket": auth_socket,
                        "uid": owner.pw_uid, "gid": owner.pw_gid}
        self._others = {}
        self.log = self._home / "dovecot.log"
        (self._home / "state").mkdir(parents=True)

    def users(self, passwords):
        """Who may log in, a map from user name to password."""
        file = self._home / "users"
        # A file that only root and the password service of Dovecot can read.
        file.write_text("".join(f"{user}:{password}\n" for user, password in passwords.items()))

    def also_at(self, address, certificate):
        """Serves another loopback address with another certificate."""
        self._others[address] = certificate

    def start(self, pop3, pop3s, certificate):
        """Starts the master process and returns once both ports take connections."""
        self._values.update(pop3=pop3, pop3s=pop3s, certificate=certificate,
                            addresses=" ".join(["127.0.0.1", *self._others]))
        text = _SETTINGS.format(**self._values)
        for address, other in self._others.items():
            text += _LOCAL.format(address=address, certificate=other)
        settings = self._home / "dovecot.conf"
        settings.write_text(text)
        output = self._home / "master.log"
        master = self._processes.start(output, "/usr/sbin/dovecot", "-F", "-c", settings)

        def ready():
            if master.poll() is not None:
                raise AssertionError("Dovecot did not start: " + self.logged())
            return listens(pop3) and listens(pop3s)
        eventually("Dovecot serves", ready)

    def logged(self):
        """All that it has logged."""
        return "".join(file.read_text(errors="replace")
                       for file in (self._home / "master.log", self.log) if file.exists())
