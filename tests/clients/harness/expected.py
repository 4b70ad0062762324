"""Output recorded from a real Kafka, kept under expected/."""
import difflib
import re

from . import paths

# What a broker explains in its own words after an error's name, or after the part of its message that says which value
# of what is wrong. Ours are not Kafka's sentences; everything before them is compared.
OWN_WORDS = re.compile(
    r"((?:Invalid value \S+ for configuration [\w.]+|Topic name is invalid|only 1 broker\(s\) are registered"
    r"|\.UnknownTopicOrPartitionException)\b).*"
)
# A topic's configs stand in the order in which the broker described them, which has no meaning.
CONFIGS = re.compile(r"(?<=Configs: )\S+")


def compare(name: str, lines: list[str], record: bool):
    """`lines` are those of `expected/NAME.txt`; with `record` they are written there first."""
    file = paths.CLIENTS / "expected" / f"{name}.txt"
    if record:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")
    kafkas, ours = list(map(_comparable, file.read_text().splitlines())), list(map(_comparable, lines))
    assert ours == kafkas, "\n" + "\n".join(difflib.unified_diff(kafkas, ours, "Kafka prints", "against this broker", lineterm=""))


def _comparable(line: str) -> str:
    line = OWN_WORDS.sub(r"\1 ...", line)
    return CONFIGS.sub(lambda configs: ",".join(sorted(configs[0].split(","))), line)
