//! Tests that an undo reverts one's own edits and nobody else's, whatever happens in between, and however long messages
//! take.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use std::collections::{HashMap, HashSet, VecDeque};

use app::{
    access::Principal,
    board::{Direction, NotUndone, OptimisticBoard, Settled, Undone},
    checklist::ChecklistItem,
    fields::{Field, FieldEdit},
    id::{ActorId, BoardId, ChecklistId, ChecklistItemId, ColumnId, MutationId, TaskId},
    model::{ColumnKind, Place, Priority, Seq},
    ops::{
        Change, ChangeKind, CreateChecklist, CreateColumn, CreateTask, DeleteChecklistItems, DeleteColumn, DeleteTask,
        Mutation, NewChecklistItem, Op, Part, RestoreTask, SetArchived, UpdateBoard, UpdateChecklist,
        UpdateChecklistItem, UpdateColumn, UpdateTask, decide,
    },
    refusal::{Refusal, Thing},
    state::BoardState,
    time::Timestamp,
};
use proptest::prelude::*;
use random::{Edits, Random};
use uuid::Uuid;

/// A log, and people who each edit it from their own page.
struct Team {
    random: Random,
    /// The board after each change; the first entry is the empty board.
    states: Vec<BoardState>,
    log: Vec<Change>,
    people: Vec<Person>,
}

/// A person: their page, and the messages on their way to it and from it.
struct Person {
    board: OptimisticBoard,
    online: bool,
    to_server: VecDeque<Mutation>,
    to_page: VecDeque<News>,
    /// All edits of this person.
    edits: HashSet<MutationId>,
    /// The person's undos and redos.
    undone: Vec<MutationId>,
    not_undone: Vec<NotUndone>,
    refused: Vec<MutationId>,
    needless: usize,
}

enum News {
    Change(Change),
    Accepted(MutationId, Seq),
    Rejected(MutationId, Refusal),
}

const ANA: usize = 0;
const BEN: usize = 1;

impl Team {
    fn new(seed: u64, people: usize) -> Self {
        Self::of(Random::seeded(seed), people)
    }

    fn of(mut random: Random, people: usize) -> Self {
        let empty = BoardState::empty(BoardId(random.uuid()));
        let mut team = Self { random, states: vec![empty], log: Vec::new(), people: Vec::new() };
        let create = team.random.create_board();
        let create = team.random.mutation(create);
        team.write(&create).unwrap();
        let person = |state: &BoardState| Person {
            board: OptimisticBoard::new(state.clone(), Principal::anybody()),
            online: true,
            to_server: VecDeque::new(),
            to_page: VecDeque::new(),
            edits: HashSet::new(),
            undone: Vec::new(),
            not_undone: Vec::new(),
            refused: Vec::new(),
            needless: 0,
        };
        team.people = (0..people).map(|_| person(team.state())).collect();
        team
    }

    fn state(&self) -> &BoardState {
        self.states.last().unwrap()
    }

    fn column(&self, kind: ColumnKind) -> ColumnId {
        self.state().columns().find(|column| column.kind == kind).unwrap().id
    }

    fn write(&mut self, mutation: &Mutation) -> Result<Seq, Refusal> {
        if let Some(seen) = self.log.iter().find(|change| change.mutation == mutation.id) {
            return Ok(seen.seq);
        }
        let mut kind = decide(self.state(), &mutation.op)?;
        kind.number(self.state());
        let seq = self.state().seq() + 1;
        let change = Change { seq, at: Timestamp::from_millis(seq as i64), by: None, mutation: mutation.id, kind };
        let mut next = self.state().clone();
        next.apply(&change).unwrap();
        self.states.push(next);
        for person in self.people.iter_mut().filter(|person| person.online) {
            person.to_page.push_back(News::Change(change.clone()));
        }
        self.log.push(change);
        Ok(seq)
    }

    /// A person edits the board as their page shows it.
    fn edit(&mut self, who: usize, op: Op) -> Result<MutationId, Refusal> {
        let mutation = self.random.mutation(op);
        let id = mutation.id;
        let person = &mut self.people[who];
        person.board.submit(mutation, None, Timestamp::from_millis(0))?;
        person.edits.insert(id);
        person.send();
        Ok(id)
    }

    fn undo(&mut self, who: usize) -> Option<Result<Undone, NotUndone>> {
        self.step(who, Direction::Undo)
    }

    fn redo(&mut self, who: usize) -> Option<Result<Undone, NotUndone>> {
        self.step(who, Direction::Redo)
    }

    fn step(&mut self, who: usize, direction: Direction) -> Option<Result<Undone, NotUndone>> {
        let id = MutationId(self.random.uuid());
        let person = &mut self.people[who];
        let done = person.board.undo(direction, id, Timestamp::from_millis(0))?;
        if done.is_ok() {
            person.edits.insert(id);
            person.undone.push(id);
        }
        person.send();
        Some(done.map(|(_, undone)| undone))
    }

