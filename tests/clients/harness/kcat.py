"""Debian's kcat (librdkafka 2.0.2), as it is installed."""
import json
import subprocess


def kcat(broker, *arguments: str, stdin: bytes = b"", timeout: int = 60) -> bytes:
    """Runs `kcat -b BROKER ...`; gives its stdout, fails with its stderr."""
    done = subprocess.run(["kcat", "-b", broker.address, *arguments], input=stdin, capture_output=True, timeout=timeout)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def read_all(broker, topic: str, partition: int = 0, *more: str) -> list[dict]:
    """Every record of a partition as kcat's JSON: offset, ts, headers, key, payload."""
    out = kcat(broker, "-C", "-t", topic, "-p", str(partition), "-o", "beginning", "-e", "-q", "-J", *more)
    return [json.loads(line) for line in out.splitlines()]
