//! Links that work once: their purposes, how one is made, and whether it is still valid. They are used for invitations, new
//! passwords and the first visit.

use std::time::Duration;

use app::{
    access::Principal,
    audit::{Action, Target, TargetKind},
    id::ActorId,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    AccountError, Accounts, invitations::Invitation, may, passwords::revoke_password_links, people::managed, principal,
};
use crate::{
    clock::now,
    credentials::Credentials,
    secret::{Secret, SecretHash},
    store::{AccessChange, Directory, NewEvent, OneTimeLink},
};

/// The purpose of a link. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// Creating the first account, on a server that others can reach.
    FirstVisit,
    /// Creating an account.
    Invitation(Invitation),
    /// Choosing a new password.
    NewPassword {
        /// The person whose password it is.
        person: ActorId,
        /// Whether the link was sent to their e-mail address: then whoever uses it has proved that they read mail sent to that
        /// address.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        mailed: bool,
    },
}

impl Purpose {
    /// The stored form.
    pub fn to_json(&self) -> String {
        // No value of this type can fail to be serialized.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the stored form.
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The event of the audit log for a step of a link with this purpose, or of all links with it.
    pub(super) fn event(&self, step: Step, link: Option<Uuid>, change: &AccessChange<'_>) -> NewEvent {
        match (self, step) {
            (Self::FirstVisit, Step::Created) => NewEvent::new(Action::FirstVisitLinkCreated),
            (Self::FirstVisit, _) => NewEvent::new(Action::FirstVisitLinkRevoked),
            (Self::Invitation(invitation), step) => {
                let action = match step {
                    Step::Created => Action::InvitationCreated,
                    Step::Used => Action::InvitationUsed,
                    Step::Revoked => Action::InvitationRevoked,
                };
                let target = Target::new(TargetKind::Invitation, link.unwrap_or_default(), &invitation.note);
                let boards: Vec<_> =
                    invitation.boards.iter().map(|(board, role)| json!({ "board": board, "role": role })).collect();
                let mut details = json!({ "role": invitation.role, "boards": boards });
                if !invitation.groups.is_empty() {
                    details["groups"] = json!(invitation.groups);
                }
                NewEvent::about(action, target).with(details)
            }
            (Self::NewPassword { person, mailed }, step) => {
                let action = match step {
                    Step::Created => Action::PasswordLinkCreated,
                    Step::Used => Action::PasswordLinkUsed,
                    Step::Revoked => Action::PasswordLinkRevoked,
                };
                NewEvent::about(action, change.person(*person)).with(json!({ "mailed": mailed }))
            }
        }
    }
}

/// A step in the life of a link.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Created,
    Used,
    Revoked,
}

impl Accounts {
    /// Makes a one-time link, if the caller may.
    pub(super) async fn make_link(
        &self,
        credentials: &Credentials,
        purpose: &Purpose,
        lasts: Duration,
    ) -> Result<Secret, AccountError> {
        let secret = Secret::sealed("", self.store().seal());
        let mut change = self.begin(credentials).await?;
        let done = async {
            let created_at = now();
            let link = OneTimeLink {
                id: app::new_id(),
                purpose: purpose.to_json(),
                created_by: principal(&change)?.person,
                created_at,
                expires_at: after(created_at, lasts),
            };
            match purpose {
                Purpose::FirstVisit => {}
                Purpose::Invitation(invitation) => may(principal(&change)?.may_manage(invitation.role))?,
                Purpose::NewPassword { person, mailed } => {
                    if !managed(&change, *person)?.is_active() {
                        return Err(AccountError::invalid("account", "the account is deactivated; activate it first"));
                    }
                    // A link made by an admin replaces the earlier ones. Links requested by mail all work until one is used,
                    // because anybody can request them.
                    if !mailed {
                        revoke_password_links(&mut change, *person).await?;
                    }
                }
            }
            let event = purpose.event(Step::Created, Some(link.id), &change);
            change.insert_one_time_link(secret.hash(), &link, event).await?;
            Ok(secret)
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// A valid link and its purpose, for display. To use it, it must be read again in the transaction that uses it.
    pub(super) async fn link(&self, secret: &str) -> Result<(OneTimeLink, Purpose), AccountError> {
        let hash = self.store().link_hash(secret, now()).ok_or(AccountError::DeadLink)?;
        let link = self.store().one_time_link(hash, now()).await?.ok_or(AccountError::DeadLink)?;
        // It may be newer than what this node knows of people: the command line has just made both. Only who has a link gets here.
        self.store().refresh_directory().await?;
        works(&self.store().directory(), Some(link))
    }
}

/// A link that is valid in a transaction, and its purpose.
pub(super) async fn link_in(
    change: &mut AccessChange<'_>,
    hash: SecretHash,
) -> Result<(OneTimeLink, Purpose), AccountError> {
    let link = change.one_time_link(hash, now()).await?;
    works(change.directory(), link)
}

fn works(directory: &Directory, link: Option<OneTimeLink>) -> Result<(OneTimeLink, Purpose), AccountError> {
    let link = link.ok_or(AccountError::DeadLink)?;
    match Purpose::parse(&link.purpose) {
        Some(purpose) if still_stands(directory, &link, &purpose) => Ok((link, purpose)),
        _ => Err(AccountError::DeadLink),
    }
}

/// Whether the person who made the link could still make it today: when they lose the role for it, their links become invalid.
pub(super) fn still_stands(directory: &Directory, link: &OneTimeLink, purpose: &Purpose) -> bool {
    let role = match purpose {
        Purpose::FirstVisit => None,
        Purpose::Invitation(invitation) => Some(invitation.role),
        Purpose::NewPassword { person, .. } => directory.account(*person).map(|account| account.role),
    };
    // A link without a maker was made by the server or its command line.
    let (Some(maker), Some(role)) = (link.created_by, role) else { return true };
    let maker = directory.account(maker).filter(|account| account.is_active());
    maker.is_some_and(|maker| Principal::person(maker.id, maker.role).may_manage(role))
}

pub(super) fn after(at: Timestamp, time: Duration) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)))
}
