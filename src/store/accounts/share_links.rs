//! Share links as rows. They are written by the transaction that decides about them: creating or revoking one is a change of
//! its board, which is logged, and also a change of the directory.

use std::collections::{HashMap, HashSet};

use app::{
    access::ShareLink,
    id::{ActorId, BoardId},
    ops::{Change, ChangeKind, Op, ShareLinkCreated, ShareLinkRevoked},
    refusal::{Refusal, Thing},
    state::BoardState,
    time::Timestamp,
};
use sqlx::Row;
use uuid::Uuid;

use super::super::{
    Directory, Store, StoreError, Write,
    connection::Connection,
    rows,
    sql::{fetch_by_ids, query},
};

/// The maximum number of share links of one board.
const MAX_LINKS_OF_BOARD: usize = 50;
/// The maximum number of share links, on all boards, that one person may have.
const MAX_LINKS_OF_ONE: usize = 500;

impl Store {
    /// The share links of a board that are not revoked, newest first.
    pub async fn share_links(&self, board: &BoardState) -> Result<Vec<ShareLink>, StoreError> {
        let directory = self.directory();
        query(
            "SELECT id, created_by, created_at FROM share_links \
             WHERE board = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC",
        )
        .bind(board.id().to_string())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| {
            let created_by = row.try_get::<Option<&str>, _>(1)?.map(rows::id).transpose()?;
            let works = directory.link(board.id(), created_by).is_some_and(|link| link.works(board.access()));
            let created_at = Timestamp::from_millis(row.try_get(2)?);
            Ok(ShareLink { id: rows::id(row.try_get(0)?)?, created_by, created_at, works })
        })
        .collect()
    }
}

/// The share links that a group of writes names: what is known of them, and what the group does with them.
#[derive(Default)]
pub(in crate::store) struct Links {
    /// The board of each link; `None` if the link was revoked.
    known: HashMap<Uuid, Option<BoardId>>,
    /// The hashed secrets that already exist.
    taken: HashSet<String>,
    steps: Vec<Step>,
}

enum Step {
    Make { hash: String, link: Uuid, board: BoardId, by: Option<ActorId>, at: Timestamp },
    Revoke { link: Uuid, board: BoardId, at: Timestamp },
}

impl Links {
    /// Reads what is known of the links that the writes name.
    pub async fn read(connection: &mut Connection, writes: &[Write]) -> Result<Self, StoreError> {
        let mut links = Self::default();
        let (mut ids, mut hashes) = (Vec::new(), Vec::new());
        for write in writes {
            match &write.mutation.op {
                Op::CreateShareLink(create) => {
                    ids.push(create.link.to_string());
                    hashes.push(create.secret_sha256.as_str().to_owned());
                }
                Op::RevokeShareLink(revoke) => ids.push(revoke.link.to_string()),
                _ => {}
            }
        }
        if ids.is_empty() {
            return Ok(links);
        }
        let select = "SELECT id, board, revoked_at FROM share_links WHERE id";
        for row in fetch_by_ids(connection, select, "", &ids).await? {
            let board = rows::id(row.try_get(1)?)?;
            let works = row.try_get::<Option<i64>, _>(2)?.is_none();
            links.known.insert(rows::id(row.try_get(0)?)?, works.then_some(board));
        }
        for row in fetch_by_ids(connection, "SELECT hash FROM share_links WHERE hash", "", &hashes).await? {
            links.taken.insert(row.try_get(0)?);
        }
        Ok(links)
    }

    /// Whether a link to be revoked exists, and a link to be created does not exist yet and stays within the limits.
    pub fn check(&self, board: BoardId, op: &Op, directory: &Directory, by: Option<ActorId>) -> Result<(), Refusal> {
        match op {
            Op::CreateShareLink(create)
                if self.known.contains_key(&create.link) || self.taken.contains(create.secret_sha256.as_str()) =>
            {
                Err(Refusal::Exists { what: Thing::ShareLink })
            }
            Op::CreateShareLink(_) => {
                let (mut on_board, mut own) = directory.count_links(board, by);
                for step in &self.steps {
                    if let Step::Make { board: other, by: maker, .. } = step {
                        on_board += usize::from(*other == board);
                        own += usize::from(maker.is_some() && *maker == by);
                    }
                }
                let full = |limit: usize| Err(Refusal::Full { what: Thing::ShareLink, limit: limit as u32 });
                match (on_board >= MAX_LINKS_OF_BOARD, own >= MAX_LINKS_OF_ONE) {
                    (true, _) => full(MAX_LINKS_OF_BOARD),
                    (_, true) => full(MAX_LINKS_OF_ONE),
                    _ => Ok(()),
                }
            }
            Op::RevokeShareLink(revoke) if self.known.get(&revoke.link) != Some(&Some(board)) => {
                Err(Refusal::not_found(Thing::ShareLink))
            }
            _ => Ok(()),
        }
    }

    /// Records what was decided.
    pub fn note(&mut self, board: BoardId, op: &Op, change: &Change) {
        match (op, &change.kind) {
            (Op::CreateShareLink(create), ChangeKind::ShareLinkCreated(ShareLinkCreated { link })) => {
                self.known.insert(*link, Some(board));
                let hash = create.secret_sha256.as_str().to_owned();
                self.taken.insert(hash.clone());
                self.steps.push(Step::Make {
                    hash,
                    link: *link,
                    board,
                    by: change.by.filter(|by| by.is_person()),
                    at: change.at,
                });
            }
            (_, ChangeKind::ShareLinkRevoked(ShareLinkRevoked { link })) => {
                self.known.insert(*link, None);
                self.steps.push(Step::Revoke { link: *link, board, at: change.at });
            }
            _ => {}
        }
    }

    /// Whether the directory has changed.
    pub fn have_changed(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Writes the links, and increments the revision of the directory if it has changed.
    pub async fn store(&self, connection: &mut Connection) -> Result<(), StoreError> {
        for step in &self.steps {
            match step {
                Step::Make { hash, link, board, by, at } => {
                    query(
                        "INSERT INTO share_links (hash, id, board, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
                    )
                    .bind(hash.clone())
                    .bind(link.to_string())
                    .bind(board.to_string())
                    .bind(by.map(|person| person.to_string()))
                    .bind(at.as_millis())
                    .execute(&mut *connection)
                    .await?;
                }
                Step::Revoke { link, board, at } => {
                    query("UPDATE share_links SET revoked_at = $3 WHERE board = $1 AND id = $2 AND revoked_at IS NULL")
                        .bind(board.to_string())
                        .bind(link.to_string())
                        .bind(at.as_millis())
                        .execute(&mut *connection)
                        .await?;
                }
            }
        }
        if self.have_changed() {
            query("UPDATE access_revision SET revision = revision + 1").execute(connection).await?;
        }
        Ok(())
    }
}
