use core::net::Ipv4Addr;

use super::*;

const PLAINTEXT: KString = KString::from_static("PLAINTEXT");
const INNER: KString = KString::from_static("INNER");

fn broker(pairs: &[(&str, &str)]) -> BrokerConfig {
    BrokerConfig::from_pairs(pairs.iter().copied()).unwrap_or_else(|error| panic!("{error}"))
}

/// Two listeners, of which INNER is the brokers' own.
fn two(pairs: &[(&str, &str)]) -> BrokerConfig {
    let listeners = [
        ("listeners", "INNER://127.0.0.1:1,PLAINTEXT://127.0.0.1:2"),
        ("listener.security.protocol.map", "INNER:PLAINTEXT,PLAINTEXT:PLAINTEXT"),
        ("inter.broker.listener.name", "INNER"),
    ];
    let all: alloc::vec::Vec<_> = listeners.into_iter().chain(pairs.iter().copied()).collect();
    broker(&all)
}

fn at(millis: i64) -> Instant {
    Instant::ZERO.plus_millis(millis)
}

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, last).into()
}

#[test]
fn at_the_brokers_bound_new_ones_wait_until_one_is_gone_or_the_bound_is_raised() {
    let (small, large) = (broker(&[("max.connections", "2")]), broker(&[("max.connections", "3")]));
    let mut quotas = ConnectionQuotas::default();
    for last in 0..2 {
        assert_eq!(quotas.may_accept(at(0), &PLAINTEXT, &small), Admission::Now);
        assert!(quotas.entered(at(0), &PLAINTEXT, address(last), &small));
    }
    assert_eq!(quotas.may_accept(at(0), &PLAINTEXT, &small), Admission::WhenOneIsGone);
    assert_eq!(quotas.may_accept(at(0), &PLAINTEXT, &large), Admission::Now);
    quotas.left(&PLAINTEXT, address(0));
    assert_eq!(quotas.may_accept(at(0), &PLAINTEXT, &small), Admission::Now);
    assert_eq!((quotas.excess(&small), quotas.excess(&large)), (0, 0));
}

#[test]
fn one_too_many_from_an_address_is_refused() {
    let broker = broker(&[
        ("max.connections.per.ip", "1"),
        ("max.connections.per.ip.overrides", "10.0.0.9:2, 10.0.0.8:0"),
    ]);
    let mut quotas = ConnectionQuotas::default();
    for (last, taken) in
        [(1, true), (1, false), (2, true), (9, true), (9, true), (9, false), (8, false)]
    {
        assert_eq!(quotas.entered(at(0), &PLAINTEXT, address(last), &broker), taken, "{last}");
        if !taken {
            quotas.left(&PLAINTEXT, address(last));
        }
    }
    let mapped = Ipv4Addr::new(10, 0, 0, 2).to_ipv6_mapped().into();
    assert!(!quotas.entered(at(0), &PLAINTEXT, mapped, &broker), "the same address");
    quotas.left(&PLAINTEXT, mapped);
    quotas.left(&PLAINTEXT, address(2));
    assert!(quotas.entered(at(0), &PLAINTEXT, address(2), &broker));
    assert_eq!(quotas.addresses.len(), 3, "nothing is kept of who is gone");
}

#[test]
fn a_listener_has_a_bound_of_its_own() {
    let broker = two(&[("listener.name.plaintext.max.connections", "1")]);
    let mut quotas = ConnectionQuotas::default();
    assert!(quotas.entered(at(0), &PLAINTEXT, address(1), &broker));
    assert_eq!(quotas.may_accept(at(0), &PLAINTEXT, &broker), Admission::WhenOneIsGone);
    assert_eq!(quotas.may_accept(at(0), &INNER, &broker), Admission::Now);
}

#[test]
fn the_inter_broker_listener_is_not_held_by_the_brokers_bound() {
    let broker = two(&[("max.connections", "1"), ("listener.name.inner.max.connections", "2")]);
    let mut quotas = ConnectionQuotas::default();
    assert!(quotas.entered(at(0), &PLAINTEXT, address(1), &broker));
    assert_eq!(quotas.may_accept(at(0), &PLAINTEXT, &broker), Admission::WhenOneIsGone);
    assert_eq!(quotas.may_accept(at(0), &INNER, &broker), Admission::Now);
    assert!(quotas.entered(at(0), &INNER, address(1), &broker));
    assert_eq!(quotas.excess(&broker), 1);
    assert!(ConnectionQuotas::is_protected(&INNER, &broker));
    assert!(!ConnectionQuotas::is_protected(&PLAINTEXT, &broker));
    quotas.left(&PLAINTEXT, address(1));
    assert!(quotas.entered(at(0), &INNER, address(1), &broker));
    assert_eq!(quotas.may_accept(at(0), &INNER, &broker), Admission::WhenOneIsGone);
}

#[test]
fn the_only_listener_is_held_though_it_is_the_inter_broker_one() {
    let broker = broker(&[("max.connections", "1")]);
    assert!(!ConnectionQuotas::is_protected(&PLAINTEXT, &broker));
}

#[test]
fn new_connections_come_at_a_rate_after_a_burst() {
    let broker = broker(&[("max.connection.creation.rate", "5")]);
    let mut quotas = ConnectionQuotas::default();
    let mut accepted = 0;
    while quotas.may_accept(at(60_000), &PLAINTEXT, &broker) == Admission::Now {
        assert!(quotas.entered(at(60_000), &PLAINTEXT, address(1), &broker));
        accepted += 1;
        assert!(accepted < 100);
    }
    assert_eq!(accepted, 50);
    assert_eq!(quotas.may_accept(at(60_000), &PLAINTEXT, &broker), Admission::At(at(60_200)));
    assert_eq!(quotas.may_accept(at(60_200), &PLAINTEXT, &broker), Admission::Now);
}

#[test]
fn a_rate_of_none_is_one_a_second() {
    let broker = broker(&[("max.connection.creation.rate", "0")]);
    let mut quotas = ConnectionQuotas::default();
    for _ in 0..10 {
        assert!(quotas.entered(at(0), &PLAINTEXT, address(1), &broker));
    }
    assert_eq!(quotas.may_accept(at(0), &PLAINTEXT, &broker), Admission::At(at(1000)));
}
