//! What a person should read in the log: typed here, worded in one place, printed by the host.

use alloc::string::String;
use core::fmt;

/// How urgent a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Details for developers.
    Debug,
    /// The normal course.
    Info,
    /// Somebody should look.
    Warn,
    /// Something is broken.
    Error,
}

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Recovery ended.
    Recovered {
        /// Topics found.
        topics: u32,
        /// Partitions found.
        partitions: u32,
        /// Slots replayed after the snapshot.
        slots: u64,
    },
    /// The journal's end was torn by a crash and was cut.
    TornTail {
        /// Journal file.
        object: u64,
        /// Bytes that are no longer used.
        bytes: u64,
    },
    /// A topic was made.
    TopicCreated {
        /// Its name.
        name: String,
        /// Its partitions.
        partitions: u32,
    },
    /// A topic was deleted.
    TopicDeleted {
        /// Its name.
        name: String,
    },
    /// The journal stopped: nothing is acknowledged any more.
    JournalFailed {
        /// What the host said.
        reason: String,
    },
    /// Stored bytes are not what was written.
    Corrupt {
        /// Object.
        object: u64,
        /// First byte of the damage.
        at: u64,
        /// What was found.
        what: &'static str,
    },
}

impl Notice {
    /// How urgent it is.
    #[must_use]
    pub const fn level(&self) -> Level {
        match self {
            Self::Recovered { .. } | Self::TopicCreated { .. } | Self::TopicDeleted { .. } => {
                Level::Info
            }
            Self::TornTail { .. } => Level::Warn,
            Self::JournalFailed { .. } | Self::Corrupt { .. } => Level::Error,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recovered { topics, partitions, slots } => {
                write!(
                    f,
                    "recovered {topics} topics, {partitions} partitions; {slots} slots replayed"
                )
            }
            Self::TornTail { object, bytes } => {
                write!(
                    f,
                    "journal file {object} ended in a torn write: {bytes} bytes cut, nothing acknowledged is lost"
                )
            }
            Self::TopicCreated { name, partitions } => {
                write!(f, "created topic {name} with {partitions} partitions")
            }
            Self::TopicDeleted { name } => write!(f, "deleted topic {name}"),
            Self::JournalFailed { reason } => {
                write!(
                    f,
                    "the journal failed and takes nothing any more ({reason}); free or repair the disk and restart"
                )
            }
            Self::Corrupt { object, at, what } => {
                write!(
                    f,
                    "object {object} is damaged at byte {at} ({what}); the range is not served"
                )
            }
        }
    }
}
