"""A group member of aiokafka. Commits after every batch that it has read; a lock keeps a rebalance out of the middle, as its
documentation advises."""
import asyncio

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaConnectionError, KafkaError
from member import BROKER, GROUP, HEARTBEAT_MS, OPTIONS, REBALANCE_MS, SESSION_MS, TOPIC, complain, leaving, say, say_partitions

ASSIGNORS = {assignor.name: assignor for assignor in (RangePartitionAssignor, RoundRobinPartitionAssignor)}


class Listener(ConsumerRebalanceListener):
    def __init__(self):
        self.lock, self.owned = asyncio.Lock(), set()

    async def on_partitions_assigned(self, assigned):
        self.owned = set(assigned)
        say_partitions("assigned", assigned)

    async def on_partitions_revoked(self, revoked):
        async with self.lock:
            self.owned = set()
            say_partitions("revoked", revoked)


async def started(listener) -> AIOKafkaConsumer:
    """Starts one; a broker that is down just now is asked again, which aiokafka does not do at first."""
    while True:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=BROKER, group_id=GROUP, client_id=OPTIONS["id"], group_instance_id=OPTIONS.get("instance"),
            partition_assignment_strategy=[ASSIGNORS[OPTIONS["assignor"]]], session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS, max_poll_interval_ms=REBALANCE_MS, rebalance_timeout_ms=REBALANCE_MS,
            enable_auto_commit=False, auto_offset_reset="earliest",
        )  # fmt: skip
        consumer.subscribe([TOPIC], listener=listener)
        try:
            await consumer.start()
            return consumer
        except KafkaConnectionError as error:
            complain(error)
            await consumer.stop()
            await asyncio.sleep(0.2)


async def main():
    listener, uncommitted = Listener(), {}
    consumer = await started(listener)
    while not leaving.is_set():
        batches = await consumer.getmany(timeout_ms=100)
        async with listener.lock:
            for partition, records in batches.items():
                if partition in listener.owned:  # not revoked between the two lines above
                    for record in records:
                        say("record", record.partition, record.offset, record.value.decode())
                    uncommitted[partition] = records[-1].offset + 1
            uncommitted = {partition: offset for partition, offset in uncommitted.items() if partition in listener.owned}
            if uncommitted:
                try:
                    await consumer.commit(uncommitted)
                except KafkaError as error:
                    complain(error)
                else:
                    for partition, offset in uncommitted.items():
                        say("committed", partition.partition, offset)
                    uncommitted = {}
    await consumer.stop()
    say("left")


asyncio.run(main())
