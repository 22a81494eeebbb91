//! A group of writes, decided and stored in one transaction.
//!
//! 1. Lock the rows of the boards, in the order of their ids, so that two nodes cannot deadlock. From here on nobody else can
//!    append to these boards: commit order is number order, and a rollback leaves no gap. (An abandoned transaction of this
//!    node whose commit is still under way holds these locks too, so it has ended before this one continues.)
//! 2. Bring the states of the boards up to date: from the log, if other nodes have written in the meantime.
//! 3. Look up the earlier answers to the mutations (`answers`), and which of the new tasks already exist, in one query each.
//! 4. Read the directory as of this transaction. Decide each write on the state that the previous ones leave, including whether
//!    its sender has the right to it. A refused write changes nothing, and its refusal is final.
//! 5. Write the touched rows, once each, the changes, the events of the audit log and the refusals; commit.
//!
//! Memory is updated only after the commit has succeeded, so a failed transaction leaves no trace there.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::Arc,
};

use app::{
    access::Principal,
    checklist::{Checklist, ChecklistItem},
    comment::Comment,
    id::{ActorId, BoardId, ChecklistId, ChecklistItemId, MutationId, TaskId},
    label::Label,
    model::{Column, Seq, Task},
    ops::{Applied, Change, ChangeKind, Op, SetMember, UpdateTask, decide},
    refusal::{Refusal, Thing},
    state::{BoardState, Entity, MAX_BOARDS_OF_ONE, MAX_TRASH_TASKS, Touched},
    time::Timestamp,
};
use sqlx::Row;

use super::{
    Accepted, Committed, Directory, LoggedChange, Store, StoreError, Write,
    accounts::share_links::Links,
    answers::{Answer, Answers, Refused, put_refused},
    audit::{self, Author, NewEvent},
    board_keys::Keys,
    cache::{Cache, catch_up},
    comments::{self, Named, Version},
    connect::Engine,
    connection::Connection,
    fingerprint::Fingerprint,
    group_memberships::GroupMemberships,
    rows::{self, BoardRow, ChangeRow},
    sql::{fetch_by_ids, query},
};
use crate::clock::now;

/// How far apart the clocks of nodes that write to one board may be. Within that, the times of a board's changes never go
/// backwards.
const SKEW_MS: i64 = 60_000;

/// The maximum number of tasks, on all boards together, in the spare states.
const MOST_SPARE_TASKS: usize = 100_000;

/// Most changes fit into this many bytes of JSON, so the buffer rarely grows.
const USUAL_CHANGE_BYTES: usize = 512;

/// Spare states for the next transactions.
#[derive(Default)]
pub(super) struct Spares(HashMap<BoardId, Spare>);

/// The state of a board from before the last transaction. By the next transaction, its readers have mostly released it, so it
/// can be brought up to date and modified in place. The current state is shared with readers, and would have to be copied as a
/// whole.
struct Spare {
    state: Arc<BoardState>,
    /// The changes since that state.
    changes: Vec<Change>,
}

impl Spares {
    /// Keeps states for the next transactions.
    fn keep(&mut self, spares: HashMap<BoardId, Spare>) {
        self.0.extend(spares);
        let tasks = |spare: &Spare| spare.state.tasks().size_hint().0 + spare.changes.len();
        if self.0.values().map(tasks).sum::<usize>() > MOST_SPARE_TASKS {
            self.0.clear();
        }
    }
}

impl Spare {
    /// A state equal to `current` that nobody else holds: this spare, if it can be used, or else a copy.
    fn renew(spare: Option<Self>, current: &BoardState) -> Result<BoardState, StoreError> {
        let Some(Self { state, changes }) = spare else { return Ok(current.clone()) };
        let Ok(mut state) = Arc::try_unwrap(state) else { return Ok(current.clone()) };
        for change in &changes {
            state.apply(change).map_err(StoreError::corrupt)?;
        }
        // Another node may have written in the meantime.
        Ok(if state.seq() == current.seq() && state.is_whole() { state } else { current.clone() })
    }
}

