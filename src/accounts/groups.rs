//! Groups of people that are put on boards.
//!
//! A group has no rights: its people become ordinary members of its boards, through the one write path. So everything that reads memberships
//! works as it is, and a person who leaves a group loses the boards on open pages too. A change of a group is one transaction, which also
//! says which memberships are due (see `store/group_memberships.rs`) and enqueues a job. The request then sets them itself, in the name of
//! the caller, before it is answered. If it cannot finish, any node does the job.
//!
//! - A person has the highest role that their groups give them on a board, and at least the one that they have by hand.
//! - A person who loses the last group that gives them a board gets their role from before, or is removed from the board.
//! - A membership that is changed by hand stays so. Groups decide it again when the person joins a group, or a group is put on the board.

use std::time::Duration;

use app::{
    access::BoardRole,
    id::{ActorId, BoardId},
    people::check_name_in,
    refusal::{Refusal, Thing},
    state::BoardState,
    text::line,
};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{AccountError, Accounts, found, may, named, principal, text_edit::TextEdit};
use crate::{
    clock::now,
    credentials::Credentials,
    outbox::{Job, JobError},
    store::{AccessChange, DueOf, Group, GroupBoard},
    writer::{WriteError, Writer},
};

/// The most groups of a server.
pub const MAX_GROUPS: u64 = 1_000;
/// The most people in a group: as many as a board may have members.
pub const MAX_PEOPLE: u64 = 1_000;
/// The most boards of a group.
pub const MAX_BOARDS: u64 = 200;
/// The longest description, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 500;

/// How long a request goes on to the next memberships. It has 30 s until its answer begins.
const TIME: Duration = Duration::from_secs(15);
/// How long the job goes on to the next memberships: less than an attempt may take.
const TIME_OF_JOB: Duration = Duration::from_secs(30);
/// How many memberships are handed to the writer at once.
const AT_ONCE: usize = 200;
/// How many failures a report names.
const NAMED: usize = 100;

/// What a change of a group did to memberships of boards.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembershipsSet {
    /// How many memberships were changed.
    changed: usize,
    /// How many could not be set.
    failed: usize,
    /// Which ones, the first 100.
    failures: Vec<MembershipFailure>,
    /// `false` if the time for one request was over, or the database could not be written. The server does the rest by itself.
    complete: bool,
}

/// A membership that could not be set.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembershipFailure {
    /// The board's id.
    board: BoardId,
    /// The board's name.
    board_name: String,
    /// The person's id.
    person: ActorId,
    /// The person's name.
    name: String,
    /// Why.
    why: String,
}

impl MembershipsSet {
    /// How many memberships were changed.
    pub fn changed(&self) -> usize {
        self.changed
    }

    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// What could not be done, as lines.
    pub fn failures(&self) -> Vec<String> {
        let line = |failure: &MembershipFailure| format!("{}, {}: {}", failure.board_name, failure.name, failure.why);
        let more = self.failed.saturating_sub(self.failures.len());
        let more = (more > 0).then(|| format!("and {more} more"));
        self.failures.iter().map(line).chain(more).collect()
    }
}

impl Accounts {
    /// A group, for callers who manage people.
    pub async fn group(&self, credentials: &Credentials, id: Uuid) -> Result<Group, AccountError> {
        may(self.principal(credentials)?.may_manage_people())?;
        self.store().group(id).await?.ok_or(AccountError::NotFound("group"))
    }

    /// The people in a group, in the order of their ids, and its boards by name, for callers who manage people.
    pub async fn group_contents(
        &self,
        credentials: &Credentials,
        id: Uuid,
    ) -> Result<(Group, Vec<ActorId>, Vec<GroupBoard>), AccountError> {
        let group = self.group(credentials, id).await?;
        Ok((group, self.store().group_people(id).await?, self.store().group_boards(id).await?))
    }

