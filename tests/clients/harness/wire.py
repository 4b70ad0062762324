"""The smallest Kafka client that shows stored bytes: it asks, and hands back record batches undecoded.

It speaks only what every broker since 2.5.0 and Logboat understand. Tests use it beside a real client, never instead.
"""
import socket
import struct

CODECS = {0: "none", 1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}


class Batch:
    """One stored v2 record batch: its fields by name, and all its bytes."""

    def __init__(self, data: bytes):
        self.bytes = data
        (
            self.base_offset, self.length, self.leader_epoch, self.magic, self.crc, self.attributes,
            self.last_offset_delta, self.base_timestamp, self.max_timestamp, self.producer_id,
            self.producer_epoch, self.base_sequence, self.record_count,
        ) = struct.unpack(">qiibIhiqqqhii", data[:61])  # fmt: skip
        self.codec = CODECS[self.attributes & 7]
        self.log_append_time = bool(self.attributes & 8)

    @property
    def as_sent(self) -> bytes:
        """What a producer sends and a broker keeps: from the magic byte on. Before it stand the base offset
        and the leader epoch, which the broker sets, and the length."""
        return self.bytes[16:]


class Wire:
    """One connection. Use it with `with`."""

    def __init__(self, address: str, timeout: float = 30):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        self.correlation = 0

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_):
        self.socket.close()

    def call(self, key: int, version: int, body: bytes) -> bytes:
        """Sends a request with a non-flexible header; gives the body of its response."""
        self.correlation += 1
        request = struct.pack(">hhi", key, version, self.correlation) + string("logboat-tests") + body
        self.socket.sendall(struct.pack(">i", len(request)) + request)
        (length,) = struct.unpack(">i", self._read(4))
        response = self._read(length)
        assert struct.unpack(">i", response[:4])[0] == self.correlation, "responses in request order"
        return response[4:]

    def _read(self, length: int) -> bytes:
        data = bytearray()
        while len(data) < length:
            piece = self.socket.recv(length - len(data))
            if not piece:
                raise EOFError("closed by the broker")
            data += piece
        return bytes(data)

    def api_versions(self) -> dict[int, tuple[int, int]]:
        """API key → lowest and highest version (ApiVersions v0)."""
        read = Reader(self.call(18, 0, b""))
        assert read.int16() == 0
        return {read.int16(): (read.int16(), read.int16()) for _ in range(read.int32())}

    def brokers(self) -> list[tuple[int, str, int]]:
        """Node id, host, port (Metadata v1, no topics)."""
        read = Reader(self.call(3, 1, struct.pack(">i", 0)))
        found = []
        for _ in range(read.int32()):
            found.append((read.int32(), read.string(), read.int32()))
            read.string()
        return found

    def fetch(self, topic: str, partition: int = 0, offset: int = 0, max_bytes: int = 50 << 20) -> list[Batch]:
        """The batches from `offset` to the end, as they are stored (Fetch v4, one partition at a time)."""
        batches: list[Batch] = []
        while True:
            found = self._fetch_once(topic, partition, offset, max_bytes)
            if not found:
                return batches
            batches += found
            offset = found[-1].base_offset + found[-1].last_offset_delta + 1

    def _fetch_once(self, topic: str, partition: int, offset: int, max_bytes: int) -> list[Batch]:
        body = struct.pack(">iiiibi", -1, 100, 1, max_bytes, 0, 1) + string(topic)
        body += struct.pack(">iiqi", 1, partition, offset, max_bytes)
        read = Reader(self.call(1, 4, body))
        read.int32()  # throttle_time_ms
        assert read.int32() == 1 and read.string() == topic and read.int32() == 1
        assert read.int32() == partition
        error = read.int16()
        assert error == 0, f"fetch of {topic}-{partition} from {offset}: error {error}"
        read.int64(), read.int64()  # high_watermark, last_stable_offset
        for _ in range(max(0, read.int32())):
            read.int64(), read.int64()  # aborted transactions
        records = read.take(read.int32())
        batches = []
        while len(records) >= 61:
            size = 12 + struct.unpack(">i", records[8:12])[0]
            if len(records) < size:
                break  # the last one may come in part
            batches.append(Batch(records[:size]))
            records = records[size:]
        return batches


class Reader:
    """Takes the parts of a response body in order."""

    def __init__(self, data: bytes):
        self.data = data

    def take(self, length: int) -> bytes:
        assert 0 <= length <= len(self.data), "response shorter than it says"
        part, self.data = self.data[:length], self.data[length:]
        return part

    def int16(self) -> int:
        return struct.unpack(">h", self.take(2))[0]

    def int32(self) -> int:
        return struct.unpack(">i", self.take(4))[0]

    def int64(self) -> int:
        return struct.unpack(">q", self.take(8))[0]

    def string(self) -> str | None:
        length = self.int16()
        return None if length < 0 else self.take(length).decode()


def string(text: str) -> bytes:
    """A non-flexible Kafka string."""
    data = text.encode()
    return struct.pack(">h", len(data)) + data
