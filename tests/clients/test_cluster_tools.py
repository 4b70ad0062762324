"""Kafka's other programs, oldest and newest: what they measure, and what they show of a cluster of one broker.

The expected transcripts under expected/ were recorded from Kafka 4.3.1 (`pytest --broker kafka-4.3.1 --record`).
"""
import json
import re

import pytest

from harness import paths
from harness.admin import create_topic
from harness.groups import set_offsets, wait_for_members
from harness.net import wait_for
from harness.rdkafka import produce

newest_only = pytest.mark.parametrize("version", [paths.NEWEST_KAFKA])
both = pytest.mark.parametrize("version", [paths.OLDEST_KAFKA, paths.NEWEST_KAFKA])


@pytest.fixture
def command_line_broker(own_broker):
    """With twelve records in the topic `test`, and what a test adds."""
    broker = own_broker()
    create_topic(broker, "test", 2, {"retention.ms": "-1"})
    produce(broker, "test", [(None, b"%d" % n, [], 1700000000000) for n in range(12)], {"linger.ms": 100})
    return broker


@both
def test_load(console, check, version):
    """kafka-consumer-perf-test and kafka-verifiable-consumer."""
    perf = console("bin/kafka-consumer-perf-test.sh --bootstrap-server B --topic test --messages 12", keep=lambda line: "start.time" in line)
    [figures] = [line.split(", ") for line in perf.splitlines() if re.match(r"\d{4}-", line)]
    assert figures[4] == "12"
    server = "--broker-list" if version == paths.OLDEST_KAFKA else "--bootstrap-server"
    console(
        f"bin/kafka-verifiable-consumer.sh {server} B --topic test --group-id checked --max-messages 12 --reset-policy earliest",
        # Of the last two lines the one or the other may come first.
        keep=lambda line: "shutdown_requested" not in line,
    )
    console("bin/kafka-consumer-groups.sh --bootstrap-server B --describe --group checked")
    check("consumer-load")


# The formatter of 2.5.0 cannot read the offsets that Kafka 4 writes.
@pytest.mark.parametrize("version", [pytest.param(paths.OLDEST_KAFKA, marks=pytest.mark.until("3.9.9")), paths.NEWEST_KAFKA])
def test_offsets_topic(console, command_line_broker, version):
    """__consumer_offsets holds records that the formatters of each release can read; it is shown as a topic."""
    old = version == paths.OLDEST_KAFKA
    set_offsets(command_line_broker, "testgroup", "test", [7, 0])
    read = "bin/kafka-console-consumer.sh --bootstrap-server B --from-beginning"
    with console.running(f"{read} --topic test -group testgroup") as lines:
        wait_for_members(command_line_broker, "testgroup", 1)
        wait_for(lambda: "11" in lines(), 20, "five records")
    package = "kafka.coordinator.group.GroupMetadataManager$" if old else "org.apache.kafka.tools.consumer."

    def formatted(formatter: str, last: str) -> str:
        command = f"{read} --topic __consumer_offsets --formatter '{package}{formatter}'"
        with console.running(command) as lines:
            return wait_for(lambda: last in (text := "\n".join(lines())) and text, 30, last)

    if old:
        commit = re.compile(r"\[testgroup,test,(\d)\]::OffsetAndMetadata\(offset=(\d+), .*metadata=, commitTimestamp=\d{13}, expireTimestamp=None\)")
        commits = commit.findall(formatted("OffsetsMessageFormatter", "offset=12,"))
        state = re.compile(r"testgroup::GroupMetadata\(groupId=testgroup, generation=(\d+), .*currentState=(\w+), .*")
        states = state.findall(formatted("GroupMetadataMessageFormatter", "testgroup, generation=2"))
    else:
        commits = [
            (f"{of['partition']}", f"{value['offset']}")
            for of, value in objects(formatted("OffsetsMessageFormatter", '"offset":12'))
            if of["group"] == "testgroup" and value["metadata"] == ""
        ]
        states = [
            (f"{value['generation']}", "Stable" if value["members"] else "Empty")
            for of, value in objects(formatted("GroupMetadataMessageFormatter", '"generation":2'))
            if of["group"] == "testgroup" and value["protocolType"] == "consumer"
        ]
    assert commits[:2] == [("0", "7"), ("1", "0")] and ("0", "12") in commits[2:], commits
    assert states[-2:] == [("1", "Stable"), ("2", "Empty")]

    described = console("bin/kafka-topics.sh --bootstrap-server B --describe --topic __consumer_offsets").splitlines()
    assert len(described) == 51
    assert "cleanup.policy=compact" in described[0] and "PartitionCount: 50" in described[0]
    assert console("bin/kafka-topics.sh --bootstrap-server B --list").split() == ["__consumer_offsets", "test"]
    if old:
        shown = console("bin/kafka-run-class.sh kafka.tools.GetOffsetShell --broker-list B --topic __consumer_offsets")
    else:
        shown = console("bin/kafka-get-offsets.sh --bootstrap-server B")
        assert console("bin/kafka-get-offsets.sh --bootstrap-server B --exclude-internal-topics").split() == ["test:0:12", "test:1:0"]
    ends = re.findall(r"^__consumer_offsets:(\d+):(\d+)$", shown, re.M)
    assert len(ends) == 50
    # Java's hash of the group's name chooses the partition; "console-consumer-…" groups were of the formatters.
    [end] = [int(end) for partition, end in ends if int(partition) == 27]
    assert end >= 5


