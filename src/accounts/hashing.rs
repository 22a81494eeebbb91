//! Hashes of passwords: argon2id, with the parameters that OWASP recommends (19 MiB, 2 rounds).
//!
//! A hash takes some 20 ms of a core, which is what makes guessing slow. It must not slow down sockets too: hashes are computed
//! one at a time, off the threads that serve, and further requests for a hash wait.

use std::sync::LazyLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::AccountError;

/// The minimum length of a password, in characters (NIST SP 800-63B asks for 8 at least, and for no other rule).
pub const MIN_CHARS: usize = app::account::form::MIN_PASSWORD_CHARS;
/// The maximum length of a password, in bytes.
pub const MAX_BYTES: usize = 200;
/// How many requests may wait for a hash. Further ones are rejected with [`AccountError::Busy`].
const QUEUE: usize = 256;

/// Hashes passwords, one at a time.
#[derive(Debug)]
pub struct Passwords {
    turn: Semaphore,
    waiting: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turn: Semaphore::new(1), waiting: Semaphore::new(QUEUE) }
    }
}

/// The hash that is used for an account that does not exist, so that the response takes as long as for one that does.
static NOBODYS: LazyLock<String> = LazyLock::new(|| {
    let hash = Argon2::default().hash_password(b"a password that nobody has");
    hash.map(|hash| hash.to_string()).unwrap_or_default()
});

impl Passwords {
    /// Computes the hash of a new password.
    pub async fn hash(&self, password: &str) -> Result<String, AccountError> {
        check(password)?;
        let password = password.to_owned();
        let hash = self.work(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()));
        hash.await?.map_err(|error| AccountError::internal(&error))
    }

    /// Whether a password matches a hash. Takes as long if there is no hash.
    pub async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, AccountError> {
        if password.len() > MAX_BYTES {
            return Ok(false);
        }
        let password = password.to_owned();
        self.work(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODYS.clone());
            let matches = PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
            known && matches
        })
        .await
    }

    /// How many requests for a hash wait or are being processed.
    pub fn waiting(&self) -> usize {
        QUEUE - self.waiting.available_permits()
    }

    /// Waits for its turn and takes it. Until the permit is dropped, no hash is computed and requests for one wait.
    pub async fn take_turn(&self) -> Result<SemaphorePermit<'_>, AccountError> {
        self.turn.acquire().await.map_err(|error| AccountError::internal(&error))
    }

    /// Runs expensive work in its turn, off the threads that serve.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AccountError> {
        let _place = self.waiting.try_acquire().map_err(|_| AccountError::Busy)?;
        let _turn = self.take_turn().await?;
        tokio::task::spawn_blocking(work).await.map_err(|error| AccountError::internal(&error))
    }
}

/// Whether a text is acceptable as a password.
pub fn check(password: &str) -> Result<(), AccountError> {
    if password.chars().count() < MIN_CHARS {
        return Err(AccountError::invalid(
            "password",
            format!("the password must have at least {MIN_CHARS} characters"),
        ));
    }
    if password.len() > MAX_BYTES {
        return Err(AccountError::invalid("password", format!("the password must have at most {MAX_BYTES} bytes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse battery", Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batterz", Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse battery", None).await.unwrap());
    }

    #[test]
    fn a_password_is_long_enough_and_not_too_long() {
        assert!(check("123456789").is_err());
        assert!(check("ééééééééé").is_err());
        assert!(check("1234567890").is_ok());
        assert!(check(&"x".repeat(MAX_BYTES + 1)).is_err());
    }
}
