"""Kafka's own command line of one release, typed as a user types it, with a transcript to compare with Kafka's."""
import contextlib
import os
import re
import shlex
import signal
import subprocess

from . import paths
from .programs import Running

# What differs from run to run, and what stands for it in a transcript.
VOLATILE = [
    (re.compile(r"(TopicId: |Topic ID: )[\w-]{22}"), r"\1ID"),
    (re.compile(r'"timestamp":\d+'), '"timestamp":TIME'),
    (re.compile(r"CreateTime:\d+"), "CreateTime:TIME"),
    (re.compile(r'"logDir":"[^"]*"'), '"logDir":"DIR"'),
    (re.compile(r'"log_dirs":\["/[^"]*"\]'), '"log_dirs":["DIR"]'),
    (re.compile(r"(?m)^(ClusterId|LeaderEpoch|HighWatermark): +\S+"), r"\1: VALUE"),
    (re.compile(r'"endpoints": \[.*?\]'), '"endpoints": [...]'),
    # Kafka keeps segments without records until the next check of retention; Logboat counts them no longer.
    (re.compile(r'"size":\d+'), '"size":SIZE'),
    (re.compile(r'"(totalBytes|usableBytes)":\d+'), r'"\1":BYTES'),
    (re.compile(r"\d+\.\d+ records/sec.*"), "RATE records/sec ..."),
    (re.compile(r'"avg_throughput":[\d.]+'), '"avg_throughput":RATE'),
    (re.compile(r"\n\tat .*"), ""),  # the tool's own stack, under an error's message
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),  # the end of a member id
    (re.compile(r"(?m)^console-consumer-\d+$"), "console-consumer-NNNNN"),
    # Said to whom the broker offers groups of that kind; whether it does is not what these transcripts are about.
    (re.compile(r"The consumer rebalance protocol \(KIP-848\) is production-ready! .*?#consumer_rebalance_protocol\n?"), ""),
    # Kafka's order is that of Java's hash map.
    (re.compile(r"(?<=Configs: )\S+,\S+"), lambda configs: ",".join(sorted(configs[0].split(",")))),
    (re.compile(r"(?<=\n)((?:GROUP|TOPIC) .*\n)((?:\S+ .*\n)*)"), lambda table: table[1] + _sorted(table[2])),
    (re.compile(r"(?:[\w.-]+,)+\d+,\d+\n(?:\S+\n)+"), lambda exported: _sorted(exported[0])),
]


def _sorted(lines: str) -> str:
    return "".join(sorted(lines.splitlines(keepends=True)))


class Console:
    """`console("bin/kafka-topics.sh --list --bootstrap-server B")` runs it with B replaced by the broker's address."""

    def __init__(self, version: str, address: str):
        self.home = paths.kafka_home(version)
        self.address = address
        self.transcript: list[str] = []

    def __call__(self, typed: str, typed_in: str = "", timeout: int = 90, keep=lambda line: True, order=list, log="off") -> str:
        """Gives stdout and stderr as one text; the transcript keeps the lines that `keep` likes, in the order that
        `order` gives them. `log` is the level from which the tool's own log is printed; Kafka's scripts say "warn"."""
        done = subprocess.run(
            self._words(typed),
            cwd=self.home,
            input=typed_in,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            env={**os.environ, "KAFKA_OPTS": f"-Dorg.slf4j.simpleLogger.defaultLogLevel={log}"},
        )
        self.transcript.append(f"$ {typed}")
        self.transcript += [f"< {line}" for line in typed_in.splitlines()]
        self._ended(order(filter(keep, self.normal(done.stdout).splitlines())), done.returncode)
        return done.stdout

    @contextlib.contextmanager
    def running(self, typed: str):
        """A command that goes on until the user presses Ctrl-C, which is the end of the block. Gives a function for the
        lines printed so far. The transcript gets them sorted: those of several partitions come in no order."""
        with Running(self._words(typed), cwd=self.home, env={**os.environ, "KAFKA_OPTS": ""}) as command:
            lines = lambda: self.normal(command.output()).splitlines()  # noqa: E731
            yield lines
            status = command.end(signal.SIGINT)
            self.transcript.append(f"$ {typed}")
            self._ended(sorted(lines()), status)

    def _words(self, typed: str) -> list[str]:
        return [re.sub(r"(^|=)B$", rf"\g<1>{self.address}", word) for word in shlex.split(typed)]

    def _ended(self, lines, status: int):
        self.transcript += [line.rstrip() for line in lines]
        self.transcript.append(f"[{status}]")

    def normal(self, output: str) -> str:
        """`output` without what differs from run to run."""
        output = output.replace(self.address, "B")
        for pattern, instead in VOLATILE:
            output = pattern.sub(instead, output)
        return output
