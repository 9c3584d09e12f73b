# SPDX-License-Identifier: Apache-2.0
"""The way from a daemon to its mail server, which can be closed, led past a fault, or given another
certificate while both run: what an outage does to one route, and to no other."""
import select
import socket
import ssl
import threading


class Gate:
    """Listens on a port of its own and passes every connection on to `target`, from the source
    address that the server's faults know as `peer`."""

    def __init__(self, target, certificate=None):
        self._target = target
        self._peer = "127.0.0.1"
        self._context = None
        if certificate:
            self.show(*certificate)
        self._listener = None
        self._open = set()
        self._lock = threading.Lock()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.open()

    def open(self):
        """Connections are taken."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self):
        """Connections are refused, and those that are open end."""
        # Without it the thread in accept() would keep the port.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for one in self._open:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def come_from(self, peer):
        """The next connections have this source address."""
        self._peer = peer

    def show(self, certificate, key):
        """The next connections are shown this certificate; from then on the gate speaks TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._context = context

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with client, socket.create_connection(self._target,
                                                  source_address=(self._peer, 0)) as server:
                client.settimeout(30)
                if self._context:
                    client = self._context.wrap_socket(client, server_side=True)
                with self._lock:
                    self._open |= {client, server}
                try:
                    _pass_on(client, server)
                finally:
                    with self._lock:
                        self._open -= {client, server}
        except (OSError, ssl.SSLError):
            pass  # the peer's business


def _pass_on(client, server):
    other = {client: server, server: client}
    while True:
        ready, _, _ = select.select([client, server], [], [], 60)
        if not ready:
            return
        for one in ready:
            data = one.recv(65536)
            while isinstance(one, ssl.SSLSocket) and one.pending():
                data += one.recv(65536)
            if not data:
                return
            other[one].sendall(data)
