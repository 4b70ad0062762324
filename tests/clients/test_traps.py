"""Wire traps of other brokers that need a client of their own; the others are beside the client that they concern:
1 in test_kcat.py, 9 and 14 in test_go.py, 8 (Java) and 12 in test_java.py,
15 in test_command_line.py and (a broker's config by its name alone) in test_kafkajs.py."""
import subprocess

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from harness import paths
from harness.admin import create_topic
from harness.kcat import read_all
from harness.programs import java

# The releases whose protocol kafka-python is told to speak; None asks the broker.
API_VERSIONS = [None, (0, 10, 0), (0, 10, 2), (0, 11), (1, 0), (1, 1), (2, 0), (2, 3), (2, 5), (2, 8), (3, 0), (3, 9), (4, 0)]


def kafka_python(api_version):
    """Kafka 4 no longer answers what old clients ask."""
    marks = [pytest.mark.until("3.9.9")] if api_version and api_version < (2, 1) else []
    return pytest.param(api_version, marks=marks, id="negotiated" if api_version is None else ".".join(map(str, api_version)))


@pytest.mark.parametrize("api_version", list(map(kafka_python, API_VERSIONS)))
def test_trap_9_kafka_python_versions(broker, topic, api_version):
    """Traps 8 and 9: every api_version of kafka-python produces, reads and looks offsets up; the future has no offset."""
    create_topic(broker, topic)
    common = {"bootstrap_servers": broker.address, "api_version": api_version}
    codecs = ["gzip", "snappy", "lz4"] if api_version else ["gzip", "snappy", "lz4", "zstd"]
    for n, codec in enumerate([None, *codecs]):
        producer = KafkaProducer(compression_type=codec, enable_idempotence=False, **common)
        sent = producer.send(topic, b"value %d" % n, b"key %d" % n, partition=0, timestamp_ms=1700000000000 + n)
        assert sent.get(30).offset == n
        producer.close()
    count = 1 + len(codecs)
    consumer = KafkaConsumer(consumer_timeout_ms=20000, auto_offset_reset="earliest", enable_auto_commit=False, **common)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    found = []
    for record in consumer:
        found.append(record)
        if len(found) == count:
            break
    assert [(r.offset, r.key, r.value) for r in found] == [(n, b"key %d" % n, b"value %d" % n) for n in range(count)]
    assert [r.timestamp for r in found] == [1700000000000 + n for n in range(count)]
    assert consumer.beginning_offsets([partition]) == {partition: 0}
    assert consumer.end_offsets([partition]) == {partition: count}
    if api_version is None or api_version >= (0, 10, 1):
        assert consumer.offsets_for_times({partition: 1700000000002})[partition].offset == 2
        assert consumer.offsets_for_times({partition: 4102444800000}) == {partition: None}
    consumer.close()


def test_trap_10_what_must_be_refused(broker, topic):
    """Trap 10: each refusal has its own code, validate_only makes nothing."""
    admin = AdminClient({"bootstrap.servers": broker.address})

    def refusal(new: NewTopic, **more) -> str:
        try:
            admin.create_topics([new], **more)[new.topic].result(20)
        except KafkaException as refused:
            return refused.args[0].name()
        return "NO_ERROR"

    assert refusal(NewTopic(topic, 1, 1, config={"no.such.key": "1"})) == "INVALID_CONFIG"
    assert refusal(NewTopic(topic, 1, 1, config={"cleanup.policy": "burn"})) == "INVALID_CONFIG"
    assert refusal(NewTopic(topic, 0, 1)) == "INVALID_PARTITIONS"
    assert refusal(NewTopic(topic, 1, 2)) == "INVALID_REPLICATION_FACTOR"
    assert refusal(NewTopic(topic, 1, 1), validate_only=True) == "NO_ERROR"
    assert topic not in admin.list_topics(timeout=10).topics
    assert refusal(NewTopic("x" * 250, 1, 1)) == "TOPIC_EXCEPTION"
    assert refusal(NewTopic("..", 1, 1)) == "TOPIC_EXCEPTION"
    assert refusal(NewTopic(f"a.b.{topic}", 1, 1)) == "NO_ERROR"
    assert refusal(NewTopic(f"a_b_{topic}", 1, 1)) == "TOPIC_EXCEPTION"


def test_trap_10_authorized_operations_when_not_asked(broker, topic):
    """Trap 10: kafka-python takes every bit of authorized_operations as an operation, unless it is -2147483648."""
    create_topic(broker, topic)
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    [described] = admin.describe_topics([topic])
    assert described["name"] == topic and len(described["partitions"]) == 1
    assert admin.describe_cluster()["brokers"][0]["port"] == broker.port
    admin.close()


def test_trap_15_bad_topic_names(broker):
    """Trap 15: `bad topic!` is refused, also where a producer's Metadata request would create it."""
    command = ["kcat", "-b", broker.address, "-P", "-t", "bad topic!", "-X", "message.timeout.ms=5000"]
    refused = subprocess.run(command, input=b"x\n", capture_output=True, timeout=60)
    assert b"Invalid topic" in refused.stderr


@pytest.mark.parametrize("version", [paths.OLDEST_KAFKA, paths.NEWEST_KAFKA])
def test_trap_16_oldest_and_newest_console_tools(broker, topic, version):
    """Trap 16: what the oldest tools still ask (DescribeConfigs v0 to v2, DescribeLogDirs v0, v1) is answered."""
    create_topic(broker, topic)
    home = paths.kafka_home(version)
    for command in (
        ["kafka-configs.sh", "--entity-type", "topics", "--entity-name", topic, "--describe"],
        ["kafka-log-dirs.sh", "--describe", "--topic-list", topic],
    ):
        done = subprocess.run(
            [home / "bin" / command[0], "--bootstrap-server", broker.address, *command[1:]], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert topic in done.stdout


def test_auto_creation_can_be_off(own_broker, topic):
    """auto.create.topics.enable=false: neither a producer nor a consumer makes a topic."""
    broker = own_broker({"auto.create.topics.enable": "false"})
    soon = ["-X", "message.timeout.ms=3000", "-X", "topic.metadata.propagation.max.ms=1000"]
    refused = subprocess.run(["kcat", "-b", broker.address, "-P", "-t", topic, *soon], input=b"x\n", capture_output=True, timeout=60)
    assert b"Unknown topic" in refused.stderr
    assert topic not in AdminClient({"bootstrap.servers": broker.address}).list_topics(timeout=10).topics


def test_oldest_and_newest_share_a_topic(broker, topic):
    """What a client of 2.5.0 wrote beside one of 4.3.1 is one log to everybody."""
    create_topic(broker, topic)
    for version in (paths.OLDEST_KAFKA, paths.NEWEST_KAFKA):
        java(version, "CodecProducer", broker.address, f"{topic}=lz4")
    assert [r["payload"] for r in read_all(broker, topic)] == [f"record {n:03}" for n in range(100)] * 2
