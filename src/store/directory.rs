//! Who may do what on this server, in memory.
//!
//! A team has few people, tokens and links, and every request asks for them. So each node keeps all of them, as they were
//! after some *revision*: a number in the database that every change of them counts up. Whoever changes them reads them
//! again before answering; the other nodes hear of it over Redis, or see the new number within a second.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::{
    access::{InstanceRole, LinkTo, Principal, Scope},
    id::{ActorId, BoardId},
    ops::{Op, SetMember, permit},
    people::Person,
    refusal::{Refusal, Thing},
    state::BoardState,
    time::Timestamp,
};
use sqlx::{Row, any::AnyRow};
use tokio::{
    sync::{Mutex, Semaphore, watch},
    time::{Instant, sleep_until, timeout},
};

use super::{
    Account, Store, StoreError, Token,
    accounts::{people::account, tokens::token},
    connection::{Connection, read},
    rows,
    sql::query,
};
use crate::{
    credentials::{Credential, Credentials},
    secret::SecretHash,
};

/// How often the database is asked on behalf of those whose token is not known, all of them together.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How many of them may wait for that. The others are told at once that their token is not known.
const MAY_WAIT: usize = 64;
/// How long that look may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// Everybody's rights as they were after a revision.
#[derive(Debug, Default)]
pub struct Directory {
    revision: i64,
    accounts: HashMap<ActorId, Account>,
    by_email: HashMap<String, ActorId>,
    tokens: HashMap<SecretHash, Token>,
    links: HashMap<SecretHash, Shared>,
    /// Sessions that ended lately: those that sockets may still believe in.
    ended: HashSet<SecretHash>,
}

/// A share link that was not revoked.
#[derive(Debug)]
struct Shared {
    board: BoardId,
    maker: Option<ActorId>,
}

impl Directory {
    /// What somebody may do, as far as this directory knows; `None` where what they prove themselves with no longer holds.
    pub fn principal(&self, credentials: &Credentials, now: Timestamp) -> Option<Principal> {
        let person = |id, scope| {
            let account = self.accounts.get(&id).filter(|account| account.is_active())?;
            Some(Principal { scope, ..Principal::person(id, account.role) })
        };
        let principal = match &credentials.credential {
            Credential::None => Principal::stranger(),
            Credential::Local => Principal::anybody(),
            Credential::Session { hash, .. } if self.ended.contains(hash) => return None,
            Credential::Session { person: id, .. } => person(*id, Scope::Admin)?,
            Credential::Token(hash) => {
                let token = self.tokens.get(hash).filter(|token| token.works(now))?;
                person(token.person, token.scope)?
            }
        };
        let links = credentials.links.iter().filter_map(|link| self.links.get(link));
        let links = links.filter_map(|link| self.link(link.board, link.maker)).collect();
        Some(Principal { links, ..principal })
    }

    /// Whether somebody may do this to a board as it is now, and who they are if they may.
    pub fn permit(
        &self,
        credentials: &Credentials,
        now: Timestamp,
        state: &BoardState,
        op: &Op,
    ) -> Result<Principal, Refusal> {
        let principal = self.principal(credentials, now).ok_or(Refusal::Forbidden)?;
        permit(&principal, state, op)?;
        Ok(principal)
    }

    /// Whether those whom it names can be what it makes them: members must have an account that is in use, and to whom a task is
    /// assigned must be able to see the board as well.
    pub fn know(&self, state: &BoardState, op: &Op) -> Result<(), Refusal> {
        let active = |person: &ActorId| self.account(*person).filter(|account| account.is_active());
        let sees = |person: &ActorId| {
            let principal = active(person).map(|account| Principal::person(account.id, account.role));
            principal.is_some_and(|principal| principal.role_on(state.id(), state.access()).is_some())
        };
        let (field, assigned) = match op {
            Op::SetMember(SetMember { person, role: Some(_) }) if active(person).is_none() => {
                return Err(Refusal::not_found(Thing::Person));
            }
            Op::CreateTask(create) => ("assignees", create.fields.assigned()),
            Op::UpdateTask(update) => ("assign", update.fields.assigned()),
            _ => return Ok(()),
        };
        match assigned.iter().all(sees) {
            true => Ok(()),
            false => Err(Refusal::invalid(field, "must be able to see the board")),
        }
    }

