//! Everybody's rights on this server, in memory, and the settings that were changed while servers run.
//!
//! A team has few people, tokens and links, and every request needs them. So each node keeps all of them, as of a *revision*: a
//! number in the database that every change of them increments. A node that changes them reads them again before it answers;
//! the other nodes are told over Redis, or see the new number within a second.

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
    ops::{NewChecklistItem, Op, SetMember, permit},
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
    accounts::{
        people::account,
        settings::{self, StoredSettings},
        tokens::token,
    },
    connection::{Connection, read},
    rows,
    sql::query,
};
use crate::{
    credentials::{Credential, Credentials},
    secret::SecretHash,
};

/// The minimum time between two database look-ups for unknown tokens, for all callers together.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How many callers may wait for such a look-up. For further ones the token counts as unknown at once.
const MAY_WAIT: usize = 64;
/// How long such a look-up may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// Everybody's rights as of a revision.
#[derive(Debug, Default)]
pub struct Directory {
    revision: i64,
    accounts: HashMap<ActorId, Account>,
    by_email: HashMap<String, ActorId>,
    tokens: HashMap<SecretHash, Token>,
    links: HashMap<SecretHash, Shared>,
    /// Sessions that ended recently: open sockets may still use them.
    ended: HashSet<SecretHash>,
    settings: Arc<StoredSettings>,
}

/// A share link that is not revoked.
#[derive(Debug)]
struct Shared {
    board: BoardId,
    maker: Option<ActorId>,
}

impl Directory {
    /// The principal for some credentials, as far as this directory knows; `None` if the credentials are not valid any more.
    pub fn principal(&self, credentials: &Credentials, now: Timestamp) -> Option<Principal> {
        let person = |id, scope| {
            let account = self.accounts.get(&id).filter(|account| account.is_active())?;
            Some(Principal { scope, ..Principal::person(id, account.role) })
        };
        let principal = match &credentials.credential {
            Credential::None => Principal::stranger(),
            Credential::Local => Principal::anybody(),
            Credential::Invited(person) => Principal { person: Some(*person), ..Principal::anybody() },
            Credential::Session { hash, .. } if self.ended.contains(hash) => return None,
            Credential::Session { person: id, .. } | Credential::Person(id) => person(*id, Scope::Admin)?,
            Credential::Token(hash) => {
                let token = self.tokens.get(hash).filter(|token| token.works(now))?;
                person(token.person, token.scope)?
            }
        };
        let links = credentials.links.iter().filter_map(|link| self.links.get(link));
        let links = links.filter_map(|link| self.link(link.board, link.maker)).collect();
        Some(Principal { links, ..principal })
    }

    /// Whether the caller has the right to an operation on a board in its current state. Returns the caller's principal if so.
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

    /// Whether the people whom an operation names exist and are suitable: a new member must have an active account, and an
    /// assignee must also be able to see the board.
    pub fn know(&self, state: &BoardState, op: &Op) -> Result<(), Refusal> {
        let active = |person: &ActorId| self.account(*person).filter(|account| account.is_active());
        let sees = |person: &ActorId| {
            let principal = active(person).map(|account| Principal::person(account.id, account.role));
            principal.is_some_and(|principal| principal.role_on(state.id(), state.access()).is_some())
        };
        let of_items = |items: &[NewChecklistItem]| items.iter().filter_map(|item| item.assignee).collect();
        let (field, assigned): (&str, Vec<ActorId>) = match op {
            Op::SetMember(SetMember { person, role: Some(_) }) if active(person).is_none() => {
                return Err(Refusal::not_found(Thing::Person));
            }
            Op::CreateTask(create) => {
                let items =
                    create.checklists.iter().flat_map(|list| list.items.iter().filter_map(|item| item.assignee));
                ("assignees", create.fields.assigned().iter().copied().chain(items).collect())
            }
            Op::UpdateTask(update) => ("assign", update.fields.assigned().to_vec()),
            Op::UpdateChecklistItem(update) => ("assignee", Vec::from_iter(update.assignee.flatten())),
            Op::CreateChecklist(create) => ("assignee", of_items(&create.items)),
            Op::AddChecklistItems(add) => ("assignee", of_items(&add.items)),
            _ => return Ok(()),
        };
        match assigned.iter().all(sees) {
            true => Ok(()),
            false => Err(Refusal::invalid(field, "an assignee must be able to see the board")),
        }
    }

