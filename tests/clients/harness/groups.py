"""Consumer groups as confluent-kafka's admin client sees them: what a test waits for before it goes on."""
from confluent_kafka import Consumer, ConsumerGroupState, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from .net import wait_for


def describe(broker, group: str):
    """The group's description, or None while it has none, or nobody answers."""
    admin = AdminClient({"bootstrap.servers": broker.address})
    try:
        return admin.describe_consumer_groups([group], request_timeout=5)[group].result(20)
    except KafkaException:
        return None


def wait_for_members(broker, group: str, count: int, seconds: float = 40):
    """Waits until the group has that many members and every one its partitions; none: until it is empty."""
    state = ConsumerGroupState.STABLE if count else ConsumerGroupState.EMPTY

    def settled():
        found = describe(broker, group)
        return found and found.state == state and len(found.members) == count

    wait_for(settled, seconds, f"{group} with {count} members", 0.1)


def offsets(broker, group: str, topic: str, partitions: int) -> list[int]:
    """What the group has committed for each partition; a negative number for nothing."""
    # confluent-kafka 2.16.1's admin client crashes on what a coordinator answers that is not ready.
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": group})
    committed = consumer.committed([TopicPartition(topic, partition) for partition in range(partitions)], 30)
    consumer.close()
    return [partition.offset for partition in committed]


def set_offsets(broker, group: str, topic: str, offsets: list[int]):
    """Commits for an empty group, whose members then begin there: one offset for each partition from the first on."""
    admin = AdminClient({"bootstrap.servers": broker.address})
    wanted = [TopicPartition(topic, partition, offset) for partition, offset in enumerate(offsets)]

    def committed():
        # While its coordinator comes into being, a Kafka refuses partition by partition, and 2.5.0 now and then for good.
        future = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, wanted)], request_timeout=5)[group]
        try:
            return all(partition.error is None for partition in future.result(20).topic_partitions)
        except KafkaException:
            return False

    wait_for(committed, 60, f"offsets of {group}", 0.2)
