//! Who may see and change what.
//!
//! Rights are plain values and pure functions, like everything else about a board: the server asks them under the board's
//! lock, for good, and the browser asks them to show nothing that would be refused. What a single operation needs is said by
//! [`crate::ops::permit`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    id::{ActorId, BoardId},
    time::Timestamp,
};

/// What somebody is on the whole server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceRole {
    /// Makes boards, and sees those they were added to and those that are open to everyone.
    Member,
    /// Manages people, and every board.
    Admin,
    /// An admin whom no admin can change. There is always at least one.
    Owner,
}

impl InstanceRole {
    /// Every role, the one that may least first.
    pub const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// The name it is stored and sent under.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Reads the name it is stored and sent under.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// What somebody is on one board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoardRole {
    /// Reads.
    Viewer,
    /// Changes tasks and columns.
    Editor,
    /// Also renames, shares and deletes the board.
    Manager,
}

impl BoardRole {
    /// Every role, the one that may least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Manager];

    /// The name it is stored and sent under.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Manager => "manager",
        }
    }

    /// Reads the name it is stored and sent under.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// How much of what its owner may do an API token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Read.
    Read,
    /// Also make boards, and change tasks and columns.
    Write,
    /// Everything, managing boards and people included.
    Admin,
}

impl Scope {
    /// Every scope, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The name it is stored and sent under.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Reads the name it is stored and sent under.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    /// The most it allows on a board.
    fn ceiling(self) -> BoardRole {
        match self {
            Self::Read => BoardRole::Viewer,
            Self::Write => BoardRole::Editor,
            Self::Admin => BoardRole::Manager,
        }
    }
}

/// Who has access to a board: a part of its state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardAccess {
    /// What everyone on the server is here; `None` where the board is private to its members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<BoardRole>,
    /// What its members are here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<ActorId, BoardRole>,
}

impl BoardAccess {
    /// Whether nobody but admins has access.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A share link that somebody carries, as far as rights go. It travels as its board: what it hangs on is the server's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BoardId", into = "BoardId")]
pub struct LinkTo {
    /// The board that it leads to.
    pub board: BoardId,
    /// Who made it, and what they are on the server; `None` where nobody in particular did.
    pub maker: Option<(ActorId, InstanceRole)>,
}

impl LinkTo {
    /// Whether it works: for as long as whoever made it manages the board.
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

/// A link with which a board can be read without an account, as those who manage the board see it: without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLink {
    /// What it is called by.
    pub id: Uuid,
    /// Who made it, where that is known.
    pub created_by: Option<ActorId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it works: not while whoever made it does not manage the board.
    pub works: bool,
}

/// Somebody who asks for something, as far as rights go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Who, if they have an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<ActorId>,
    /// What they are on this server; `None` for a stranger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<InstanceRole>,
    /// How much of that they may do in the way they ask.
    pub scope: Scope,
    /// The boards they have a share link to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkTo>,
}

impl Principal {
    /// Somebody without an account and without a link.
    pub fn stranger() -> Self {
        Self { person: None, role: None, scope: Scope::Read, links: Vec::new() }
    }

    /// Somebody on a server without accounts, or at its command line: they may do everything, and have no name.
    pub fn anybody() -> Self {
        Self { person: None, role: Some(InstanceRole::Owner), scope: Scope::Admin, links: Vec::new() }
    }

    /// Somebody who signed in.
    pub fn person(person: ActorId, role: InstanceRole) -> Self {
        Self { person: Some(person), role: Some(role), scope: Scope::Admin, links: Vec::new() }
    }

    /// Whether there is no board that they may not see.
    pub fn sees_every_board(&self) -> bool {
        self.role >= Some(InstanceRole::Admin)
    }

    /// What they are on a board; `None` where they may not even know that it exists.
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

    /// Whether they may make boards.
    pub fn may_create_boards(&self) -> bool {
        self.role.is_some() && self.scope >= Scope::Write
    }

    /// Whether they may see who has an account here.
    pub fn may_see_people(&self) -> bool {
        self.role.is_some()
    }

    /// Whether they may invite, promote and deactivate people.
    pub fn may_manage_people(&self) -> bool {
        self.role >= Some(InstanceRole::Admin) && self.scope == Scope::Admin
    }

    /// Whether they may change an account that is, or is to become, of this role: nobody makes somebody more than they
    /// are, and nobody but an owner touches an owner.
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
