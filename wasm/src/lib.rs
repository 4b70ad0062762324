//! The module for JavaScript.
