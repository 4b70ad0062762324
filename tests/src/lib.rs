//! Tests of whole brokers.
