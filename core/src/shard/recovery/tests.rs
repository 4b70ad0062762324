//! What is looked for behind the journal's end.

use alloc::vec;

use super::last_written;

#[test]
fn the_last_byte_that_was_written_is_found() {
    for len in [0, 1, 63, 64, 65, 128, 1000] {
        let mut bytes = vec![0; len];
        assert_eq!(last_written(&bytes), None, "{len} zeros");
        for at in 0..len {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = 1;
            }
            assert_eq!(last_written(&bytes), Some(at), "of {len}");
        }
    }
}
