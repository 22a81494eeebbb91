//! Secrets that people and programs carry: sessions, tokens, links that work once.
//!
//! A secret is 256 random bits, so there is nothing to guess and one round of SHA-256 hides it well enough. Only the hash is
//! stored: who reads the database or a backup of it can sign in as nobody. What must pass through hands that are to neither
//! read nor change it is closed with a [`Seal`].

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};

/// A secret, as it is shown once to whom it belongs.
pub struct Secret(String);

impl Secret {
    /// A new one. `kind` is what it begins with, so that people and scanners for leaked secrets see what it is.
    pub fn new(kind: &str) -> Self {
        let mut bytes = [0; 32];
        // Without randomness there are no secrets, and nothing should go on.
        getrandom::fill(&mut bytes).expect("the operating system has random bytes");
        Self(format!("{kind}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is stored of a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Of whatever somebody offers as a secret.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// Reads one as it is stored.
    pub fn parse(digits: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if digits.len() != 64 || !digits.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// As it is stored: 64 hexadecimal digits.
impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretHash({self})")
    }
}

/// Closes something so that only who has the same secret can read it, and nobody can change it (ChaCha20-Poly1305).
pub struct Seal(LessSafeKey);

impl Seal {
    /// The seal for a purpose that belongs to a secret of 128 random bits or more. The hash that is stored of the secret tells
    /// nothing about it.
    pub fn of(purpose: &str, secret: &str) -> Self {
        let key = Sha256::new().chain_update("taskwire seal: ").chain_update(purpose).chain_update([0]);
        let key: [u8; 32] = key.chain_update(secret).finalize().into();
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key).expect("a hash is as long as a key");
        Self(LessSafeKey::new(key))
    }

    /// As text that can stand in a cookie.
    pub fn close(&self, content: &[u8]) -> String {
        let mut nonce = [0; NONCE_LEN];
        // Without randomness there are no secrets, and nothing should go on.
        getrandom::fill(&mut nonce).expect("the operating system has random bytes");
        let mut sealed = content.to_vec();
        let closed = self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed);
        closed.expect("it is no longer than 256 GiB");
        BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// What was closed; nothing where this seal did not close it.
    pub fn open(&self, text: &str) -> Option<Vec<u8>> {
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        self.0.open_in_place(nonce, Aad::empty(), sealed).ok().map(|content| content.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_what_it_closed_and_nothing_else() {
        let (mine, other) = (Seal::of("notice", "my session"), Seal::of("notice", "another session"));
        let text = mine.close(b"a token");
        assert_eq!(mine.open(&text).as_deref(), Some(&b"a token"[..]));
        assert_ne!(mine.close(b"a token"), text, "it tells not even that it is the same again");
        assert_eq!(other.open(&text), None);
        assert_eq!(Seal::of("something else", "my session").open(&text), None);
        for (at, _) in text.char_indices() {
            let flipped = if text[at..].starts_with('A') { 'B' } else { 'A' };
            let forged = format!("{}{flipped}{}", &text[..at], &text[at + 1..]);
            assert_eq!(mine.open(&forged), None, "{forged}");
        }
        for forged in ["", "AAAA", "not base64!", &BASE64_URL_SAFE_NO_PAD.encode(b"{\"words\": \"Call 555\"}")] {
            assert_eq!(mine.open(forged), None, "{forged}");
        }
    }

    #[test]
    fn a_hash_is_read_as_it_was_written() {
        let hash = SecretHash::of("abc");
        assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(SecretHash::parse(&hash.to_string()), Some(hash));
        assert_eq!(SecretHash::parse("ba78"), None);
        assert_eq!(SecretHash::parse(&"é".repeat(32)), None);
    }

    #[test]
    fn no_two_secrets_are_alike_and_none_is_printed() {
        let (one, other) = (Secret::new("tw_"), Secret::new("tw_"));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 3 + 43);
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }
}
