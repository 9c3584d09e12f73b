# SPDX-License-Identifier: Apache-2.0
"""A relay that notes what a client sends to a server: the truth about what was on the wire."""
import contextlib
import socket
import threading


class WireTap:
    """Listens at `port` and carries connections on to `target`, a port of 127.0.0.1."""

    def __init__(self, target):
        self._target = target
        self._sent = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client):
        note = bytearray()
        self._sent.append(note)
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            back = threading.Thread(target=self._carry, args=(server, client), daemon=True)
            back.start()
            self._carry(client, server, note)
            back.join()

    @staticmethod
    def _carry(source, sink, note=None):
        try:
            while data := source.recv(65536):
                if note is not None:
                    note += data
                sink.sendall(data)
        except OSError:
            pass  # one side has gone without a word
        # Said after a reset too, or the other side would wait (and keep its mailbox locked) for ever.
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def sent(self):
        """All that clients have sent until now, one connection after the other."""
        return b"\r\n".join(map(bytes, self._sent))

    def close(self):
        """Takes no more connections."""
        self._listener.close()
