//! docs/CONFIGURATION.md is made from the tables, and is current.
//!
//! After a change of the tables: `LOGBOAT_WRITE_DOCS=1 cargo test -p logboat-tests --test config_document`.

use std::fmt::Write;
use std::path::Path;

use logboat_core::config::keys::{broker_keys, topic_keys, topic_synonyms};
use logboat_core::config::{ConfigKey, SINGLE_NODE, Standing};

const HEAD: &str = "\
# Configuration

<!-- Made from core/src/config/keys by tests/tests/config_document.rs; a change goes there. -->

Keys, types, defaults and limits are Kafka's: those of 4.3.1, and keys that releases from 2.5.0 on had. They can stand
in a file (`logboat server.properties`), in the environment (`KAFKA_LOG_RETENTION_HOURS` for `log.retention.hours`; `__`
is an underscore, `___` a hyphen) and on the command line (`--override key=value`); the later of these counts more. An
unknown key, a value that is not allowed, and a value whose promise cannot be kept stop the start with one line.

Defaults that are not Kafka's: `log.flush.interval.messages` and `flush.messages` are 1, so that what is acknowledged
is on the disk; `listeners` is loopback only; `log.dir` is `logboat-data`. `listeners` and
`listener.security.protocol.map` cannot change while the broker runs. Topics take the three keys that only older
releases had.

";

fn document() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("Without a file, the values are those of Kafka's own files for a single node:\n\n```properties\n");
    for (key, value) in SINGLE_NODE {
        let _ = writeln!(text, "{key}={value}");
    }
    text.push_str("```\n");

    let mut broker: Vec<&ConfigKey> = broker_keys().collect();
    broker.sort_by_key(|key| key.name);
    let pick = |wanted: fn(Standing) -> bool| {
        let broker: Vec<&ConfigKey> =
            broker.iter().copied().filter(|key| wanted(key.standing)).collect();
        let topic: Vec<&ConfigKey> =
            topic_keys().iter().filter(|key| wanted(key.standing)).collect();
        (broker, topic)
    };

    text.push_str("\n## Obeyed\n\nKeys of the broker:\n\n");
    let (keys, topics) = pick(|standing| standing == Standing::Obeyed);
    table(&mut text, &keys);
    text.push_str("\nKeys of a topic, and the broker's key that gives the default:\n\n");
    topic_table(&mut text, &topics);

    text.push_str("\n## Known, but not obeyed yet\n\nValues are checked, kept and described. `compact` in a cleanup policy asks every record for a key, as it must, but\nnothing is compacted yet.\n\nKeys of the broker:\n\n");
    let (keys, topics) = pick(|standing| standing == Standing::NotYet);
    table(&mut text, &keys);
    text.push_str("\nKeys of a topic:\n\n");
    topic_table(&mut text, &topics);

    text.push_str("\n## Refused\n\nAny value but the default stops the start, and nothing is served less closed than it looks.\n");
    text.push_str("So does a listener whose protocol is not PLAINTEXT, unless it is one of controller.listener.names.\n\n");
    let (keys, topics) = pick(|standing| matches!(standing, Standing::Refused(_)));
    reasons(&mut text, keys.into_iter().chain(topics));

    text.push_str("\n## Done otherwise\n\nAccepted, checked and described; a line at the start says what they mean here.\n\n");
    let (keys, topics) = pick(|standing| matches!(standing, Standing::Otherwise(_)));
    reasons(&mut text, keys.into_iter().chain(topics));
    text
}

fn table(text: &mut String, keys: &[&ConfigKey]) {
    text.push_str("| key | type | default | changes | what it is for |\n|---|---|---|---|---|\n");
    for key in keys {
        let name = shown_name(key);
        let (kind, default) = (key.config_type.name().to_lowercase(), default(key));
        let update = key.update.name();
        let _ = writeln!(text, "| {name} | {kind} | {default} | {update} | {} |", key.doc);
    }
}

fn topic_table(text: &mut String, keys: &[&ConfigKey]) {
    text.push_str(
        "| key | type | default | broker's key | what it is for |\n|---|---|---|---|---|\n",
    );
    for key in keys {
        let synonyms: Vec<String> =
            topic_synonyms(key.name).iter().map(|name| format!("`{name}`")).collect();
        let (kind, default) = (key.config_type.name().to_lowercase(), default(key));
        let _ = writeln!(
            text,
            "| {} | {kind} | {default} | {} | {} |",
            shown_name(key),
            synonyms.join(", "),
            key.doc
        );
    }
}

/// One row a reason, in the order of the keys.
fn reasons<'a>(text: &mut String, keys: impl Iterator<Item = &'a ConfigKey>) {
    let mut rows: Vec<(&str, Vec<String>)> = Vec::new();
    for key in keys {
        let (Standing::Otherwise(reason) | Standing::Refused(reason)) = key.standing else {
            continue;
        };
        let name = shown_name(key);
        match rows.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => rows.push((reason, vec![name])),
        }
    }
    text.push_str("| why | keys |\n|---|---|\n");
    for (reason, names) in rows {
        let _ = writeln!(text, "| {reason} | {} |", names.join(", "));
    }
}

fn shown_name(key: &ConfigKey) -> String {
    let mark = if key.retired { " (older releases)" } else { "" };
    format!("`{}`{mark}", key.name)
}

fn default(key: &ConfigKey) -> String {
    match key.default {
        None => "none".to_owned(),
        Some("") => "empty".to_owned(),
        Some(default) => format!("`{default}`"),
    }
}

#[test]
fn the_document_says_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CONFIGURATION.md");
    let expected = document();
    if std::env::var_os("LOGBOAT_WRITE_DOCS").is_some() {
        std::fs::write(&path, &expected)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let at = written.lines().zip(expected.lines()).position(|(a, b)| a != b);
    assert!(
        written == expected,
        "docs/CONFIGURATION.md is not current from line {at:?} on; see the top of this test"
    );
}