    /// The server handles the next mutation of a person. If `answer_first`, the answer overtakes the change.
    fn serve(&mut self, who: usize, answer_first: bool) {
        let Some(mutation) = self.people[who].to_server.pop_front() else { return };
        let queued = self.people[who].to_page.len();
        let answer = match self.write(&mutation) {
            Ok(seq) => News::Accepted(mutation.id, seq),
            Err(refusal) => News::Rejected(mutation.id, refusal),
        };
        let wire = &mut self.people[who].to_page;
        wire.insert(if answer_first { queued } else { wire.len() }, answer);
    }

    fn disconnect(&mut self, who: usize) {
        let person = &mut self.people[who];
        person.online = false;
        person.to_server.clear();
        person.to_page.clear();
        person.board.disconnected();
    }

    fn connect(&mut self, who: usize) {
        let person = &mut self.people[who];
        person.online = true;
        let since = person.board.confirmed().seq() as usize;
        person.to_page.extend(self.log[since..].iter().cloned().map(News::Change));
        person.send();
    }

    /// As [`Self::connect`], but the page gets a snapshot instead of the missed changes.
    fn connect_by_snapshot(&mut self, who: usize) {
        let snapshot = self.state().snapshot();
        let person = &mut self.people[who];
        person.online = true;
        let (_, settled) = person.board.reset(snapshot);
        person.settle(settled);
        person.send();
    }

    /// Lets all messages arrive.
    fn settle(&mut self) {
        while self.people.iter().any(|person| !person.to_server.is_empty() || !person.to_page.is_empty()) {
            for who in 0..self.people.len() {
                self.serve(who, who % 2 == 0);
                self.people[who].hear();
            }
        }
    }

    fn titles(&self, kind: ColumnKind) -> String {
        let state = self.state();
        state.column_tasks(self.column(kind)).map(|task| task.title.clone()).collect::<Vec<_>>().join(" ")
    }

    fn title(&self, task: TaskId) -> &str {
        &self.state().task(task).unwrap().title
    }
}

impl Person {
    fn send(&mut self) {
        if self.online {
            self.to_server.extend(self.board.take_sendable());
        }
    }

    fn hear(&mut self) {
        let Some(news) = self.to_page.pop_front() else { return };
        let settled = match news {
            News::Change(change) => self.board.receive(&change).unwrap().settled,
            News::Accepted(id, seq) => self.board.accepted(id, seq).1,
            News::Rejected(id, refusal) => self.board.rejected(id, refusal).1,
        };
        self.settle(settled);
        self.send();
    }

    fn settle(&mut self, settled: Vec<Settled>) {
        for settled in settled {
            match settled {
                Settled::Saved(_) => {}
                Settled::Refused(mutation, _) => self.refused.push(mutation.id),
                Settled::NotUndone(_, not_undone) => self.not_undone.push(not_undone),
                Settled::Needless(_) => self.needless += 1,
            }
        }
    }
}

/// Creates two people on a board with tasks of these titles in its first column. Returns the ids of the tasks.
fn team_with(titles: &[&str]) -> (Team, Vec<TaskId>) {
    let mut team = Team::new(1, 2);
    let mut tasks = Vec::new();
    for title in titles {
        let task = TaskId(team.random.uuid());
        let create = team.random.mutation(Op::CreateTask(CreateTask::of(task, *title)));
        team.write(&create).unwrap();
        tasks.push(task);
    }
    team.settle();
    (team, tasks)
}

fn retitle(task: TaskId, title: &str) -> Op {
    Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Title(title.to_owned())))
}

fn describe(task: TaskId, description: &str) -> Op {
    Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Description(description.to_owned())))
}

fn prioritise(task: TaskId, priority: Priority) -> Op {
    Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Priority(priority)))
}

fn assign(task: TaskId, person: u128) -> Op {
    Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Assign(vec![somebody(person)])))
}

fn unassign(task: TaskId, person: u128) -> Op {
    Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Unassign(vec![somebody(person)])))
}

fn somebody(number: u128) -> ActorId {
    ActorId(Uuid::from_u128(number))
}

fn go(task: TaskId, column: ColumnId, place: Place<TaskId>) -> Op {
    Op::UpdateTask(UpdateTask { column: Some(column), place: Some(place), ..UpdateTask::of(task) })
}

fn delete(task: TaskId) -> Op {
    Op::DeleteTask(DeleteTask::of(task))
}

fn words(done: Option<Result<Undone, NotUndone>>) -> String {
    done.unwrap().unwrap().words
}

fn is_stale(done: &Option<Result<Undone, NotUndone>>) -> bool {
    matches!(done, Some(Err(NotUndone { refusal: Refusal::Stale { .. }, .. })))
}

