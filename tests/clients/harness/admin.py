"""Topics for tests, made with confluent-kafka's admin client."""
from confluent_kafka.admin import AdminClient, NewTopic


def create_topic(broker, topic: str, partitions: int = 1, config: dict | None = None) -> str:
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.create_topics([NewTopic(topic, partitions, 1, config=config or {})])[topic].result(30)
    return topic
