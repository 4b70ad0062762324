"""Output recorded from a real Kafka, kept under expected/."""
from . import paths


def compare(name: str, lines: list[str], record: bool):
    """`lines` are those of `expected/NAME.txt`; with `record` they are written there first."""
    file = paths.CLIENTS / "expected" / f"{name}.txt"
    if record:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")
    assert lines == file.read_text().splitlines()
