"""kcat 1.7.1 on librdkafka 2.0.2: the client of wire trap 1 (ApiVersions' tagged fields)."""
import json
import subprocess
import time

import pytest

from harness.admin import create_topic
from harness.kcat import kcat, read_all


@pytest.fixture
def made(broker, topic):
    """A topic of three partitions."""
    return create_topic(broker, topic, 3)


def test_trap_1_kcat_lists_metadata(broker, made):
    """Trap 1: librdkafka before 2.2.0 misreads ApiVersions answers that write default values in tagged fields."""
    listed = json.loads(kcat(broker, "-L", "-J"))
    assert [(b["id"], b["name"]) for b in listed["brokers"]] == [(0, broker.address)]
    topics = {t["topic"]: t for t in listed["topics"]}
    assert [p["partition"] for p in topics[made]["partitions"]] == [0, 1, 2]
    assert all(p["leader"] == 0 and p["isrs"] == [{"id": 0}] for p in topics[made]["partitions"])
    # "ApiVersionRequest failed" is what the trap prints, and then it goes on with versions of 0.9.
    debug = subprocess.run(["kcat", "-b", broker.address, "-L", "-d", "feature,protocol"], capture_output=True, timeout=30)
    assert b"ApiVersionRequest failed" not in debug.stderr
    assert b"read underflow" not in debug.stderr.lower()


def test_lines_keys_and_headers(broker, made):
    kcat(broker, "-P", "-t", made, "-p", "1", "-K", "-", stdin=b"a-1\nb-2\n")
    kcat(broker, "-P", "-t", made, "-p", "1", "-H", "trace=abc", "-H", "empty=", stdin=b"with headers\n")
    records = read_all(broker, made, 1)
    assert [(r["offset"], r["key"], r["payload"]) for r in records] == [(0, "a", "1"), (1, "b", "2"), (2, None, "with headers")]
    assert records[2]["headers"] == ["trace", "abc", "empty", ""]
    assert all(r["partition"] == 1 and r["tstype"] == "create" for r in records)
    assert abs(records[0]["ts"] / 1000 - time.time()) < 120


def test_null_is_not_empty(broker, made):
    kcat(broker, "-P", "-t", made, "-p", "0", "-K", ":", "-Z", stdin=b"key:\n:value\n")
    with_null = [(r["key"], r["payload"]) for r in read_all(broker, made, 0)]
    assert with_null == [("key", None), (None, "value")]
    kcat(broker, "-P", "-t", made, "-p", "2", "-K", ":", stdin=b"key:\n")
    assert [(r["key"], r["payload"]) for r in read_all(broker, made, 2)] == [("key", "")]


@pytest.mark.parametrize("acks", ["0", "1", "all"])
def test_acks(broker, made, acks):
    lines = b"".join(b"line %d\n" % n for n in range(500))
    kcat(broker, "-P", "-t", made, "-p", "0", "-X", f"acks={acks}", stdin=lines)
    # acks=0 has no answer to wait for, so the records may come a moment later.
    for _ in range(50):
        out = kcat(broker, "-C", "-t", made, "-p", "0", "-o", "beginning", "-e", "-q")
        if out == lines:
            break
        time.sleep(0.1)
    assert out == lines


def test_offsets(broker, made):
    kcat(broker, "-P", "-t", made, "-p", "0", stdin=b"".join(b"%d\n" % n for n in range(10)))
    read = ("-C", "-t", made, "-p", "0", "-e", "-q", "-f", "%o %s\n")
    assert kcat(broker, *read, "-o", "7").split(b"\n") == [b"7 7", b"8 8", b"9 9", b""]
    assert kcat(broker, *read, "-o", "-2").split(b"\n") == [b"8 8", b"9 9", b""]
    assert kcat(broker, *read, "-o", "end") == b""
    # By time: the first record not older than the stamp; a stamp in the future finds none.
    first = read_all(broker, made)[0]["ts"]
    queried = kcat(broker, "-Q", "-t", f"{made}:0:{first}").decode()
    assert f"{made} [0] offset 0" in queried
    queried = kcat(broker, "-Q", "-t", f"{made}:0:4102444800000").decode()
    assert f"{made} [0] offset -1" in queried or f"{made} [0] offset 10" in queried


def test_long_poll_is_woken_by_the_append(broker, made):
    """A consumer at the end waits; what is produced then arrives without a poll interval's delay."""
    consumer = subprocess.Popen(
        ["kcat", "-b", broker.address, "-C", "-t", made, "-p", "0", "-o", "end", "-c", "1", "-q", "-u",
         "-X", "fetch.wait.max.ms=20000"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        time.sleep(2)
        started = time.monotonic()
        kcat(broker, "-P", "-t", made, "-p", "0", stdin=b"wake up\n")
        assert consumer.communicate(timeout=15)[0] == b"wake up\n"
        assert time.monotonic() - started < 5
    finally:
        consumer.kill()


def test_large_records(broker, made):
    """Just under message.max.bytes goes through whole; over it is refused with its own error."""
    big = b"x" * 900_000
    kcat(broker, "-P", "-t", made, "-p", "0", "-D", "|", stdin=big + b"|" + big)
    assert kcat(broker, "-C", "-t", made, "-p", "0", "-o", "beginning", "-e", "-q", "-D", "|") == big + b"|" + big + b"|"
    command = ["kcat", "-b", broker.address, "-P", "-t", made, "-p", "0", "-D", "|", "-X", "message.max.bytes=3000000"]
    refused = subprocess.run(command, input=b"y" * 1_100_000, capture_output=True, timeout=60)
    assert b"Message size too large" in refused.stderr


def test_auto_created_topic(broker, topic):
    kcat(broker, "-P", "-t", topic, stdin=b"first\n")
    assert [r["payload"] for r in read_all(broker, topic)] == ["first"]
