//! Why a configuration is not taken, in words for the person who wrote it.

use alloc::string::String;
use core::fmt;

/// A key or value that stops the start. It prints as one line that names the key, its value and what is allowed.
///
/// A process that stops for it exits with 78, `EX_CONFIG` of sysexits.h.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// No release of Kafka since 2.5.0 has such a key.
    Unknown {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// The key that was likely meant.
        suggestion: Option<&'static str>,
    },
    /// The key is known, the value is not allowed.
    Invalid {
        /// The key.
        key: String,
        /// Its value, or a stand-in where it is secret.
        value: String,
        /// What is allowed, to stand behind a colon.
        allowed: String,
    },
    /// The value promises what this broker cannot keep yet, so that it would be less safe than it looks.
    Refused {
        /// The key.
        key: String,
        /// Its value, or a stand-in where it is secret.
        value: String,
        /// Why.
        reason: String,
    },
}

impl ConfigError {
    /// The key at fault.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Unknown { key, .. } | Self::Invalid { key, .. } | Self::Refused { key, .. } => {
                key
            }
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { key, value, suggestion: Some(suggestion) } => {
                write!(f, "Unknown configuration {key} (value {value}): did you mean {suggestion}?")
            }
            Self::Unknown { key, value, suggestion: None } => {
                write!(
                    f,
                    "Unknown configuration {key} (value {value}): only Kafka's own keys are allowed"
                )
            }
            Self::Invalid { key, value, allowed } => {
                write!(f, "Invalid value {value} for configuration {key}: {allowed}")
            }
            Self::Refused { key, value, reason } => {
                write!(f, "Value {value} for configuration {key} cannot be served: {reason}")
            }
        }
    }
}

impl core::error::Error for ConfigError {}