impl Store {
    /// Stores a group of writes in one transaction; durable when this returns. Only [`crate::writer::Writer`] calls it.
    pub(crate) async fn commit(&self, writes: &[Write]) -> Result<Committed, StoreError> {
        self.shared.writes.note(self.try_commit(writes).await)
    }

    async fn try_commit(&self, writes: &[Write]) -> Result<Committed, StoreError> {
        let shared = &*self.shared;
        let mut transaction = shared.writer.begin().await?;
        let mut group = Group::lock(&mut transaction, self, writes).await?;
        let decided: Vec<_> = {
            let mut spares = shared.spares();
            writes.iter().map(|write| group.decide(write, &mut spares.0)).collect::<Result<_, _>>()?
        };
        let enqueued = group.store(&mut transaction, shared.database.engine).await?;
        transaction.commit().await?;
        drop(transaction);
        if enqueued {
            shared.enqueued.notify_one();
        }
        let (committed, spares) = group.finish(&shared.cache, writes, decided);
        shared.spares().keep(spares);
        if committed.rights_changed
            && let Err(error) = self.reload_directory().await
        {
            tracing::warn!(%error, "the changed rights could not be read back; they take effect with the next read");
        }
        Ok(committed)
    }
}

/// The boards of a group of writes, locked, and the data needed to decide the writes.
struct Group {
    /// Everybody's rights, as of this transaction.
    directory: Arc<Directory>,
    /// The time at which the group is decided.
    now: Timestamp,
    boards: BTreeMap<BoardId, WorkingCopy>,
    /// The answers to the mutations, by an earlier transaction or by this one.
    answers: Answers,
    /// The final refusals of this transaction.
    refused: Vec<Refused>,
    /// The boards of the tasks that writes of this group want to create, if they already exist.
    taken: HashMap<TaskId, BoardId>,
    /// The comments that writes of this group name.
    comments: Named,
    /// The share links that writes of this group name.
    links: Links,
    /// What groups decide about the memberships that writes of this group set.
    memberships: GroupMemberships,
    /// The keys that writes of this group name, and those of the boards that they create.
    keys: Keys,
    /// For each person who wants to create or restore a board, the number of boards that they manage.
    managed: HashMap<ActorId, usize>,
    /// For the audit log.
    events: Vec<(Author, NewEvent)>,
}

/// A board in the middle of a transaction.
struct WorkingCopy {
    /// The state before the transaction.
    before: Arc<BoardState>,
    /// The state after the writes so far, once one was accepted.
    after: Option<BoardState>,
    /// The time of its newest change.
    changed_at: Timestamp,
    touched: Touched,
    changes: Vec<Change>,
    rows: Vec<ChangeRow>,
    /// The texts of comments that were replaced.
    versions: Vec<Version>,
}

/// An accepted write: its number, and whether it had been accepted before.
struct Decided {
    seq: Seq,
    repeated: bool,
}