    /// Whether this is how somebody leaves a board.
    pub fn leaves(&self, credentials: &Credentials, now: Timestamp, op: &Op) -> bool {
        self.principal(credentials, now).is_some_and(|principal| op.is_leaving(&principal))
    }

    /// The number of this state.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Whether nobody has an account yet.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// An account.
    pub fn account(&self, id: ActorId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// The account with an e-mail address, however that is capitalised.
    pub fn account_of(&self, email: &str) -> Option<&Account> {
        self.accounts.get(self.by_email.get(&email.trim().to_lowercase())?)
    }

    /// Whether there is an owner who can sign in, one person left out.
    pub fn has_owner_besides(&self, person: ActorId) -> bool {
        let owns = |account: &Account| account.role == InstanceRole::Owner && account.is_active();
        self.accounts.values().any(|account| account.id != person && owns(account))
    }

    /// All accounts, in the order in which they were made.
    pub fn accounts(&self) -> Vec<&Account> {
        let mut accounts: Vec<_> = self.accounts.values().collect();
        accounts.sort_by_key(|account| (account.created_at, account.id));
        accounts
    }

    /// Everybody as the others see them, by id.
    pub fn people(&self) -> Vec<Person> {
        let mut people: Vec<_> = self.accounts.values().map(Account::person).collect();
        people.sort_by_key(|person| person.id);
        people
    }

    /// A token that was not revoked.
    pub fn token(&self, hash: &SecretHash) -> Option<&Token> {
        self.tokens.get(hash)
    }

    /// Whether a session is known to have ended.
    pub fn has_ended(&self, session: &SecretHash) -> bool {
        self.ended.contains(session)
    }

    /// How many share links a board has that were not revoked, and how many somebody has made on all boards.
    pub fn count_links(&self, board: BoardId, maker: Option<ActorId>) -> (usize, usize) {
        let on_board = self.links.values().filter(|link| link.board == board).count();
        let own = self.links.values().filter(|link| link.maker.is_some() && link.maker == maker).count();
        (on_board, own)
    }

    /// How many tokens somebody has that were not revoked.
    pub fn count_tokens(&self, person: ActorId) -> usize {
        self.tokens.values().filter(|token| token.person == person).count()
    }

    /// The board that a share link leads to.
    pub fn linked_board(&self, hash: &SecretHash) -> Option<BoardId> {
        self.links.get(hash).map(|link| link.board)
    }

    /// A share link to a board; none, where whoever made it is out of use.
    pub fn link(&self, board: BoardId, maker: Option<ActorId>) -> Option<LinkTo> {
        let role =
            |maker: ActorId| self.account(maker).filter(|maker| maker.is_active()).map(|maker| (maker.id, maker.role));
        match maker {
            None => Some(LinkTo { board, maker: None }),
            Some(maker) => role(maker).map(|maker| LinkTo { board, maker: Some(maker) }),
        }
    }

    /// As it is at one moment.
    async fn load_at_once(reader: &mut Connection) -> Result<Self, StoreError> {
        reader.begin_here().await?;
        let directory = Self::load(reader).await?;
        reader.rollback().await?;
        Ok(directory)
    }

    pub(super) async fn load(connection: &mut Connection) -> Result<Self, StoreError> {
        let revision = query(REVISION).fetch_one(&mut *connection).await?.try_get(0)?;
        let mut directory = Self { revision, ..Self::default() };
        let people = query(
            "SELECT id, name, email, role, password, created_at, deactivated_at, credentials, email_proved_at FROM people",
        );
        for row in people.fetch_all(&mut *connection).await? {
            let account = account(&row)?;
            directory.by_email.insert(account.email.clone(), account.id);
            directory.accounts.insert(account.id, account);
        }
        let tokens =
            query("SELECT hash, id, person, name, scope, created_at, expires_at FROM tokens WHERE revoked_at IS NULL");
        for row in tokens.fetch_all(&mut *connection).await? {
            directory.tokens.insert(hash(row.try_get(0)?)?, token(&row)?);
        }
        let links = query("SELECT hash, board, created_by FROM share_links WHERE revoked_at IS NULL");
        for row in links.fetch_all(&mut *connection).await? {
            let maker = row.try_get::<Option<&str>, _>(2)?.map(rows::id).transpose()?;
            directory.links.insert(hash(row.try_get(0)?)?, Shared { board: rows::id(row.try_get(1)?)?, maker });
        }
        let ended = query("SELECT hash FROM sessions WHERE ended_at IS NOT NULL");
        for row in ended.fetch_all(&mut *connection).await? {
            directory.ended.insert(hash(row.try_get(0)?)?);
        }
        Ok(directory)
    }
}

/// Looks at the database on behalf of those who come with a token that was made here and is not known: it may have been made a
/// moment ago at the command line or by another node, or have been revoked. However many there are, they cost one look now and then.
pub(super) struct UnknownTokens {
    places: Semaphore,
    /// How many looks have begun.
    begun: AtomicU64,
    last: Mutex<Look>,
}

#[derive(Default)]
struct Look {
    number: u64,
    began: Option<Instant>,
}

impl Default for UnknownTokens {
    fn default() -> Self {
        Self { places: Semaphore::new(MAY_WAIT), begun: AtomicU64::default(), last: Mutex::default() }
    }
}

impl Store {
    /// Has the directory compared with the database once more, for somebody whose token is not in it. Bounded: see
    /// [`UnknownTokens`]. If the database cannot be asked now, the token is as unknown as before.
    pub async fn look_again(&self) {
        let unknown = &self.shared.unknown;
        let Ok(_place) = unknown.places.try_acquire() else { return };
        let asked = unknown.begun.load(Ordering::SeqCst);
        let mut last = unknown.last.lock().await;
        if last.number > asked {
            // One that began after we asked: it has seen all that we would.
            return;
        }
        if let Some(began) = last.began {
            sleep_until(began + LOOK_AGAIN).await;
        }
        let number = unknown.begun.fetch_add(1, Ordering::SeqCst) + 1;
        *last = Look { number, began: Some(Instant::now()) };
        if let Ok(Err(error)) = timeout(LOOK_TIMEOUT, self.refresh_directory()).await {
            tracing::debug!(%error, "could not look for a token");
        }
    }

