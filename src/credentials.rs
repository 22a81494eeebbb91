//! Credentials: how a caller proved who they are.
//!
//! [`Credentials`] are made once per request or socket, from a cookie or a token, and say nothing about rights. Rights are looked up when
//! they are needed, in the current [`Directory`](crate::store::Directory). So a right that is taken away is gone at once.
//!
//! They carry the [`Source`] of the request, for the audit log. Nothing is decided by it.

use std::{net::IpAddr, sync::Arc};

use app::{access::Principal, id::ActorId};

use crate::secret::SecretHash;

/// The credentials of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// How the caller proved who they are.
    pub credential: Credential,
    /// The hashes of the share links that the caller has.
    pub links: Vec<SecretHash>,
    /// Where the request comes from.
    pub source: Source,
}

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The server itself.
    Server,
    /// The command line on the server's machine.
    CommandLine,
    /// A client.
    Client(ClientInfo),
}

/// The client of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its address.
    pub address: IpAddr,
    /// How it describes itself: its `User-Agent`, shortened.
    pub agent: Arc<str>,
}

impl From<IpAddr> for ClientInfo {
    fn from(address: IpAddr) -> Self {
        Self { address, agent: Arc::default() }
    }
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
    /// Earlier, by a session, for work that continues without the browser: see [`Credentials::on_behalf`].
    Person(ActorId),
    /// Earlier, by a link with which they made their account: see [`Credentials::invited`].
    Invited(ActorId),
}

impl Credentials {
    /// The credentials of local access, for the server itself.
    pub fn local() -> Self {
        Self::new(Credential::Local)
    }

    /// The credentials of local access, for somebody at the command line.
    pub fn operator() -> Self {
        Self { source: Source::CommandLine, ..Self::local() }
    }

    /// Credentials without share links, of the server itself until [`Self::sent_by`] says otherwise.
    pub fn new(credential: Credential) -> Self {
        Self { credential, links: Vec::new(), source: Source::Server }
    }

    /// The credentials of a stranger, who proved nothing.
    pub fn stranger() -> Self {
        Self::new(Credential::None)
    }

    /// The same credentials, sent by a client.
    pub fn sent_by(self, client: ClientInfo) -> Self {
        Self { source: Source::Client(client), ..self }
    }

    /// The credentials for work in the background that the caller asked for. It has the rights that the person has at each step, and does not
    /// end when they sign out.
    pub fn on_behalf(self) -> Self {
        match self.credential {
            Credential::Session { person, .. } => Self { credential: Credential::Person(person), ..self },
            _ => self,
        }
    }

    /// The credentials for what an invitation gives to the person who used it. They may do everything, because whoever made the invitation
    /// could, and it is the person who does it.
    pub fn invited(person: ActorId) -> Self {
        Self::new(Credential::Invited(person))
    }

    /// Who a change is by that the caller makes: a person, the command line, or the server itself; `None` for somebody who uses a server
    /// without accounts.
    pub fn originator(&self, principal: &Principal) -> Option<ActorId> {
        let no_person = match (&self.credential, &self.source) {
            (Credential::Local, Source::CommandLine) => Some(ActorId::COMMAND_LINE),
            (Credential::Local, Source::Server) => Some(ActorId::SERVER),
            _ => None,
        };
        principal.person.or(no_person)
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