impl Group {
    async fn lock(connection: &mut Connection, store: &Store, writes: &[Write]) -> Result<Self, StoreError> {
        let (engine, cache) = (store.shared.database.engine, &store.shared.cache);
        let mut ids: Vec<BoardId> = writes.iter().map(|write| write.board).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut heads = lock_boards(connection, engine, &ids).await?;
        let new: Vec<BoardId> = ids.iter().filter(|id| !heads.contains_key(id)).copied().collect();
        if engine == Engine::Postgres && !new.is_empty() {
            // There is no row to lock, so take an advisory lock. Another node may have created the board while this one waited
            // for it.
            for board in &new {
                let name = board.0.as_u64_pair().1 as i64;
                query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)").bind(name).execute(&mut *connection).await?;
            }
            heads.extend(lock_boards(connection, engine, &new).await?);
        }
        let mut boards = BTreeMap::new();
        for id in ids {
            let (before, changed_at) = match heads.get(&id) {
                Some((head, changed_at)) => (current(connection, cache, id, *head).await?, *changed_at),
                None => (Arc::new(BoardState::empty(id)), Timestamp::from_millis(0)),
            };
            boards.insert(id, WorkingCopy::on(before, changed_at));
        }
        let ids: Vec<MutationId> = writes.iter().map(|write| write.mutation.id).collect();
        let answers = Answers::to(connection, &ids).await?;
        let taken = taken(connection, writes).await?;
        let comments = Named::read(connection, writes).await?;
        let links = Links::read(connection, writes).await?;
        let managed = managed(connection, &store.directory(), writes).await?;
        let memberships = GroupMemberships::read(connection, engine, writes).await?;
        let keys = Keys::read(connection, engine, writes).await?;
        // Read the directory last, when nothing waits any more: so somebody who lost access while these writes waited is refused.
        let directory = store.directory_in(connection).await?;
        let (refused, events) = Default::default();
        Ok(Self {
            directory,
            now: now(),
            boards,
            answers,
            refused,
            taken,
            comments,
            links,
            memberships,
            keys,
            managed,
            events,
        })
    }

    /// Decides a write on the state that the previous ones left, and applies it there; or returns the earlier answer to it.
    fn decide(
        &mut self,
        write: &Write,
        spares: &mut HashMap<BoardId, Spare>,
    ) -> Result<Result<Decided, Refusal>, StoreError> {
        if let (true, Op::SetMember(SetMember { person, .. })) = (write.from_groups, &write.mutation.op) {
            return self.set_from_groups(write, *person, spares);
        }
        let Write { board, mutation, by, at, keeps, .. } = write;
        let working = self.boards.get_mut(board).ok_or(StoreError::Raced)?;
        working.hold_comment(&self.comments, *board, &mutation.op, spares)?;
        let permitted = self.directory.permit(by, self.now, working.state(), &mutation.op);
        let fingerprint = Fingerprint::of(*board, &mutation.op)?;
        if let Some((known, answer)) = self.answers.get(mutation.id) {
            return Ok(match (permitted, answer) {
                // Somebody who has left the board still gets the answer to the mutation with which they left.
                (Err(refusal), _) if !self.directory.leaves(by, self.now, &mutation.op) => Err(refusal),
                _ if !fingerprint.matches(known) => Err(Refusal::IdReused),
                (_, Answer::Accepted(seq)) => Ok(Decided { seq: *seq, repeated: true }),
                (_, Answer::Refused(refusal)) => Err(refused_again(refusal, working.state(), &mutation.op)),
            });
        }
        if self.answers.may_be_forgotten(mutation.id) {
            return Ok(Err(Refusal::Expired));
        }
        let fingerprint = fingerprint.stored();
        let judged = permitted.and_then(|principal| {
            self.directory.know(working.state(), &mutation.op)?;
            if let Op::CreateTask(create) = &mutation.op
                && self.taken.get(&create.task).is_some_and(|taken| taken != board)
            {
                return Err(Refusal::Exists { what: Thing::Task });
            }
            self.links.check(*board, &mutation.op, &self.directory, principal.person)?;
            self.keys.check(*board, &mutation.op)?;
            if adds_board(&mutation.op)
                && principal.person.is_some_and(|person| self.managed.get(&person) >= Some(&MAX_BOARDS_OF_ONE))
                && !working.state().exists()
            {
                return Err(Refusal::Full { what: Thing::Board, limit: MAX_BOARDS_OF_ONE as u32 });
            }
            let kind = decide(working.state(), &mutation.op)?;
            match kind.purged().iter().any(|task| keeps.contains(task)) {
                true => Err(Refusal::Full { what: Thing::Task, limit: MAX_TRASH_TASKS as u32 }),
                false => Ok((principal, kind)),
            }
        });
        let (principal, kind) = match judged {
            Ok(judged) => judged,
            Err(refusal) => {
                // Callers without an account never have the right to write, so their refusals need not be stored: a repeated
                // mutation is refused again.
                if by.has_account() {
                    let id = mutation.id;
                    self.answers.add(id, fingerprint, Answer::Refused(refusal.clone()));
                    self.refused.push(Refused { mutation: id, fingerprint, refusal: refusal.clone(), at: *at });
                }
                return Ok(Err(refusal));
            }
        };
        if let ChangeKind::MemberSet(set) = &kind {
            self.memberships.is_set_by_hand(*board, set);
        }
        self.accept(write, &mutation.op, principal, kind, fingerprint, spares).map(Ok)
    }

    /// Sets a membership that is due to what the groups give now. Nothing is done if nothing is due.
    fn set_from_groups(
        &mut self,
        write: &Write,
        person: ActorId,
        spares: &mut HashMap<BoardId, Spare>,
    ) -> Result<Result<Decided, Refusal>, StoreError> {
        let Write { board, mutation, by, .. } = write;
        let state = self.boards.get(board).ok_or(StoreError::Raced)?.state();
        if let Some((_, Answer::Accepted(seq))) = self.answers.get(mutation.id) {
            return Ok(Ok(Decided { seq: *seq, repeated: true }));
        }
        let nothing = Decided { seq: state.seq(), repeated: true };
        let Some(due) = self.memberships.due(state, person) else { return Ok(Ok(nothing)) };
        let Some(op) = &due.op else {
            self.memberships.is_set(*board, person, &due);
            return Ok(Ok(nothing));
        };
        let principal = match self.directory.permit(by, self.now, state, op) {
            Ok(principal) => principal,
            Err(refusal) => return Ok(Err(refusal)),
        };
        // It stays due until the person is reactivated, or the board restored.
        if let Err(refusal) = self.directory.know(state, op) {
            return Ok(Err(refusal));
        }
        match decide(state, op) {
            Ok(kind) => {
                self.memberships.is_set(*board, person, &due);
                let fingerprint = Fingerprint::of(*board, op)?.stored();
                self.accept(write, op, principal, kind, fingerprint, spares).map(Ok)
            }
            Err(refusal @ Refusal::NotFound { what: Thing::Board }) => Ok(Err(refusal)),
            Err(refusal) => {
                self.memberships.is_refused(*board, person, &due, &refusal);
                Ok(Err(refusal))
            }
        }
    }

    /// Applies a change that was decided.
    fn accept(
        &mut self,
        write: &Write,
        op: &Op,
        principal: Principal,
        mut kind: ChangeKind,
        fingerprint: i64,
        spares: &mut HashMap<BoardId, Spare>,
    ) -> Result<Decided, StoreError> {
        let Write { board, mutation, at, .. } = write;
        self.keys.assign(*board, &mut kind);
        let working = self.boards.get_mut(board).ok_or(StoreError::Raced)?;
        if let ChangeKind::BoardRestored(_) = &kind {
            self.memberships.is_restored(*board);
        }
        if let ChangeKind::BoardCreated(_) | ChangeKind::BoardRestored(_) = &kind
            && let Some(managed) = principal.person.and_then(|person| self.managed.get_mut(&person))
        {
            *managed += 1;
        }
        if let ChangeKind::TaskCreated(created) = &kind {
            self.taken.insert(created.task, *board);
        }
        let after = match &mut working.after {
            Some(after) => after,
            none => none.insert(Spare::renew(spares.remove(board), &working.before)?),
        };
        kind.number(after);
        let seq = after.seq() + 1;
        working.changed_at = not_before(working.changed_at, *at);
        let by = write.by.originator(&principal);
        let change = Change { seq, at: working.changed_at, by, mutation: mutation.id, kind };
        let activity = serde_json::to_string(&change.kind.activity(after)).map_err(StoreError::corrupt)?;
        let events = [NewEvent::of_board(&change, after, &self.directory), NewEvent::of_key(&change, after)];
        self.events.extend(events.into_iter().flatten().map(|event| (Author::of(&write.by, &self.directory), event)));
        if let ChangeKind::CommentUpdated(update) = &change.kind
            && let Some(old) = after.comment(update.comment.id).filter(|old| old.text != update.comment.text)
        {
            working.versions.push(Version::of(*board, old));
        }
        let Applied::New(touched) = after.apply(&change).map_err(StoreError::corrupt)? else {
            return Err(StoreError::corrupt(format_args!("change {seq} of board {board} is known already")));
        };
        working.touched.merge(&touched);
        self.links.note(*board, op, &change);
        let mut json = Vec::with_capacity(USUAL_CHANGE_BYTES);
        serde_json::to_writer(&mut json, &change).map_err(StoreError::corrupt)?;
        let logged = LoggedChange { seq, json: json.into() };
        let (at, task) = (change.at, change.kind.task());
        working.rows.push(ChangeRow { board: *board, at, mutation: mutation.id, fingerprint, logged, task, activity });
        working.changes.push(change);
        self.answers.add(mutation.id, fingerprint, Answer::Accepted(seq));
        Ok(Decided { seq, repeated: false })
    }

    /// Writes the touched rows. Boards come first: the other rows refer to them.
    ///
    /// Returns whether a job was enqueued.
    async fn store(&self, connection: &mut Connection, engine: Engine) -> Result<bool, StoreError> {
        let mut boards: Vec<BoardRow<'_>> = Vec::new();
        let mut columns: Vec<(BoardId, &Column)> = Vec::new();
        let mut gone = Vec::new();
        let mut shared = Vec::new();
        let mut labels: Vec<(BoardId, &Label)> = Vec::new();
        let mut gone_labels = Vec::new();
        let mut tasks: Vec<(BoardId, &Task)> = Vec::new();
        let mut purged = Vec::new();
        let mut lists: Vec<(BoardId, TaskId, &Checklist)> = Vec::new();
        let mut gone_lists: Vec<(BoardId, TaskId, ChecklistId)> = Vec::new();
        let mut items: Vec<(BoardId, TaskId, &ChecklistItem)> = Vec::new();
        let mut gone_items: Vec<(BoardId, TaskId, ChecklistItemId)> = Vec::new();
        let mut comments: Vec<(BoardId, &Comment)> = Vec::new();
        let mut numbered: Vec<(BoardId, &Task)> = Vec::new();
        for (id, WorkingCopy { before, after, changed_at, touched, rows, .. }) in &self.boards {
            let Some(state) = after.as_ref().filter(|_| !rows.is_empty()) else { continue };
            boards.push(BoardRow { state, changed_at: *changed_at });
            for entity in touched.iter() {
                match entity {
                    // A board's own row has its newest sequence number, so it is written with every change: see above.
                    Entity::Board => {}
                    Entity::Access => shared.push(state),
                    Entity::Column(column) => match state.column(column) {
                        Some(column) => columns.push((*id, column)),
                        None => gone.push((*id, column)),
                    },
                    Entity::Label(label) => match state.label(label) {
                        Some(label) => labels.push((*id, label)),
                        None => gone_labels.push((*id, label)),
                    },
                    Entity::Task(task) => match state.task(task) {
                        Some(task) => {
                            tasks.push((*id, &**task));
                            if before.task(task.id).is_none() {
                                numbered.push((*id, &**task));
                            }
                        }
                        None => purged.push((*id, task)),
                    },
                    Entity::Checklist(task, list) => {
                        match state.task(task).and_then(|task| task.checklists()?.list(list)) {
                            Some(list) => lists.push((*id, task, list)),
                            None => gone_lists.push((*id, task, list)),
                        }
                    }
                    Entity::ChecklistItem(task, item) => {
                        match state.task(task).and_then(|task| task.checklists()?.item(item)) {
                            Some(item) => items.push((*id, task, item)),
                            None => gone_items.push((*id, task, item)),
                        }
                    }
                    // Those of a purged task are not held any more, and are deleted with it.
                    Entity::Comment(_, comment) => {
                        comments.extend(state.comment(comment).map(|comment| (*id, &**comment)))
                    }
                }
            }
        }
        rows::put_boards(connection, &boards).await?;
        self.keys.store(connection).await?;
        for state in shared {
            rows::put_members(connection, state).await?;
        }
        let listed = self.boards.iter().filter(|(_, working)| working.changes_listing());
        rows::renew_listing(connection, listed.map(|(id, _)| *id).collect()).await?;
        rows::put_columns(connection, &columns).await?;
        for (board, column) in gone {
            rows::remove_column(connection, board, column).await?;
        }
        rows::put_labels(connection, &labels).await?;
        for (board, label) in gone_labels {
            rows::remove_label(connection, board, label).await?;
        }
        rows::put_tasks(connection, &tasks).await?;
        rows::put_numbers(connection, &numbered).await?;
        rows::put_checklists(connection, &lists).await?;
        rows::put_checklist_items(connection, &items).await?;
        for item in gone_items {
            rows::remove_checklist_item(connection, item).await?;
        }
        for list in gone_lists {
            rows::remove_checklist(connection, list).await?;
        }
        comments::put(connection, &comments).await?;
        let versions: Vec<&Version> = self.boards.values().flat_map(|working| &working.versions).collect();
        comments::put_versions(connection, &versions).await?;
        self.links.store(connection).await?;
        for (board, task) in purged {
            rows::remove_task(connection, board, task).await?;
        }
        let changes: Vec<&ChangeRow> = self.boards.values().flat_map(|working| &working.rows).collect();
        rows::append_changes(connection, &changes).await?;
        audit::put(connection, self.events.iter().map(|(author, event)| (author, event))).await?;
        put_refused(connection, &self.refused).await?;
        self.memberships.store(connection, engine).await
    }

    /// After the commit: the outcomes of the writes, which may now be published, and the spare states for the next transaction.
    fn finish(
        self,
        cache: &Cache,
        writes: &[Write],
        decided: Vec<Result<Decided, Refusal>>,
    ) -> (Committed, HashMap<BoardId, Spare>) {
        let mut states = HashMap::new();
        let mut changes = Vec::new();
        let mut boards_changed = false;
        let mut spares = HashMap::new();
        for (id, working) in self.boards {
            boards_changed |= working.changes_listing();
            let state = match working.after {
                Some(mut after) if !working.rows.is_empty() => {
                    after.release_all_comments();
                    changes.push((id, working.rows.into_iter().map(|row| row.logged).collect()));
                    spares.insert(id, Spare { state: working.before, changes: working.changes });
                    Arc::new(after)
                }
                _ => working.before,
            };
            if state.seq() > 0 {
                cache.put(&state);
            }
            states.insert(id, state);
        }
        let accept = |(write, decided): (&Write, Result<Decided, Refusal>)| {
            let Decided { seq, repeated } = decided?;
            Ok(Accepted { mutation: write.mutation.id, seq, repeated, board: Arc::clone(&states[&write.board]) })
        };
        let outcomes = writes.iter().zip(decided).map(accept).collect();
        (Committed { outcomes, changes, boards_changed, rights_changed: self.links.have_changed() }, spares)
    }
}

