//! Where the broker listens and what it tells clients: Kafka's `listeners` and the keys around it.
//!
//! Listeners that cannot be served as they are meant (TLS, SASL) are refused, never opened plainly. Nothing here opens
//! or resolves anything.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::connections::of_listener;
use super::error::ConfigError;
use super::values::Values;

/// A named listener. All are of the protocol PLAINTEXT as yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its name, in capitals.
    pub name: Box<str>,
    /// The host or address to bind; empty is every address.
    pub host: Box<str>,
    /// The port to bind; 0 lets the system choose.
    pub port: u16,
    /// The host and port that clients of this listener are told; `None` is the address by which they came.
    pub advertised: Option<(Box<str>, u16)>,
    /// `max.connections` of this listener: its own, or the broker's.
    pub max_connections: i32,
    /// `max.connection.creation.rate` of this listener, connections a second: its own, or the broker's.
    pub max_connection_creation_rate: i32,
}

impl Listener {
    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<core::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// One `NAME://host:port`.
struct Endpoint<'a> {
    name: String,
    host: &'a str,
    port: u16,
}

/// A key with its value, for messages.
#[derive(Clone, Copy)]
struct Given<'a> {
    key: &'static str,
    value: &'a str,
}

impl Given<'_> {
    fn invalid(self, allowed: impl Into<String>) -> ConfigError {
        ConfigError::Invalid {
            key: self.key.to_owned(),
            value: self.value.to_owned(),
            allowed: allowed.into(),
        }
    }
}

/// The listeners to open.
///
/// # Errors
/// What Kafka refuses too (malformed or repeated entries, unmapped names, advertised listeners that are not there),
/// and every listener whose protocol is not PLAINTEXT, unless it is the controller's.
pub(super) fn listeners(values: &Values) -> Result<Vec<Listener>, ConfigError> {
    let protocols = protocols(values)?;
    let controller: Vec<String> =
        members(values, "controller.listener.names").map(str::to_ascii_uppercase).collect();
    let older;
    let given = match values.text("listeners") {
        Some(value) => Given { key: "listeners", value },
        None => {
            older = older_listener(values);
            Given { key: "listeners", value: &older }
        }
    };
    let mut listeners: Vec<Listener> = Vec::new();
    for endpoint in endpoints(given)? {
        if controller.contains(&endpoint.name) {
            continue;
        }
        let Some((_, protocol)) = protocols.iter().find(|(name, _)| *name == endpoint.name) else {
            return Err(given.invalid(format!(
                "{} must have a protocol in listener.security.protocol.map",
                endpoint.name
            )));
        };
        if protocol != "PLAINTEXT" {
            // Where no listener was named, it is the map that makes the usual one another's.
            let at_fault = match (values.text("listeners"), text(values, MAP)) {
                (None, Some(value)) => Given { key: MAP, value },
                _ => given,
            };
            return Err(ConfigError::Refused {
                key: at_fault.key.to_owned(),
                value: at_fault.value.to_owned(),
                reason: format!(
                    "{} is {protocol}, and only PLAINTEXT is served yet",
                    endpoint.name
                ),
            });
        }
        if listeners.iter().any(|other| *other.name == *endpoint.name) {
            return Err(given.invalid(format!("must not name {} twice", endpoint.name)));
        }
        let clash = |other: &Listener| {
            other.port == endpoint.port && !two_families(&other.host, endpoint.host)
        };
        if endpoint.port != 0 && listeners.iter().any(clash) {
            return Err(given.invalid(format!("must not name port {} twice", endpoint.port)));
        }
        let bound = |key| of_listener(values, &endpoint.name, key);
        listeners.push(Listener {
            max_connections: bound("max.connections")?,
            max_connection_creation_rate: bound("max.connection.creation.rate")?,
            name: endpoint.name.into(),
            host: endpoint.host.into(),
            port: endpoint.port,
            advertised: None,
        });
    }
    if listeners.is_empty() {
        return Err(given.invalid("must name a listener that is not the controller's"));
    }
    advertise(values, &controller, &mut listeners)?;
    inter_broker(values, &controller, &listeners)?;
    Ok(listeners)
}

/// Whether one is an address of version 4 and the other of version 6, which may share a port (KIP-797).
fn two_families(a: &str, b: &str) -> bool {
    let four = |host: &str| host.parse::<core::net::Ipv4Addr>().is_ok();
    (four(a) && b.starts_with('[')) || (a.starts_with('[') && four(b))
}

/// What `listeners` would say for the keys that came before it, `host.name` and `port`.
fn older_listener(values: &Values) -> String {
    let host = text(values, "host.name");
    let port = text(values, "port");
    format!("PLAINTEXT://{}:{}", host.unwrap_or("127.0.0.1"), port.unwrap_or("9092"))
}

