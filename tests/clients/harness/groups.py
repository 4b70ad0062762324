"""Consumer groups as confluent-kafka's admin client sees them: what a test waits for before it goes on."""
from confluent_kafka import ConsumerGroupState, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from .net import wait_for


def describe(broker, group: str):
    """The group's description, or None while there is none."""
    admin = AdminClient({"bootstrap.servers": broker.address})
    try:
        return admin.describe_consumer_groups([group])[group].result(20)
    except KafkaException:
        return None


def wait_for_members(broker, group: str, count: int, seconds: float = 40):
    """Waits until the group has that many members and every one its partitions; none: until it is empty."""
    state = ConsumerGroupState.STABLE if count else ConsumerGroupState.EMPTY

    def settled():
        found = describe(broker, group)
        return found and found.state == state and len(found.members) == count

    wait_for(settled, seconds, f"{group} with {count} members", 0.1)


def offsets(broker, group: str) -> dict[tuple[str, int], int]:
    """What the group has committed."""
    admin = AdminClient({"bootstrap.servers": broker.address})
    listed = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(20)
    return {(p.topic, p.partition): p.offset for p in listed.topic_partitions}


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
