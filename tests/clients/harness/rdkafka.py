"""Producing and reading with confluent-kafka (librdkafka), without a group."""
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition


def produce(broker, topic: str, records, config: dict, partition: int = 0, timeout: float = 60) -> list[int]:
    """Sends (key, value, headers, timestamp) tuples; gives their offsets; raises the first refusal."""
    # Kafka's producers refuse what is larger than they were told; here the broker is to judge.
    producer = Producer({"bootstrap.servers": broker.address, "message.max.bytes": 10_000_000, **config})
    reports = []
    for key, value, headers, timestamp in records:
        producer.produce(
            topic, value, key, partition, on_delivery=lambda error, message: reports.append((error, message.offset())),
            timestamp=timestamp, headers=headers,
        )  # fmt: skip
    assert producer.flush(timeout) == 0, "not acknowledged in time"
    for error, _ in reports:
        if error:
            raise KafkaException(error)
    return [offset for _, offset in reports]


def read_partition(broker, topic: str, partition: int, count: int, offset: int = 0, timeout: float = 60, **config) -> list:
    """Reads `count` records from `offset`; fails when they do not come in time."""
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "unused", "enable.auto.commit": False, **config})
    consumer.assign([TopicPartition(topic, partition, offset)])
    found, end = [], time.monotonic() + timeout
    while len(found) < count and time.monotonic() < end:
        for message in consumer.consume(count - len(found), 1):
            if message.error():
                raise KafkaException(message.error())
            found.append(message)
    consumer.close()
    assert len(found) == count, f"{len(found)} of {count} records in {timeout} s"
    return found


def read_whole(broker, topic: str, partition: int = 0) -> list:
    """Every record of a partition, from its first offset to the end that it has now."""
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "unused"})
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
    consumer.close()
    return read_partition(broker, topic, partition, high - low, low) if high > low else []
