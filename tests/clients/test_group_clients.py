"""Consumer groups of every client: two members that share, and many that come and go while records arrive.

What a member is and prints is in harness/member.py; what must hold of all of them together is in harness/group.py.
"""
import contextlib
import random

import pytest

from harness import paths
from harness.group import Churn, Group
from harness.member import Member
from harness.net import wait_for

OLD_JAVA, JAVA = f"java {paths.OLDEST_KAFKA}", f"java {paths.NEWEST_KAFKA}"
# JoinGroup v0 and v1, as Telegraf's consumer input asks for, went away in Kafka 4.0.
old_protocol = pytest.mark.until("3.9.9")
long = pytest.mark.long


def client(name: str, assignor: str, *marks):
    return pytest.param(name, {"assignor": assignor}, marks=marks, id=f"{name}-{assignor}".replace(" ", "-"))


CLIENTS = [
    client("librdkafka", "range", long),
    client("librdkafka", "roundrobin"),
    client("librdkafka", "cooperative-sticky"),
    client("kafka-python", "range", long),
    client("kafka-python", "roundrobin"),
    client("kafka-python", "cooperative-sticky"),
    client("aiokafka", "range"),
    client("aiokafka", "roundrobin", long),
    client("kafkajs", "its own"),
    client("sarama max", "range"),
    client("sarama max", "roundrobin", long),
    client("sarama max", "cooperative-sticky"),
    client("sarama 1.0.0", "range", old_protocol),
    client("sarama 0.10.2.0", "range", old_protocol),
    client("sarama 0.10.2.0", "roundrobin", old_protocol, long),
    client("franz-go", "range"),
    client("franz-go", "roundrobin", long),
    client("franz-go", "cooperative-sticky"),
    client("kafka-go", "range"),
    client("kafka-go", "roundrobin", long),
    client(OLD_JAVA, "range"),
    client(OLD_JAVA, "cooperative-sticky", long),
    client(JAVA, "range", long),
    client(JAVA, "roundrobin", long),
    client(JAVA, "cooperative-sticky"),
]


def share_and_hand_over(group: Group, first, second):
    """Two members share a topic, one leaves, all leave, one comes back: nothing is read twice, nothing is lost."""
    group.numbers.send(40)
    one = group.join(first[0], **first[1])
    group.wait_at_rest()
    group.wait_delivered()
    other = group.join(second[0], **second[1])
    group.wait_at_rest()
    assert (len(one.owned), len(other.owned)) == (2, 2)
    group.numbers.send(40)
    group.wait_delivered()
    group.wait_committed()
    one.leave()
    group.wait_at_rest()
    assert other.owned == {0, 1, 2, 3}
    group.numbers.send(40)
    group.wait_delivered()
    group.wait_committed()
    other.leave()
    group.wait_empty()
    group.numbers.send(40)
    # The group goes on where it had committed.
    back = group.join(first[0], **first[1])
    group.wait_at_rest()
    group.wait_delivered()
    group.wait_committed()
    back.leave()
    group.wait_empty()
    assert len(back.records) == 40
    assert group.count_read() == 160 == len(group.numbers.acknowledged)
    group.check()


@pytest.mark.parametrize("name,options", CLIENTS)
def test_share_and_hand_over(broker, topic, name, options):
    with Group(broker, topic) as group:
        share_and_hand_over(group, (name, options), (name, options))


# kafka-go is no pair for Java or kafka-python: it calls its subscription version 1 and leaves out what is new in it, which
# ends the leader with an exception. sarama knows this.
MIXED = [
    ("range", "librdkafka", JAVA),
    ("range", "sarama max", "franz-go"),
    ("range", "kafka-go", "sarama max"),
    ("roundrobin", "kafka-python", "aiokafka"),
    ("cooperative-sticky", JAVA, "franz-go"),
    ("cooperative-sticky", "librdkafka", OLD_JAVA),
]
REVERSED = [pytest.param(assignor, other, one, marks=long) for assignor, one, other in MIXED]


@pytest.mark.parametrize("assignor,one,other", MIXED + REVERSED)
def test_two_clients_in_one_group(broker, topic, assignor, one, other):
    """Assignors of the same name understand one another; the first to come is the one that assigns."""
    with Group(broker, topic) as group:
        share_and_hand_over(group, (one, {"assignor": assignor}), (other, {"assignor": assignor}))


STATIC = [
    client("librdkafka", "range"),
    client("librdkafka", "cooperative-sticky", long),
    client("franz-go", "cooperative-sticky"),
    client("franz-go", "range", long),
    client("kafka-python", "range", long),
    client("aiokafka", "range", long),
    client("sarama max", "range", long),
    client(OLD_JAVA, "cooperative-sticky", long),
    client(JAVA, "range"),
    client(JAVA, "cooperative-sticky", long),
]


