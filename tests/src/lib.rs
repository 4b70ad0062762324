//! Tests of whole brokers.

pub mod store_conformance;