    /// Whether with this operation the caller leaves a board.
    pub fn leaves(&self, credentials: &Credentials, now: Timestamp, op: &Op) -> bool {
        self.principal(credentials, now).is_some_and(|principal| op.is_leaving(&principal))
    }

    /// The settings that were changed while servers run.
    pub fn settings(&self) -> &Arc<StoredSettings> {
        &self.settings
    }

    /// The revision of this directory.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Whether there is no account yet.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// An account.
    pub fn account(&self, id: ActorId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// The account with an e-mail address, in any capitalisation.
    pub fn account_of(&self, email: &str) -> Option<&Account> {
        self.accounts.get(self.by_email.get(&email.trim().to_lowercase())?)
    }

    /// Whether somebody other than this person is an owner with an active account.
    pub fn has_owner_besides(&self, person: ActorId) -> bool {
        let owns = |account: &Account| account.role == InstanceRole::Owner && account.is_active();
        self.accounts.values().any(|account| account.id != person && owns(account))
    }

    /// All accounts, in the order of their creation.
    pub fn accounts(&self) -> Vec<&Account> {
        let mut accounts: Vec<_> = self.accounts.values().collect();
        accounts.sort_by_key(|account| (account.created_at, account.id));
        accounts
    }

    /// Everybody as other people see them, by id.
    pub fn people(&self) -> Vec<Person> {
        let mut people: Vec<_> = self.accounts.values().map(Account::person).collect();
        people.sort_by_key(|person| person.id);
        people
    }

    /// A token that is not revoked.
    pub fn token(&self, hash: &SecretHash) -> Option<&Token> {
        self.tokens.get(hash)
    }

    /// The tokens that are not revoked.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.values()
    }

    /// Whether a session is known to have ended.
    pub fn has_ended(&self, session: &SecretHash) -> bool {
        self.ended.contains(session)
    }

    /// How many share links that are not revoked a board has, and how many this maker has on all boards.
    pub fn count_links(&self, board: BoardId, maker: Option<ActorId>) -> (usize, usize) {
        let on_board = self.links.values().filter(|link| link.board == board).count();
        let own = self.links.values().filter(|link| link.maker.is_some() && link.maker == maker).count();
        (on_board, own)
    }

    /// How many tokens that are not revoked a person has.
    pub fn count_tokens(&self, person: ActorId) -> usize {
        self.tokens.values().filter(|token| token.person == person).count()
    }

    /// The board that a share link leads to.
    pub fn linked_board(&self, hash: &SecretHash) -> Option<BoardId> {
        self.links.get(hash).map(|link| link.board)
    }

    /// A share link to a board, with its maker; `None` if the maker's account is deactivated.
    pub fn link(&self, board: BoardId, maker: Option<ActorId>) -> Option<LinkTo> {
        let role =
            |maker: ActorId| self.account(maker).filter(|maker| maker.is_active()).map(|maker| (maker.id, maker.role));
        match maker {
            None => Some(LinkTo { board, maker: None }),
            Some(maker) => role(maker).map(|maker| LinkTo { board, maker: Some(maker) }),
        }
    }

    /// Loads the directory as of one moment.
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
        directory.settings = Arc::new(settings::read(connection).await?);
        Ok(directory)
    }
}