impl WorkingCopy {
    fn on(before: Arc<BoardState>, changed_at: Timestamp) -> Self {
        let (touched, changes, rows, versions) = Default::default();
        Self { before, after: None, changed_at, touched, changes, rows, versions }
    }

    fn state(&self) -> &BoardState {
        self.after.as_ref().unwrap_or(&self.before)
    }

    /// Holds the comment that an operation names, so that it can be decided.
    fn hold_comment(
        &mut self,
        comments: &Named,
        board: BoardId,
        op: &Op,
        spares: &mut HashMap<BoardId, Spare>,
    ) -> Result<(), StoreError> {
        let Some(comment) = op.comment() else { return Ok(()) };
        let after = match &mut self.after {
            Some(after) => after,
            none => none.insert(Spare::renew(spares.remove(&board), &self.before)?),
        };
        if let Op::CreateComment(create) = op {
            after.hold_comments(create.task);
        }
        if let Some(comment) = comments.get(board, comment) {
            after.hold_comment(Arc::clone(comment));
        }
        Ok(())
    }

    /// Whether lists of boards show something that this transaction changed.
    fn changes_listing(&self) -> bool {
        self.touched.contains(Entity::Board) || self.touched.contains(Entity::Access)
    }
}

/// The state of a locked board after change `head`, its newest.
async fn current(
    connection: &mut Connection,
    cache: &Cache,
    id: BoardId,
    head: Seq,
) -> Result<Arc<BoardState>, StoreError> {
    if let Some(state) = cache.get(id) {
        if state.seq() > head {
            // The cached state is ahead of the database, so the database was restored from an older copy.
            cache.forget(id);
        } else if state.seq() == head {
            return Ok(state);
        } else if let Some(state) = catch_up(connection, state, head).await? {
            return Ok(state);
        }
    }
    let state = rows::load(connection, id).await?;
    state.map(Arc::new).ok_or_else(|| StoreError::corrupt(format_args!("board {id} disappeared while it was locked")))
}

