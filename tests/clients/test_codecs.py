"""Every codec of every client: what is stored is what was sent, byte for byte, and every other client can read it.

The clients come through a Recorder, which keeps what they send: each stored batch must be in there, from its magic
byte on. Sarama 1.27.2 leaves a batch's largest timestamp unset, so that Kafka works it out and computes the CRC anew:
of its batches everything after the header must have been sent.
"""
import pytest

from harness import paths
from harness.admin import create_topic
from harness.kcat import kcat, read_all
from harness.programs import go, java, node
from harness.rdkafka import produce, read_whole
from harness.wire import Wire

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
RECORDS = [(b"%03d" % n, b"record %03d" % n) for n in range(100)]


def with_librdkafka(broker, topic, codec):
    records = [(key, value, [], 1700000000000 + n) for n, (key, value) in enumerate(RECORDS)]
    produce(broker, topic, records, {"compression.type": codec, "linger.ms": 200})


def with_kcat(broker, topic, codec):
    lines = b"".join(b"%s:%s\n" % record for record in RECORDS)
    kcat(broker, "-P", "-t", topic, "-p", "0", "-K", ":", "-X", "linger.ms=200", "-z", codec, stdin=lines)


CLIENTS = {
    "librdkafka": with_librdkafka,
    "kcat": with_kcat,
    "kafkajs": lambda broker, topic, codec: node("produce", broker.address, topic, codec, "-1"),
    "java-2.5.0": lambda broker, topic, codec: java("2.5.0", "CodecProducer", broker.address, f"{topic}={codec}"),
    "java-4.3.1": lambda broker, topic, codec: java("4.3.1", "CodecProducer", broker.address, f"{topic}={codec}"),
    "sarama-2.5.0": lambda broker, topic, codec: go("sarama", broker.address, "2.5.0", topic, codec),
    "franz-go": lambda broker, topic, codec: go("franz", "round-trip", broker.address, topic, codec),
}


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("client", CLIENTS)
def test_stored_as_sent(recorded, topic, client, codec):
    broker, recorder = recorded
    recorder.clear()
    if not client.startswith(("sarama", "franz")):  # those make it themselves
        create_topic(broker, topic)
    CLIENTS[client](broker, topic, codec)
    with Wire(broker.address) as wire:
        batches = wire.fetch(topic)
    assert sum(batch.record_count for batch in batches) == 100
    assert any(batch.codec == codec for batch in batches)
    for batch in batches:
        assert batch.magic == 2 and not batch.log_append_time
        # A client may leave a batch as it is that does not get smaller: a few records, never most of these.
        assert batch.codec == codec or batch.record_count < 10
        assert recorder.was_sent(batch.as_sent), "stored bytes differ from the sent ones"
    assert [(r.key(), r.value()) for r in read_whole(broker, topic)] == RECORDS
    assert [(r["key"].encode(), r["payload"].encode()) for r in read_all(broker, topic)] == RECORDS


def test_telegraf_sarama_stored_as_sent(recorded, topic):
    broker, recorder = recorded
    recorder.clear()
    go("telegraf-sarama", broker.address, topic)
    with Wire(broker.address) as wire:
        batches = wire.fetch(topic)
    assert sum(batch.record_count for batch in batches) == 10
    assert all(recorder.was_sent(batch.bytes[61:]) for batch in batches)
    assert max(batch.max_timestamp for batch in batches) == 1700000009000


@pytest.mark.parametrize("version", [paths.OLDEST_KAFKA, paths.NEWEST_KAFKA])
@pytest.mark.parametrize("codec", CODECS)
def test_java_reads_every_codec(recorded, topic, codec, version):
    """The Java consumer checks every CRC and unpacks with its own libraries."""
    broker, _ = recorded
    create_topic(broker, topic)
    with_librdkafka(broker, topic, codec)
    rows = [line.split() for line in java(version, "AssignConsumer", broker.address, topic).splitlines()]
    assert [(bytes.fromhex(key[2:]), bytes.fromhex(value[2:])) for _, _, _, key, value in rows] == RECORDS
    assert [int(stamp) for _, _, stamp, _, _ in rows] == [1700000000000 + n for n in range(100)]


@pytest.mark.since("4.0.0")  # before, zstd is not handed to Fetch v4
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("wanted", ["gzip", "snappy", "lz4", "zstd", "uncompressed"])
def test_compression_type_of_the_topic(recorded, topic, codec, wanted):
    """Another compression.type than the batch's codec: the broker repacks, and every record stays what it was."""
    broker, _ = recorded
    create_topic(broker, topic, config={"compression.type": wanted})
    with_librdkafka(broker, topic, codec)
    with Wire(broker.address) as wire:
        batches = wire.fetch(topic)
    assert {batch.codec for batch in batches} == {"none" if wanted == "uncompressed" else wanted}
    found = read_whole(broker, topic)
    assert [(r.key(), r.value()) for r in found] == RECORDS
    assert [r.timestamp()[1] for r in found] == [1700000000000 + n for n in range(100)]