    /// Makes a group.
    pub async fn create_group(
        &self,
        credentials: &Credentials,
        name: &str,
        description: &str,
    ) -> Result<Group, AccountError> {
        may(self.principal(credentials)?.may_manage_people())?;
        let (name, description) = (group_name(name)?, group_description(description)?);
        let group = Group { id: app::new_id(), name, description, created_at: now(), people: 0, boards: 0 };
        let mut change = self.begin(credentials).await?;
        let done = async {
            may(principal(&change)?.may_manage_people())?;
            limit(
                change.count_groups().await? + 1,
                MAX_GROUPS,
                "this server has 1,000 groups, and there may be no more",
            )?;
            match change.insert_group(&group).await? {
                true => Ok(group),
                false => Err(name_taken()),
            }
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Renames a group, and sets its description; absent ones stay.
    pub async fn update_group(
        &self,
        credentials: &Credentials,
        id: Uuid,
        name: Option<TextEdit<'_>>,
        description: Option<TextEdit<'_>>,
    ) -> Result<(), AccountError> {
        let new_name = name.map(|edit| group_name(edit.to)).transpose()?;
        let new_description = description.map(|edit| group_description(edit.to)).transpose()?;
        let mut change = self.begin(credentials).await?;
        let done = async {
            may(principal(&change)?.may_manage_people())?;
            let (now_name, now_description) = change.group_texts(id).await?.ok_or(AccountError::NotFound("group"))?;
            name.map_or(Ok(()), |edit| edit.check("name", &now_name))?;
            description.map_or(Ok(()), |edit| edit.check("description", &now_description))?;
            match change.update_group(id, new_name.as_deref(), new_description.as_deref()).await? {
                true => Ok(()),
                false => Err(name_taken()),
            }
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Deletes a group. Its people lose what it gave them.
    pub async fn delete_group(
        &self,
        credentials: &Credentials,
        writer: &Writer,
        id: Uuid,
    ) -> Result<MembershipsSet, AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            let name = managed_group(&mut change, id).await?;
            change.delete_group(id, &name).await?;
            enqueue(&mut change).await
        };
        let done = done.await;
        let job = self.finish(change, done).await?;
        Ok(self.set_memberships_at_once(credentials, writer, DueOf::All, job).await)
    }

    /// Adds people to a group: all of them, or nobody. Those who are in it already stay so.
    pub async fn join_group(
        &self,
        credentials: &Credentials,
        writer: &Writer,
        id: Uuid,
        people: &[ActorId],
    ) -> Result<MembershipsSet, AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            let name = managed_group(&mut change, id).await?;
            for person in people {
                // A deactivated person gets the boards when they are reactivated.
                found(change.directory().account(*person).is_some(), "person")?;
                change.join_group(id, &name, *person).await?;
            }
            let count = change.count_group_people(id).await?;
            limit(count, MAX_PEOPLE, "a group has at most 1,000 people, as many as a board has members")?;
            enqueue(&mut change).await
        };
        let done = done.await;
        let job = self.finish(change, done).await?;
        let of = if let [person] = people { DueOf::Person(*person) } else { DueOf::All };
        Ok(self.set_memberships_at_once(credentials, writer, of, job).await)
    }

