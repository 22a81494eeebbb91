//! Credentials: how a caller proved who they are.
//!
//! [`Credentials`] are made once per request or socket, from a cookie or a token, and say nothing about rights. Rights are looked up when
//! they are needed, in the current [`Directory`](crate::store::Directory). So a right that is taken away is gone at once.

use app::id::ActorId;

use crate::secret::SecretHash;

/// The credentials of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// How the caller proved who they are.
    pub credential: Credential,
    /// The hashes of the share links that the caller has.
    pub links: Vec<SecretHash>,
}

/// How a caller proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Not at all.
    None,
    /// By local access: at the command line, on a server without accounts, or as the server itself. Such a caller may do everything.
    Local,
    /// By a session, after signing in.
    Session {
        /// The person who signed in.
        person: ActorId,
        /// The hash of the session's id.
        hash: SecretHash,
    },
    /// By a token.
    Token(SecretHash),
}

impl Credentials {
    /// The credentials of local access.
    pub fn local() -> Self {
        Self { credential: Credential::Local, links: Vec::new() }
    }

    /// The credentials of a stranger, who proved nothing.
    pub fn stranger() -> Self {
        Self { credential: Credential::None, links: Vec::new() }
    }

    /// Whether the caller has more than share links: such a caller may have rights besides reading, or may get them again.
    pub fn has_account(&self) -> bool {
        self.credential != Credential::None
    }

    /// Whether the caller has no credentials at all.
    pub fn is_stranger(&self) -> bool {
        self.credential == Credential::None && self.links.is_empty()
    }
}
