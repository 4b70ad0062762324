//! UUIDs as Java's `Uuid.toString` spells them.

use super::*;
use alloc::string::ToString;

#[test]
fn text_is_kafkas() {
    assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(Uuid([255; 16]).to_string(), "_____________________w");
    // What `base64` makes of these sixteen bytes.
    assert_eq!(Uuid(*b"0123456789abcdef").to_string(), "MDEyMzQ1Njc4OWFiY2RlZg");
}

#[test]
fn text_is_read_back() {
    for id in [Uuid::ZERO, Uuid([255; 16]), Uuid(*b"0123456789abcdef"), Uuid([1; 16])] {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    for wrong in
        ["", "A", "MDEyMzQ1Njc4OWFiY2RlZ", "MDEyMzQ1Njc4OWFiY2RlZg=", "MDEyMzQ1Njc4OWFiY2Rl+g"]
    {
        assert_eq!(wrong.parse::<Uuid>(), Err(ParseUuidError), "{wrong}");
    }
    assert!(Uuid::ZERO.is_zero() && !Uuid([1; 16]).is_zero());
}