/// Locks the rows of those boards that exist. Returns the numbers and times of their newest changes.
async fn lock_boards(
    connection: &mut Connection,
    engine: Engine,
    ids: &[BoardId],
) -> Result<HashMap<BoardId, (Seq, Timestamp)>, StoreError> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    fetch_by_ids(connection, "SELECT id, seq, changed_at FROM boards WHERE id", engine.lock_rows(), &texts)
        .await?
        .iter()
        .map(|row| {
            let changed_at = Timestamp::from_millis(row.try_get(2)?);
            Ok((rows::id(row.try_get(0)?)?, (rows::seq(row.try_get(1)?)?, changed_at)))
        })
        .collect()
}

/// The time for an event that follows an earlier one. It is not before the earlier event, unless that one was stamped by a
/// clock that was ahead and has been corrected. Then the wrong time must not carry over to all later changes.
fn not_before(earlier: Timestamp, now: Timestamp) -> Timestamp {
    if earlier.as_millis() - now.as_millis() > SKEW_MS { now } else { now.max(earlier) }
}

/// The answer to a mutation that was refused before: what is wrong with it now, or else what was wrong then.
fn refused_again(then: &Refusal, state: &BoardState, op: &Op) -> Refusal {
    match (decide(state, op), then, op) {
        (Err(now), ..) => now,
        // The conflicting text is not stored with the refusal; its current value is more useful anyway.
        (Ok(_), Refusal::Conflict { field, seq, .. }, Op::UpdateTask(UpdateTask { task, .. })) => {
            let theirs = state.task(*task).and_then(|task| field.of(task)).map(str::to_owned);
            Refusal::Conflict { field: *field, theirs: theirs.unwrap_or_default(), seq: *seq }
        }
        _ => then.clone(),
    }
}

