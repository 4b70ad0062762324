//! What was set for one topic, for one broker, or for all brokers, as text: the part of a configuration that is kept.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// Values by key, ordered by key. Empty costs nothing but the struct itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrides(Vec<(Box<str>, Box<str>)>);

impl Overrides {
    /// No values.
    pub const EMPTY: Self = Self(Vec::new());

    /// The value set for `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.find(name).ok()?;
        self.0.get(at).map(|(_, value)| &**value)
    }

    /// Sets `name` to `value`, without checking either.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.find(name) {
            Ok(at) => {
                if let Some((_, old)) = self.0.get_mut(at) {
                    *old = value.into();
                }
            }
            Err(at) => {
                // One more is what most callers need, and what is kept should not be twice that.
                self.0.reserve_exact(1);
                self.0.insert(at, (name.into(), value.into()));
            }
        }
    }

    /// Forgets `name`; whether it was set.
    pub fn remove(&mut self, name: &str) -> bool {
        let found = self.find(name);
        if let Ok(at) = found {
            self.0.remove(at);
        }
        found.is_ok()
    }

    /// The keys and values, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether nothing is set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many are set.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(key, _)| (**key).cmp(name))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Overrides {
    /// Of pairs with the same key the last counts.
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let mut overrides = Self::EMPTY;
        for (name, value) in pairs {
            overrides.set(name, value);
        }
        overrides
    }
}
