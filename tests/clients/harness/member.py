"""One member of a consumer group: a process of any client, and what it printed.

Each member program prints one line for each thing that happens, with the wall clock of the moment in milliseconds first:

    1700000000000 assigned 0,2      these partitions are its own from now on, besides what it had; "-" is none
    1700000000000 revoked 0,2       it gave them up; said before the client joins again
    1700000000000 lost 0,2          they were taken from it while it was away
    1700000000000 record 0 17 text  it read this: partition, offset, value
    1700000000000 committed 0 18    the broker acknowledged this position of the group
    1700000000000 left              it left the group: the last line

A member leaves in order when its standard input ends, so that none outlives the test. What a client cannot tell it
does not print: sarama never says what it has committed.
"""
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from . import paths
from .programs import NODE_ENVIRONMENT, java_command

SESSION_SECONDS = 6  # the least that a broker allows by default
JUST_THAWED_MS = 3000
_numbers = itertools.count(1)


def _command(client: str) -> tuple[list[str], list[str]]:
    """How the member program of a client is started: what stands before broker, topic and group, and options of its own."""
    name, _, version = client.partition(" ")
    if name == "java":
        return java_command(version, "GroupMember"), []
    if name == "kafkajs":
        return ["node", str(paths.CLIENTS / "js" / "member.js")], []
    if name == "sarama":
        return [str(paths.CACHE / "bin" / "sarama"), "group"], [f"version={version}"]
    if name == "franz-go":
        return [str(paths.CACHE / "bin" / "franz"), "group"], []
    if name == "kafka-go":
        return [str(paths.CACHE / "bin" / "kafka-go")], []
    return [sys.executable, str(paths.CLIENTS / "python" / f"{name.replace('-', '_')}_member.py")], []


class Span:
    """A partition in a member's hands, from `start` to `end` (milliseconds; None: still)."""

    def __init__(self, member: "Member", partition: int, start: int):
        self.member, self.partition, self.start, self.end = member, partition, start, None

    def __repr__(self):
        return f"{self.member.id} had {self.partition} from {self.start} to {self.end}"


class Member:
    """`client` is "java 4.3.1", "librdkafka", "sarama 1.0.0" …; `options` as the programs take them."""

    def __init__(self, client: str, address: str, topic: str, group: str, **options):
        self.client = client
        # Also its client.id. A static member's stays the one of its first process, to the broker.
        self.id = options.get("instance") or f"{client.replace(' ', '-')}-{next(_numbers)}"
        self.options = options
        self.records: list[tuple[int, int, str]] = []
        self.committed: dict[int, int] = {}
        self.spans: list[Span] = []
        self.problems: list[str] = []
        self.fate: str | None = None  # how it ended: left, killed, or by itself
        self.frozen = False
        self._next: dict[int, int] = {}
        self._frozen_at: list[int] = []
        self._thawed_at: list[int] = []
        self._lock = threading.Lock()
        before, own = _command(client)
        options = {"id": self.id, **options}
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [*before, address, topic, group, *own, *[f"{name}={value}" for name, value in options.items()]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True, env=NODE_ENVIRONMENT,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __repr__(self):
        return f"{self.id} ({', '.join(f'{n}={v}' for n, v in self.options.items())})"

    @property
    def alive(self) -> bool:
        return self.fate is None

    @property
    def owned(self) -> set[int]:
        with self._lock:
            return {span.partition for span in self.spans if span.end is None}

    def leave(self, seconds: float = 60):
        """Asks it to leave the group, and waits until it has."""
        self.thaw()
        self._process.stdin.close()
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self} did not leave in {seconds} s\n{self.errors()}") from None
        self._reader.join(10)
        assert self.fate == "left" and status == 0, f"{self} ended with {status}\n{self.errors()}"

    def kill(self):
        """SIGKILL: the group learns of it by the session timeout only."""
        now = _now()
        self._process.kill()
        self._process.wait()
        self._reader.join(10)
        self._ended("killed", now)

    def freeze(self):
        """SIGSTOP, for longer than a session: the others get its partitions, and it does not know."""
        if not self.frozen:
            self.frozen = True
            self._frozen_at.append(_now())
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        if self.frozen:
            self.frozen = False
            self._thawed_at.append(_now())
            self._process.send_signal(signal.SIGCONT)

    def close(self):
        """Ends the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._reader.join(10)
        self._errors.close()

    def errors(self) -> str:
        """The end of what it wrote to stderr."""
        end = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, end - 3000))
        return self._errors.read()

    def check(self):
        """It has done nothing that no member may do, and did not end by itself."""
        assert self.problems == [], f"{self}: {self.problems[:5]}\n{self.errors()}"

    def held(self) -> list[tuple[int, int, int]]:
        """(partition, from, to) for each time that a partition was its own. Frozen, it holds nothing: it cannot act. Just
        thawed, it may say what was answered before the coordinator gave it up."""
        with self._lock:
            return [
                (span.partition, span.start, min([span.end or _now(), *[at for at in self._frozen_at if at >= span.start]]))
                for span in self.spans
                if not any(at <= span.start <= at + JUST_THAWED_MS for at in self._thawed_at)
            ]

    def _read(self):
        for line in self._process.stdout:
            stamp, word, *rest = line.rstrip("\n").split(" ", 4)
            with self._lock:
                self._heard(int(stamp), word, rest)
        if self.fate is None:
            # Without a signal of ours: a client that gave up.
            status = self._process.wait()
            if status != -signal.SIGKILL:
                self.problems.append(f"ended by itself with {status}")
                self._ended("by itself", _now())

    def _heard(self, stamp: int, word: str, rest: list[str]):
        open_spans = {span.partition: span for span in self.spans if span.end is None}
        if word in ("assigned", "revoked", "lost"):
            for partition in [] if rest[0] == "-" else map(int, rest[0].split(",")):
                if word == "assigned":
                    if partition in open_spans:
                        self.problems.append(f"assigned {partition} twice")
                    self.spans.append(Span(self, partition, stamp))
                    self._next.pop(partition, None)
                elif partition in open_spans:  # some say it twice: lost, and then revoked
                    open_spans[partition].end = stamp
        elif word == "record":
            partition, offset = int(rest[0]), int(rest[1])
            # Again is allowed, and after it gave the partition up too: kafkajs finishes its batch while it joins.
            if offset > self._next.get(partition, offset):
                self.problems.append(f"read {partition} at {offset} after {self._next[partition] - 1}")
            self._next[partition] = offset + 1
            self.records.append((partition, offset, rest[2]))
        elif word == "committed":
            partition, offset = int(rest[0]), int(rest[1])
            self.committed[partition] = max(offset, self.committed.get(partition, 0))
        elif word == "left":
            self._ended("left", stamp)
        else:
            self.problems.append(f"said {word}")

    def _ended(self, fate: str, stamp: int):
        self.fate = fate
        for span in self.spans:
            if span.end is None:
                span.end = stamp


def _now() -> int:
    return time.time_ns() // 1_000_000
