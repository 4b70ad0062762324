"""A TCP relay in front of a broker that keeps what the clients send, so that stored bytes can be compared with it."""
import socket
import threading

from .net import free_port


class Recorder:
    """Listens on its own port (`address`, to be the broker's advertised.listeners) and relays to `target`."""

    def __init__(self):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.target: str | None = None
        self.sent: list[bytearray] = []
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def clear(self):
        """Forgets what was sent so far."""
        self.sent = []

    def was_sent(self, data: bytes) -> bool:
        """Whether some client sent these bytes in one piece."""
        return any(data in stream for stream in self.sent)

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            host, port = self.target.rsplit(":", 1)
            try:
                broker = socket.create_connection((host, int(port)))
            except OSError:
                client.close()
                continue
            stream = bytearray()
            self.sent.append(stream)
            threading.Thread(target=self._relay, args=(client, broker, stream), daemon=True).start()
            threading.Thread(target=self._relay, args=(broker, client, None), daemon=True).start()

    @staticmethod
    def _relay(source: socket.socket, target: socket.socket, stream: bytearray | None):
        try:
            while data := source.recv(1 << 16):
                if stream is not None:
                    stream += data
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
