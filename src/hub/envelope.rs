//! Signed messages between the nodes: a message from somebody who can reach Redis but is not a node is rejected.
//!
//! A message is signed together with its channel and the time it was sent, with a key that only the installation's database
//! has. A message with a wrong signature, or one that was recorded and sent again later, is dropped. Dropping it does no more
//! harm than losing it: the comparison with the database finds what it would have told.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

use crate::{clock::now, secret::Key};

/// How old a message may be when it arrives, including the difference between the clocks of the two nodes.
const FRESH: Duration = Duration::from_secs(60);
/// The purpose for which the envelope's key is derived from the installation's key.
pub const USE: &str = "messages between nodes";
const SIGNATURE_BYTES: usize = 32;
const TIME_BYTES: usize = 8;

/// Signs the messages of this node, and verifies those of other nodes.
pub struct Envelopes {
    key: Key,
}

/// Why a message is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    /// The signature is wrong or missing.
    Forged,
    /// A node signed it, but too long ago or at a time too far in the future.
    Stale,
}

impl Envelopes {
    /// All nodes of an installation must have the same key.
    pub fn new(key: Key) -> Self {
        Self { key }
    }

    /// `<signature><milliseconds since 1970><message>`
    pub fn seal(&self, channel: &str, message: &[u8]) -> Bytes {
        self.seal_at(now().as_millis(), channel, message)
    }

    /// The message in an envelope, if a node sent it on this channel a moment ago.
    pub fn open(&self, channel: &str, mut envelope: Bytes) -> Result<Bytes, Unsigned> {
        if envelope.len() < SIGNATURE_BYTES + TIME_BYTES {
            return Err(Unsigned::Forged);
        }
        let signature = envelope.split_to(SIGNATURE_BYTES);
        let time = envelope.split_to(TIME_BYTES);
        if !self.key.is_signed(&[channel.as_bytes(), &time, &envelope], &signature) {
            return Err(Unsigned::Forged);
        }
        let at = time.iter().fold(0_i64, |at, byte| at << 8 | i64::from(*byte));
        let apart = u128::from(now().as_millis().abs_diff(at));
        if apart > FRESH.as_millis() { Err(Unsigned::Stale) } else { Ok(envelope) }
    }

    fn seal_at(&self, at: i64, channel: &str, message: &[u8]) -> Bytes {
        let time = at.to_be_bytes();
        let mut envelope = BytesMut::with_capacity(SIGNATURE_BYTES + TIME_BYTES + message.len());
        envelope.put_slice(&self.key.sign(&[channel.as_bytes(), &time, message]));
        envelope.put_slice(&time);
        envelope.put_slice(message);
        envelope.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelopes() -> Envelopes {
        Envelopes::new(Key::random())
    }

    #[test]
    fn a_message_is_believed_on_its_channel_and_for_a_while() {
        let envelopes = envelopes();
        let sealed = envelopes.seal("board", b"change 7");
        assert_eq!(envelopes.open("board", sealed.clone()), Ok(Bytes::from_static(b"change 7")));
        assert_eq!(envelopes.open("another", sealed.clone()), Err(Unsigned::Forged));
        assert_eq!(self::envelopes().open("board", sealed), Err(Unsigned::Forged), "another installation's");
        assert_eq!(envelopes.open("board", envelopes.seal("board", b"")), Ok(Bytes::new()));

        let (minutes, later) = (now().as_millis() - 120_000, now().as_millis() + 120_000);
        for at in [minutes, later, 0, i64::MIN, i64::MAX] {
            let kept = envelopes.seal_at(at, "board", b"change 7");
            assert_eq!(envelopes.open("board", kept), Err(Unsigned::Stale), "{at}");
        }
    }

    #[test]
    fn one_bit_more_or_less_is_not_believed() {
        let envelopes = envelopes();
        let sealed = envelopes.seal("board", b"change 7");
        for index in 0..sealed.len() {
            let mut forged = sealed.to_vec();
            forged[index] ^= 1;
            assert_eq!(envelopes.open("board", forged.into()), Err(Unsigned::Forged), "{index}");
            assert_eq!(envelopes.open("board", sealed.slice(..index)), Err(Unsigned::Forged), "{index}");
        }
    }

    /// `cargo nextest run --release --lib --run-ignored only --no-capture signing`
    #[test]
    #[ignore = "a measurement"]
    #[allow(clippy::print_stdout, reason = "a measurement is told to whoever asked for it")]
    fn signing_costs() {
        let (envelopes, message, times) = (envelopes(), [b'x'; 300], 200_000_u32);
        let began = std::time::Instant::now();
        let sealed: Vec<Bytes> = (0..times).map(|_| envelopes.seal("taskwire:{board}", &message)).collect();
        let signed = began.elapsed();
        for envelope in sealed {
            envelopes.open("taskwire:{board}", envelope).expect("it is signed");
        }
        println!(
            "a message of 300 bytes: {:?} to sign, {:?} to check",
            signed / times,
            (began.elapsed() - signed) / times
        );
    }
}