#[test]
fn an_edit_is_taken_back_and_done_again() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, retitle(tasks[0], "Green tea")).unwrap();
    team.settle();
    assert_eq!(words(team.undo(ANA)), "rename Tea");
    team.settle();
    assert_eq!(team.title(tasks[0]), "Tea");
    assert_eq!(words(team.redo(ANA)), "rename Tea");
    team.settle();
    assert_eq!(team.title(tasks[0]), "Green tea");
    assert_eq!(words(team.undo(ANA)), "rename Tea");
    team.settle();
    assert_eq!(team.title(tasks[0]), "Tea");
    assert!(team.undo(ANA).is_none());
    assert!(team.undo(BEN).is_none(), "what somebody else did is theirs to undo");
}

#[test]
fn a_new_edit_takes_the_place_of_what_could_be_done_again() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, retitle(tasks[0], "Green tea")).unwrap();
    team.undo(ANA).unwrap().unwrap();
    team.edit(ANA, retitle(tasks[0], "Black tea")).unwrap();
    assert!(team.redo(ANA).is_none());
}

#[test]
fn a_moved_task_goes_back_next_to_its_neighbour() {
    let (mut team, tasks) = team_with(&["a", "b", "c"]);
    let done = team.column(ColumnKind::Done);
    team.edit(ANA, go(tasks[1], done, Place::Last)).unwrap();
    team.settle();
    // Meanwhile a task is created, and one of the two neighbours of the completed task is deleted.
    team.edit(BEN, delete(tasks[0])).unwrap();
    team.edit(BEN, Op::CreateTask(CreateTask::of(TaskId(uuid::Uuid::from_u128(9)), "d"))).unwrap();
    team.settle();
    assert_eq!(words(team.undo(ANA)), "complete b");
    team.settle();
    assert_eq!(team.titles(ColumnKind::Open), "b c d");
}

#[test]
fn a_deleted_task_comes_back_to_where_it_was() {
    let (mut team, tasks) = team_with(&["a", "b", "c"]);
    team.edit(ANA, delete(tasks[1])).unwrap();
    team.settle();
    assert_eq!(team.titles(ColumnKind::Open), "a c");
    assert_eq!(words(team.undo(ANA)), "delete b");
    team.settle();
    assert_eq!(team.titles(ColumnKind::Open), "a b c");
    team.redo(ANA).unwrap().unwrap();
    team.settle();
    assert_eq!(team.titles(ColumnKind::Open), "a c");
}

#[test]
fn what_somebody_else_changed_later_stays_and_the_step_is_forgotten() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, retitle(tasks[0], "Green tea")).unwrap();
    team.edit(ANA, prioritise(tasks[0], Priority::High)).unwrap();
    team.settle();
    team.edit(BEN, prioritise(tasks[0], Priority::Low)).unwrap();
    team.settle();
    assert!(is_stale(&team.undo(ANA)));
    assert_eq!(words(team.undo(ANA)), "rename Tea", "another field is hers still");
    team.settle();
    let task = team.state().task(tasks[0]).unwrap();
    assert_eq!((task.title.as_str(), task.priority), ("Tea", Priority::Low));
}

#[test]
fn whose_a_task_is_is_taken_back_unless_somebody_else_had_a_say() {
    let (mut team, tasks) = team_with(&["Tea"]);
    let whose = |team: &Team| team.state().task(tasks[0]).unwrap().assignees.clone();
    team.edit(ANA, assign(tasks[0], 1)).unwrap();
    team.edit(ANA, assign(tasks[0], 2)).unwrap();
    team.edit(ANA, unassign(tasks[0], 1)).unwrap();
    team.settle();
    assert_eq!(words(team.undo(ANA)), "unassign Tea");
    team.settle();
    assert_eq!(whose(&team), [somebody(1), somebody(2)]);
    assert_eq!(words(team.undo(ANA)), "assign Tea");
    assert_eq!(words(team.redo(ANA)), "assign Tea");
    team.settle();
    assert_eq!(whose(&team), [somebody(1), somebody(2)]);
    team.edit(BEN, assign(tasks[0], 3)).unwrap();
    team.settle();
    assert!(is_stale(&team.undo(ANA)));
    assert_eq!(whose(&team), [somebody(1), somebody(2), somebody(3)]);
}

#[test]
fn an_undo_that_races_somebody_elses_edit_loses() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, retitle(tasks[0], "Green tea")).unwrap();
    team.settle();
    // Neither person has seen the other's edit; Ben's edit arrives first.
    team.edit(BEN, retitle(tasks[0], "Black tea")).unwrap();
    team.undo(ANA).unwrap().unwrap();
    assert_eq!(team.people[ANA].board.view().task(tasks[0]).unwrap().title, "Tea", "it shows at once");
    team.serve(BEN, true);
    team.settle();
    assert_eq!(team.title(tasks[0]), "Black tea");
    assert!(matches!(team.people[ANA].not_undone[..], [NotUndone { refusal: Refusal::Stale { .. }, .. }]));
    assert_eq!(team.people[ANA].board.view(), team.state());
    assert!(team.undo(ANA).is_none() && team.redo(ANA).is_none());
}

