"""Kafka's command line, oldest and newest, as USERS type it: it must print what it prints against Kafka.

The expected transcripts under expected/ were recorded from Kafka 4.3.1 (`pytest --broker kafka-4.3.1 --record`).
"""
import re

import pytest

from harness import paths
from harness.broker import Broker


@pytest.fixture(scope="module", params=[paths.OLDEST_KAFKA, paths.NEWEST_KAFKA])
def version(request):
    return request.param


@pytest.fixture(scope="module")
def command_line_broker(kind, version):
    """A broker for each command line, since the topics' names are those that users type."""
    broker = Broker(kind).start()
    yield broker
    broker.close()


def test_topics(console, check):
    """K5, K13; describe, alter partitions, delete; what is refused and how."""
    console("bin/kafka-topics.sh --create --bootstrap-server B --replication-factor 1 --partitions 3 --topic test")
    console("bin/kafka-topics.sh --create --bootstrap-server B --replication-factor 1 --partitions 3 --topic test")
    console("bin/kafka-topics.sh --create --bootstrap-server B --partitions 5 --topic my-computer-metric")
    console("bin/kafka-topics.sh --list --bootstrap-server B")
    console("bin/kafka-topics.sh --create --bootstrap-server B --topic with.config --config retention.ms=3600000")
    console("bin/kafka-topics.sh --describe --bootstrap-server B --topic test")
    console("bin/kafka-topics.sh --describe --bootstrap-server B --topic with.config")
    console("bin/kafka-topics.sh --alter --bootstrap-server B --topic test --partitions 4")
    console("bin/kafka-topics.sh --alter --bootstrap-server B --topic test --partitions 2")
    console("bin/kafka-topics.sh --describe --bootstrap-server B --topic test")
    console("bin/kafka-topics.sh --delete --bootstrap-server B --topic with.config")
    console("bin/kafka-topics.sh --delete --bootstrap-server B --topic with.config")
    console("bin/kafka-topics.sh --create --bootstrap-server B --replication-factor 3 --topic three-copies")
    console("bin/kafka-topics.sh --create --bootstrap-server B --partitions 1 --topic 'bad topic!'")
    console("bin/kafka-topics.sh --create --bootstrap-server B --topic bad.config --config retention.ms=soon")
    console("bin/kafka-topics.sh --list --bootstrap-server B")
    check("topics")


def test_console(console, check):
    """K6 and the console consumer by partition and offset."""
    console("bin/kafka-topics.sh --create --bootstrap-server B --partitions 1 --topic lines")
    console("bin/kafka-console-producer.sh --bootstrap-server B --topic lines", "hello\nkafka\n0\n\n한국어 text\n")
    console(
        "bin/kafka-console-producer.sh --bootstrap-server B --topic lines --property parse.key=true --property key.separator=-",
        "a-1\nb-2\n",
    )
    read = "bin/kafka-console-consumer.sh --bootstrap-server B --topic lines --partition 0"
    console(f"{read} --offset earliest --timeout-ms 3000")
    console(f"{read} --offset 5 --max-messages 2 --property print.key=true --property key.separator=-")
    console(f"{read} --offset 3 --max-messages 1 --property print.offset=true")
    console(f"{read} --offset latest --timeout-ms 1000")
    console(f"{read} --from-beginning --max-messages 1 --property print.timestamp=true")
    check("console")


def test_configs(console, check):
    """kafka-configs on topics and brokers, describe and alter, as it prints them."""
    console("bin/kafka-topics.sh --create --bootstrap-server B --partitions 1 --topic configured")
    configs = "bin/kafka-configs.sh --bootstrap-server B"
    topic = f"{configs} --entity-type topics --entity-name configured"
    console(f"{topic} --describe")
    console(f"{topic} --alter --add-config retention.ms=60000,cleanup.policy=compact")
    console(f"{topic} --describe")
    console(f"{topic} --alter --delete-config retention.ms")
    console(f"{topic} --describe")
    console(f"{topic} --alter --add-config retention.ms=soon")
    console(f"{topic} --alter --add-config no.such.key=1")
    console(f"{topic} --alter --delete-config never.set")
    console(f"{configs} --entity-type topics --entity-name nobody --describe")
    broker = f"{configs} --entity-type brokers --entity-name 0"
    console(f"{broker} --describe")
    console(f"{broker} --alter --add-config log.cleaner.threads=2")
    console(f"{broker} --describe")
    console(f"{broker} --alter --add-config broker.id=7")
    console(f"{broker} --alter --delete-config log.cleaner.threads")
    console(f"{configs} --entity-type brokers --entity-default --alter --add-config message.max.bytes=2000000")
    console(f"{configs} --entity-type brokers --entity-default --describe")
    console(f"{configs} --entity-type brokers --entity-default --alter --delete-config message.max.bytes")
    check("configs")


def test_all_configs_of_a_topic(console, check, kind):
    """Every key of a topic with its value, as `--all` prints them: keys, values, whether sensitive."""
    console("bin/kafka-topics.sh --create --bootstrap-server B --partitions 1 --topic every.key")
    output = console("bin/kafka-configs.sh --bootstrap-server B --entity-type topics --entity-name every.key --describe --all")
    lines = sorted(re.sub(r" synonyms=.*", "", line) for line in output.splitlines())
    if kind == "logboat":
        # The one default that is not Kafka's: an answer waits for the flush.
        lines = [line.replace("flush.messages=1 ", "flush.messages=9223372036854775807 ") for line in lines]
    console.transcript = lines
    check("all-configs")


