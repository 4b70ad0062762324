//! Reading one value as Kafka reads it: trimmed, parsed by the key's type, checked by its rule, printed again.
//!
//! The rules are those of Kafka's `ConfigDef`. Nothing here knows where a value came from.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering::{Equal, Greater};

use super::key::{ConfigKey, ConfigType, Valid};

/// A value of the right type, borrowed from the text that it was read from.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// BOOLEAN
    Boolean(bool),
    /// SHORT, INT and LONG
    Integer(i64),
    /// DOUBLE
    Double(f64),
    /// STRING, CLASS and PASSWORD
    Text(&'a str),
    /// LIST
    List(Vec<&'a str>),
}

impl Value<'_> {
    /// The value as Kafka prints it: what DescribeConfigs answers for it.
    #[must_use]
    pub fn print(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Double(value) => print_double(*value),
            Self::Text(value) => (*value).to_owned(),
            Self::List(members) => members.join(","),
        }
    }
}

/// Why a text is no value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAllowed {
    /// The value at fault: the text, or the one member of a list.
    pub value: String,
    /// What is allowed instead.
    pub allowed: String,
}

/// Reads and checks `text` as the value of `key`.
///
/// # Errors
/// [`NotAllowed`], in Kafka's words where Kafka has the same rule, for its tools print them.
pub fn parse<'a>(key: &ConfigKey, text: &'a str) -> Result<Value<'a>, NotAllowed> {
    let whole = |allowed: String| NotAllowed { value: text.to_owned(), allowed };
    let mut value = parse_type(key.config_type, text).map_err(whole)?;
    if let Some(stranger) = stranger(key.valid, &value) {
        return Err(stranger);
    }
    check(key.valid, &value).map_err(whole)?;
    if let Value::List(list) = &mut value
        && !matches!(key.valid, Valid::Any | Valid::ThrottledReplicas)
    {
        // KIP-1161: a member named twice counts once.
        let mut once = BTreeSet::new();
        list.retain(|member| once.insert(*member));
    }
    Ok(value)
}

/// As Java's `String.trim`: everything up to the blank goes, whatever it is.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

fn parse_type(config_type: ConfigType, text: &str) -> Result<Value<'_>, String> {
    let text = trim(text);
    match config_type {
        ConfigType::Boolean if text.eq_ignore_ascii_case("true") => Ok(Value::Boolean(true)),
        ConfigType::Boolean if text.eq_ignore_ascii_case("false") => Ok(Value::Boolean(false)),
        ConfigType::Boolean => Err("Expected value to be either true or false".to_owned()),
        ConfigType::Short => integer::<i16>(config_type, text),
        ConfigType::Int => integer::<i32>(config_type, text),
        ConfigType::Long => integer::<i64>(config_type, text),
        ConfigType::Double => match java_double(text) {
            Some(value) => Ok(Value::Double(value)),
            None => Err("Not a number of type DOUBLE".to_owned()),
        },
        ConfigType::String | ConfigType::Class | ConfigType::Password => Ok(Value::Text(text)),
        ConfigType::List if text.is_empty() => Ok(Value::List(Vec::new())),
        ConfigType::List => Ok(Value::List(text.split(',').map(list_blank).collect())),
    }
}

/// A list's separator takes the white space around it along, which in Java's `\s` is ASCII.
fn list_blank(member: &str) -> &str {
    member.trim_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r'])
}

fn integer<T: core::str::FromStr + Into<i64>>(
    config_type: ConfigType,
    text: &str,
) -> Result<Value<'_>, String> {
    // Rust and Java agree: an optional sign, then digits only, within the type's bounds.
    match text.parse::<T>() {
        Ok(value) => Ok(Value::Integer(value.into())),
        Err(_) => Err(format!("Not a number of type {}", config_type.name())),
    }
}

/// Java takes a suffix `d` or `f`, and spells its special values in one way only.
fn java_double(text: &str) -> Option<f64> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if matches!(unsigned, "NaN" | "Infinity") && text.len() - unsigned.len() <= 1 {
        return text.parse().ok();
    }
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    if digits.ends_with(|c: char| c.is_ascii_digit() || c == '.') {
        digits.parse().ok()
    } else {
        None
    }
}

fn check(valid: Valid, value: &Value<'_>) -> Result<(), String> {
    match (valid, value) {
        (Valid::Range(min, _), Value::Integer(value)) if *value < min => {
            Err(format!("Value must be at least {min}"))
        }
        (Valid::Range(_, max), Value::Integer(value)) if *value > max => {
            Err(format!("Value must be no more than {max}"))
        }
        // Not the other way round: what is no number is neither.
        (Valid::Fraction(min, _), Value::Double(value))
            if !matches!(value.partial_cmp(&min), Some(Greater | Equal)) =>
        {
            Err(format!("Value must be at least {min}"))
        }
        (Valid::Fraction(_, max), Value::Double(value)) if *value > max => {
            Err(format!("Value must be no more than {max}"))
        }
        (Valid::GzipLevel, Value::Integer(value)) if *value != -1 && !(1..=9).contains(value) => {
            Err("Value must be between 1 and 9 or equal to -1".to_owned())
        }
        (Valid::OneOf(allowed), Value::Text(text)) if !allowed.contains(text) => {
            Err(one_of(allowed))
        }
        (Valid::OneOfAnyCase(allowed), Value::Text(text))
            if !allowed.iter().any(|one| one.eq_ignore_ascii_case(text)) =>
        {
            Err(format!("{} (case insensitive)", one_of(allowed)))
        }
        (Valid::NonEmpty, Value::Text("")) => Err("must not be empty".to_owned()),
        (Valid::Release, Value::Text(text)) if !release(text) => {
            Err("must be a release of Kafka, such as 2.5 or 2.5-IV0".to_owned())
        }
        (Valid::Members | Valid::MembersOf(_), Value::List(list)) if list.is_empty() => {
            Err("must name at least one".to_owned())
        }
        (
            Valid::Members | Valid::MembersOrNone | Valid::MembersOf(_) | Valid::MembersOfOrNone(_),
            Value::List(list),
        ) if list.contains(&"") => Err("must not have an empty member".to_owned()),
        (Valid::ThrottledReplicas, Value::List(list)) if !throttled_replicas(list) => {
            Err("must be * or a list of partition:broker, such as 0:1,1:1".to_owned())
        }
        _ => Ok(()),
    }
}

/// The first member of a list that may not be in it, which Kafka's message names instead of the list.
fn stranger(valid: Valid, value: &Value<'_>) -> Option<NotAllowed> {
    let (Valid::MembersOf(allowed) | Valid::MembersOfOrNone(allowed), Value::List(list)) =
        (valid, value)
    else {
        return None;
    };
    let member = list.iter().find(|member| !member.is_empty() && !allowed.contains(member))?;
    Some(NotAllowed { value: (*member).to_owned(), allowed: one_of(allowed) })
}

fn release(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (numbers, internal) = text.split_once("-IV").unwrap_or((text, "0"));
    numbers.split('.').all(number) && numbers.contains('.') && number(internal)
}

fn one_of(allowed: &[&str]) -> String {
    format!("String must be one of: {}", allowed.join(", "))
}

fn throttled_replicas(list: &[&str]) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let pair = |text: &str| text.split_once(':').is_some_and(|(p, b)| number(p) && number(b));
    list == ["*"] || list.iter().all(|member| member.is_empty() || pair(member))
}

/// As Java's `Double.toString`: the shortest digits that read back as the same number, with an exponent outside
/// 0.001 to 10,000,000.
fn print_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
