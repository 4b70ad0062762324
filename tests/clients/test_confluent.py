"""The newest librdkafka, in confluent-kafka's wheel: producing, reading without a group, offsets, administration."""
import time

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition, libversion
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, OffsetSpec, ResourceType,
)  # fmt: skip

from harness.admin import create_topic
from harness.rdkafka import produce, read_partition

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def test_is_new():
    assert libversion()[0] >= "2.16"


@pytest.mark.parametrize("acks", [0, 1, "all"])
@pytest.mark.parametrize("codec", CODECS)
def test_round_trip(broker, topic, codec, acks):
    """Keys, values, headers, stamps, null and empty come back as they went in, whatever the codec."""
    create_topic(broker, topic)
    records = [
        (None, b"no key", [], 1700000000000),
        (b"key", None, [], 1700000000001),
        (b"", b"", [], 1700000000002),
        (b"\x00\xff", bytes(range(256)) * 40, [("h", b"1"), ("h", b""), ("null", None), ("a", b"\x00")], 1700000000003),
    ]
    produce(broker, topic, records, {"acks": acks, "compression.type": codec})
    found = read_partition(broker, topic, 0, len(records))
    assert [(r.key(), r.value(), r.headers() or [], r.timestamp()[1]) for r in found] == records
    assert [r.offset() for r in found] == [0, 1, 2, 3]


def test_idempotent_producer(broker, topic):
    create_topic(broker, topic, 3)
    records = [(b"%d" % n, b"value %d" % n, [], 1700000000000 + n) for n in range(3000)]
    offsets = produce(broker, topic, records, {"enable.idempotence": True, "batch.num.messages": 50}, partition=2)
    assert offsets == list(range(3000))
    assert [r.value() for r in read_partition(broker, topic, 2, 3000)] == [value for _, value, _, _ in records]


def test_offsets(broker, topic):
    create_topic(broker, topic, 2)
    produce(broker, topic, [(None, b"%d" % n, [], 1700000000000 + 10 * n) for n in range(10)], {}, partition=1)
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "unused"})
    assert consumer.get_watermark_offsets(TopicPartition(topic, 1), timeout=10) == (0, 10)
    times = [(1699999999999, 0), (1700000000000, 0), (1700000000011, 2), (1700000000090, 9)]
    for stamp, offset in times:
        [found] = consumer.offsets_for_times([TopicPartition(topic, 1, stamp)], timeout=10)
        assert (found.offset, found.error) == (offset, None), stamp
    consumer.close()
    admin = AdminClient({"bootstrap.servers": broker.address})
    both = [TopicPartition(topic, 0), TopicPartition(topic, 1)]
    for spec, expected in [
        (OffsetSpec.earliest(), [0, 0]),
        (OffsetSpec.latest(), [0, 10]),
        (OffsetSpec.max_timestamp(), [-1, 9]),
        (OffsetSpec.for_timestamp(1700000000050), [-1, 5]),
    ]:
        found = admin.list_offsets({partition: spec for partition in both})
        assert [found[partition].result(10).offset for partition in both] == expected


def test_offset_out_of_range(broker, topic):
    create_topic(broker, topic)
    produce(broker, topic, [(None, b"only", [], 1700000000000)], {})
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "unused", "auto.offset.reset": "error"})
    consumer.assign([TopicPartition(topic, 0, 5)])
    message = consumer.poll(20)
    assert message.error().code() == KafkaError._AUTO_OFFSET_RESET
    consumer.close()


def test_too_large(broker, topic):
    create_topic(broker, topic, config={"max.message.bytes": "1000"})
    with pytest.raises(KafkaException) as refused:
        produce(broker, topic, [(None, b"x" * 2000, [], 1700000000000)], {})
    assert refused.value.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE
    assert produce(broker, topic, [(None, b"x" * 500, [], 1700000000000)], {}) == [0]


def test_compacted_topic_refuses_null_keys(broker, topic):
    create_topic(broker, topic, config={"cleanup.policy": "compact"})
    with pytest.raises(KafkaException) as refused:
        produce(broker, topic, [(None, b"no key", [], 1700000000000)], {})
    assert refused.value.args[0].code() == KafkaError.INVALID_RECORD


def test_log_append_time(broker, topic):
    create_topic(broker, topic, config={"message.timestamp.type": "LogAppendTime"})
    produce(broker, topic, [(None, b"%d" % n, [], 1000 + n) for n in range(3)], {})
    stamps = [r.timestamp() for r in read_partition(broker, topic, 0, 3)]
    assert len(set(stamps)) == 1
    assert stamps[0][0] == 2 and abs(stamps[0][1] / 1000 - time.time()) < 120  # TIMESTAMP_LOG_APPEND_TIME


def test_admin(broker, topic):
    admin = AdminClient({"bootstrap.servers": broker.address})

    def code(future):
        try:
            future.result(20)
        except KafkaException as refused:
            return refused.args[0].code()
        return 0

    def create(new, **more):
        return code(admin.create_topics([new], **more)[new.topic])

    assert create(NewTopic(topic, 2, 1), validate_only=True) == 0
    assert topic not in admin.list_topics(timeout=10).topics
    assert create(NewTopic(topic, 2, 1, config={"retention.ms": "3600000"})) == 0
    assert create(NewTopic(topic, 2, 1)) == KafkaError.TOPIC_ALREADY_EXISTS
    assert create(NewTopic("bad topic!", 1, 1)) == KafkaError.TOPIC_EXCEPTION
    assert create(NewTopic(f"{topic}-2", 1, 2)) == KafkaError.INVALID_REPLICATION_FACTOR
    assert create(NewTopic(f"{topic}-3", 1, 1, config={"retention.ms": "soon"})) == KafkaError.INVALID_CONFIG
    assert code(admin.create_partitions([NewPartitions(topic, 4)])[topic]) == 0
    assert code(admin.create_partitions([NewPartitions(topic, 4)])[topic]) == KafkaError.INVALID_PARTITIONS
    assert sorted(admin.list_topics(topic, timeout=10).topics[topic].partitions) == [0, 1, 2, 3]

    resource = ConfigResource(ResourceType.TOPIC, topic)
    described = admin.describe_configs([resource])[resource].result(20)
    assert (described["retention.ms"].value, described["retention.ms"].is_default) == ("3600000", False)
    assert (described["cleanup.policy"].value, described["cleanup.policy"].is_default) == ("delete", True)
    change = ConfigEntry("max.message.bytes", "5000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[change])
    assert code(admin.incremental_alter_configs([resource])[resource]) == 0
    resource = ConfigResource(ResourceType.TOPIC, topic)
    assert admin.describe_configs([resource])[resource].result(20)["max.message.bytes"].value == "5000"

    cluster = admin.describe_cluster().result(20)
    assert [(node.id, node.host, node.port) for node in cluster.nodes] == [(0, "127.0.0.1", broker.port)]
    assert cluster.controller.id == 0 and cluster.cluster_id

    produce(broker, topic, [(None, b"%d" % n, [], 1700000000000) for n in range(10)], {}, partition=3)
    deleted = admin.delete_records([TopicPartition(topic, 3, 4)])
    assert [future.result(20).low_watermark for future in deleted.values()] == [4]
    assert code(admin.delete_topics([topic])[topic]) == 0
    assert code(admin.delete_topics([topic])[topic]) == KafkaError.UNKNOWN_TOPIC_OR_PART