    /// Removes a person from a group. They lose what it gave them.
    pub async fn leave_group(
        &self,
        credentials: &Credentials,
        writer: &Writer,
        id: Uuid,
        person: ActorId,
    ) -> Result<MembershipsSet, AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            let name = managed_group(&mut change, id).await?;
            found(change.leave_group(id, &name, person).await?, "person")?;
            enqueue(&mut change).await
        };
        let done = done.await;
        let job = self.finish(change, done).await?;
        Ok(self.set_memberships_at_once(credentials, writer, DueOf::Person(person), job).await)
    }

    /// Puts a group on a board, or changes its role there.
    pub async fn put_group(
        &self,
        credentials: &Credentials,
        writer: &Writer,
        id: Uuid,
        board: BoardId,
        role: BoardRole,
    ) -> Result<MembershipsSet, AccountError> {
        may(self.principal(credentials)?.may_manage_people())?;
        let state = self.managed_board(&self.principal(credentials)?, board).await?;
        let mut change = self.begin(credentials).await?;
        let done = async {
            let name = managed_group(&mut change, id).await?;
            change.put_group(id, &name, (board, state.name()), role).await?;
            let count = change.count_group_boards(id).await?;
            limit(count, MAX_BOARDS, "a group is on at most 200 boards")?;
            enqueue(&mut change).await
        };
        let done = done.await;
        let job = self.finish(change, done).await?;
        Ok(self.set_memberships_at_once(credentials, writer, DueOf::Board(board), job).await)
    }

    /// Takes a group off a board. Its people lose what it gave them there.
    pub async fn take_group(
        &self,
        credentials: &Credentials,
        writer: &Writer,
        id: Uuid,
        board: BoardId,
    ) -> Result<MembershipsSet, AccountError> {
        let state = self.store().board(board).await?;
        let board_name = state.as_deref().map_or("", BoardState::name);
        let mut change = self.begin(credentials).await?;
        let done = async {
            let name = managed_group(&mut change, id).await?;
            found(change.take_group(id, &name, (board, board_name)).await?, "board")?;
            enqueue(&mut change).await
        };
        let done = done.await;
        let job = self.finish(change, done).await?;
        Ok(self.set_memberships_at_once(credentials, writer, DueOf::Board(board), job).await)
    }

    /// Sets all memberships that are due, for the outbox. To do it twice is to do it once.
    pub async fn set_due_memberships(&self, writer: &Writer) -> Result<(), JobError> {
        let ends = Instant::now() + TIME_OF_JOB;
        let (set, left) = self.set_memberships(&Credentials::local(), writer, DueOf::All, ends).await;
        match (set.complete, left) {
            (false, _) => Err(JobError::Retry("not every membership could be set yet".to_owned())),
            (true, Some(why)) => Err(JobError::Retry(why)),
            (true, None) => Ok(()),
        }
    }

    /// Sets what a change of a group made due, and removes its job if nothing is left for it.
    async fn set_memberships_at_once(
        &self,
        credentials: &Credentials,
        writer: &Writer,
        of: DueOf,
        job: Uuid,
    ) -> MembershipsSet {
        let (set, left) = self.set_memberships(credentials, writer, of, Instant::now() + TIME).await;
        if set.complete
            && left.is_none()
            && let Err(error) = self.store().remove_job(job).await
        {
            tracing::warn!(%error, "a job of the outbox that is done could not be removed; it will be done again");
        }
        set
    }

    /// Sets memberships that are due. Also tells why one is still due, if one is.
    async fn set_memberships(
        &self,
        credentials: &Credentials,
        writer: &Writer,
        of: DueOf,
        ends: Instant,
    ) -> (MembershipsSet, Option<String>) {
        let mut set = MembershipsSet { changed: 0, failed: 0, failures: Vec::new(), complete: true };
        let (mut left, mut after) = (None, None);
        loop {
            let due = match self.store().due_memberships(of, after, AT_ONCE).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::warn!(%error, "the memberships that are due could not be read; the outbox will try again");
                    set.complete = false;
                    return (set, left);
                }
            };
            let Some(last) = due.last().copied() else { return (set, left) };
            if Instant::now() >= ends {
                set.complete = false;
                return (set, left);
            }
            after = Some(last);
            // All are handed over before the first is awaited, so that they share a transaction.
            let write = |(board, person): (BoardId, ActorId)| {
                ((board, person), writer.set_from_groups(board, person, credentials.clone()))
            };
            for ((board, person), written) in Vec::from_iter(due.into_iter().map(write)) {
                match written.await {
                    Ok(accepted) => set.changed += usize::from(!accepted.repeated),
                    // The board was deleted meanwhile, or the person is deactivated: it is done when that ends.
                    Err(WriteError::Refused(Refusal::NotFound { what: Thing::Board | Thing::Person })) => {}
                    Err(WriteError::Refused(refusal)) => {
                        let is_final = matches!(refusal, Refusal::Full { .. });
                        let why = match refusal {
                            Refusal::Invalid { message, .. } => message,
                            other => other.to_string(),
                        };
                        // A full board gets nobody until the group is put on it again; everything else stays due.
                        left = left.or_else(|| (!is_final).then(|| why.clone()));
                        self.fail(&mut set, board, person, why).await;
                    }
                    Err(WriteError::Unavailable(_)) => set.complete = false,
                }
            }
        }
    }

    async fn fail(&self, set: &mut MembershipsSet, board: BoardId, person: ActorId, why: String) {
        set.failed += 1;
        if set.failures.len() < NAMED {
            // The names are for people; a board that cannot be read now has none.
            let state = self.store().board(board).await.ok().flatten();
            let board_name = state.as_deref().map_or("", BoardState::name).to_owned();
            let name = self.store().directory().account(person).map(|account| account.name.clone());
            let name = name.unwrap_or_default();
            set.failures.push(MembershipFailure { board, board_name, person, name, why });
        }
    }
}

/// The name of a group that the caller may change.
async fn managed_group(change: &mut AccessChange<'_>, id: Uuid) -> Result<String, AccountError> {
    may(principal(change)?.may_manage_people())?;
    change.group_name(id).await?.ok_or(AccountError::NotFound("group"))
}

/// Enqueues the job that finishes what the request cannot. Returns its id.
async fn enqueue(change: &mut AccessChange<'_>) -> Result<Uuid, AccountError> {
    let id = app::new_id();
    change.enqueue(&Job::GroupMemberships.enqueued(id).done_at_once()).await?;
    Ok(id)
}

fn group_name(name: &str) -> Result<String, AccountError> {
    named(check_name_in("name", name), "name")
}

fn group_description(text: &str) -> Result<String, AccountError> {
    match text.trim() {
        "" => Ok(String::new()),
        text => named(line("description", text, MAX_DESCRIPTION_CHARS), "description"),
    }
}

fn name_taken() -> AccountError {
    AccountError::invalid("name", "another group has this name")
}

fn limit(count: u64, limit: u64, message: &'static str) -> Result<(), AccountError> {
    if count <= limit { Ok(()) } else { Err(AccountError::Limit(message)) }
}
