//! Tests of whole brokers, and the simulator.

pub mod simulator;
