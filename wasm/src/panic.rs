//! What a panic said, kept for JavaScript, to which it is only `unreachable`.
//!
//! It must never print.
#![forbid(unsafe_code)]

use std::sync::{Mutex, Once, PoisonError};

static HOOK: Once = Once::new();
static MESSAGE: Mutex<Option<String>> = Mutex::new(None);

/// From now on [`message`] knows what a panic said.
pub(crate) fn keep_message() {
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            *MESSAGE.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic.to_string());
        }));
    });
}

/// What the last panic said, and where it was.
pub(crate) fn message() -> Option<String> {
    MESSAGE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
