//! Collecting into ordered maps and sets one element after another.
//!
//! What the standard library does instead, sorting first, is code for each type of its own: 4 KiB apiece in WebAssembly.

/// An iterator whose elements can be put into a map or a set one by one.
pub(crate) trait Gather: Iterator + Sized {
    /// As `collect`, for ordered maps and sets.
    fn gather<C: Default + Extend<Self::Item>>(self) -> C {
        let mut all = C::default();
        all.extend(self);
        all
    }
}

impl<I: Iterator> Gather for I {}