#[test]
fn an_undo_that_wins_the_race_leaves_the_later_edit_alone() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, retitle(tasks[0], "Green tea")).unwrap();
    team.settle();
    team.edit(BEN, retitle(tasks[0], "Black tea")).unwrap();
    team.undo(ANA).unwrap().unwrap();
    team.serve(ANA, true);
    team.settle();
    assert_eq!(team.title(tasks[0]), "Black tea");
    assert!(team.people[ANA].not_undone.is_empty());
}

#[test]
fn what_comes_back_is_what_was_there_directly_before_though_it_was_never_seen() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(BEN, prioritise(tasks[0], Priority::Low)).unwrap();
    team.edit(ANA, prioritise(tasks[0], Priority::High)).unwrap();
    team.undo(ANA).unwrap().unwrap();
    // Ben's edit is saved first; then Ana's edit changes the same field.
    team.serve(BEN, true);
    team.settle();
    assert_eq!(team.state().task(tasks[0]).unwrap().priority, Priority::Low);
}

#[test]
fn a_new_task_is_taken_back_unless_somebody_added_to_it() {
    let (mut team, _) = team_with(&[]);
    let [mine, ours] = [TaskId(team.random.uuid()), TaskId(team.random.uuid())];
    team.edit(ANA, Op::CreateTask(CreateTask::of(mine, "Mine"))).unwrap();
    team.edit(ANA, Op::CreateTask(CreateTask::of(ours, "Ours"))).unwrap();
    // Later edits by the same person are undone first, and do not block the undo.
    team.edit(ANA, retitle(mine, "Mine, still")).unwrap();
    team.settle();
    team.edit(BEN, describe(ours, "Much work")).unwrap();
    team.settle();
    assert_eq!(words(team.undo(ANA)), "rename Mine");
    team.settle();
    assert!(is_stale(&team.undo(ANA)));
    assert_eq!(words(team.undo(ANA)), "add Mine");
    team.settle();
    assert_eq!(team.titles(ColumnKind::Open), "Ours");
    assert_eq!(words(team.redo(ANA)), "add Mine");
    team.settle();
    assert_eq!(team.titles(ColumnKind::Open), "Mine Ours");
}

#[test]
fn what_somebody_added_between_an_edit_and_its_undo_is_not_thrown_away_with_the_task() {
    let (mut team, _) = team_with(&[]);
    let task = TaskId(team.random.uuid());
    team.edit(ANA, Op::CreateTask(CreateTask::of(task, "Tea"))).unwrap();
    team.edit(ANA, retitle(task, "Green tea")).unwrap();
    team.settle();
    team.edit(BEN, describe(task, "Much work")).unwrap();
    team.settle();
    team.undo(ANA).unwrap().unwrap();
    team.settle();
    assert!(is_stale(&team.undo(ANA)));
    assert_eq!(team.titles(ColumnKind::Open), "Tea");
}

#[test]
fn a_task_that_others_deleted_again_stays_deleted() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, delete(tasks[0])).unwrap();
    team.settle();
    team.edit(BEN, Op::RestoreTask(RestoreTask::of(tasks[0]))).unwrap();
    team.edit(BEN, delete(tasks[0])).unwrap();
    team.settle();
    assert!(is_stale(&team.undo(ANA)));
    assert_eq!(team.titles(ColumnKind::Open), "");
}

#[test]
fn several_edits_of_one_text_are_taken_back_one_by_one_while_none_is_saved() {
    let (mut team, tasks) = team_with(&["one"]);
    team.disconnect(ANA);
    for title in ["two", "three", "four"] {
        team.edit(ANA, retitle(tasks[0], title)).unwrap();
    }
    for title in ["three", "two", "one"] {
        team.undo(ANA).unwrap().unwrap();
        assert_eq!(team.people[ANA].board.view().task(tasks[0]).unwrap().title, title);
    }
    team.redo(ANA).unwrap().unwrap();
    team.connect(ANA);
    team.settle();
    assert_eq!(team.title(tasks[0]), "two");
    assert_eq!(team.people[ANA].board.unsaved(), 0);
    assert!(team.people[ANA].not_undone.is_empty());
    // An edit from before the disconnect can be undone after it.
    team.undo(ANA).unwrap().unwrap();
    team.settle();
    assert_eq!(team.title(tasks[0]), "one");
}

#[test]
fn an_edit_is_taken_back_after_a_snapshot_took_the_place_of_its_change() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, retitle(tasks[0], "Green tea")).unwrap();
    // The edit is saved, and the answer is lost.
    team.serve(ANA, true);
    team.disconnect(ANA);
    team.connect_by_snapshot(ANA);
    team.settle();
    assert_eq!(words(team.undo(ANA)), "rename Tea");
    team.settle();
    assert_eq!(team.title(tasks[0]), "Tea");
}

