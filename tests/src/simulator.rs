//! Whole brokers in virtual time: clients, network, store and crashes from one seed.
//!
//! A run has a time of trouble, then a time of calm in which everything must come to its end. What is seen is compared
//! with a model that knows only what clients were told. Nothing here may depend on anything but the seed.

pub mod client;
pub mod groups;
pub mod host;
pub mod inspector;
pub mod model;
pub mod network;
pub mod random;
pub mod store;
pub mod trace;
mod world;

pub use store::Defect;
pub use world::{Options, Report, run};