@pytest.mark.parametrize("name,options", STATIC)
def test_a_static_member_comes_back_unnoticed(broker, topic, name, options):
    """With group.instance.id neither closing nor dying is leaving: who comes back in time has what it had."""
    options = {**options, "session": 30_000}
    with Group(broker, topic) as group:
        one = group.join(name, instance="one", **options)
        group.wait_at_rest()
        other = group.join(name, instance="other", **options)
        group.wait_at_rest()
        owned, held = one.owned, list(other.spans)
        for stop in (Member.leave, Member.kill):
            stop(one)
            group.numbers.send(40)
            assert group.describe() == ("Stable", {"one": owned, "other": other.owned})
            one = group.join(name, instance="one", **options)
            group.wait_at_rest()
            group.wait_delivered()
            group.wait_committed()
            assert one.owned == owned
        assert other.spans == held and all(span.end is None for span in held), "the other one was disturbed"
        group.check()


@pytest.mark.parametrize("name,options", [client("librdkafka", "range"), client(JAVA, "range")])
def test_a_second_process_with_the_same_instance_id_fences_the_first(broker, topic, name, options):
    with Group(broker, topic) as group:
        one = group.join(name, instance="one", **options)
        group.wait_at_rest()
        twin = group.join(name, instance="one", **options)
        wait_for(lambda: not one.alive, 30, "the end of the first")
        assert one.fate == "by itself"
        assert "fenced" in one.errors().lower()
        group.wait_at_rest()
        assert twin.owned == {0, 1, 2, 3}


def churn(own_broker, topic: str, kinds_of_groups: list[list[tuple[str, dict]]], rounds: int, kills: int):
    """Groups side by side on one broker, each with members that come and go; the broker is killed in between."""
    broker = own_broker()
    with contextlib.ExitStack() as stack:
        groups = [stack.enter_context(Group(broker, f"{topic}-{n}")) for n in range(len(kinds_of_groups))]
        churns = []
        for group, kinds in zip(groups, kinds_of_groups):
            group.numbers.start(40)
            # Each round has every kind of change, in an order of its own.
            chance, steps = random.Random(group.topic), ["join", "join"]
            for _ in range(rounds):
                steps += chance.sample(["join", "join", "join", "leave", "kill", "freeze"], 6)
            churns.append(Churn(group, kinds, group.topic, steps))
        for kill in range(1, kills + 1):
            due = (2 + rounds * 6) * kill // (kills + 1)
            wait_for(lambda: all(churn.done >= due or churn.failed for churn in churns), 60 + 30 * due, f"{due} changes")
            before = [group.acknowledged_commits() for group in groups]
            broker.kill()
            broker.start()
            for group, offsets in zip(groups, before):
                group.wait_kept(offsets)
        for churn in churns:
            churn.wait(60 + 180 * rounds)
        for group in groups:
            group.wait_at_rest(60)
            group.numbers.stop()
        for group in groups:
            group.wait_delivered()
            group.wait_committed()
            for member in group.alive:
                member.leave()
            group.wait_empty()
            group.check()


CHURN = [
    [("librdkafka", "cooperative-sticky"), ("kafkajs", "its own"), ("sarama max", "range"), ("franz-go", "cooperative-sticky"), (JAVA, "cooperative-sticky")],
    [("librdkafka", "range"), ("kafka-python", "range"), ("aiokafka", "roundrobin"), ("kafka-go", "range"), (OLD_JAVA, "range")],
]


@pytest.mark.parametrize("clients", CHURN, ids=["newer", "older"])
def test_churn(own_broker, topic, clients):
    churn(own_broker, topic, [[(name, {"assignor": assignor})] for name, assignor in clients], 2, 1)


@pytest.mark.long
@pytest.mark.parametrize("name,options", CLIENTS)
def test_long_churn(own_broker, topic, name, options):
    churn(own_broker, topic, [[(name, options)]], 15, 4)


@pytest.mark.long
@pytest.mark.parametrize("assignor,clients", [
    ("range", ["librdkafka", JAVA, OLD_JAVA, "franz-go", "sarama max", "kafka-python", "aiokafka"]),
    ("roundrobin", ["librdkafka", "franz-go", "sarama max", JAVA, "kafka-python", "aiokafka"]),
    ("cooperative-sticky", ["librdkafka", JAVA, OLD_JAVA, "franz-go", "sarama max", "kafka-python"]),
])  # fmt: skip
def test_long_churn_of_mixed_groups(own_broker, topic, assignor, clients):
    churn(own_broker, topic, [[(name, {"assignor": assignor}) for name in clients]], 15, 4)
