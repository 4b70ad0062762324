//! Tests of whole brokers: a wire client, brokers to talk to, and tables of cases that run against any of them; what every
//! store must do; and the simulator.
//!
//! A case speaks Kafka's protocol and nothing else, so that the same case judges a broker in this process (in virtual
//! time, over the store in memory), the server over TCP, and Apache Kafka. Nothing here may look inside a broker.

pub mod ask;
pub mod batch;
pub mod client;
pub mod counting;
pub mod fuzz;
pub mod group;
pub mod in_process;
pub mod server;
pub mod simulator;
pub mod store_conformance;
pub mod table;
pub mod world;
