"""A consumer group of members of any clients on one topic, a producer of numbered records, and what must hold in the end."""
import itertools
import random
import threading
import time

from confluent_kafka import Producer
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import RetriableError

from .admin import create_topic
from .member import SESSION_SECONDS, Member
from .net import wait_for

PARTITIONS = 4


class Numbers:
    """Produces "0", "1", "2" … to the partitions in turn; `acknowledged` holds number → (partition, offset).

    The offset is None where a retry was answered as a duplicate, which names none.
    """

    def __init__(self, address: str, topic: str):
        self.topic, self.acknowledged, self.refused = topic, {}, []
        self._counter = itertools.count()
        self._producer = Producer(
            {
                "bootstrap.servers": address,
                "enable.idempotence": True,
                "message.timeout.ms": 120_000,
                "reconnect.backoff.max.ms": 200,
                "linger.ms": 5,
                "log_level": 0,
            }
        )
        self._stopping, self._thread = threading.Event(), None

    def send(self, count: int):
        """Some, and waits until they are acknowledged."""
        for _ in range(count):
            number = next(self._counter)
            self._producer.produce(self.topic, b"%d" % number, partition=number % PARTITIONS, on_delivery=self._delivered)
        assert self._producer.flush(120) == 0, "not acknowledged in time"
        assert self.refused == []

    def start(self, a_second: int):
        """Many, in a thread, until `stop`."""
        self._thread = threading.Thread(target=self._run, args=(a_second,), daemon=True)
        self._thread.start()

    def stop(self):
        self._stopping.set()
        self._thread.join(150)
        assert not self._thread.is_alive(), "still waiting for acknowledgements"
        assert self.refused == []

    def close(self):
        self._stopping.set()
        if self._thread:
            self._thread.join(150)
        self._producer.purge()
        self._producer.flush(10)
        self._producer = None

    def _run(self, a_second: int):
        while not self._stopping.is_set():
            for _ in range(a_second // 20):
                number = next(self._counter)
                self._producer.produce(self.topic, b"%d" % number, partition=number % PARTITIONS, on_delivery=self._delivered)
            self._producer.poll(0.05)
            time.sleep(0.05)
        self._producer.flush(120)

    def _delivered(self, error, message):
        if error:
            self.refused.append(str(error))
        else:
            self.acknowledged[message.value().decode()] = (message.partition(), message.offset())


class Group:
    """Members of one group on one topic. Use it with `with`: in the end no process is left."""

    def __init__(self, broker, topic: str):
        self.broker, self.topic, self.name = broker, create_topic(broker, topic, PARTITIONS), f"group-of-{topic}"
        self.members: list[Member] = []
        self.numbers = Numbers(broker.address, topic)
        self._partitions = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        self._admin = KafkaAdminClient(bootstrap_servers=broker.address, request_timeout_ms=10_000, reconnect_backoff_max_ms=200)

    def __enter__(self) -> "Group":
        return self

    def __exit__(self, *_):
        for member in self.members:
            member.close()
        self.numbers.close()
        self._admin.close()

    @property
    def alive(self) -> list[Member]:
        return [member for member in self.members if member.alive]

    def join(self, client: str, **options) -> Member:
        member = Member(client, self.broker.address, self.topic, self.name, **options)
        self.members.append(member)
        return member

    def describe(self) -> tuple[str, dict[str, set[int]]]:
        """The broker's description of the group: its state, and the partitions of each member by its client.id."""
        described = self._admin.describe_groups([self.name])[self.name]
        members = {}
        for member in described["members"]:
            topics = (member["member_assignment"] or {}).get("assigned_partitions", [])
            members[member["client_id"]] = {partition for topic in topics for partition in topic["partitions"]}
        return described["error"] or described["group_state"], members

    def wait_at_rest(self, seconds: float = 45):
        """Until each partition has one owner among the living, and the broker describes the group as they do."""
        seen = {}

        def at_rest():
            state, theirs = self.describe()
            ours = {member.id: member.owned for member in self.alive}
            seen.update(state=state, broker=theirs, members=ours)
            owned = sorted(partition for partitions in ours.values() for partition in partitions)
            return state == "Stable" and theirs == ours and owned == list(range(PARTITIONS))

        self._wait(at_rest, seconds, "a group at rest", seen)

    def wait_delivered(self, seconds: float = 45):
        """Until every acknowledged record was read by some member."""
        missing = {}

        def all_read():
            missing["records"] = self.missing()[:10]
            return not missing["records"]

        self._wait(all_read, seconds, "every record read", missing)

    def wait_committed(self, seconds: float = 30):
        """Until the group's committed offsets are the ends of the partitions."""
        seen = {}

        def no_lag():
            seen.update(ends=self.ends(), committed=self.committed())
            return seen["ends"] == seen["committed"]

        self._wait(no_lag, seconds, "no lag", seen)

    def wait_kept(self, commits: dict[int, int], seconds: float = 30):
        """Until the coordinator answers again; then no commit of `commits` may be missing."""
        seen: dict = {}
        self._wait(lambda: seen.update(committed=self.committed()) is None, seconds, "committed offsets after a crash", seen)
        lost = {p: offset for p, offset in commits.items() if seen["committed"].get(p, -1) < offset}
        assert not lost, f"{self.name}: acknowledged commits {lost} are gone, it has {seen['committed']}"

    def wait_empty(self, seconds: float = 30):
        seen = {}

        def empty():
            state, members = self.describe()
            seen.update(state=state, members=members)
            return (state, members) == ("Empty", {})

        self._wait(empty, seconds, "an empty group", seen)

    def missing(self) -> list:
        """Acknowledged records that nobody read: number, (partition, offset)."""
        read = {value for member in self.members for _, _, value in list(member.records)}
        return [record for record in list(self.numbers.acknowledged.items()) if record[0] not in read]

    def committed(self) -> dict[int, int]:
        """The group's committed offsets, of the partitions that have one."""
        found = self._admin.list_group_offsets({self.name: self._partitions})[self.name]
        return {partition.partition: at.offset for partition, at in found.items() if at.offset >= 0}

    def ends(self) -> dict[int, int]:
        found = self._admin.list_partition_offsets({partition: OffsetSpec.LATEST for partition in self._partitions})
        return {partition.partition: at.offset for partition, at in found.items()}

    def acknowledged_commits(self) -> dict[int, int]:
        """The highest commit of each partition that a member was told had succeeded."""
        highest: dict[int, int] = {}
        for member in self.members:
            for partition, offset in list(member.committed.items()):
                highest[partition] = max(offset, highest.get(partition, 0))
        return highest

    def count_read(self) -> int:
        return sum(len(member.records) for member in self.members)

    def check(self):
        """Nothing lost, nothing changed, no partition in two hands."""
        for member in self.members:
            member.check()
        assert self.missing() == []
        stored: dict[tuple, str] = {}
        for member in self.members:
            for partition, offset, value in member.records:
                other = stored.setdefault((partition, offset), value)
                assert other == value, f"{member} read {value} at {partition}, {offset}, another {other}"
        wrong = [(n, at, stored[at]) for n, at in self.numbers.acknowledged.items() if stored.get(at, n) != n]
        assert wrong == [], "numbers that are not where they were acknowledged, and what is there"
        held = sorted((p, start, end, member.id) for member in self.members for p, start, end in member.held())
        for (p, start, end, one), (q, other_start, other_end, other) in itertools.pairwise(held):
            assert p != q or other_start >= end, (
                f"partition {p} had two owners: {one} from {start} to {end}, {other} from {other_start} to {other_end}"
            )

    def _wait(self, condition, seconds: float, what: str, seen: dict):
        def met():
            try:
                return condition()
            except RetriableError as error:  # a coordinator that is only just coming, a broker that is just gone
                seen["error"] = error
                return False

        try:
            wait_for(met, seconds, what, 0.2)
        except TimeoutError as late:
            errors = "\n".join(f"{member}: {member.errors()}" for member in self.alive)
            raise AssertionError(f"{late}; last seen {seen}\n{errors}") from None


class Churn:
    """Makes members of a group come and go in a thread, in an order that `seed` decides: join, leave, SIGKILL, SIGSTOP."""

    MOST = 4

    def __init__(self, group: Group, kinds: list[tuple[str, dict]], seed: str, steps: list[str]):
        self.group, self.steps = group, steps
        self._kinds, self._chance = itertools.cycle(kinds), random.Random(seed)
        self._thaw: list[tuple[float, Member]] = []
        self.failed: BaseException | None = None
        self.done = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, seconds: float):
        """Until all steps are done; then the rest: members thawed, at least two of them."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), f"{self.group.name}: at step {self.done} of {len(self.steps)} after {seconds} s"
        if self.failed:
            raise self.failed
        for member in self.group.alive:
            member.thaw()
        while len(self.group.alive) < 2:
            self._join()

    def _join(self):
        """Another one, unless there are many: then one leaves."""
        if len(self.group.alive) >= self.MOST:
            return self._leave()
        client, options = next(self._kinds)
        self.group.join(client, **options)

    def _run(self):
        try:
            for step in self.steps:
                self._thaw_those_whose_time_has_come()
                getattr(self, f"_{step}")()
                self.done += 1
                time.sleep(self._chance.uniform(0.2, 2.5))
        except BaseException as failed:  # noqa: BLE001 -- raised by wait()
            self.failed = failed

    def _leave(self):
        for member in self._some():
            member.leave()

    def _kill(self):
        for member in self._some():
            member.kill()

    def _freeze(self):
        for member in self._some():
            member.freeze()
            self._thaw.append((time.monotonic() + SESSION_SECONDS + self._chance.uniform(1, 4), member))

    def _some(self) -> list[Member]:
        """One of those that run; none while there are few, and then one joins instead."""
        running = [member for member in self.group.alive if not member.frozen]
        if len(running) < 2:
            self._join()
            return []
        return [self._chance.choice(running)]

    def _thaw_those_whose_time_has_come(self):
        for when, member in self._thaw:
            if when <= time.monotonic() and member.alive:
                member.thaw()