    /// Who may do what, as far as this node knows.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.shared.directory.borrow())
    }

    /// Is told when that changes.
    pub fn watch_directory(&self) -> watch::Receiver<Arc<Directory>> {
        self.shared.directory.subscribe()
    }

    /// Reads who may do what again, if another node or the command line changed it.
    pub async fn refresh_directory(&self) -> Result<(), StoreError> {
        let known = self.directory().revision;
        let row = query(REVISION).fetch_one(self.readers()).await?;
        // A server that is older than the database goes on reading.
        let newest = self.known_revision(&row).or_else(|error| match error {
            StoreError::Newer { .. } => Ok(row.try_get(0)?),
            error => Err(error),
        })?;
        if newest == known { Ok(()) } else { self.reload_directory().await }
    }

    /// The revision in a row of `revision, schema`, which stands there by itself so that each transaction that writes looks at both: an
    /// error if the schema is newer than this program.
    pub(super) fn known_revision(&self, row: &AnyRow) -> Result<i64, StoreError> {
        self.shared.database.schema.found(row.try_get(1)?)?;
        Ok(row.try_get(0)?)
    }

    pub(super) async fn reload_directory(&self) -> Result<(), StoreError> {
        let directory = read!(self.readers(), |reader| Directory::load_at_once(reader).await)?;
        self.know(Arc::new(directory));
        Ok(())
    }

    /// Who may do what, not older than a transaction that is under way.
    pub(super) async fn directory_in(&self, connection: &mut Connection) -> Result<Arc<Directory>, StoreError> {
        loop {
            let known = self.directory();
            if self.known_revision(&query(REVISION).fetch_one(&mut *connection).await?)? == known.revision {
                return Ok(known);
            }
            let read = Arc::new(Directory::load(connection).await?);
            // On PostgreSQL each of its statements sees what was committed before that statement.
            if self.known_revision(&query(REVISION).fetch_one(&mut *connection).await?)? == read.revision {
                self.know(Arc::clone(&read));
                return Ok(read);
            }
        }
    }

    fn know(&self, directory: Arc<Directory>) {
        self.shared.directory.send_if_modified(|known| {
            // Two may have read it at once.
            let newer = directory.revision > known.revision;
            if newer {
                *known = directory;
            }
            newer
        });
    }
}

/// Which state the directory has, and which version the schema.
const REVISION: &str = "SELECT revision, schema FROM access_revision";

pub(super) fn hash(digits: &str) -> Result<SecretHash, StoreError> {
    SecretHash::parse(digits).ok_or_else(|| StoreError::corrupt("something else in the place of a hash"))
}
