//! The audit log as values: what its events say, and the names that occur in it.
//!
//! The server writes an event in the transaction that makes the change. REST, the command line and the administration show the same
//! [`Event`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{id::ActorId, time::Timestamp};

/// Defines an enum of names that are stored and sent, each with words for people.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $stored:literal $words:literal)+ }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        $(#[$doc])*
        pub enum $name {
            $(#[doc = $words] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name that is stored and sent.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $stored,)+
                }
            }

            /// The words for people.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$variant => $words,)+
                }
            }

            /// Parses the name that is stored and sent.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == name)
            }
        }
    };
}

names! {
    /// What was done. A later version may add others.
    #[schema(as = AuditAction)]
    Action {
        SignIn "sign_in" "signed in"
        SignInFailed "sign_in_failed" "failed to sign in"
        SignOut "sign_out" "signed out"
        SessionEnded "session_ended" "ended sessions"
        AccountCreated "account_created" "created an account"
        NameChanged "name_changed" "changed a name"
        EmailChanged "email_changed" "changed an e-mail address"
        RoleChanged "role_changed" "changed a role"
        Deactivated "deactivated" "deactivated an account"
        Reactivated "reactivated" "reactivated an account"
        EmailProved "email_proved" "proved an e-mail address"
        IdentityLinked "identity_linked" "linked a sign-in provider"
        PasswordChanged "password_changed" "changed a password"
        PasswordLinkCreated "password_link_created" "created a link for a new password"
        PasswordLinkUsed "password_link_used" "used a link for a new password"
        PasswordLinkRevoked "password_link_revoked" "revoked links for a new password"
        InvitationCreated "invitation_created" "created an invitation"
        InvitationMailed "invitation_mailed" "mailed an invitation"
        InvitationUsed "invitation_used" "used an invitation"
        InvitationRevoked "invitation_revoked" "revoked an invitation"
        FirstVisitLinkCreated "first_visit_link_created" "created the link for the first visit"
        FirstVisitLinkRevoked "first_visit_link_revoked" "revoked the links for the first visit"
        TokenCreated "token_created" "created a token"
        TokenRevoked "token_revoked" "revoked a token"
        BoardCreated "board_created" "created a board"
        BoardDeleted "board_deleted" "deleted a board"
        BoardRestored "board_restored" "restored a board"
        BoardArchived "board_archived" "archived a board"
        BoardUnarchived "board_unarchived" "brought a board back from the archive"
        BoardAccessChanged "board_access_changed" "changed who may see a board"
        BoardKeyChanged "board_key_changed" "changed the key of a board"
        MemberChanged "member_changed" "changed a member of a board"
        ShareLinkCreated "share_link_created" "created a share link"
        ShareLinkRevoked "share_link_revoked" "revoked a share link"
        GroupCreated "group_created" "created a group"
        GroupChanged "group_changed" "changed a group"
        GroupDeleted "group_deleted" "deleted a group"
        GroupPersonAdded "group_person_added" "added a person to a group"
        GroupPersonRemoved "group_person_removed" "removed a person from a group"
        GroupBoardChanged "group_board_changed" "changed a board of a group"
        JobRetried "job_retried" "had a job tried again"
        JobRemoved "job_removed" "removed a job"
        SettingChanged "setting_changed" "changed a setting"
        BackupMade "backup_made" "made a backup"
        Exported "exported" "exported data"
    }
}

names! {
    /// How somebody proved who they are.
    #[schema(as = AuditMethod)]
    Method {
        Session "session" "signed in"
        Token "token" "token"
        Password "password" "password"
        Provider "provider" "sign-in provider"
        Link "link" "link"
        CommandLine "command_line" "command line"
        Server "server" "the server itself"
        Open "open" "server without accounts"
        None "none" "nothing"
    }
}

names! {
    /// The kind of a target.
    #[schema(as = AuditTargetKind)]
    TargetKind {
        Person "person" "person"
        Token "token" "token"
        Invitation "invitation" "invitation"
        Board "board" "board"
        ShareLink "share_link" "share link"
        Job "job" "job"
        Group "group" "group"
    }
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person with an account.
    Person(ActorId),
    /// Whoever ran a command on the server's machine.
    Operator,
    /// The server itself, such as when it mails a link.
    Server,
    /// Somebody who has not proved who they are.
    Nobody,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => person.fmt(f),
            Self::Operator => f.write_str("operator"),
            Self::Server => f.write_str("server"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

impl FromStr for Actor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "operator" => Ok(Self::Operator),
            "server" => Ok(Self::Server),
            "nobody" => Ok(Self::Nobody),
            id => id.parse().map(Self::Person).map_err(|_| "expected the id of a person, operator, server or nobody"),
        }
    }
}

/// An event of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = AuditEvent)]
pub struct Event {
    /// The id of the event. Ids are ordered by time.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// What was done.
    #[schema(value_type = Action)]
    pub action: String,
    /// Who did it: the id of a person, `operator` (the command line), `server` (the server itself) or `nobody`.
    pub actor: String,
    /// The name that the person had then; `null` if it was not a person.
    pub actor_name: Option<String>,
    /// How they proved who they are.
    #[schema(value_type = Method)]
    pub method: String,
    /// The id of the token that they used, if it was a token.
    pub token: Option<Uuid>,
    /// The address of their client; `null` for the command line and the server itself.
    pub address: Option<String>,
    /// How their client describes itself, shortened.
    pub agent: Option<String>,
    /// What it was done to; `null` if the action says all.
    pub target: Option<Target>,
    /// More about it. A change has the value `before` and the value `after`.
    #[schema(value_type = Object)]
    pub details: Value,
}

/// The target of an event: what something was done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AuditTarget)]
pub struct Target {
    /// What it is.
    #[schema(value_type = TargetKind)]
    pub kind: String,
    /// Its id.
    pub id: Uuid,
    /// The name that it had then.
    pub name: String,
}

impl Target {
    /// The target of a kind.
    pub fn new(kind: TargetKind, id: Uuid, name: &str) -> Self {
        Self { kind: kind.as_str().to_owned(), id, name: name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_stored_as_it_is_sent() {
        let same = |stored: &str, sent: Value| assert_eq!(Value::from(stored), sent);
        Action::ALL.iter().for_each(|name| same(name.as_str(), serde_json::to_value(name).unwrap()));
        Method::ALL.iter().for_each(|name| same(name.as_str(), serde_json::to_value(name).unwrap()));
        TargetKind::ALL.iter().for_each(|name| same(name.as_str(), serde_json::to_value(name).unwrap()));
    }

    #[test]
    fn the_manual_lists_every_action() {
        let manual = include_str!("../../docs/ADMIN.md");
        let (_, manual) = manual.split_once("| Action | When |").unwrap();
        for name in Action::ALL {
            assert!(manual.contains(&format!("`{}`", name.as_str())), "docs/ADMIN.md lacks {}", name.as_str());
        }
    }

    #[test]
    fn an_actor_is_read_as_it_is_written() {
        for actor in [Actor::Person(crate::new_id()), Actor::Operator, Actor::Server, Actor::Nobody] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        assert!("ana".parse::<Actor>().is_err());
    }
}
