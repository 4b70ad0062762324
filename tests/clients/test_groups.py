"""Consumer groups on Kafka's command line, oldest and newest, as USERS type it: what is read, listed, described, refused.

The expected transcripts under expected/ were recorded from Kafka 4.3.1 (`pytest --broker kafka-4.3.1 --record`).
"""
import pytest

from harness import paths
from harness.admin import create_topic
from harness.groups import describe, offsets, set_offsets, wait_for_members
from harness.net import wait_for
from harness.rdkafka import produce

GROUPS = "bin/kafka-consumer-groups.sh --bootstrap-server B"
READ = "bin/kafka-console-consumer.sh --bootstrap-server B --topic test"


@pytest.fixture(scope="module", params=[paths.OLDEST_KAFKA, paths.NEWEST_KAFKA])
def version(request):
    return request.param


@pytest.fixture
def command_line_broker(own_broker):
    """One for each test: what lists or describes all groups shows those of the test."""
    return own_broker()


@pytest.fixture
def test_topic(command_line_broker):
    """`test` with four records in each of three partitions."""
    create_topic(command_line_broker, "test", 3, {"retention.ms": "-1"})
    for partition in range(3):
        records = [(b"abc"[n % 3 : n % 3 + 1], b"%d of %d" % (n, partition), [], 1700000000000 + n) for n in range(4)]
        produce(command_line_broker, "test", records, {}, partition)
    return command_line_broker


def read(console, typed: str, count: int):
    """Runs a console consumer until it has printed `count` lines, and Ctrl-C."""
    with console.running(typed) as lines:
        wait_for(lambda: len(lines()) >= count, 40, f"{count} lines")


def test_as_typed(console, check, test_topic, version):
    """K7 to K11, K15, and every description of a group without and with a member."""
    read(console, f"{READ} --from-beginning", 12)
    read(console, f'{READ} --from-beginning --property print.key=true --property key.separator="-"', 12)
    read(console, f"{READ} -group testgroup --from-beginning", 12)
    console(f"{GROUPS} --list", order=sorted)
    console(f"{GROUPS} --group testgroup --describe")
    with console.running(f"{READ} -group testgroup --from-beginning") as lines:
        wait_for_members(test_topic, "testgroup", 1)
        describe_testgroup(console)
        console(f"{GROUPS} --group testgroup --topic test --reset-offsets --to-earliest --execute")
        console(f"{GROUPS} --group testgroup --topic test --delete-offsets")
        console(f"{GROUPS} --group testgroup --delete")
        # Nothing of what was read before is read again.
        assert lines() == []
        produce(test_topic, "test", [(None, b"new", [], 1700000000005)], {})
        wait_for(lines, 20, "the new line")
    describe_testgroup(console)
    console(f"{GROUPS} --group testgroup --topic test --reset-offsets --to-earliest --execute")
    console(f"{GROUPS} --group testgroup --describe")
    read(console, f"{READ} -group testgroup --from-beginning", 13)
    check("groups")


def describe_testgroup(console):
    for what in ("--members", "--members --verbose", "--state", "--offsets"):
        console(f"{GROUPS} --group testgroup --describe {what}")


def test_lists(console, check, test_topic, version):
    """Lists and descriptions of several groups, of one that does not exist, and their end."""
    for group in ("one", "two"):
        read(console, f"{READ} -group {group} --from-beginning", 12)
    console(f"{GROUPS} --list")
    console(f"{GROUPS} --describe --all-groups")
    console(f"{GROUPS} --describe --all-groups --state")
    console(f"{GROUPS} --describe --all-groups --members")
    if version == paths.NEWEST_KAFKA:
        console(f"{GROUPS} --list --state")
        console(f"{GROUPS} --list --state Stable,PreparingRebalance")
        console(f"{GROUPS} --list --type")
        console(f"{GROUPS} --list --type consumer")
        console(f"{GROUPS} --describe --group one --offsets --verbose")
        console(f"{GROUPS} --describe --group one --state --verbose")
        console("bin/kafka-groups.sh --bootstrap-server B --list")
        console("bin/kafka-groups.sh --bootstrap-server B --list --consumer")
    console(f"{GROUPS} --describe --group nobody")
    console(f"{GROUPS} --describe --group nobody --members")
    console(f"{GROUPS} --describe --group nobody --state")
    console(f"{GROUPS} --delete --group one --group nobody")
    console(f"{GROUPS} --delete --all-groups")
    console(f"{GROUPS} --list")
    check("groups-listed")


def test_the_broker_is_killed(console, check, test_topic):
    """C11, C12: after a kill -9 of the broker a group goes on with its member and its offsets, and nothing is read twice."""
    broker = test_topic
    with console.running(f"{READ} -group testgroup --from-beginning") as lines:
        wait_for(lambda: len(lines()) == 12, 40, "twelve lines")
        wait_for(lambda: offsets(broker, "testgroup", "test", 3) == [4, 4, 4], 40, "the commit after 5 s", 0.2)
        [member] = describe(broker, "testgroup").members
        broker.kill()
        broker.start()
        produce(broker, "test", [(None, b"new", [], 1700000000005)], {})
        wait_for(lambda: len(lines()) == 13, 60, "the new line")
        wait_for_members(broker, "testgroup", 1)
        assert [m.member_id for m in describe(broker, "testgroup").members] == [member.member_id]
    broker.kill()
    broker.start()
    console(f"{GROUPS} --group testgroup --describe")
    check("groups-after-kill")


@pytest.mark.long
def test_members_of_every_kind(console, check, test_topic, version):
    """By pattern, cooperative, static, two with different topics; offsets of a topic that is deleted; what is refused."""
    broker = test_topic
    create_topic(broker, "test.two", 2)
    create_topic(broker, "gone", 2)
    consumer = "bin/kafka-console-consumer.sh --bootstrap-server B"
    pattern = "--whitelist" if version == paths.OLDEST_KAFKA else "--include"
    cooperative = "partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor"
    for group, options in [
        ("pattern", f"{pattern} 'test.*'"),
        ("cooperative", f"--topic test --isolation-level read_committed --consumer-property {cooperative}"),
        ("static", "--topic test --consumer-property group.instance.id=boat --consumer-property client.id=me"),
    ]:
        with console.running(f"{consumer} {options} --group {group} --from-beginning") as lines:
            wait_for(lambda: len(lines()) >= 12, 40, "twelve lines")
            wait_for_members(broker, group, 1)
            console(f"{GROUPS} --describe --group {group} --members --verbose")
            console(f"{GROUPS} --describe --group {group} --state")
    console(f"{GROUPS} --describe --group static")  # its member stays
    with console.running(f"{consumer} --topic test --group two"):
        wait_for_members(broker, "two", 1)
        with console.running(f"{consumer} --topic test.two --group two"):
            wait_for_members(broker, "two", 2)
            console(f"{GROUPS} --describe --group two --members --verbose")
        wait_for_members(broker, "two", 1)
        console(f"{GROUPS} --describe --group two --members --verbose")
    set_offsets(broker, "left", "gone", [1, 2])
    console("bin/kafka-topics.sh --bootstrap-server B --delete --topic gone")
    console(f"{GROUPS} --describe --group left")
    console(f"{READ} --group short --consumer-property session.timeout.ms=1000 --timeout-ms 3000")
    console(f"{READ} --group none --consumer-property auto.offset.reset=none --timeout-ms 3000")
    console(f"{GROUPS} --list", order=sorted)
    check("group-members")
