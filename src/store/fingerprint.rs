//! Distinguishes a repeated request from a different one with the same id.
//!
//! A fingerprint is a hash of the board and of the request as JSON. It is stored beside the answer, so both the hash and the JSON
//! (`app/tests/stored`) stay as they are. Version 0.1 used FNV-1a: its rows are still recognised.

use app::{id::BoardId, ops::Op};
use sha2::{Digest, Sha256};

use super::StoreError;

/// The fingerprint of a request.
pub(super) struct Fingerprint {
    bytes: Vec<u8>,
}

impl Fingerprint {
    pub(super) fn of(board: BoardId, op: &Op) -> Result<Self, StoreError> {
        let mut bytes = board.0.as_bytes().to_vec();
        serde_json::to_writer(&mut bytes, op).map_err(StoreError::corrupt)?;
        Ok(Self { bytes })
    }

    /// The value to store: the first 8 bytes of the SHA-256 hash.
    pub(super) fn stored(&self) -> i64 {
        let hash = Sha256::digest(&self.bytes);
        i64::from_be_bytes(*hash.first_chunk().expect("a SHA-256 hash has 32 bytes"))
    }

    /// Whether a stored value is that of this request.
    pub(super) fn matches(&self, stored: i64) -> bool {
        stored == self.stored() || stored == self.fnv()
    }

    /// The value that version 0.1 stored.
    fn fnv(&self) -> i64 {
        self.bytes
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
            as i64
    }
}

#[cfg(test)]
mod tests {
    use app::ops::{DeleteBoard, UpdateBoard};
    use uuid::Uuid;

    use super::*;

    fn rename(board: u128, name: &str) -> Fingerprint {
        let op = Op::UpdateBoard(UpdateBoard { name: Some(name.to_owned()), ..UpdateBoard::default() });
        Fingerprint::of(BoardId(Uuid::from_u128(board)), &op).unwrap()
    }

    #[test]
    fn stored_values_stay_the_same() {
        let tea = rename(1, "Tea");
        assert_eq!((tea.stored(), tea.fnv()), (-3_674_726_831_012_554_664, -349_410_812_118_866_018));
    }

    #[test]
    fn another_board_or_request_has_another_fingerprint() {
        let tea = rename(1, "Tea");
        assert!(tea.matches(tea.stored()) && tea.matches(tea.fnv()));
        let deletion = Fingerprint::of(BoardId(Uuid::from_u128(1)), &Op::DeleteBoard(DeleteBoard::default())).unwrap();
        for other in [rename(2, "Tea"), rename(1, "Teas"), deletion] {
            assert!(!tea.matches(other.stored()) && !tea.matches(other.fnv()));
        }
    }
}
