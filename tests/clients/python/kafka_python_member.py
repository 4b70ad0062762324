"""A group member of kafka-python. Commits synchronously after every batch that it has read."""
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.errors import FencedInstanceIdError, KafkaError, RetriableError
from member import BROKER, GROUP, HEARTBEAT_MS, OPTIONS, REBALANCE_MS, SESSION_MS, TOPIC, complain, leaving, say, say_partitions

ASSIGNORS = {assignor.name: assignor for assignor in (RangePartitionAssignor, RoundRobinPartitionAssignor, CooperativeStickyAssignor)}
uncommitted = set()


def commit():
    if not uncommitted:
        return
    positions = {partition: consumer.position(TopicPartition(TOPIC, partition)) for partition in uncommitted}
    try:
        consumer.commit()
    except FencedInstanceIdError:
        raise
    except KafkaError as error:
        complain(error)
        return
    for partition, position in positions.items():
        say("committed", partition, position)
    uncommitted.clear()


class Listener(ConsumerRebalanceListener):
    def on_partitions_assigned(self, partitions):
        say_partitions("assigned", partitions)

    # From here it cannot commit: the listener is called on the thread that would wait for the answer.
    def on_partitions_revoked(self, partitions):
        uncommitted.difference_update(p.partition for p in partitions)
        say_partitions("revoked", partitions)

    def on_partitions_lost(self, partitions):
        uncommitted.difference_update(p.partition for p in partitions)
        say_partitions("lost", partitions)


consumer = KafkaConsumer(
    bootstrap_servers=BROKER, group_id=GROUP, client_id=OPTIONS["id"], group_instance_id=OPTIONS.get("instance"),
    partition_assignment_strategy=[ASSIGNORS[OPTIONS["assignor"]]], session_timeout_ms=SESSION_MS,
    heartbeat_interval_ms=HEARTBEAT_MS, max_poll_interval_ms=REBALANCE_MS, enable_auto_commit=False,
    auto_offset_reset="earliest", reconnect_backoff_max_ms=500, request_timeout_ms=REBALANCE_MS + 10_000,
    bootstrap_timeout_ms=120_000,
)  # fmt: skip
consumer.subscribe([TOPIC], listener=Listener())
while not leaving.is_set():
    try:
        # Not for less: when a poll ends while it joins again because of new metadata, kafka-python 3.0.12 forgets that it
        # was joining, never tells the listener, and heartbeats no more.
        batches = consumer.poll(1000)
    except RetriableError as error:  # the broker is down
        complain(error)
        leaving.wait(0.1)
        continue
    for partition, records in batches.items():
        for record in records:
            say("record", record.partition, record.offset, record.value.decode())
        uncommitted.add(partition.partition)
    commit()
consumer.close()
say("left")
