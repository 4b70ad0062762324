//! Kafka's keys as environment variables, spelled as Kafka's Docker image spells them.
//!
//! `KAFKA_LOG_RETENTION_HOURS` is `log.retention.hours`: `_` stands for a dot, `__` for an underscore and `___` for a
//! hyphen. Variables that speak to Java or to Kafka's scripts are left alone. Nothing here reads the environment: the
//! caller hands it in.

/// The key that a variable names; `None` where it is none of Kafka's keys' variables.
#[must_use]
pub fn key(variable: &str) -> Option<String> {
    let name = variable.strip_prefix("KAFKA_")?;
    if is_for_others(variable) {
        return None;
    }
    let mut key = String::with_capacity(name.len());
    let mut underscores = 0;
    for c in name.chars() {
        if c == '_' {
            underscores += 1;
            continue;
        }
        spell(&mut key, underscores);
        underscores = 0;
        key.push(c.to_ascii_lowercase());
    }
    spell(&mut key, underscores);
    Some(key)
}

/// Adds what a run of underscores stands for.
fn spell(key: &mut String, underscores: usize) {
    key.extend(std::iter::repeat_n('-', underscores / 3));
    key.push_str(["", ".", "_"][underscores % 3]);
}

/// Whether a variable is meant for Java, for Kafka's scripts and images, or is one that Kubernetes sets for a service
/// that happens to be called `kafka`.
fn is_for_others(variable: &str) -> bool {
    const EXACT: &[&str] = &[
        "KAFKA_CLASSPATH",
        "KAFKA_CONF_DIR",
        "KAFKA_DEBUG",
        "KAFKA_HOME",
        "KAFKA_MODE",
        "KAFKA_TOOLS_LOG4J_LOGLEVEL",
        "KAFKA_VERSION",
    ];
    const PREFIXES: &[&str] = &["KAFKA_JMX_", "KAFKA_LOG4J_", "KAFKA_PORT_", "KAFKA_SERVICE_"];
    variable.ends_with("_OPTS")
        || EXACT.contains(&variable)
        || PREFIXES.iter().any(|prefix| variable.starts_with(prefix))
}

#[cfg(test)]
mod tests;
