//! What a leaver has goes to another person: their boards, and the open tasks that are assigned to them.
//!
//! Each part is a mutation through the one write path, in the name of the caller, and is decided by itself. So it shows at once on open
//! pages, what others change meanwhile is respected, and a repeated call does what is left.

use std::time::Duration;

use app::{
    access::{BoardRole, Principal},
    fields::FieldEdit,
    id::{ActorId, BoardId, TaskId},
    ops::{Mutation, Op, SetMember, UpdateTask},
    refusal::{Refusal, Thing},
    state::BoardState,
};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{AccountError, Accounts, may};
use crate::{
    credentials::Credentials,
    store::Account,
    writer::{Sequence, WriteError, Writer},
};

/// How long one call goes on to the next edits. A request has 30 s until its answer begins.
const TIME: Duration = Duration::from_secs(15);
/// How many edits are handed to the writer at once.
const EDITS: usize = 200;
/// How many failures a report names.
const NAMED: usize = 100;

/// What to hand over.
#[derive(Clone, Copy, Debug)]
pub struct HandOver {
    /// Whose boards and tasks.
    pub from: ActorId,
    /// Who gets them.
    pub to: ActorId,
    /// Whether the boards are handed over.
    pub boards: bool,
    /// Whether the assignments to open tasks are handed over.
    pub tasks: bool,
    /// Whether only to tell what would be done.
    pub dry_run: bool,
}

/// What was handed over, or would be.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct HandedOver {
    /// Whether nothing was done, because only a report was asked for.
    dry_run: bool,
    /// The boards on which something was done.
    boards: Vec<BoardHandedOver>,
    /// How many edits were refused.
    failed: usize,
    /// Which edits, the first 100.
    failures: Vec<Failure>,
    /// `false` if the time for one request was over, or the database could not be written: then repeat the request.
    complete: bool,
}

/// What was handed over on a board.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardHandedOver {
    /// The board's id.
    board: BoardId,
    /// Its name.
    name: String,
    /// The role that the other person got; `null` if they had it already, or do not get one.
    role: Option<BoardRole>,
    /// Whether the person was removed from the board.
    removed: bool,
    /// How many tasks were assigned to the other person.
    tasks: usize,
}

/// Something that could not be handed over.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    /// The board's id.
    board: BoardId,
    /// The task's id; `null` if it is about the board itself.
    task: Option<TaskId>,
    /// The title of the task, or the name of the board.
    title: String,
    /// Why.
    why: String,
}

fn count(count: usize, thing: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{s}")
}

impl HandedOver {
    /// How many boards and tasks, and how many edits failed.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.boards.len(), self.boards.iter().map(|board| board.tasks).sum(), self.failed)
    }

    /// Whether there is nothing left to try.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// What was done, or would be done, in one sentence.
    pub fn words(&self, to: &str) -> String {
        let (boards, tasks, _) = self.counts();
        let gets = if self.dry_run { "would get" } else { "has got" };
        format!("{to} {gets} {} and {}.", count(boards, "board"), count(tasks, "task"))
    }

    /// The report as lines: the names of the boards with what was done, and what failed.
    pub fn lines(&self) -> Vec<String> {
        let board = |board: &BoardHandedOver| {
            let role = match board.role {
                Some(role) => format!("as {}", role.as_str()),
                None => "no new role".to_owned(),
            };
            format!("“{}”: {role}, {}", board.name, count(board.tasks, "task"))
        };
        let failure = |failure: &Failure| format!("failed: {}: {}", failure.title, failure.why);
        self.boards.iter().map(board).chain(self.failures.iter().map(failure)).collect()
    }

    fn fail(&mut self, board: &BoardState, task: Option<TaskId>, why: impl Into<String>) {
        self.failed += 1;
        if self.failures.len() < NAMED {
            let title = task.and_then(|task| board.task(task)).map_or(board.name(), |task| &task.title).to_owned();
            self.failures.push(Failure { board: board.id(), task, title, why: why.into() });
        }
    }
}

impl Accounts {
    /// Hands over what somebody has to somebody else, board by board, in the name of the caller.
    pub async fn hand_over(
        &self,
        credentials: &Credentials,
        writer: &Writer,
        wanted: HandOver,
    ) -> Result<HandedOver, AccountError> {
        let directory = self.store().directory();
        let principal = self.principal(credentials)?;
        may(principal.may_manage_people())?;
        let from = directory.account(wanted.from).ok_or(AccountError::NotFound("person"))?;
        may(principal.may_manage(from.role))?;
        if wanted.from == wanted.to {
            return Err(AccountError::invalid("to", "this is the same person"));
        }
        let Some(to) = directory.account(wanted.to).filter(|account| account.is_active()) else {
            return Err(AccountError::invalid("to", "there is no such person, or their account is deactivated"));
        };
        let mut report = HandedOver { dry_run: wanted.dry_run, complete: true, ..HandedOver::default() };
        let ends = Instant::now() + TIME;
        for board in self.store().boards_of(wanted.from).await? {
            let Some(board) = self.store().board(board).await?.filter(|board| board.exists()) else { continue };
            let plan = Plan::of(&board, wanted, to);
            let done = match wanted.dry_run {
                true => plan.tell(&board, &mut report),
                false => plan.carry_out(&board, wanted, credentials, &writer.sequence(), ends, &mut report).await,
            };
            if !done {
                report.complete = false;
                break;
            }
        }
        Ok(report)
    }
}