def objects(text: str):
    """(key, value) of the JSON objects that the newest formatters print one after the other, tombstones left out."""
    at = 0
    while (at := text.find("{", at)) >= 0:
        found, at = json.JSONDecoder().raw_decode(text, at)
        if found["value"]:
            yield found["key"]["data"], found["value"]["data"]


@both
def test_leader_election(console, check, version):
    election = "bin/kafka-leader-election.sh --bootstrap-server B"
    console(f"{election} --election-type preferred --all-topic-partitions")
    console(f"{election} --election-type preferred --topic test --partition 1")
    console(f"{election} --election-type unclean --topic test --partition 0")
    console(f"{election} --election-type preferred --topic test --partition 7")
    console(f"{election} --election-type preferred --topic nobody --partition 0")
    check("leader-election")


@newest_only
def test_reassign(console, check, tmp_path, version):
    """Partitions stay where they are, since there is one broker; which is said as Kafka says it."""
    move = {"topic": "test", "partition": 0, "replicas": [0], "log_dirs": ["any"]}
    file, topics = tmp_path / "reassign.json", tmp_path / "topics.json"
    topics.write_text(json.dumps({"topics": [{"topic": "test"}], "version": 1}))
    reassign = "bin/kafka-reassign-partitions.sh --bootstrap-server B"
    console(f"{reassign} --list")
    console(f"{reassign} --generate --topics-to-move-json-file {topics} --broker-list 0")
    for partitions in ([move], [{**move, "partition": 1}, {**move, "partition": 9}], [{**move, "topic": "nobody"}], [{**move, "replicas": [7]}]):
        file.write_text(json.dumps({"version": 1, "partitions": partitions}))
        console(f"{reassign} --execute --reassignment-json-file {file}")
    file.write_text(json.dumps({"version": 1, "partitions": [move]}))
    console(f"{reassign} --verify --reassignment-json-file {file}")
    console(f"{reassign} --cancel --reassignment-json-file {file}")
    console(f"{reassign} --list")
    console.transcript = [line.replace(f"{tmp_path}/", "") for line in console.transcript]
    check("reassign")


@newest_only
def test_what_the_cluster_is(console, check, command_line_broker, version):
    """kafka-metadata-quorum, kafka-transactions, kafka-client-metrics, and kafka-configs of groups that have none."""
    quorum = "bin/kafka-metadata-quorum.sh --bootstrap-server B describe"
    console(f"{quorum} --status")
    replication = console(f"{quorum} --replication", keep=lambda line: "NodeId" in line)
    assert re.search(r"\n0\s+[\w-]{22}\s+\d+\s+0\s+\d{13}\s+\d{13}\s+Leader", replication)
    console("bin/kafka-console-producer.sh --bootstrap-server B --topic idempotent", "one\ntwo\n")
    producers = console(
        "bin/kafka-transactions.sh --bootstrap-server B describe-producers --topic idempotent --partition 0",
        keep=lambda line: "ProducerId" in line,
    )
    assert re.search(r"\n\d+\s+0\s+-1\s+1\s+\d{13}\s+None", producers)
    set_offsets(command_line_broker, "testgroup", "test", [7])
    groups = "bin/kafka-configs.sh --bootstrap-server B --entity-type groups"
    console(f"{groups} --describe")
    console(f"{groups} --entity-name testgroup --describe")
    console(f"{groups} --entity-name nobody --describe")
    console("bin/kafka-client-metrics.sh --bootstrap-server B --list")
    check("cluster")
