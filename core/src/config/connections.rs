//! The keys that bound connections, as far as they are more than a number.
//!
//! Names are not looked up: nothing here may ask a system for anything.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::error::ConfigError;
use super::keys::broker_key;
use super::value::{Value, parse};
use super::values::Values;

const OVERRIDES: &str = "max.connections.per.ip.overrides";
const PER_ADDRESS: &str = "max.connections.per.ip";
const IDLE: &str = "connections.max.idle.ms";
const DELAY: &str = "connection.failed.authentication.delay.ms";

/// Addresses that have a bound of their own, each with it.
///
/// # Errors
/// What is no list of `address:count`, and Kafka's rules between these keys.
pub(super) fn overrides(values: &Values) -> Result<Vec<(IpAddr, i32)>, ConfigError> {
    let text = values.text(OVERRIDES).unwrap_or_default();
    let mut overrides = Vec::new();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let Some((addresses, count)) = addressed(entry) else {
            return Err(invalid(
                values,
                OVERRIDES,
                "must be a list of address:count, such as 10.0.0.1:20; names are not looked up",
            ));
        };
        overrides.extend(addresses.into_iter().map(|address| (address.to_canonical(), count)));
    }
    if integer(values, PER_ADDRESS) == Some(0) && overrides.is_empty() {
        let rule = format!("must not be 0 where {OVERRIDES} names nobody");
        return Err(invalid(values, PER_ADDRESS, rule));
    }
    if integer(values, IDLE).is_some_and(|idle| idle >= 0)
        && integer(values, DELAY) >= integer(values, IDLE)
    {
        return Err(invalid(values, IDLE, format!("must be below zero, or more than {DELAY}")));
    }
    Ok(overrides)
}

fn addressed(entry: &str) -> Option<(Vec<IpAddr>, i32)> {
    let (host, count) = entry.rsplit_once(':')?;
    let count = count.trim().parse::<u32>().ok().and_then(|count| i32::try_from(count).ok())?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let addresses = if host.eq_ignore_ascii_case("localhost") {
        [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].into()
    } else {
        [host.parse().ok()?].into()
    };
    Some((addresses, count))
}

/// A number that a listener has: what is set for it, or else for all.
///
/// # Errors
/// Kafka's: none but the broker's may be 0.
pub(super) fn of_listener(
    values: &Values,
    listener: &str,
    name: &'static str,
) -> Result<i32, ConfigError> {
    let key = format!("listener.name.{}.{name}", listener.to_ascii_lowercase());
    let own = values.text(&key).zip(broker_key(name));
    let Some(Value::Integer(own)) = own.and_then(|(text, key)| parse(key, text).ok()) else {
        let all = integer(values, name).and_then(|all| i32::try_from(all).ok());
        return Ok(all.unwrap_or(i32::MAX));
    };
    if own == 0 {
        let (value, allowed) = ("0".to_owned(), "must be at least 1".to_owned());
        return Err(ConfigError::Invalid { key, value, allowed });
    }
    Ok(i32::try_from(own).unwrap_or(i32::MAX))
}

fn integer(values: &Values, key: &str) -> Option<i64> {
    if let Some(Value::Integer(value)) = values.get(key) { Some(value) } else { None }
}

fn invalid(values: &Values, key: &str, allowed: impl Into<String>) -> ConfigError {
    let value = values.get(key).map(|value| value.print()).unwrap_or_default();
    ConfigError::Invalid { key: key.to_owned(), value, allowed: allowed.into() }
}

#[cfg(test)]
mod tests {
    use crate::config::BrokerConfig;

    use super::*;

    fn built(pairs: &[(&str, &str)]) -> Result<BrokerConfig, String> {
        BrokerConfig::from_pairs(pairs.iter().copied()).map_err(|error| format!("{error}"))
    }

    fn refusal(pairs: &[(&str, &str)]) -> String {
        built(pairs).err().unwrap_or_else(|| panic!("{pairs:?} is taken"))
    }

    #[test]
    fn addresses_are_written_with_and_without_brackets() {
        let text = "10.0.0.1:20, ::1:3,[fe80::1]:5, ::ffff:1.2.3.4:6, localhost:7";
        let overrides = built(&[(OVERRIDES, text)]).expect("well formed").connections_of_addresses;
        let written: Vec<_> =
            overrides.iter().map(|(address, count)| format!("{address} {count}")).collect();
        let expected = ["10.0.0.1 20", "::1 3", "fe80::1 5", "1.2.3.4 6", "127.0.0.1 7", "::1 7"];
        assert_eq!(written, expected);
        for wrong in ["10.0.0.1", "10.0.0.1:", "10.0.0.1:-1", "example.org:5", ":5", "x"] {
            assert!(refusal(&[(OVERRIDES, wrong)]).contains("address:count"), "{wrong}");
        }
    }

    #[test]
    fn rules_between_keys_are_kafkas() {
        assert!(refusal(&[(PER_ADDRESS, "0")]).contains("names nobody"));
        assert!(built(&[(PER_ADDRESS, "0"), (OVERRIDES, "1.2.3.4:1")]).is_ok());
        assert!(refusal(&[(IDLE, "100")]).contains("more than connection.failed"));
        assert!(built(&[(IDLE, "100"), (DELAY, "99")]).is_ok());
        assert!(built(&[(IDLE, "-1")]).is_ok());
    }

    #[test]
    fn a_listener_has_its_own_bound_or_the_brokers() {
        let own = "listener.name.inner.max.connections";
        let listeners = "INNER://127.0.0.1:1,PLAINTEXT://127.0.0.1:2";
        let map = ("listener.security.protocol.map", "INNER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
        let broker = built(&[map, ("listeners", listeners), ("max.connections", "9"), (own, "4")]);
        let broker = broker.expect("well formed");
        let bounds: Vec<_> = broker.listeners.iter().map(|one| one.max_connections).collect();
        assert_eq!(bounds, [4, 9]);
        assert_eq!(broker.inter_broker_listener(), "PLAINTEXT");
        assert!(refusal(&[map, ("listeners", listeners), (own, "0")]).contains("at least 1"));
    }
}