#[test]
fn somebody_elses_edit_in_the_gap_of_a_snapshot_is_noticed() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, retitle(tasks[0], "Green tea")).unwrap();
    team.settle();
    team.disconnect(ANA);
    team.edit(BEN, retitle(tasks[0], "Black tea")).unwrap();
    team.settle();
    team.undo(ANA).unwrap().unwrap();
    team.connect_by_snapshot(ANA);
    team.settle();
    assert_eq!(team.title(tasks[0]), "Black tea");
    assert_eq!(team.people[ANA].not_undone.len(), 1);
}

#[test]
fn taking_back_what_is_refused_itself_is_needless_and_the_step_before_still_counts() {
    let (mut team, tasks) = team_with(&["Tea", "Milk"]);
    let task = tasks[0];
    team.edit(ANA, prioritise(task, Priority::High)).unwrap();
    team.settle();
    let conflicting =
        UpdateTask { base: Some(1), ..UpdateTask::of(task) }.with(FieldEdit::Title("Green tea".to_owned()));
    team.edit(BEN, retitle(task, "Black tea")).unwrap();
    let mutation = team.random.mutation(Op::UpdateTask(conflicting));
    let base = app::board::TextBase::Saved(team.state().task(task).unwrap().title_seq);
    team.people[ANA].board.submit(mutation, Some(base), Timestamp::from_millis(0)).unwrap();
    team.people[ANA].send();
    assert_eq!(words(team.undo(ANA)), "rename Tea");
    assert_eq!(words(team.undo(ANA)), "set the priority of Tea");
    team.serve(BEN, true);
    team.settle();
    let ana = &team.people[ANA];
    assert_eq!((ana.refused.len(), ana.needless, ana.not_undone.len(), ana.board.unsaved()), (1, 1, 0, 0));
    let state = team.state().task(task).unwrap();
    assert_eq!((state.title.as_str(), state.priority), ("Black tea", Priority::None));
    assert_eq!(words(team.redo(ANA)), "set the priority of Tea", "what was refused is on neither stack");
    assert!(team.redo(ANA).is_none());
}

#[test]
fn an_edit_that_was_refused_cannot_be_taken_back() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(BEN, delete(tasks[0])).unwrap();
    team.edit(ANA, prioritise(tasks[0], Priority::High)).unwrap();
    team.serve(BEN, true);
    team.settle();
    assert!(team.undo(ANA).is_none());
}

#[test]
fn columns_and_the_name_of_the_board_are_taken_back_too() {
    let (mut team, _) = team_with(&[]);
    let before = shown(team.state());
    let review = ColumnId(team.random.uuid());
    let [open, active, done] = ColumnKind::ALL.map(|kind| team.column(kind));
    let ops = [
        Op::CreateColumn(CreateColumn {
            column: review,
            name: "Review".to_owned(),
            kind: ColumnKind::Active,
            place: Place::First,
        }),
        Op::UpdateColumn(UpdateColumn { name: Some("Check".to_owned()), ..UpdateColumn::of(review) }),
        Op::UpdateColumn(UpdateColumn { kind: Some(ColumnKind::Open), ..UpdateColumn::of(active) }),
        Op::UpdateColumn(UpdateColumn { place: Some(Place::After(done)), ..UpdateColumn::of(open) }),
        Op::DeleteColumn(DeleteColumn::of(review)),
        Op::UpdateBoard(UpdateBoard { name: Some("Plans".to_owned()), ..UpdateBoard::default() }),
    ];
    for op in ops {
        team.edit(ANA, op).unwrap();
        team.settle();
    }
    let after = shown(team.state());
    let undone: Vec<String> = (0..6).map(|_| words(team.undo(ANA))).collect();
    assert_eq!(
        undone,
        [
            "rename the board",
            "delete column Check",
            "move column To do",
            "change the kind of column Doing",
            "rename column Review",
            "add column Review"
        ]
    );
    team.settle();
    assert_eq!(shown(team.state()), before);
    for _ in 0..6 {
        team.redo(ANA).unwrap().unwrap();
        team.settle();
    }
    assert_eq!(shown(team.state()), after);
}

#[test]
fn archiving_is_taken_back_unless_somebody_else_brought_the_board_back() {
    let (mut team, tasks) = team_with(&["Tea"]);
    let archive = |archived| Op::SetArchived(SetArchived::to(archived));
    team.edit(ANA, archive(true)).unwrap();
    team.settle();
    assert_eq!(team.edit(BEN, retitle(tasks[0], "Milk")), Err(Refusal::Archived));
    assert_eq!(words(team.undo(ANA)), "archive the board");
    team.settle();
    assert!(!team.state().is_archived());
    assert_eq!(words(team.redo(ANA)), "archive the board");
    team.settle();
    assert!(team.state().is_archived());
    // Ben brings it back and archives it again, so it is not as Ana left it.
    team.edit(BEN, archive(false)).unwrap();
    team.edit(BEN, archive(true)).unwrap();
    team.settle();
    assert!(is_stale(&team.undo(ANA)));
    assert!(team.state().is_archived());
}

