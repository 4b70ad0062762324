//! The message formats of magic 0 and 1, on their way in (up to v2) and out (down from v2).

use super::batch::BatchHeader;
use super::compression::Scratch;
use super::error::BatchError;
use super::validate::ValidationRules;
use crate::time::UnixMillis;
use bytes::BytesMut;

pub(super) fn up_convert(
    _now: UnixMillis,
    _records: &[u8],
    _rules: &ValidationRules,
    _scratch: &mut Scratch,
) -> Result<(BytesMut, BatchHeader), BatchError> {
    Err(BatchError::new(
        super::error::ErrorCode::InvalidRecord,
        "Messages of magic 0 and 1 are not taken yet.",
    ))
}