/// The boards of the tasks that these writes want to create, if they already exist.
async fn taken(connection: &mut Connection, writes: &[Write]) -> Result<HashMap<TaskId, BoardId>, StoreError> {
    let ids: Vec<String> = writes
        .iter()
        .filter_map(|write| match &write.mutation.op {
            Op::CreateTask(create) => Some(create.task.to_string()),
            _ => None,
        })
        .collect();
    fetch_by_ids(connection, "SELECT id, board FROM tasks WHERE id", "", &ids)
        .await?
        .iter()
        .map(|row| Ok((rows::id(row.try_get(0)?)?, rows::id(row.try_get(1)?)?)))
        .collect()
}

/// Whether there is one more board afterwards.
fn adds_board(op: &Op) -> bool {
    op.makes_board() || op.restores_board()
}

/// For each person who wants to create or restore a board, the number of boards that they manage.
async fn managed(
    connection: &mut Connection,
    directory: &Directory,
    writes: &[Write],
) -> Result<HashMap<ActorId, usize>, StoreError> {
    let mut managed = HashMap::new();
    for write in writes.iter().filter(|write| adds_board(&write.mutation.op)) {
        let Some(person) = directory.principal(&write.by, write.at).and_then(|principal| principal.person) else {
            continue;
        };
        if let Entry::Vacant(unknown) = managed.entry(person) {
            unknown.insert(rows::count_managed(connection, person).await?);
        }
    }
    Ok(managed)
}
