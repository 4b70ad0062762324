//! How many connections there may be, and how fast new ones may come.
//!
//! Kafka: SocketServer.ConnectionQuotas. At a bound of the broker or a listener new connections wait to be accepted; one
//! too many from an address is closed at once. The inter-broker listener, where it is one of several, is not held by the
//! broker's bound: a connection of another listener is closed for each of its own. The host counts in and out, and asks.

use alloc::collections::BTreeMap;
use core::net::IpAddr;

use crate::config::BrokerConfig;
use crate::protocol::KString;
use crate::time::Instant;

const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// As much as a rate allows in this time may come at once: Kafka's default windows, without the one that is running.
const BURST_NANOS: u64 = 10 * NANOS_PER_SECOND;

/// Whether a listener may accept one more connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Now.
    Now,
    /// When another connection is gone, or the bound is raised.
    WhenOneIsGone,
    /// At this time: connections come faster than `max.connection.creation.rate`.
    At(Instant),
}

/// When the next connection would be in time at a rate, as if all came evenly (the generic cell rate algorithm).
#[derive(Clone, Copy, Debug, Default)]
struct Pace(Instant);

impl Pace {
    /// The time from which one more is within `rate` a second.
    fn earliest(self, rate: i32) -> Instant {
        let burst = BURST_NANOS - interval(rate);
        Instant::from_nanos(self.0.as_nanos().saturating_sub(burst))
    }

    fn count(&mut self, now: Instant, rate: i32) {
        let next = self.0.as_nanos().max(now.as_nanos());
        self.0 = Instant::from_nanos(next.saturating_add(interval(rate)));
    }
}

/// Nanoseconds between connections. Kafka waits at most a second for each, whatever the rate.
fn interval(rate: i32) -> u64 {
    NANOS_PER_SECOND / u64::try_from(rate.max(1)).unwrap_or(1)
}

#[derive(Debug, Default)]
struct OfListener {
    count: usize,
    pace: Pace,
}

/// The connections of a broker, counted. See the module.
#[derive(Debug, Default)]
pub struct ConnectionQuotas {
    count: usize,
    pace: Pace,
    listeners: BTreeMap<KString, OfListener>,
    addresses: BTreeMap<IpAddr, usize>,
}

impl ConnectionQuotas {
    /// Whether `listener` may accept one more. To be asked before each is accepted.
    #[must_use]
    pub fn may_accept(&self, now: Instant, listener: &KString, broker: &BrokerConfig) -> Admission {
        let known = self.listeners.get(listener);
        let (count, pace) =
            known.map_or((0, Pace::default()), |listener| (listener.count, listener.pace));
        let limits = limits(listener, broker);
        let protected = Self::is_protected(listener, broker);
        let full = |count: usize, max: i32| usize::try_from(max).is_ok_and(|max| count >= max);
        if full(count, limits.0) || (!protected && full(self.count, broker.max_connections)) {
            return Admission::WhenOneIsGone;
        }
        let mut earliest = pace.earliest(limits.1);
        if !protected {
            earliest = earliest.max(self.pace.earliest(broker.max_connection_creation_rate));
        }
        if earliest > now { Admission::At(earliest) } else { Admission::Now }
    }

    /// Counts a connection that was accepted. False where it is one too many from its address: it is to be closed at
    /// once, and [`Self::left`] called.
    #[must_use]
    pub fn entered(
        &mut self,
        now: Instant,
        listener: &KString,
        address: IpAddr,
        broker: &BrokerConfig,
    ) -> bool {
        let of_listener = self.listeners.entry(listener.clone()).or_default();
        of_listener.count += 1;
        of_listener.pace.count(now, limits(listener, broker).1);
        self.count += 1;
        if !Self::is_protected(listener, broker) {
            self.pace.count(now, broker.max_connection_creation_rate);
        }
        let address = address.to_canonical();
        let count = self.addresses.entry(address).or_default();
        *count += 1;
        let own = broker.connections_of_addresses.iter().find(|(known, _)| *known == address);
        let max = own.map_or(broker.max_connections_per_ip, |(_, max)| *max);
        usize::try_from(max).is_ok_and(|max| *count <= max)
    }

    /// A connection is gone.
    pub fn left(&mut self, listener: &KString, address: IpAddr) {
        self.count = self.count.saturating_sub(1);
        if let Some(of_listener) = self.listeners.get_mut(listener) {
            of_listener.count = of_listener.count.saturating_sub(1);
        }
        let address = address.to_canonical();
        if let Some(count) = self.addresses.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.addresses.remove(&address);
            }
        }
    }

    /// How many connections there are beyond `max.connections`: the inter-broker listener took them in, or the bound was
    /// lowered. So many of other listeners are to be closed, first those that were silent for longest.
    #[must_use]
    pub fn excess(&self, broker: &BrokerConfig) -> usize {
        let max = usize::try_from(broker.max_connections).unwrap_or(usize::MAX);
        self.count.saturating_sub(max)
    }

    /// Whether connections of this listener are never closed for others: it is the inter-broker listener, and not alone.
    #[must_use]
    pub fn is_protected(listener: &KString, broker: &BrokerConfig) -> bool {
        broker.listeners.len() > 1
            && listener.as_bytes() == broker.inter_broker_listener().as_bytes()
    }
}

/// Most connections of a listener, and most new ones in a second.
fn limits(listener: &KString, broker: &BrokerConfig) -> (i32, i32) {
    let listener =
        broker.listeners.iter().find(|known| known.name.as_bytes() == listener.as_bytes());
    listener.map_or((i32::MAX, i32::MAX), |listener| {
        (listener.max_connections, listener.max_connection_creation_rate)
    })
}

#[cfg(test)]
mod tests;
