//! Secrets that people and programs carry: sessions, tokens, links that work once.
//!
//! A secret is 256 random bits, so there is nothing to guess and one round of SHA-256 hides it well enough. Only the hash is
//! stored: who reads the database or a backup of it can sign in as nobody.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
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

#[cfg(test)]
mod tests {
    use super::*;

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