#[test]
fn an_undo_that_races_an_archiving_is_refused_and_says_why() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, retitle(tasks[0], "Milk")).unwrap();
    team.settle();
    team.edit(BEN, Op::SetArchived(SetArchived::to(true))).unwrap();
    // Ana's page does not know yet that the board is archived.
    assert_eq!(words(team.undo(ANA)), "rename Tea");
    team.serve(BEN, false);
    team.settle();
    assert_eq!(team.title(tasks[0]), "Milk");
    assert_eq!(team.people[ANA].not_undone[0].refusal, Refusal::Archived);
    assert_eq!(team.people[ANA].board.view(), team.state());
}

#[test]
fn an_undo_waits_until_an_archived_board_is_brought_back() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, retitle(tasks[0], "Milk")).unwrap();
    team.settle();
    team.edit(BEN, Op::SetArchived(SetArchived::to(true))).unwrap();
    team.settle();
    assert_eq!(team.people[ANA].board.next_undo(Direction::Undo), None, "it is not offered");
    let Some(Err(NotUndone { refusal, words: label, .. })) = team.undo(ANA) else { panic!("it was undone") };
    assert_eq!((refusal, label.as_str()), (Refusal::Archived, "rename Tea"));
    team.edit(BEN, Op::SetArchived(SetArchived::to(false))).unwrap();
    team.settle();
    assert_eq!(team.people[ANA].board.next_undo(Direction::Undo), Some("rename Tea"));
    assert_eq!(words(team.undo(ANA)), "rename Tea");
    team.settle();
    assert_eq!(team.title(tasks[0]), "Tea");
}

#[test]
fn a_column_that_holds_tasks_by_now_is_not_taken_back() {
    let (mut team, tasks) = team_with(&["Tea"]);
    let column = ColumnId(team.random.uuid());
    let create = CreateColumn { column, name: "Review".to_owned(), kind: ColumnKind::Active, place: Place::Last };
    team.edit(ANA, Op::CreateColumn(create)).unwrap();
    team.settle();
    team.edit(BEN, go(tasks[0], column, Place::Last)).unwrap();
    team.settle();
    let Some(Err(NotUndone { refusal, .. })) = team.undo(ANA) else { panic!("it was taken back") };
    assert_eq!(refusal, Refusal::NotEmpty);
}

#[test]
fn what_was_to_be_edited_back_was_deleted() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, retitle(tasks[0], "Green tea")).unwrap();
    team.settle();
    team.edit(BEN, delete(tasks[0])).unwrap();
    team.settle();
    let Some(Err(NotUndone { refusal, .. })) = team.undo(ANA) else { panic!("it was taken back") };
    assert_eq!(refusal, Refusal::NotFound { what: Thing::Task });
}

#[test]
fn a_hundred_steps_are_kept() {
    let (mut team, tasks) = team_with(&["Tea"]);
    for number in 0..150 {
        team.edit(ANA, retitle(tasks[0], &format!("Tea {number}"))).unwrap();
        team.settle();
    }
    let mut steps = 0;
    while let Some(done) = team.undo(ANA) {
        done.unwrap();
        team.settle();
        steps += 1;
    }
    assert_eq!((steps, team.title(tasks[0])), (100, "Tea 49"));
}

#[test]
fn to_and_fro_any_number_of_times() {
    let (mut team, tasks) = team_with(&["Tea"]);
    team.edit(ANA, prioritise(tasks[0], Priority::Low)).unwrap();
    team.edit(ANA, retitle(tasks[0], "Green tea")).unwrap();
    for _ in 0..1_500 {
        team.undo(ANA).unwrap().unwrap();
        team.redo(ANA).unwrap().unwrap();
        team.settle();
    }
    assert_eq!(words(team.undo(ANA)), "rename Tea");
    team.settle();
    assert_eq!(team.title(tasks[0]), "Tea");
}

/// The lines that people see of a board.
fn shown(state: &BoardState) -> Vec<String> {
    let mut lines = vec![state.name().to_owned()];
    let looks = |label: &std::sync::Arc<app::label::Label>| {
        let app::label::Label { id, name, hue, tone, pattern, description, .. } = &**label;
        format!("{id} {name} {hue:?} {tone:?} {pattern:?} {description}")
    };
    lines.extend(state.labels().map(looks));
    for column in state.columns() {
        lines.push(format!("{} {:?}", column.name, column.kind));
        let fields = |task: &std::sync::Arc<app::model::Task>| {
            let description = task.description();
            let app::model::Task { title, priority, start, due, assignees, .. } = &**task;
            let labels: Vec<_> = state.task_labels(task).iter().map(|label| label.id).collect();
            let lists = task.checklists().cloned().unwrap_or_default();
            let items = |list| lists.items_of(list).map(|item| (item.text.clone(), item.done, item.assignee, item.due));
            let lists: Vec<_> =
                lists.lists().map(|list| (list.name.clone(), items(list.id).collect::<Vec<_>>())).collect();
            format!("  {title} {description:?} {priority:?} {start:?} {due:?} {assignees:?} {labels:?} {lists:?}")
        };
        lines.extend(state.column_tasks(column.id).map(fields));
    }
    lines
}

