//! What is known of one configuration key: the row type of the tables in [`keys`](super::keys).
//!
//! Rows are static data. Nothing here may hold a value that a user set.

/// How a value is written, with the codes that DescribeConfigs v3 and later use (KIP-569).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i8)]
pub enum ConfigType {
    /// `true` or `false`, in any case of letters.
    Boolean = 1,
    /// Any text.
    String = 2,
    /// A decimal integer of 32 bits.
    Int = 3,
    /// A decimal integer of 16 bits.
    Short = 4,
    /// A decimal integer of 64 bits.
    Long = 5,
    /// A decimal fraction.
    Double = 6,
    /// Texts separated by commas; blanks around a comma do not count.
    List = 7,
    /// The name of a Java class.
    Class = 8,
    /// A secret, which no answer ever shows.
    Password = 9,
}

impl ConfigType {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> i8 {
        self as i8
    }

    /// Kafka's name for the type, as its error messages and documents spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }
}

/// Which values of the right type a key takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Valid {
    /// Every one.
    Any,
    /// Integers from the first to the second, both included.
    Range(i64, i64),
    /// Fractions from the first to the second, both included.
    Fraction(f64, f64),
    /// A compression level from 1 to 9, or -1 for the codec's own default.
    GzipLevel,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, in any case of letters.
    OneOfAnyCase(&'static [&'static str]),
    /// A text of at least one character.
    NonEmpty,
    /// A list without an empty member, and with at least one; a repeated member counts once.
    Members,
    /// A list without an empty member; it may have none, and a repeated one counts once.
    MembersOrNone,
    /// A list of at least one of these members.
    MembersOf(&'static [&'static str]),
    /// A list of these members; it may be empty.
    MembersOfOrNone(&'static [&'static str]),
    /// A release of Kafka, such as `2.5` or `2.5-IV0`.
    Release,
    /// `*`, or a list of `partition:broker`.
    ThrottledReplicas,
}

/// Whether, and for what, a broker's value can change while it runs (KIP-226).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// Only by a restart.
    ReadOnly,
    /// For one broker.
    PerBroker,
    /// For one broker, or for all of them as the cluster's default.
    ClusterWide,
}

impl UpdateMode {
    /// Kafka's name for the mode.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::PerBroker => "per-broker",
            Self::ClusterWide => "cluster-wide",
        }
    }
}

/// What this broker does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The value is obeyed.
    Obeyed,
    /// The value is checked, kept and described; nothing obeys it yet.
    NotYet,
    /// The job is done otherwise, or not needed: the value is accepted, and this line says what it means here.
    Otherwise(&'static str),
    /// Any value but the default promises what cannot be kept, for the reason given: the broker does not start.
    Refused(&'static str),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct ConfigKey {
    /// Kafka's name.
    pub name: &'static str,
    /// The type of its value.
    pub config_type: ConfigType,
    /// The default as Kafka prints it; `None` where Kafka has null, or demands a value.
    pub default: Option<&'static str>,
    /// Which values are taken.
    pub valid: Valid,
    /// Whether it can change while the broker runs. Topic keys always can; theirs is `ClusterWide`.
    pub update: UpdateMode,
    /// What this broker does with it.
    pub standing: Standing,
    /// Kafka hides it from DescribeConfigs unless it is set.
    pub internal: bool,
    /// Kafka's newest release no longer has it; an older one had it.
    pub retired: bool,
    /// What it is for, in a sentence.
    pub doc: &'static str,
}

impl ConfigKey {
    const fn new(name: &'static str, config_type: ConfigType, doc: &'static str) -> Self {
        Self {
            name,
            config_type,
            default: None,
            valid: Valid::Any,
            update: UpdateMode::ReadOnly,
            standing: Standing::NotYet,
            internal: false,
            retired: false,
            doc,
        }
    }

    /// Whether its value must not be shown to anybody.
    #[must_use]
    pub const fn is_sensitive(&self) -> bool {
        matches!(self.config_type, ConfigType::Password)
    }

    /// Whether its value is a list, to which IncrementalAlterConfigs can append and from which it can subtract.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self.config_type, ConfigType::List)
    }

    /// Whether its value can change while the broker runs.
    #[must_use]
    pub const fn is_dynamic(&self) -> bool {
        !matches!(self.update, UpdateMode::ReadOnly)
    }

    // What follows builds the tables: a constructor a type, then what differs from the usual.

    pub(super) const fn boolean(
        name: &'static str,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self::new(name, ConfigType::Boolean, doc).or(default)
    }

    pub(super) const fn int(name: &'static str, doc: &'static str) -> Self {
        Self::new(name, ConfigType::Int, doc)
    }

    pub(super) const fn short(name: &'static str, doc: &'static str) -> Self {
        Self::new(name, ConfigType::Short, doc)
    }

    pub(super) const fn long(name: &'static str, doc: &'static str) -> Self {
        Self::new(name, ConfigType::Long, doc)
    }

    pub(super) const fn double(
        name: &'static str,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self::new(name, ConfigType::Double, doc).or(default)
    }

    pub(super) const fn string(name: &'static str, doc: &'static str) -> Self {
        Self::new(name, ConfigType::String, doc)
    }

    pub(super) const fn list(name: &'static str, doc: &'static str) -> Self {
        Self::new(name, ConfigType::List, doc)
    }

    pub(super) const fn class(name: &'static str, doc: &'static str) -> Self {
        Self::new(name, ConfigType::Class, doc)
    }

    pub(super) const fn password(name: &'static str, doc: &'static str) -> Self {
        Self::new(name, ConfigType::Password, doc)
    }

    /// The default.
    pub(super) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(super) const fn valid(mut self, valid: Valid) -> Self {
        self.valid = valid;
        self
    }

    /// Integers from `min` up.
    pub(super) const fn from(self, min: i64) -> Self {
        self.valid(Valid::Range(min, i64::MAX))
    }

    /// Integers from `min` to `max`.
    pub(super) const fn within(self, min: i64, max: i64) -> Self {
        self.valid(Valid::Range(min, max))
    }

    /// Can change while the broker runs, for one broker or for all.
    pub(super) const fn dynamic(mut self) -> Self {
        self.update = UpdateMode::ClusterWide;
        self
    }

    /// Can change while the broker runs, for one broker only.
    pub(super) const fn per_broker(mut self) -> Self {
        self.update = UpdateMode::PerBroker;
        self
    }

    pub(super) const fn internal(mut self) -> Self {
        self.internal = true;
        self
    }

    pub(super) const fn retired(mut self) -> Self {
        self.retired = true;
        self
    }

    pub(super) const fn obeyed(mut self) -> Self {
        self.standing = Standing::Obeyed;
        self
    }

    pub(super) const fn otherwise(mut self, notice: &'static str) -> Self {
        self.standing = Standing::Otherwise(notice);
        self
    }

    pub(super) const fn refused(mut self, reason: &'static str) -> Self {
        self.standing = Standing::Refused(reason);
        self
    }
}
