//! Numbers that are never used twice: of objects and of operations.

use super::input::OperationId;
use crate::chunk::ObjectId;

/// Numbers for objects and operations.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// The next object's.
    pub next_object: u64,
    /// The next operation's.
    pub next_operation: u64,
}

impl Numbers {
    /// A new operation.
    pub(crate) const fn operation(&mut self) -> OperationId {
        self.next_operation += 1;
        OperationId(self.next_operation)
    }

    /// A new object.
    pub(crate) const fn object(&mut self) -> ObjectId {
        self.next_object += 1;
        ObjectId(self.next_object - 1)
    }
}