/// What is to be done on one board.
struct Plan {
    /// The role that the other person gets.
    role: Option<BoardRole>,
    /// Whether the person is a member, and to be removed.
    removes: bool,
    /// The tasks to be assigned to the other person.
    tasks: Vec<TaskId>,
    /// Why its tasks cannot be handed over, if they cannot.
    obstacle: Option<&'static str>,
}

impl Plan {
    fn of(board: &BoardState, wanted: HandOver, to: &Account) -> Self {
        let HandOver { from, to: _, boards, tasks, .. } = wanted;
        let members = &board.access().members;
        let left = members.get(&from).copied().filter(|_| boards);
        let sees = Principal::person(to.id, to.role).role_on(board.id(), board.access()).is_some();
        let is_open = |task: &&std::sync::Arc<app::model::Task>| {
            task.assignees.contains(&from) && !task.is_deleted() && !board.is_completed(task)
        };
        Self {
            role: left.filter(|left| members.get(&to.id) < Some(left)),
            removes: left.is_some(),
            tasks: match tasks {
                true => board.tasks().filter(is_open).map(|task| task.id).collect(),
                false => Vec::new(),
            },
            obstacle: match (board.is_archived(), sees || left.is_some()) {
                (true, _) => Some("the board is archived"),
                (false, false) => Some("the other person cannot see the board"),
                (false, true) => None,
            },
        }
    }

    fn is_empty(&self) -> bool {
        !self.removes && self.tasks.is_empty()
    }

    fn done(&self, board: &BoardState) -> BoardHandedOver {
        BoardHandedOver { board: board.id(), name: board.name().to_owned(), role: None, removed: false, tasks: 0 }
    }

    /// Adds what would be done to the report.
    fn tell(self, board: &BoardState, report: &mut HandedOver) -> bool {
        if self.is_empty() {
            return true;
        }
        let mut done = BoardHandedOver { role: self.role, removed: self.removes, ..self.done(board) };
        match self.obstacle {
            None => done.tasks = self.tasks.len(),
            Some(why) => self.keep_tasks(board, why, report),
        }
        report.boards.push(done);
        true
    }

    fn keep_tasks(&self, board: &BoardState, why: &str, report: &mut HandedOver) {
        if !self.tasks.is_empty() {
            let count = self.tasks.len();
            report.fail(board, None, format!("{why}, so {count} of its tasks stay"));
        }
    }

    /// Does it. Returns `false` if it was not finished.
    async fn carry_out(
        self,
        board: &BoardState,
        wanted: HandOver,
        credentials: &Credentials,
        sequence: &Sequence,
        ends: Instant,
        report: &mut HandedOver,
    ) -> bool {
        if self.is_empty() {
            return true;
        }
        let HandOver { from, to, .. } = wanted;
        let write = |op: Op| {
            let mutation = Mutation { id: app::new_id(), op };
            sequence.write(board.id(), mutation, credentials.clone())
        };
        let mut done = self.done(board);
        let mut finished = Instant::now() < ends;
        let mut keeps_board = false;
        if finished && let Some(role) = self.role {
            match write(Op::SetMember(SetMember { person: to, role: Some(role) })).await {
                Ok(_) => done.role = Some(role),
                Err(WriteError::Refused(refusal)) => {
                    report.fail(board, None, refusal.to_string());
                    keeps_board = true;
                }
                Err(WriteError::Unavailable(_)) => finished = false,
            }
        }
        if let Some(why) = self.obstacle {
            self.keep_tasks(board, why, report);
        } else if !keeps_board {
            for tasks in self.tasks.chunks(EDITS) {
                if !finished || Instant::now() >= ends {
                    finished = false;
                    break;
                }
                let edit = |task: &TaskId| {
                    let update = UpdateTask::of(*task).with(FieldEdit::Assign(vec![to]));
                    (*task, write(Op::UpdateTask(update.with(FieldEdit::Unassign(vec![from])))))
                };
                // All are handed over before the first is awaited, so that they share a transaction.
                for (task, written) in Vec::from_iter(tasks.iter().map(edit)) {
                    match written.await {
                        Ok(_) => done.tasks += 1,
                        Err(WriteError::Refused(refusal)) => report.fail(board, Some(task), refusal.to_string()),
                        Err(WriteError::Unavailable(_)) => finished = false,
                    }
                }
            }
        }
        if finished && self.removes && !keeps_board {
            match write(Op::SetMember(SetMember { person: from, role: None })).await {
                // Or the person left the board meanwhile.
                Ok(_) | Err(WriteError::Refused(Refusal::NotFound { what: Thing::Person })) => done.removed = true,
                Err(WriteError::Refused(refusal)) => report.fail(board, None, refusal.to_string()),
                Err(WriteError::Unavailable(_)) => finished = false,
            }
        }
        report.boards.push(done);
        finished
    }
}
