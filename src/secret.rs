//! Secrets that people and programs carry: those of sessions, tokens and one-time links.
//!
//! A secret is 256 random bits. It cannot be guessed, so one round of SHA-256 protects it well enough. Only the hash is stored: somebody
//! who reads the database or a backup of it cannot sign in as anybody. Data that passes through hands that must neither read nor change
//! it is encrypted with a [`Seal`].
//!
//! Secrets that may have to be looked up in the database end in a *seal*, a short signature that is made with a [`Key`] of the
//! installation. So a secret that a stranger made up is refused without a query, however many of them come.

use std::fmt;

use app::ops::Sha256Digits;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};

/// The length of a secret's seal in characters: 96 bits.
const SEAL_CHARS: usize = 16;

/// A key of the whole installation, which all nodes read from the database. So only a node can have made a signature with it.
#[derive(Clone)]
pub struct Key {
    bytes: [u8; 32],
    /// The MAC with the key already set, which halves the cost of a signature.
    mac: Hmac<Sha256>,
}

impl Key {
    /// A new random key.
    pub fn random() -> Self {
        Self::from(random_bytes())
    }

    /// Derives the key for one use, so that a signature for one use is not valid for another.
    pub fn for_use(&self, name: &str) -> Self {
        Self::from(self.sign(&[name.as_bytes()]))
    }

    /// Signs some parts. The boundaries between the parts are signed too.
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Whether a signature is right. Takes constant time.
    pub fn is_signed(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        self.over(parts).verify_slice(signature).is_ok()
    }

    /// The key's bytes, for code that signs in another way.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Parses the stored form.
    pub fn parse(digits: &str) -> Option<Self> {
        hex(digits).map(Self::from)
    }

    /// The stored form: 64 hexadecimal digits.
    pub fn to_stored(&self) -> String {
        SecretHash(self.bytes).to_string()
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }

    /// The seal for the text of a secret, with which the secret ends.
    fn seal(&self, text: &str) -> String {
        let mut seal = BASE64_URL_SAFE_NO_PAD.encode(self.sign(&[text.as_bytes()]));
        seal.truncate(SEAL_CHARS);
        seal
    }
}

impl From<[u8; 32]> for Key {
    fn from(bytes: [u8; 32]) -> Self {
        let mac = Hmac::new_from_slice(&bytes).expect("a key may have any length");
        Self { bytes, mac }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A secret, which is shown once to its owner.
pub struct Secret(String);

impl Secret {
    /// A new random secret. It begins with `kind`, so that people and scanners for leaked secrets recognise what it is.
    pub fn new(kind: &str) -> Self {
        Self(format!("{kind}{}", BASE64_URL_SAFE_NO_PAD.encode(random_bytes())))
    }

    /// A new random secret that ends in a seal, with which [`SecretHash::of_sealed`] distinguishes it from a made-up one.
    pub fn sealed(kind: &str, key: &Key) -> Self {
        let Self(text) = Self::new(kind);
        let seal = key.seal(&text);
        Self(text + &seal)
    }

    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The link to the page that the secret opens, on the server with this public address.
    pub fn link(&self, public_url: &str, page: &str) -> String {
        format!("{public_url}/{page}/{}", self.expose())
    }

    /// The hash of the secret, which is stored.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The hash of a secret, which is stored instead of the secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of any text that a client sent as a secret.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// The hash of a text that a client sent as a secret; `None` if the text was not sealed with this key, so that it need not be looked
    /// up.
    pub fn of_sealed(secret: &str, key: &Key) -> Option<Self> {
        let (text, seal) = secret.split_at_checked(secret.len().checked_sub(SEAL_CHARS)?)?;
        // This comparison need not take constant time: a text with a guessed seal is still not in the database.
        (key.seal(text) == seal).then(|| Self::of(secret))
    }

    /// Parses the stored form.
    pub fn parse(digits: &str) -> Option<Self> {
        hex(digits).map(Self)
    }
}

fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    // Without randomness there are no secrets, and the process must not continue.
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

fn hex(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

impl From<SecretHash> for Sha256Digits {
    fn from(hash: SecretHash) -> Self {
        Self::from(hash.0)
    }
}

/// The stored form: 64 hexadecimal digits.
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

/// Encrypts data so that only the holder of the same secret can read it, and nobody can change it (ChaCha20-Poly1305).
pub struct Seal(LessSafeKey);

impl Seal {
    /// The seal for a purpose, with a key derived from a secret of at least 128 random bits. The stored hash of the secret reveals nothing
    /// about the key.
    pub fn of(purpose: &str, secret: &str) -> Self {
        let key = Sha256::new().chain_update("taskwire seal: ").chain_update(purpose).chain_update([0]);
        let key: [u8; 32] = key.chain_update(secret).finalize().into();
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key).expect("a hash is as long as a key");
        Self(LessSafeKey::new(key))
    }

    /// Encrypts data to a text that can be the value of a cookie.
    pub fn close(&self, content: &[u8]) -> String {
        let mut nonce = [0; NONCE_LEN];
        // Without randomness there are no secrets, and the process must not continue.
        getrandom::fill(&mut nonce).expect("the operating system has random bytes");
        let mut sealed = content.to_vec();
        let closed = self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed);
        closed.expect("it is no longer than 256 GiB");
        BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// Decrypts a text; `None` if this seal did not encrypt it.
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
    fn what_is_made_up_is_told_from_what_was_made_here() {
        let (key, other) = (Key::random().for_use("links"), Key::random().for_use("links"));
        let secret = Secret::sealed("tw_", &key);
        assert_eq!(SecretHash::of_sealed(secret.expose(), &key), Some(secret.hash()));
        assert_eq!(SecretHash::of_sealed(secret.expose(), &other), None);
        for made_up in
            ["", "a", &"a".repeat(59), &"é".repeat(40), &secret.expose()[1..], &format!("{}a", secret.expose())]
        {
            assert_eq!(SecretHash::of_sealed(made_up, &key), None, "{made_up}");
        }
    }

    #[test]
    fn a_signature_is_of_these_parts_by_this_key_for_this_use() {
        let key = Key::random();
        let signature = key.sign(&[b"ab", b"c"]);
        assert!(key.is_signed(&[b"ab", b"c"], &signature));
        assert!(!key.is_signed(&[b"a", b"bc"], &signature));
        assert!(!key.is_signed(&[b"ab", b"c"], &signature[1..]));
        assert!(!key.for_use("other").is_signed(&[b"ab", b"c"], &signature));
        let again = Key::parse(&key.to_stored()).expect("it is read as it was written");
        assert!(again.is_signed(&[b"ab", b"c"], &signature));
        assert_eq!(format!("{key:?}"), "Key(…)");
    }

    #[test]
    fn no_two_secrets_are_alike_and_none_is_printed() {
        let (one, other) = (Secret::new("tw_"), Secret::new("tw_"));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 3 + 43);
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }
}
