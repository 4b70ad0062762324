//! Where a connection came in, and what its answers say of the broker's address because of that.
//!
//! Nothing here may resolve a name or know a socket.

use crate::protocol::{KString, Response};

/// Where a connection came in.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The listener's name, `PLAINTEXT` where there is only one.
    pub listener: KString,
    /// Host that clients are told: the listener's advertised one, else the address that this client connected to.
    pub host: KString,
    /// Port that clients are told.
    pub port: u16,
    /// The client's address as Kafka shows it, `/127.0.0.1`.
    pub client_host: KString,
}

impl Endpoint {
    /// Where clients find this broker depends on the listener by which they came.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other answer names a broker's address")]
    pub(super) fn fill(&self, response: &mut Response) {
        let (host, port) = (&self.host, i32::from(self.port));
        match response {
            Response::Metadata(metadata) => {
                for broker in &mut metadata.brokers {
                    (broker.host, broker.port) = (host.clone(), port);
                }
            }
            Response::DescribeCluster(cluster) => {
                for broker in &mut cluster.brokers {
                    (broker.host, broker.port) = (host.clone(), port);
                }
            }
            Response::DescribeQuorum(quorum) => {
                for listener in quorum.nodes.iter_mut().flat_map(|node| &mut node.listeners) {
                    listener.name = self.listener.clone();
                    (listener.host, listener.port) = (host.clone(), self.port);
                }
            }
            Response::FindCoordinator(found) => {
                if found.node_id >= 0 && found.coordinators.is_empty() {
                    (found.host, found.port) = (host.clone(), port);
                }
                for one in found.coordinators.iter_mut().filter(|one| one.node_id >= 0) {
                    (one.host, one.port) = (host.clone(), port);
                }
            }
            _ => {}
        }
    }
}