def test_records(console, check, version, tmp_path):
    """kafka-get-offsets (2.5.0: GetOffsetShell), kafka-delete-records, kafka-log-dirs."""
    console("bin/kafka-topics.sh --create --bootstrap-server B --partitions 1 --topic numbers")
    console("bin/kafka-console-producer.sh --bootstrap-server B --topic numbers", "".join(f"{n}\n" for n in range(20)))
    if version == paths.OLDEST_KAFKA:
        offsets = "bin/kafka-run-class.sh kafka.tools.GetOffsetShell --broker-list B --topic numbers"
    else:
        offsets = "bin/kafka-get-offsets.sh --bootstrap-server B --topic numbers"
    file = tmp_path / "delete.json"
    console("bin/kafka-log-dirs.sh --bootstrap-server B --describe --topic-list numbers")
    console(offsets)
    console(f"{offsets} --time -2")
    for offset in (3, 1000, 1, -1):
        file.write_text('{"partitions":[{"topic":"numbers","partition":0,"offset":%d}],"version":1}' % offset)
        console(f"bin/kafka-delete-records.sh --bootstrap-server B --offset-json-file {file}")
        console(f"{offsets} --time -2")
    console("bin/kafka-topics.sh --delete --bootstrap-server B --topic numbers")
    console.transcript = [line.replace(str(file), "delete.json") for line in console.transcript]
    check("records")


def test_load(console, check, version):
    """kafka-producer-perf-test and kafka-verifiable-producer, at each acks."""
    console("bin/kafka-topics.sh --create --bootstrap-server B --partitions 1 --topic load")
    perf = "bin/kafka-producer-perf-test.sh --topic load --num-records 2000 --record-size 100 --throughput -1"
    summary = re.compile(r"^\d+ records sent").match
    for acks in ("0", "1", "all"):
        console(f"{perf} --producer-props bootstrap.servers=B acks={acks}", keep=summary)
    verifiable = "bin/kafka-verifiable-producer.sh --topic load --max-messages 10 --acks -1"
    console(f"{verifiable} --{'broker-list' if version == paths.OLDEST_KAFKA else 'bootstrap-server'} B")
    check("load")


# The newest version of each API of which Kafka 4.3.1 tells these tools that it is usable.
USABLE = {
    "2.5.0": {
        "Produce": 8, "Fetch": 11, "ListOffsets": 5, "Metadata": 9, "ApiVersions": 3, "CreateTopics": 5, "DeleteTopics": 4,
        "DeleteRecords": 1, "CreatePartitions": 2, "InitProducerId": 3, "OffsetForLeaderEpoch": 3, "DescribeConfigs": 2,
        "AlterConfigs": 1, "IncrementalAlterConfigs": 1, "DescribeLogDirs": 1, "AlterReplicaLogDirs": 1, "ElectLeaders": 2,
        "AlterPartitionReassignments": 0, "ListPartitionReassignments": 0,
        "FindCoordinator": 3, "JoinGroup": 7, "SyncGroup": 5, "Heartbeat": 4, "LeaveGroup": 4, "OffsetCommit": 8, "OffsetFetch": 7,
        "DescribeGroups": 5, "ListGroups": 3, "DeleteGroups": 2, "OffsetDelete": 0,
    },
    "4.3.1": {
        "Produce": 13, "Fetch": 18, "ListOffsets": 11, "Metadata": 13, "ApiVersions": 4, "CreateTopics": 7, "DeleteTopics": 6,
        "DeleteRecords": 2, "CreatePartitions": 3, "InitProducerId": 5, "OffsetForLeaderEpoch": 4, "DescribeConfigs": 4,
        "AlterConfigs": 2, "IncrementalAlterConfigs": 1, "DescribeCluster": 2, "DescribeTopicPartitions": 0, "DescribeLogDirs": 5,
        "AlterReplicaLogDirs": 2, "ElectLeaders": 2, "AlterPartitionReassignments": 1, "ListPartitionReassignments": 0,
        "DescribeProducers": 0, "DescribeQuorum": 2, "ListConfigResources": 1,
        "FindCoordinator": 6, "JoinGroup": 9, "SyncGroup": 5, "Heartbeat": 4, "LeaveGroup": 5, "OffsetCommit": 10, "OffsetFetch": 10,
        "DescribeGroups": 6, "ListGroups": 5, "DeleteGroups": 2, "OffsetDelete": 0,
    },
}  # fmt: skip


def test_api_versions(console, version):
    """kafka-broker-api-versions: these APIs are usable at the version that Kafka 4.3.1 offers the tool, or a newer one."""
    output = console("bin/kafka-broker-api-versions.sh --bootstrap-server B")
    assert re.match(rf"{console.address} \(id: 0 rack: null( isFenced: false)?\) -> \(\n", output), output[:200]
    usable = {name: int(newest) for name, newest in re.findall(r"^\t(\w+)\(\d+\): .*\[usable: (\d+)\],?$", output, re.M)}
    missing = {name: newest for name, newest in USABLE[version].items() if usable.get(name, -1) < newest}
    assert missing == {}