/// A single person can undo everything, and redo everything.
fn there_and_back(random: Random) {
    let mut team = Team::of(random, 1);
    let before = shown(team.state());
    let mut steps = 0;
    for _ in 0..60 {
        let op = team.random.op(team.people[ANA].board.view());
        // A refused operation must change nothing; the test checks that too.
        let _ = team.edit(ANA, op);
        let (serve, hear) = (team.random.below(3), team.random.below(4));
        (0..serve).for_each(|_| team.serve(ANA, true));
        (0..hear).for_each(|_| team.people[ANA].hear());
    }
    let after = shown(team.people[ANA].board.view());
    while let Some(done) = team.undo(ANA) {
        done.unwrap();
        steps += 1;
        if team.random.one_in(3) {
            team.serve(ANA, false);
            team.people[ANA].hear();
        }
    }
    assert_eq!(shown(team.people[ANA].board.view()), before);
    team.settle();
    assert_eq!(shown(team.state()), before);
    for _ in 0..steps {
        team.redo(ANA).unwrap().unwrap();
    }
    team.settle();
    assert_eq!(shown(team.state()), after);
    assert!(team.people[ANA].not_undone.is_empty() && team.redo(ANA).is_none());
}

/// Two people edit and undo; the network is slow and breaks. Then the log is checked.
fn two_at_once(random: Random) {
    let mut team = Team::of(random, 2);
    for _ in 0..250 {
        let who = team.random.below(2);
        let online = team.people[who].online;
        match team.random.below(12) {
            0 | 1 => {
                let op = team.random.op(team.people[who].board.view());
                let _ = team.edit(who, op);
            }
            2 | 3 => drop(team.undo(who)),
            4 => drop(team.redo(who)),
            5..=7 => {
                let answer_first = team.random.one_in(2);
                team.serve(who, answer_first);
            }
            8..=10 => team.people[who].hear(),
            _ if online && team.random.one_in(3) => team.disconnect(who),
            _ if !online && team.random.one_in(4) => team.connect_by_snapshot(who),
            _ if !online => team.connect(who),
            _ => {}
        }
    }
    for who in 0..2 {
        if !team.people[who].online {
            team.connect(who);
        }
    }
    team.settle();
    for person in &team.people {
        assert_eq!(person.board.view(), team.state());
        assert_eq!(person.board.unsaved(), 0);
    }
    nothing_of_others_was_reverted(&team);
}

/// Checks each undo and redo in the log, independently of how it was decided: it set something back to an earlier
/// value, and every change of that in between is by the same person.
fn nothing_of_others_was_reverted(team: &Team) {
    let author: HashMap<MutationId, usize> = team
        .people
        .iter()
        .enumerate()
        .flat_map(|(who, person)| person.edits.iter().map(move |id| (*id, who)))
        .collect();
    for (who, person) in team.people.iter().enumerate() {
        for undo in team.log.iter().filter(|change| person.undone.contains(&change.mutation)) {
            for part in put_back(&undo.kind) {
                let before = &team.states[undo.seq as usize - 1];
                if matches!(part, Part::Label(id) if before.label(id).is_none()) {
                    // The label did not exist, so nobody changed it.
                    continue;
                }
                let newest = part.newest(before);
                let last = newest.checked_sub(1).map(|index| &team.log[index as usize]);
                let by = last.and_then(|change| author.get(&change.mutation));
                assert_eq!(by, Some(&who), "{undo:?} reverted {last:?}");
            }
        }
    }
}

/// The parts that an undo or a redo sets, whose newest change before it must not be by anybody else.
fn put_back(kind: &ChangeKind) -> Vec<Part> {
    match kind {
        // The column did not exist, so nobody changed it.
        ChangeKind::ColumnCreated(_) => Vec::new(),
        ChangeKind::TaskUpdated(updated) => {
            kind.numbers().into_iter().filter(|part| *part != Part::Task(updated.task)).collect()
        }
        ChangeKind::TaskDeleted(deleted) => vec![Part::Task(deleted.task)],
        ChangeKind::TaskRestored(restored) => vec![Part::Field(restored.task, Field::Place)],
        // What is new or deleted was not there, so nobody changed it; with a checklist, its items are deleted.
        ChangeKind::ChecklistsUpdated(updated) => {
            let lists = updated.lists.iter().filter_map(|list| {
                let before = list.before.as_ref()?;
                Some(match list.after.deleted && !before.deleted {
                    true => Part::ChecklistContents(updated.task, before.id),
                    false => Part::Checklist(updated.task, before.id),
                })
            });
            let items = updated.items.iter().filter_map(|item| item.before.as_ref());
            lists.chain(items.map(|item| Part::ChecklistItem(updated.task, item.id))).collect()
        }
        kind => kind.numbers(),
    }
}

