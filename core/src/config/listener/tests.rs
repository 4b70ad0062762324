//! Kafka's rules for listeners, one row each.

use alloc::string::ToString;
use alloc::vec;

use super::*;
use crate::config::BrokerConfig;

fn listeners(pairs: &[(&str, &str)]) -> Result<Vec<Listener>, String> {
    BrokerConfig::from_pairs(pairs.iter().copied())
        .map(|config| config.listeners)
        .map_err(|error| error.to_string())
}

fn listener(name: &str, host: &str, port: u16, advertised: Option<(&str, u16)>) -> Listener {
    let advertised = advertised.map(|(host, port)| (host.into(), port));
    Listener {
        name: name.into(),
        host: host.into(),
        port,
        advertised,
        max_connections: i32::MAX,
        max_connection_creation_rate: i32::MAX,
    }
}

#[test]
fn what_is_opened_and_what_clients_are_told() {
    type Row = (&'static [(&'static str, &'static str)], Vec<Listener>);
    let table: Vec<Row> = vec![
        (&[], vec![listener("PLAINTEXT", "127.0.0.1", 9092, None)]),
        (&[("listeners", "PLAINTEXT://:9092")], vec![listener("PLAINTEXT", "", 9092, None)]),
        (
            &[
                ("listeners", "PLAINTEXT://:9092"),
                ("advertised.listeners", "PLAINTEXT://broker.example:19092"),
            ],
            vec![listener("PLAINTEXT", "", 9092, Some(("broker.example", 19092)))],
        ),
        (
            &[
                ("listeners", "plaintext://[::1]:9092, EXTERNAL://0.0.0.0:9094"),
                ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,EXTERNAL:PLAINTEXT"),
                ("advertised.listeners", "EXTERNAL://e:1,PLAINTEXT://i:2"),
                ("inter.broker.listener.name", "PLAINTEXT"),
            ],
            vec![
                listener("PLAINTEXT", "[::1]", 9092, Some(("i", 2))),
                listener("EXTERNAL", "0.0.0.0", 9094, Some(("e", 1))),
            ],
        ),
        // The controller's listener is left closed, whatever its protocol.
        (
            &[
                ("process.roles", "broker,controller"),
                ("controller.listener.names", "CONTROLLER"),
                ("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
                ("advertised.listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"),
                ("listener.security.protocol.map", "CONTROLLER:SSL,PLAINTEXT:PLAINTEXT"),
            ],
            vec![listener("PLAINTEXT", "", 9092, Some(("localhost", 9092)))],
        ),
        // One port for both families of addresses, and 0 for any port.
        (
            &[
                ("listeners", "A://127.0.0.1:9092,B://[::1]:9092,C://:0,D://:0"),
                (
                    "listener.security.protocol.map",
                    "A:PLAINTEXT,B:PLAINTEXT,C:PLAINTEXT,D:PLAINTEXT",
                ),
            ],
            vec![
                listener("A", "127.0.0.1", 9092, None),
                listener("B", "[::1]", 9092, None),
                listener("C", "", 0, None),
                listener("D", "", 0, None),
            ],
        ),
        // Before listeners there were these.
        (
            &[
                ("host.name", "10.0.0.1"),
                ("port", "9093"),
                ("advertised.host.name", "h"),
                ("advertised.port", "1"),
            ],
            vec![listener("PLAINTEXT", "10.0.0.1", 9093, Some(("h", 1)))],
        ),
        (&[("port", "9093")], vec![listener("PLAINTEXT", "127.0.0.1", 9093, None)]),
        (
            &[("listeners", "PLAINTEXT://:9092"), ("port", "9093"), ("host.name", "h")],
            vec![listener("PLAINTEXT", "", 9092, None)],
        ),
    ];
    for (pairs, expected) in table {
        assert_eq!(listeners(pairs), Ok(expected), "{pairs:?}");
    }
}

#[test]
fn what_is_refused_and_why() {
    let map = "listener.security.protocol.map";
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[("listeners", "localhost:9092")], "must be a list of NAME://host:port"),
        (&[("listeners", "PLAINTEXT://localhost")], "must be a list of NAME://host:port"),
        (&[("listeners", "PLAINTEXT://localhost:65536")], "must be a list of NAME://host:port"),
        (&[("listeners", "PLAINTEXT://::1:9092")], "must be a list of NAME://host:port"),
        (&[("listeners", "PLAIN TEXT://h:9092")], "must be a list of NAME://host:port"),
        (&[("listeners", "")], "must name at least one"),
        (&[("listeners", "PLAINTEXT://:1,PLAINTEXT://:2")], "must not name PLAINTEXT twice"),
        (
            &[("listeners", "PLAINTEXT://:1,X://:1"), (map, "X:PLAINTEXT,PLAINTEXT:PLAINTEXT")],
            "must not name port 1 twice",
        ),
        (
            &[("listeners", "EXTERNAL://:1")],
            "EXTERNAL must have a protocol in listener.security.protocol.map",
        ),
        (&[("listeners", "X://:1"), (map, "X:SSL")], "X is SSL, and only PLAINTEXT is served yet"),
        (
            &[("listeners", "SASL_PLAINTEXT://:1")],
            "SASL_PLAINTEXT is SASL_PLAINTEXT, and only PLAINTEXT is served yet",
        ),
        (&[(map, "PLAINTEXT")], "must be a list of NAME:PROTOCOL"),
        (&[(map, "PLAINTEXT:TLS")], "the protocol of PLAINTEXT must be one of: PLAINTEXT, SSL"),
        (&[(map, "A:SSL,a:SSL")], "must not name A twice"),
        (
            &[("advertised.listeners", "PLAINTEXT://0.0.0.0:9092")],
            "must name a host that clients can reach",
        ),
        (
            &[("advertised.listeners", "PLAINTEXT://:9092")],
            "must name a host that clients can reach",
        ),
        (&[("advertised.listeners", "X://h:9092")], "X must be one of listeners"),
        (
            &[("advertised.listeners", "PLAINTEXT://h:1,PLAINTEXT://h:2")],
            "must not name PLAINTEXT twice",
        ),
        (&[("inter.broker.listener.name", "X")], "must be one of listeners"),
        (
            &[("listeners", "CONTROLLER://:9093"), ("controller.listener.names", "CONTROLLER")],
            "must name a listener that is not the controller's",
        ),
    ];
    for (pairs, expected) in table {
        match listeners(pairs) {
            Ok(taken) => panic!("{pairs:?} was taken: {taken:?}"),
            Err(line) => {
                assert!(line.contains(expected) && !line.contains('\n'), "{pairs:?}: {line}")
            }
        }
    }
}

#[test]
fn loopback_is_told_from_the_rest() {
    for (host, expected) in [
        ("127.0.0.1", true),
        ("127.8.9.1", true),
        ("[::1]", true),
        ("localhost", true),
        ("LOCALHOST", true),
        ("", false),
        ("0.0.0.0", false),
        ("[::]", false),
        ("10.0.0.1", false),
        ("127.example", false),
        ("broker.example", false),
    ] {
        assert_eq!(listener("X", host, 1, None).is_loopback(), expected, "{host}");
    }
}