/// Gives each listener what `advertised.listeners` says of it.
fn advertise(
    values: &Values,
    controller: &[String],
    listeners: &mut [Listener],
) -> Result<(), ConfigError> {
    let Some(value) = text(values, "advertised.listeners") else {
        if let Some(host) = text(values, "advertised.host.name") {
            let told = text(values, "advertised.port").and_then(|port| port.parse().ok());
            for listener in listeners {
                listener.advertised = Some((host.into(), told.unwrap_or(listener.port)));
            }
        }
        return Ok(());
    };
    let given = Given { key: "advertised.listeners", value };
    for endpoint in endpoints(given)? {
        if endpoint.host.is_empty() || matches!(endpoint.host, "0.0.0.0" | "[::]") {
            return Err(given.invalid("must name a host that clients can reach, not every address"));
        }
        match listeners.iter_mut().find(|listener| *listener.name == *endpoint.name) {
            Some(Listener { advertised: Some(_), .. }) => {
                return Err(given.invalid(format!("must not name {} twice", endpoint.name)));
            }
            Some(listener) => listener.advertised = Some((endpoint.host.into(), endpoint.port)),
            // Newer releases advertise the controller's listener too.
            None if controller.contains(&endpoint.name) => {}
            None => {
                return Err(given.invalid(format!("{} must be one of listeners", endpoint.name)));
            }
        }
    }
    Ok(())
}

/// The listener of other brokers must be there, as Kafka wants it, though nobody comes.
fn inter_broker(
    values: &Values,
    controller: &[String],
    listeners: &[Listener],
) -> Result<(), ConfigError> {
    let Some(value) = text(values, "inter.broker.listener.name") else { return Ok(()) };
    let given = Given { key: "inter.broker.listener.name", value };
    let name = value.to_ascii_uppercase();
    if controller.contains(&name) {
        return Err(given.invalid("must not be one of controller.listener.names"));
    }
    if listeners.iter().any(|listener| *listener.name == *name) {
        Ok(())
    } else {
        Err(given.invalid("must be one of listeners"))
    }
}

/// `listener.security.protocol.map`, in capitals.
fn protocols(values: &Values) -> Result<Vec<(String, String)>, ConfigError> {
    const ALL: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
    let Some(value) = text(values, MAP) else {
        return Ok(ALL.map(|name| (name.to_owned(), name.to_owned())).into());
    };
    let given = Given { key: MAP, value };
    let mut protocols: Vec<(String, String)> = Vec::new();
    for entry in value.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let Some((name, protocol)) = entry.split_once(':') else {
            return Err(given.invalid("must be a list of NAME:PROTOCOL"));
        };
        let (name, protocol) =
            (name.trim().to_ascii_uppercase(), protocol.trim().to_ascii_uppercase());
        if !ALL.contains(&protocol.as_str()) {
            return Err(
                given.invalid(format!("the protocol of {name} must be one of: {}", ALL.join(", ")))
            );
        }
        if protocols.iter().any(|(other, _)| *other == name) {
            return Err(given.invalid(format!("must not name {name} twice")));
        }
        protocols.push((name, protocol));
    }
    Ok(protocols)
}

/// The entries of a list of `NAME://host:port`.
fn endpoints(given: Given<'_>) -> Result<Vec<Endpoint<'_>>, ConfigError> {
    let entries = given.value.split(',').map(str::trim);
    entries.map(|entry| endpoint(entry).ok_or_else(|| given.invalid(FORM))).collect()
}

const MAP: &str = "listener.security.protocol.map";

const FORM: &str = "must be a list of NAME://host:port, such as PLAINTEXT://127.0.0.1:9092, with an empty host for \
    every address";

fn endpoint(entry: &str) -> Option<Endpoint<'_>> {
    let (name, address) = entry.split_once("://")?;
    let (host, port) = address.rsplit_once(':')?;
    let named = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    // A colon within the host is an address of version 6, and that stands in brackets.
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let addressed = match inner {
        Some(inner) => {
            !inner.is_empty()
                && inner.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'%'))
        }
        None => {
            !host.bytes().any(|b| matches!(b, b':' | b'/' | b'[' | b']') || b.is_ascii_whitespace())
        }
    };
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    if named && addressed && digits {
        Some(Endpoint { name: name.to_ascii_uppercase(), host, port: port.parse().ok()? })
    } else {
        None
    }
}

/// What was set for a key, unless that is nothing.
fn text<'a>(values: &'a Values, key: &str) -> Option<&'a str> {
    values.text(key).map(str::trim).filter(|text| !text.is_empty())
}

fn members<'a>(values: &'a Values, key: &str) -> impl Iterator<Item = &'a str> {
    text(values, key).unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests;
