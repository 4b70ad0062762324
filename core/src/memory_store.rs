//! A store in memory: for brokers that keep nothing, for the browser, and as the simulator's starting point.
//!
//! It executes storage effects and must know nothing of Kafka. Bytes are kept as they came, never copied.
