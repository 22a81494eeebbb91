//! The operations that create and revoke links for reading a board without an account.
//!
//! Share links are not part of a board's state. The log only records that a link was created or revoked; the server's
//! store keeps the links themselves.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ChangeKind, Effect, Operation};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    refusal::Refusal,
    state::{BoardState, Stamp, Touched},
};

/// Creates a link for reading the board without an account.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateShareLink {
    /// The id of the link, made by the sender.
    pub link: Uuid,
    /// The SHA-256 of the link's secret. The secret itself is only for the people who are to read the board. No server
    /// learns it before one of them opens the link.
    #[cfg_attr(feature = "ssr", schema(value_type = String, pattern = "^[0-9a-f]{64}$"))]
    pub secret_sha256: Sha256Digits,
}

/// A SHA-256 hash in 64 lower-case hexadecimal digits. It is a type of its own because the server looks it up in the
/// database before it decides whether the sender may do what they request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Digits(String);

impl Sha256Digits {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<[u8; 32]> for Sha256Digits {
    fn from(hash: [u8; 32]) -> Self {
        Self(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl TryFrom<String> for Sha256Digits {
    type Error = &'static str;

    fn try_from(digits: String) -> Result<Self, Self::Error> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() == 64 && digits.bytes().all(is_digit) {
            Ok(Self(digits))
        } else {
            Err("must be 64 hexadecimal digits in lower case")
        }
    }
}

impl From<Sha256Digits> for String {
    fn from(digits: Sha256Digits) -> Self {
        digits.0
    }
}

impl Operation for CreateShareLink {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Manager
    }

    fn is_allowed_on_archived(&self) -> bool {
        true
    }

    fn decide(&self, _state: &BoardState) -> Result<ChangeKind, Refusal> {
        Ok(ChangeKind::ShareLinkCreated(ShareLinkCreated { link: self.link }))
    }
}

/// The content of a change that creates a share link.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLinkCreated {
    /// The id of the link, not its secret.
    pub link: Uuid,
}

impl Effect for ShareLinkCreated {
    fn apply(&self, _state: &mut BoardState, _stamp: Stamp, _touched: &mut Touched) {}

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        ("change who has access", "")
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::MadeShareLink]
    }
}

/// Revokes a share link.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeShareLink {
    /// The link.
    pub link: Uuid,
}

impl Operation for RevokeShareLink {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Manager
    }

    fn is_allowed_on_archived(&self) -> bool {
        true
    }

    /// The store checks whether the link exists.
    fn decide(&self, _state: &BoardState) -> Result<ChangeKind, Refusal> {
        Ok(ChangeKind::ShareLinkRevoked(ShareLinkRevoked { link: self.link }))
    }
}

/// The content of a change that revokes a share link.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLinkRevoked {
    /// The link.
    pub link: Uuid,
}

impl Effect for ShareLinkRevoked {
    fn apply(&self, _state: &mut BoardState, _stamp: Stamp, _touched: &mut Touched) {}

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        ("change who has access", "")
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::RevokedShareLink]
    }
}