/// An item that leaves a checklist and comes back leaves the checklist as it was.
#[test]
fn a_checklist_that_was_made_with_items_can_be_taken_back_after_its_items_came_back() {
    let (mut team, tasks) = team_with(&["Trip"]);
    let (lists, item): ([ChecklistId; 2], ChecklistItemId) = ([app::new_id(), app::new_id()], app::new_id());
    let create =
        |list, items| Op::CreateChecklist(CreateChecklist { items, ..CreateChecklist::of(tasks[0], list, "Packing") });
    team.edit(ANA, create(lists[1], Vec::new())).unwrap();
    team.edit(ANA, create(lists[0], vec![NewChecklistItem::of(item, "Tent")])).unwrap();
    team.settle();
    let update = UpdateChecklistItem::of(tasks[0], item);
    team.edit(ANA, Op::UpdateChecklistItem(UpdateChecklistItem { checklist: Some(lists[1]), ..update })).unwrap();
    team.undo(ANA).unwrap().unwrap();
    team.settle();
    let items = vec![item];
    let delete = DeleteChecklistItems { items, ..DeleteChecklistItems::of(tasks[0]) };
    team.edit(ANA, Op::DeleteChecklistItems(delete)).unwrap();
    team.settle();
    for _ in 0..3 {
        team.undo(ANA).unwrap().unwrap();
    }
    team.settle();
    assert_eq!(team.state().task(tasks[0]).unwrap().checklists().unwrap().lists().count(), 0);
    // What somebody else did to the checklist meanwhile is not taken back.
    for _ in 0..3 {
        team.redo(ANA).unwrap().unwrap();
    }
    team.undo(ANA).unwrap().unwrap();
    team.settle();
    let rename = UpdateChecklist { name: Some("To pack".to_owned()), ..UpdateChecklist::of(tasks[0], lists[0]) };
    team.edit(BEN, Op::UpdateChecklist(rename)).unwrap();
    team.settle();
    assert!(team.undo(ANA).unwrap().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn one_person_can_go_all_the_way_back_and_on_again(seed: u64) {
        there_and_back(Random::seeded(seed));
        there_and_back(Random::of(seed, Edits::All));
    }

    #[test]
    fn nobody_ever_reverts_what_somebody_else_changed_later(seed: u64) {
        two_at_once(Random::seeded(seed));
        two_at_once(Random::of(seed, Edits::All));
    }

    /// The sequence numbers that an undo compares are those that a change sets in the state.
    #[test]
    fn a_change_sets_the_sequence_numbers_of_its_parts(seed: u64) {
        let edits = if seed % 2 == 0 { Edits::WithoutChecklists } else { Edits::All };
        let mut team = Team::of(Random::of(seed, edits), 1);
        for _ in 0..80 {
            let op = team.random.op(team.states.last().unwrap());
            let mutation = team.random.mutation(op);
            if team.write(&mutation).is_err() {
                continue;
            }
            let change = team.log.last().unwrap();
            let fields = |task| Field::ALL.map(|field| Part::Field(task, field)).into_iter().chain([Part::Task(task)]);
            let tasks = team.state().tasks().flat_map(|task| fields(task.id));
            let columns = team.state().columns().map(|column| Part::Column(column.id));
            let labels = team.state().all_labels().map(|label| Part::Label(label.id));
            let lists = team.state().tasks().flat_map(|task| {
                let (id, lists) = (task.id, task.checklists().cloned().unwrap_or_default());
                let parts = lists.all_lists().flat_map(|list| [Part::Checklist(id, list.id), Part::ChecklistContents(id, list.id)]);
                let items = lists.all_items().map(|item| Part::ChecklistItem(id, item.id));
                parts.chain(items).collect::<Vec<_>>()
            });
            let parts = tasks.chain(columns).chain(labels).chain(lists).chain([Part::Name, Part::Look, Part::Archived]);
            let numbered: Vec<Part> = parts.filter(|part| part.newest(team.state()) == change.seq).collect();
            let said = change.kind.numbers();
            let gone = match &change.kind {
                ChangeKind::ColumnDeleted(_) | ChangeKind::LabelDeleted(_) => true,
                // What is left of a checklist has no newer number when an item leaves it.
                ChangeKind::ChecklistsUpdated(updated) => updated.items.iter().any(|item| {
                    let list = |item: &Option<ChecklistItem>| item.as_ref().map(|item| item.checklist);
                    item.before.is_some() && list(&item.before) != list(&item.after)
                }),
                _ => false,
            };
            prop_assert!(gone || said.len() == numbered.len(), "{said:?} {numbered:?}");
            prop_assert!(gone || said.iter().all(|part| numbered.contains(part)));
        }
    }
}
