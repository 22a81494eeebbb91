//! Access rights: who may see and change what.
//!
//! Rights are plain values and pure functions, like the rest of the model. The server computes them under the board's
//! lock, with final effect; the browser computes them to hide controls that the server would refuse.
//! [`crate::ops::permit`] checks the role that an operation needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    id::{ActorId, BoardId},
    time::Timestamp,
};

/// The role of a person on the whole server.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceRole {
    /// Creates boards, and sees the boards that they are a member of or that are open to everyone.
    Member,
    /// Manages people, and every board.
    Admin,
    /// An admin whom no admin can change. There is always at least one.
    Owner,
}

impl InstanceRole {
    /// Every role, in ascending order of rights.
    pub const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Parses the name that is stored and sent.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// The role of a person on one board.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoardRole {
    /// Reads the board.
    Viewer,
    /// Changes tasks and columns.
    Editor,
    /// Also renames, shares and deletes the board.
    Manager,
}

impl BoardRole {
    /// Every role, in ascending order of rights.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Manager];

    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Manager => "manager",
        }
    }

    /// Parses the name that is stored and sent.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// The scope of an API token: the part of its owner's rights that it grants.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Read.
    Read,
    /// Also create boards, and change tasks and columns.
    Write,
    /// Everything, including the management of boards and people.
    Admin,
}

impl Scope {
    /// Every scope, in ascending order of rights.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Parses the name that is stored and sent.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    /// The highest role on a board that the scope allows.
    fn ceiling(self) -> BoardRole {
        match self {
            Self::Read => BoardRole::Viewer,
            Self::Write => BoardRole::Editor,
            Self::Admin => BoardRole::Manager,
        }
    }
}

/// Who has access to a board. It is a part of the board's state.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardAccess {
    /// The role of everyone on the server; `None` if the board is private to its members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<BoardRole>,
    /// The roles of the members.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<ActorId, BoardRole>,
}

impl BoardAccess {
    /// Whether only admins and owners have access.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A share link that a principal holds. It is serialised as the id of its board, without the creator: only the server
/// needs the creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BoardId", into = "BoardId")]
pub struct LinkTo {
    /// The board that the link opens.
    pub board: BoardId,
    /// The creator of the link and their role on the server; `None` if there is no known creator. A link without a
    /// creator always works.
    pub maker: Option<(ActorId, InstanceRole)>,
}

impl LinkTo {
    /// Whether the link works: only while its creator manages the board.
    pub fn works(&self, access: &BoardAccess) -> bool {
        let manages =
            |(person, role)| Principal::person(person, role).role_on(self.board, access) >= Some(BoardRole::Manager);
        self.maker.is_none_or(manages)
    }
}

impl From<BoardId> for LinkTo {
    fn from(board: BoardId) -> Self {
        Self { board, maker: None }
    }
}

impl From<LinkTo> for BoardId {
    fn from(link: LinkTo) -> Self {
        link.board
    }
}

/// A link for reading a board without an account, as the managers of the board see it: without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLink {
    /// The id of the link, not its secret.
    pub id: Uuid,
    /// The creator, if known.
    pub created_by: Option<ActorId>,
    /// The time of its creation.
    pub created_at: Timestamp,
    /// Whether the link works: only while its creator manages the board.
    pub works: bool,
}

/// The principal of a request: who makes it, and with which rights.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// The person, if they have an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<ActorId>,
    /// Their role on this server; `None` without an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<InstanceRole>,
    /// The scope of the credential, which limits the rights of the role.
    pub scope: Scope,
    /// The share links that they hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<BoardId>))]
    pub links: Vec<LinkTo>,
}

impl Principal {
    /// A principal without an account and without a share link.
    pub fn stranger() -> Self {
        Self { person: None, role: None, scope: Scope::Read, links: Vec::new() }
    }

    /// The principal on a server without accounts, or at its command line. It may do everything, and is not a known
    /// person.
    pub fn anybody() -> Self {
        Self { person: None, role: Some(InstanceRole::Owner), scope: Scope::Admin, links: Vec::new() }
    }

    /// A person who signed in.
    pub fn person(person: ActorId, role: InstanceRole) -> Self {
        Self { person: Some(person), role: Some(role), scope: Scope::Admin, links: Vec::new() }
    }

    /// Whether they may see every board.
    pub fn sees_every_board(&self) -> bool {
        self.role >= Some(InstanceRole::Admin)
    }

    /// Returns their role on a board; `None` if they may not even know that it exists.
    pub fn role_on(&self, board: BoardId, access: &BoardAccess) -> Option<BoardRole> {
        let as_person = match self.role {
            None => None,
            Some(InstanceRole::Admin | InstanceRole::Owner) => Some(BoardRole::Manager),
            Some(InstanceRole::Member) => {
                let as_member = self.person.and_then(|person| access.members.get(&person)).copied();
                as_member.max(access.everyone)
            }
        };
        let leads = |link: &LinkTo| link.board == board && link.works(access);
        let by_link = self.links.iter().any(leads).then_some(BoardRole::Viewer);
        as_person.map(|role| role.min(self.scope.ceiling())).max(by_link)
    }

