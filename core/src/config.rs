//! Configuration: every key that Kafka knows, checked and described as Kafka does, and the values that the core uses.
//!
//! * [`keys`]: the tables. [`ConfigKey`] is a row of them.
//! * [`BrokerConfig`]: the broker's effective values; [`TopicConfig`]: those of one topic.
//! * [`describe`], [`alter`]: what the configuration APIs answer and check.
//! * [`Overrides`]: what was set for a topic or, while it runs, for the broker, as text; the part that is kept.
//!
//! Nothing here reads files, environments or command lines: hosts hand in pairs of key and value.

pub mod alter;
mod broker;
mod connections;
pub mod describe;
mod error;
mod key;
pub mod keys;
mod listener;
mod overrides;
mod suggest;
mod together;
mod topic;
mod value;
mod values;

pub use broker::{BrokerConfig, SINGLE_NODE};
pub use error::ConfigError;
pub use key::{ConfigKey, ConfigType, Standing, UpdateMode, Valid};
pub use listener::Listener;
pub use overrides::Overrides;
pub use suggest::nearest;
pub use topic::{CleanupPolicy, TopicConfig};
pub use value::{NotAllowed, Value, parse};
pub use values::{Values, notices};
