"""Kafka's own command line of one release, typed as a user types it, with a transcript to compare with Kafka's."""
import os
import re
import shlex
import subprocess

from . import paths

# What differs from run to run, and what stands for it in a transcript.
VOLATILE = [
    (re.compile(r"(TopicId: |Topic ID: )[\w-]{22}"), r"\1ID"),
    (re.compile(r'"timestamp":\d+'), '"timestamp":TIME'),
    (re.compile(r"CreateTime:\d+"), "CreateTime:TIME"),
    (re.compile(r'"logDir":"[^"]*"'), '"logDir":"DIR"'),
    (re.compile(r'"log_dirs":\["[^"]*"\]'), '"log_dirs":["DIR"]'),
    # Kafka keeps segments without records until the next check of retention; Logboat counts them no longer.
    (re.compile(r'"size":\d+'), '"size":SIZE'),
    (re.compile(r'"(totalBytes|usableBytes)":\d+'), r'"\1":BYTES'),
    (re.compile(r"\d+\.\d+ records/sec.*"), "RATE records/sec ..."),
    (re.compile(r'"avg_throughput":[\d.]+'), '"avg_throughput":RATE'),
    (re.compile(r"\n\tat .*"), ""),  # the tool's own stack, under an error's message
    # Kafka's order is that of Java's hash map.
    (re.compile(r"(?<=Configs: )\S+,\S+"), lambda configs: ",".join(sorted(configs[0].split(",")))),
]


class Console:
    """`console("bin/kafka-topics.sh --list --bootstrap-server B")` runs it with B replaced by the broker's address."""

    def __init__(self, version: str, address: str):
        self.home = paths.kafka_home(version)
        self.address = address
        self.transcript: list[str] = []

    def __call__(self, typed: str, typed_in: str = "", timeout: int = 90, keep=lambda line: True) -> str:
        """Gives stdout and stderr as one text; the transcript keeps the lines that `keep` likes."""
        words = [re.sub(r"(^|=)B$", rf"\g<1>{self.address}", word) for word in shlex.split(typed)]
        done = subprocess.run(
            words,
            cwd=self.home,
            input=typed_in,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            env={**os.environ, "KAFKA_OPTS": ""},
        )
        output = done.stdout
        self.transcript.append(f"$ {typed}")
        self.transcript += [f"< {line}" for line in typed_in.splitlines()]
        self.transcript += [line.rstrip() for line in self.normal(output).splitlines() if keep(line)]
        self.transcript.append(f"[{done.returncode}]")
        return output

    def normal(self, output: str) -> str:
        """`output` without what differs from run to run."""
        output = output.replace(self.address, "B")
        for pattern, instead in VOLATILE:
            output = pattern.sub(instead, output)
        return output