    /// Whether they may create boards.
    pub fn may_create_boards(&self) -> bool {
        self.role.is_some() && self.scope >= Scope::Write
    }

    /// Whether they may see the people who have an account.
    pub fn may_see_people(&self) -> bool {
        self.role.is_some()
    }

    /// Whether they may use the administration pages, which show everything on the server.
    pub fn may_administer(&self) -> bool {
        self.role >= Some(InstanceRole::Admin) && self.scope == Scope::Admin
    }

    /// Whether they may invite, promote and deactivate people.
    pub fn may_manage_people(&self) -> bool {
        self.may_administer()
    }

    /// Whether they may read the audit log.
    pub fn may_read_audit(&self) -> bool {
        self.may_administer()
    }

    /// Whether they may change an account that has this role, or give an account this role. Nobody grants a role higher
    /// than their own, and only an owner changes an owner.
    pub fn may_manage(&self, role: InstanceRole) -> bool {
        self.may_manage_people() && self.role >= Some(role)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const BOARD: BoardId = BoardId(Uuid::from_u128(1));
    const ANA: ActorId = ActorId(Uuid::from_u128(2));
    const BEN: ActorId = ActorId(Uuid::from_u128(3));

    fn access(everyone: Option<BoardRole>) -> BoardAccess {
        BoardAccess { everyone, members: BTreeMap::from([(ANA, BoardRole::Editor)]) }
    }

    #[test]
    fn a_private_board_is_its_members_and_the_admins() {
        let role = |principal: Principal| principal.role_on(BOARD, &access(None));
        assert_eq!(role(Principal::person(ANA, InstanceRole::Member)), Some(BoardRole::Editor));
        assert_eq!(role(Principal::person(BEN, InstanceRole::Member)), None);
        assert_eq!(role(Principal::person(BEN, InstanceRole::Admin)), Some(BoardRole::Manager));
        assert_eq!(role(Principal::stranger()), None);
        assert_eq!(role(Principal::anybody()), Some(BoardRole::Manager));
    }

    #[test]
    fn on_an_open_board_one_is_the_more_of_member_and_everyone() {
        let role =
            |person, everyone| Principal::person(person, InstanceRole::Member).role_on(BOARD, &access(Some(everyone)));
        assert_eq!(role(BEN, BoardRole::Viewer), Some(BoardRole::Viewer));
        assert_eq!(role(ANA, BoardRole::Viewer), Some(BoardRole::Editor));
        assert_eq!(Principal::stranger().role_on(BOARD, &access(Some(BoardRole::Editor))), None);
    }

    #[test]
    fn a_scope_takes_away_and_never_gives() {
        let token = |role, scope| Principal { scope, ..Principal::person(ANA, role) }.role_on(BOARD, &access(None));
        assert_eq!(token(InstanceRole::Member, Scope::Read), Some(BoardRole::Viewer));
        assert_eq!(token(InstanceRole::Member, Scope::Admin), Some(BoardRole::Editor));
        assert_eq!(token(InstanceRole::Owner, Scope::Write), Some(BoardRole::Editor));
        assert!(!Principal { scope: Scope::Write, ..Principal::person(ANA, InstanceRole::Owner) }.may_manage_people());
    }

    #[test]
    fn a_link_reads_its_board_and_no_other() {
        let link = Principal { links: vec![BOARD.into()], ..Principal::stranger() };
        assert_eq!(link.role_on(BOARD, &access(None)), Some(BoardRole::Viewer));
        assert_eq!(link.role_on(BoardId(Uuid::from_u128(9)), &access(Some(BoardRole::Editor))), None);
        assert!(!link.may_create_boards());
        assert!(!link.may_see_people());
    }

    #[test]
    fn a_link_works_while_whoever_made_it_manages_the_board() {
        let by = |maker| Principal { links: vec![LinkTo { board: BOARD, maker }], ..Principal::stranger() };
        let mut access = access(None);
        for (maker, works) in [
            (None, true),
            (Some((ANA, InstanceRole::Member)), false),
            (Some((BEN, InstanceRole::Member)), false),
            (Some((BEN, InstanceRole::Admin)), true),
        ] {
            assert_eq!(by(maker).role_on(BOARD, &access).is_some(), works, "{maker:?}");
        }
        access.members.insert(ANA, BoardRole::Manager);
        assert_eq!(by(Some((ANA, InstanceRole::Member))).role_on(BOARD, &access), Some(BoardRole::Viewer));
        let sent = serde_json::to_string(&by(Some((ANA, InstanceRole::Member)))).unwrap();
        assert!(sent.contains(&BOARD.to_string()) && !sent.contains(&ANA.to_string()), "{sent}");
    }

    #[test]
    fn an_admin_does_not_touch_an_owner() {
        assert!(Principal::person(ANA, InstanceRole::Admin).may_manage(InstanceRole::Admin));
        assert!(!Principal::person(ANA, InstanceRole::Admin).may_manage(InstanceRole::Owner));
        assert!(Principal::person(ANA, InstanceRole::Owner).may_manage(InstanceRole::Owner));
        assert!(!Principal::person(ANA, InstanceRole::Member).may_manage(InstanceRole::Member));
    }
}
