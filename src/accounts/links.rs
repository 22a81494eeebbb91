//! Links that work once: what they are for.

use app::{
    access::{BoardRole, InstanceRole},
    id::{ActorId, BoardId},
};
use serde::{Deserialize, Serialize};

/// What a link is for. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// Making the first account, on a server that others can reach.
    FirstVisit,
    /// Making an account.
    Invitation(Invitation),
    /// Choosing a new password.
    NewPassword {
        /// Whose.
        person: ActorId,
        /// Whether it was sent to their e-mail address: whoever has it reads what is sent there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        mailed: bool,
    },
}

/// What whoever is invited will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// On the server.
    pub role: InstanceRole,
    /// On boards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boards: Vec<(BoardId, BoardRole)>,
    /// For whom it is, as its maker calls them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Purpose {
    /// As it is stored.
    pub fn to_json(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads it as it is stored.
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }
}
