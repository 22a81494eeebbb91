//! Who asks: how somebody proved who they are.
//!
//! [`Credentials`] are made once a request or socket, from a cookie or a token, and say nothing about rights. Those are looked up when
//! something is asked for, in the [`Directory`](crate::store::Directory) as it is then: so what is taken away is gone at once.

use app::id::ActorId;

use crate::secret::SecretHash;

/// Somebody who asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// How they proved who they are.
    pub credential: Credential,
    /// The share links they carry.
    pub links: Vec<SecretHash>,
}

/// How somebody proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Not at all.
    None,
    /// By being here: at the command line, on a server without accounts, or as the server itself. They may do everything.
    Local,
    /// By having signed in.
    Session {
        /// Who.
        person: ActorId,
        /// In which session.
        hash: SecretHash,
    },
    /// By a token.
    Token(SecretHash),
}

impl Credentials {
    /// Whoever is at the machine.
    pub fn local() -> Self {
        Self { credential: Credential::Local, links: Vec::new() }
    }

    /// Somebody who did not say who they are.
    pub fn stranger() -> Self {
        Self { credential: Credential::None, links: Vec::new() }
    }

    /// Whether they are somebody here, who may do things, or might again; those with nothing but a link only ever read.
    pub fn has_account(&self) -> bool {
        self.credential != Credential::None
    }

    /// Whether they have nothing to show at all.
    pub fn is_stranger(&self) -> bool {
        self.credential == Credential::None && self.links.is_empty()
    }
}
