"""kafkajs 2.2.4: producing and administration; consuming needs groups, so records are checked with kcat."""
import json

import pytest

from harness.kcat import kcat, read_all
from harness.programs import node


@pytest.mark.parametrize("acks", ["-1", "1", "0"])
def test_produce(broker, topic, acks):
    kcat(broker, "-L", "-t", topic)  # auto-creates it
    sent = json.loads(node("produce", broker.address, topic, "none", acks))
    if acks != "0":
        assert [(s["errorCode"], s["baseOffset"], s["partition"]) for s in sent] == [(0, "0", 0)]
    records = read_all(broker, topic)
    assert [r["payload"] for r in records] == [f"record {n:03}" for n in range(100)]
    assert [r["key"] for r in records] == [f"{n:03}" for n in range(100)]
    assert [r["ts"] for r in records] == [1700000000000 + n for n in range(100)]
    assert [r["headers"] for r in records] == [["n", f"{n:03}"] for n in range(100)]


def test_admin(broker, topic):
    steps = [json.loads(line) for line in node("admin", broker.address, topic).splitlines()]

    def offsets(ends):
        return [{"partition": p, "offset": str(end), "high": str(end), "low": str(low)} for p, (low, end) in enumerate(ends)]

    assert steps == [
        ["cluster", [0, [broker.address], "string"]],
        ["validated only", True],
        ["created", True],
        ["again", False],
        ["bad name", "INVALID_TOPIC_EXCEPTION"],
        ["two replicas", "INVALID_REPLICATION_FACTOR"],
        ["listed", True],
        ["metadata", [[0, 0, [0], [0]], [1, 0, [0], [0]]]],
        ["partitions", None],
        ["fewer", "INVALID_PARTITIONS"],
        ["configs", [["cleanup.policy", "delete", 5, False], ["retention.ms", "3600000", 1, False]]],
        ["altered", [["cleanup.policy", "compact", 1], ["retention.ms", "604800000", 5]]],
        ["broker config", [["log.retention.hours", "168"]]],
        *[["sent", [0, str(n)]] for n in range(5)],
        ["offsets", offsets([(0, 0), (0, 5), (0, 0)])],
        ["by time", [{"partition": 0, "offset": "0"}, {"partition": 1, "offset": "3"}, {"partition": 2, "offset": "0"}]],
        ["deleted records", "done"],
        ["beyond the end", "KafkaJSNonRetriableError"],
        ["offsets", offsets([(0, 0), (2, 5), (0, 0)])],
        ["deleted", False],
    ]
