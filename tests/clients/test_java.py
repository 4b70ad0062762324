"""Kafka's own Java clients, 2.5.0 and 4.3.1: the sample projects 1 to 3, and what the admin client reads (trap 12)."""
import pytest

from harness import expected, paths
from harness.admin import create_topic
from harness.programs import java
from harness.rdkafka import produce, read_whole
from harness.wire import Wire

pytestmark = pytest.mark.parametrize("version", [paths.OLDEST_KAFKA, paths.NEWEST_KAFKA])


def run_sample(version: str, program: str, broker, topic: str) -> list[str]:
    """A sample never closes its producer, whose thread ends with main: what the last pause leaves time for has been
    sent. Users pause for a second; half of that keeps the test short and is still long for a broker."""
    lines = java(version, program, broker.address, topic, "500").splitlines()
    assert count(broker, topic) == 10
    return lines


def count(broker, topic: str) -> int:
    with Wire(broker.address) as wire:
        return sum(b.record_count for p in range(3) for b in wire.fetch(topic, p))


def read_with_java(version: str, broker, topic: str) -> list[tuple]:
    """(partition, offset, key, value) of every record, read by KafkaConsumer with assign()."""
    rows = []
    for line in java(version, "AssignConsumer", broker.address, topic).splitlines():
        partition, offset, _, key, value = line.split()
        text = lambda field: None if field == "null" else bytes.fromhex(field[2:]).decode()  # noqa: E731
        rows.append((int(partition), int(offset), text(key), text(value)))
    return rows


def test_sample_1_simple_producer(broker, topic, version):
    create_topic(broker, topic, 3)
    lines = run_sample(version, "SimpleProducer", broker, topic)
    assert lines == [f"Send to {topic} | data : This is record {n}" for n in range(10)]
    rows = read_with_java(version, broker, topic)
    assert sorted(value for _, _, _, value in rows) == [f"This is record {n}" for n in range(10)]
    assert all(key is None for _, _, key, _ in rows)


def test_sample_2_keys_choose_partitions(broker, topic, version):
    create_topic(broker, topic, 3)
    run_sample(version, "KeyValueProducer", broker, topic)
    rows = read_with_java(version, broker, topic)
    assert sorted((key, value) for _, _, key, value in rows) == [(f"{n}", f"value of key {n}") for n in range(10)]
    # murmur2 of "0".."9" over three partitions, as every Kafka client computes it.
    where = {key: partition for partition, _, key, _ in rows}
    assert [where[f"{n}"] for n in range(10)] == [2, 0, 2, 2, 1, 0, 1, 0, 0, 2]


def test_sample_3_exact_partition(broker, topic, version):
    create_topic(broker, topic, 3)
    run_sample(version, "ExactPartitionProducer", broker, topic)
    rows = read_with_java(version, broker, topic)
    assert rows == [(1, n, f"{n}", f"value {n}") for n in range(10)]


def test_trap_12_admin_reads_every_field(broker, topic, version, record):
    """Trap 12: a null where Kafka sends an array, or a config source of -1, ends Java tools with an exception."""
    steps = java(version, "AdminTour", broker.address, topic).splitlines()
    expected.compare(f"{version}/admin-tour", steps, record)


def test_trap_8_a_future_time_is_after_every_record(broker, topic, version):
    """Trap 8: ListOffsets for a time after the last record is -1/-1; Java refuses -1 as a time beside an offset."""
    create_topic(broker, topic)
    java(version, "CodecProducer", broker.address, f"{topic}=none")
    by_time = lambda stamp: java(version, "AssignConsumer", broker.address, topic, str(stamp)).split()  # noqa: E731
    assert by_time(4102444800000) == ["0", "null"]
    assert by_time(1700000000042) == ["0", "42", "1700000000042"]


def test_reads_what_others_wrote(broker, topic, version):
    """Headers, null and empty, binary keys: written by librdkafka, read by Java."""
    create_topic(broker, topic)
    produce(broker, topic, [(None, b"", [("h", b"\x01")], 1700000000000), (b"\xff", None, [], 1700000000001)], {"compression.type": "zstd"})
    out = java(version, "AssignConsumer", broker.address, topic).splitlines()
    assert out == ["0 0 1700000000000 null 0x h=0x01", "0 1 1700000000001 0xff null"]


def test_written_by_java_read_by_librdkafka(broker, topic, version):
    codecs = ["none", "gzip", "snappy", "lz4", "zstd"]
    for codec in codecs:
        create_topic(broker, f"{topic}-{codec}")
    java(version, "CodecProducer", broker.address, *[f"{topic}-{codec}={codec}" for codec in codecs])
    for codec in codecs:
        records = read_whole(broker, f"{topic}-{codec}")
        assert [(r.key(), r.value()) for r in records] == [(b"%03d" % n, b"record %03d" % n) for n in range(100)]





def test_many_partitions_in_one_fetch_session(broker, topic, version):
    """Sixty partitions of very different sizes, read by one consumer in many bounded fetches."""
    create_topic(broker, topic, 60)
    expected = []
    for partition in range(0, 60, 3):
        values = [b"%d-%d " % (partition, n) + b"x" * 300 for n in range(partition)]
        for part in (values[:10], values[10:]):
            produce(broker, topic, [(None, value, [], 1700000000000) for value in part], {"acks": 1}, partition)
        expected += [(partition, n, None, value.decode()) for n, value in enumerate(values)]
    assert read_with_java(version, broker, topic) == expected
