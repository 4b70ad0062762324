//! Rules between keys: values that are allowed alone, but not beside each other.
//!
//! They are those of Kafka's `KafkaConfig` and `GroupCoordinatorConfig`, as far as they concern a broker alone.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::error::ConfigError;
use super::value::Value;
use super::values::Values;

/// Kinds of groups, and the intervals that each of them has: a value with its least and its largest.
const GROUPS: [&str; 3] = ["consumer", "share", "streams"];
const INTERVALS: [&str; 3] =
    ["session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"];
/// What share groups have besides.
const SHARE: [&str; 3] =
    ["delivery.count.limit", "record.lock.duration.ms", "partition.max.record.locks"];

/// Checks all rules.
///
/// # Errors
/// The first key that breaks one.
pub(super) fn check(values: &Values) -> Result<(), ConfigError> {
    roles(values)?;
    for group in GROUPS {
        for interval in INTERVALS {
            between(values, group, interval)?;
        }
        let (heartbeat, session) = (
            format!("group.{group}.heartbeat.interval.ms"),
            format!("group.{group}.session.timeout.ms"),
        );
        if integer(values, &heartbeat) >= integer(values, &session) {
            return Err(invalid(values, &heartbeat, format!("must be less than {session}")));
        }
    }
    for setting in SHARE {
        between(values, "share", setting)?;
    }
    let (least, largest) = ("group.min.session.timeout.ms", "group.max.session.timeout.ms");
    if integer(values, least) > integer(values, largest) {
        return Err(invalid(values, least, format!("must not be more than {largest}")));
    }
    let (queued, request) = ("queued.max.request.bytes", "socket.request.max.bytes");
    if let Some(bytes) = integer(values, queued)
        && bytes > 0
        && Some(bytes) < integer(values, request)
    {
        return Err(invalid(
            values,
            queued,
            format!("must be 0 or less for no limit, or at least {request}"),
        ));
    }
    Ok(())
}

/// A controller alone serves nobody.
fn roles(values: &Values) -> Result<(), ConfigError> {
    match values.get("process.roles") {
        Some(Value::List(roles)) if !roles.contains(&"broker") => Err(ConfigError::Refused {
            key: "process.roles".to_owned(),
            value: roles.join(","),
            reason: "a controller alone serves no client; it must name broker".to_owned(),
        }),
        _ => Ok(()),
    }
}

fn between(values: &Values, group: &str, setting: &str) -> Result<(), ConfigError> {
    let key = format!("group.{group}.{setting}");
    let (least, largest) =
        (format!("group.{group}.min.{setting}"), format!("group.{group}.max.{setting}"));
    let (low, value, high) =
        (integer(values, &least), integer(values, &key), integer(values, &largest));
    if low > high {
        return Err(invalid(values, &largest, format!("must be at least {least}")));
    }
    if value < low || value > high {
        return Err(invalid(values, &key, format!("must be from {least} to {largest}")));
    }
    Ok(())
}

fn integer(values: &Values, key: &str) -> Option<i64> {
    if let Some(Value::Integer(value)) = values.get(key) { Some(value) } else { None }
}

fn invalid(values: &Values, key: &str, allowed: String) -> ConfigError {
    let value = values.get(key).map(|value| value.print()).unwrap_or_default();
    ConfigError::Invalid { key: key.to_owned(), value, allowed }
}
