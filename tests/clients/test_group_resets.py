"""kafka-consumer-groups --reset-offsets in all its forms and --delete-offsets, oldest and newest, as USERS type them.

The expected transcripts under expected/ were recorded from Kafka 4.3.1 (`pytest --broker kafka-4.3.1 --record`).
"""
import pytest

from harness import paths
from harness.admin import create_topic
from harness.rdkafka import produce

RESET = "bin/kafka-consumer-groups.sh --bootstrap-server B --group testgroup --reset-offsets"


@pytest.fixture(scope="module", params=[paths.OLDEST_KAFKA, paths.NEWEST_KAFKA])
def version(request):
    return request.param


@pytest.fixture
def command_line_broker(own_broker):
    """With two topics: `test`, whose records are ten seconds apart from 2023-11-14T22:13:20Z on, and `other`."""
    broker = own_broker()
    create_topic(broker, "test", 3, {"retention.ms": "-1"})
    create_topic(broker, "other", 1, {"retention.ms": "-1"})
    for topic, partition, count in [("test", 0, 20), ("test", 1, 12), ("test", 2, 5), ("other", 0, 3)]:
        records = [(None, b"%d" % n, [], 1700000000000 + 10000 * n) for n in range(count)]
        produce(broker, topic, records, {}, partition)
    return broker


def test_each_form(console, check):
    """K11, K12; where a group's offsets can be set to, of which partitions."""
    test = f"{RESET} --topic test"
    console(f"{test} --to-earliest --execute")  # the group begins with it
    console(f"{RESET} --topic test:1 --to-offset 10 --execute")
    console(f"{RESET} --topic test:1 --to-offset 100 --execute", log="warn")
    console(f"{RESET} --topic test:0,2 --shift-by 4 --execute")
    console(f"{RESET} --topic test:0,2 --shift-by -100 --dry-run", log="warn")
    console(f"{test} --by-duration P1D --dry-run")  # no record is as young as that
    console(f"{test} --by-duration P10000D --dry-run")
    console(f"{test} --to-datetime 2023-11-14T22:14:00.000 --execute")
    console(f"{test} --to-datetime 2023-11-14T23:14:05.000+01:00 --dry-run")
    console(f"{RESET} --topic test:2 --topic other --to-latest --execute")
    console(f"{RESET} --all-topics --to-current --dry-run")
    console("bin/kafka-consumer-groups.sh --bootstrap-server B --group testgroup --describe")
    check("resets")


def test_files(console, check, tmp_path, version):
    """Export to CSV, import from it, for one group and for all; deleted offsets; what is not there."""
    groups = "bin/kafka-consumer-groups.sh --bootstrap-server B"
    file = tmp_path / "offsets.csv"
    console(f"{RESET} --topic test --topic other --to-latest --execute")
    exported = console(f"{RESET} --all-topics --to-current --export --dry-run")
    assert sorted(exported.split()) == ["other,0,3", "test,0,20", "test,1,12", "test,2,5"]
    file.write_text("test,0,7\ntest,2,2\n")
    console(f"{RESET} --from-file {file} --dry-run")
    console(f"{RESET} --from-file {file} --execute")
    console(f"{groups} --group second --topic other --reset-offsets --to-earliest --execute")
    console(f"{groups} --all-groups --all-topics --reset-offsets --to-current --export --dry-run")
    file.write_text("testgroup,test,1,1\nsecond,other,0,2\n")
    console(f"{groups} --group testgroup --group second --reset-offsets --from-file {file} --execute")
    console(f"{groups} --all-groups --all-topics --reset-offsets --to-current")
    console(f"{groups} --group testgroup --delete-offsets --topic test:1 --topic other")
    console(f"{groups} --group testgroup --delete-offsets --topic nobody")
    console(f"{groups} --group nobody --delete-offsets --topic test")
    console(f"{groups} --all-groups --describe")
    console(f"{RESET} --topic nobody --to-earliest --execute")
    console(f"{RESET} --topic test:9 --to-earliest --execute")
    console.transcript = [line.replace(str(file), "offsets.csv") for line in console.transcript]
    check("reset-files")