/// Looks up unknown tokens in the database: tokens with a valid seal that are not in the directory. Such a token may have been
/// created a moment ago at the command line or by another node, or may have been revoked. However many callers use one, they
/// cost one look-up now and then.
pub(super) struct UnknownTokens {
    places: Semaphore,
    /// How many look-ups have begun.
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
    /// Compares the directory with the database once more, for a caller whose token is not in it. Rate-limited: see
    /// [`UnknownTokens`]. If the database cannot be read now, the token stays unknown.
    pub async fn look_again(&self) {
        let unknown = &self.shared.unknown;
        let Ok(_place) = unknown.places.try_acquire() else { return };
        let asked = unknown.begun.load(Ordering::SeqCst);
        let mut last = unknown.last.lock().await;
        if last.number > asked {
            // A look-up that began after this call has seen everything that another one would see.
            return;
        }
        if let Some(began) = last.began {
            sleep_until(began + LOOK_AGAIN).await;
        }
        let number = unknown.begun.fetch_add(1, Ordering::SeqCst) + 1;
        *last = Look { number, began: Some(Instant::now()) };
        if let Ok(Err(error)) = timeout(LOOK_TIMEOUT, self.refresh_directory()).await {
            tracing::debug!(%error, "could not look up a token");
        }
    }

    /// Everybody's rights, as far as this node knows.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.shared.directory.borrow())
    }

    /// Notifies of changes of the directory.
    pub fn watch_directory(&self) -> watch::Receiver<Arc<Directory>> {
        self.shared.directory.subscribe()
    }

    /// Reads the directory again if another node or the command line has changed it.
    pub async fn refresh_directory(&self) -> Result<(), StoreError> {
        let known = self.directory().revision;
        let row = query(REVISION).fetch_one(self.readers()).await?;
        // A server that is older than the database continues to read.
        let newest = self.known_revision(&row).or_else(|error| match error {
            StoreError::Newer { .. } => Ok(row.try_get(0)?),
            error => Err(error),
        })?;
        if newest == known { Ok(()) } else { self.reload_directory().await }
    }

    /// The revision in a row of `revision, schema`. Both are in one row so that every writing transaction checks both: this
    /// returns an error if the schema is newer than this program.
    pub(super) fn known_revision(&self, row: &AnyRow) -> Result<i64, StoreError> {
        self.shared.database.schema.found(row.try_get(1)?)?;
        Ok(row.try_get(0)?)
    }

    async fn revision_in(&self, connection: &mut Connection) -> Result<i64, StoreError> {
        self.known_revision(&query(REVISION).fetch_one(connection).await?)
    }

    pub(super) async fn reload_directory(&self) -> Result<(), StoreError> {
        let directory = read!(self.readers(), |reader| Directory::load_at_once(reader).await)?;
        self.know(Arc::new(directory));
        Ok(())
    }

    /// A directory that is not older than a transaction that is under way.
    pub(super) async fn directory_in(&self, connection: &mut Connection) -> Result<Arc<Directory>, StoreError> {
        loop {
            let known = self.directory();
            if self.revision_in(connection).await? == known.revision {
                return Ok(known);
            }
            let read = Arc::new(Directory::load(connection).await?);
            // On PostgreSQL, each statement of the load sees what was committed before that statement, so check that nothing
            // changed meanwhile.
            if self.revision_in(connection).await? == read.revision {
                self.know(Arc::clone(&read));
                return Ok(read);
            }
        }
    }

    fn know(&self, directory: Arc<Directory>) {
        self.shared.directory.send_if_modified(|known| {
            // Two tasks may have read it at the same time.
            let newer = directory.revision > known.revision;
            if newer {
                *known = directory;
            }
            newer
        });
    }
}

/// The revision of the directory, and the version of the schema.
const REVISION: &str = "SELECT revision, schema FROM access_revision";

pub(super) fn hash(digits: &str) -> Result<SecretHash, StoreError> {
    SecretHash::parse(digits).ok_or_else(|| StoreError::corrupt("a value that is not a hash, where a hash is expected"))
}
