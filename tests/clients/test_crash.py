"""kill -9 while producers run: what was acknowledged is there after the restart, in order.

Six producers at once: librdkafka and franz-go, each idempotent, with acks=all and with acks=1. A retried batch of a
producer without idempotence may be there twice; what was acknowledged must be at the offset that the answer named.
"""
import random
import subprocess
import threading
import time

import pytest
from confluent_kafka import Producer

from harness import paths
from harness.admin import create_topic
from harness.net import wait_for
from harness.rdkafka import read_whole

KINDS = ["all-idempotent", "all", "1"]


class Librdkafka:
    """Produces 0, 1, 2 … in a thread until stopped; `acknowledged` holds (number, offset)."""

    def __init__(self, broker, topic: str, kind: str):
        config = {
            "bootstrap.servers": broker.address,
            "acks": "1" if kind == "1" else "all",
            "enable.idempotence": kind == "all-idempotent",
            "linger.ms": 2,
            "message.timeout.ms": 120_000,
            "reconnect.backoff.max.ms": 100,
            "retry.backoff.ms": 20,
            "log_level": 0,
        }
        if kind != "all-idempotent":
            config["max.in.flight"] = 1  # without idempotence only this keeps the order
        self.topic, self.acknowledged, self.refused = topic, [], []
        self._producer, self._stopping = Producer(config), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        number = 0
        while not self._stopping.is_set():
            self._producer.poll(0.005)
            if len(self._producer) > 1000:
                continue
            for _ in range(10):
                self._producer.produce(self.topic, b"%d" % number, partition=0, on_delivery=self._delivered)
                number += 1
        self.refused += [f"{left} left" for left in [self._producer.flush(120)] if left]

    def _delivered(self, error, message):
        if error:
            self.refused.append(str(error))
        else:
            self.acknowledged.append((int(message.value()), message.offset()))

    def stop(self):
        self._stopping.set()
        self._thread.join(150)
        assert not self._thread.is_alive(), "still waiting for acknowledgements"


class FranzGo:
    """The same by franz-go, in a process."""

    def __init__(self, broker, topic: str, kind: str):
        self.topic, self.acknowledged, self.refused = topic, [], []
        command = [str(paths.CACHE / "bin" / "franz"), "acked", broker.address, topic, kind]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def stop(self):
        out, errors = self._process.communicate("", timeout=150)
        self.acknowledged = [tuple(map(int, line.split())) for line in out.splitlines()]
        if self._process.returncode:
            self.refused.append(errors)


@pytest.mark.parametrize("client", [Librdkafka, FranzGo])
def test_kill_9(own_broker, topic, long, client):
    broker = own_broker()
    rounds = 100 if long else 3 if broker.is_kafka else 10  # a killed Kafka needs many seconds to come back
    producers = [client(broker, create_topic(broker, f"{topic}-{kind}"), kind) for kind in KINDS]
    chance = random.Random(topic)
    for _ in range(rounds):
        time.sleep(chance.uniform(0.3, 1.2))
        broker.kill()
        broker.start()
    time.sleep(1)
    for producer in producers:
        producer.stop()
    # Once more with nothing under way: all of it must have been durable.
    broker.kill()
    broker.start()
    for kind, producer in zip(KINDS, producers):
        assert producer.refused == [], f"{kind}: {producer.refused[:3]}"
        assert len(producer.acknowledged) > 100 * rounds, kind
        records = wait_for(lambda: read_whole(broker, producer.topic), 60, "readable again")
        stored = {record.offset(): int(record.value()) for record in records}
        assert list(stored) == list(range(len(stored))), f"{kind}: offsets without a gap"
        lost = [(n, offset) for n, offset in producer.acknowledged if stored.get(offset) != n]
        assert lost == [], f"{kind}: {len(lost)} acknowledged records are not where they were acknowledged"
        # The first appearance of each number is in the order of sending; every number was acknowledged in the end.
        firsts = list(dict.fromkeys(stored.values()))
        assert firsts == sorted(firsts) == sorted(n for n, _ in producer.acknowledged), f"{kind}: order"
        if kind == "all-idempotent":
            assert len(firsts) == len(stored), "an idempotent producer's record is there twice"
