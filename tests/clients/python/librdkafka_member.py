"""A group member of confluent-kafka (librdkafka). Commits synchronously after every batch that it has read."""
import os

from confluent_kafka import Consumer, KafkaError, KafkaException
from member import BROKER, GROUP, HEARTBEAT_MS, OPTIONS, REBALANCE_MS, SESSION_MS, TOPIC, complain, leaving, say, say_partitions

uncommitted = set()


def commit(consumer):
    if not uncommitted:
        return
    try:
        done = consumer.commit(asynchronous=False)
    except KafkaException as error:
        complain(error)
        if error.args[0].code() == KafkaError._NO_OFFSET:
            uncommitted.clear()
        return
    for partition in done:
        if partition.error:
            complain(partition.error)
        elif partition.partition in uncommitted:
            say("committed", partition.partition, partition.offset)
            uncommitted.discard(partition.partition)


def on_assign(_, partitions):
    say_partitions("assigned", partitions)


def on_revoke(consumer, partitions):
    commit(consumer)
    uncommitted.difference_update(p.partition for p in partitions)
    say_partitions("revoked", partitions)


def on_lost(_, partitions):
    uncommitted.difference_update(p.partition for p in partitions)
    say_partitions("lost", partitions)


config = {
    "bootstrap.servers": BROKER,
    "group.id": GROUP,
    "client.id": OPTIONS["id"],
    "partition.assignment.strategy": OPTIONS["assignor"],
    "session.timeout.ms": SESSION_MS,
    "heartbeat.interval.ms": HEARTBEAT_MS,
    "max.poll.interval.ms": REBALANCE_MS,
    "enable.auto.commit": False,
    "auto.offset.reset": "earliest",
    "reconnect.backoff.max.ms": 500,
    "log_level": 3,
}
if "instance" in OPTIONS:
    config["group.instance.id"] = OPTIONS["instance"]
consumer = Consumer(config)
consumer.subscribe([TOPIC], on_assign=on_assign, on_revoke=on_revoke, on_lost=on_lost)
while not leaving.is_set():
    for message in consumer.consume(100, 0.1):
        if message.error():
            complain(message.error())
            if message.error().code() == KafkaError._FATAL:
                os._exit(1)  # fenced; closing would wait for ever
            continue
        say("record", message.partition(), message.offset(), message.value().decode())
        uncommitted.add(message.partition())
    commit(consumer)
consumer.close()
say("left")
