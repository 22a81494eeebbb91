//! Tests of checklists: what the operations do, what an undo brings back, what a page that has not loaded them knows, and their limits.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use app::{
    access::Principal,
    board::{Direction, OptimisticBoard},
    checklist::{Checklists, MAX_CHECKLISTS, MAX_ITEMS, MAX_KEPT_CHECKLISTS, Progress},
    history::Event,
    id::{ActorId, BoardId, ChecklistId, ChecklistItemId, ColumnId, MutationId, TaskId},
    model::{ColumnKind, Place},
    ops::{
        AddChecklistItems, Change, ChangeKind, CreateBoard, CreateChecklist, CreateTask, DeleteChecklistItems,
        Mutation, NewChecklist, NewChecklistItem, NewColumn, Op, UpdateChecklist, UpdateChecklistItem, decide,
        inverse_of,
    },
    refusal::{Refusal, Thing},
    state::{BoardState, Part},
    time::{Day, Timestamp},
};
use proptest::prelude::*;
use random::{Edits, Random};
use uuid::Uuid;

/// A board with one task, which decides operations as the server does.
struct Board {
    state: BoardState,
    changes: Vec<Change>,
    told: Vec<String>,
}

const TASK: TaskId = TaskId(Uuid::from_u128(7));
const ANA: ActorId = ActorId(Uuid::from_u128(8));

impl Board {
    fn new() -> Self {
        let state = BoardState::empty(BoardId(Uuid::from_u128(1)));
        let mut board = Self { state, changes: Vec::new(), told: Vec::new() };
        let column = NewColumn { id: ColumnId(Uuid::from_u128(2)), name: "To do".to_owned(), kind: ColumnKind::Open };
        board.write(Op::CreateBoard(CreateBoard { name: "Board".to_owned(), columns: vec![column], everyone: None }));
        board.write(Op::CreateTask(CreateTask::of(TASK, "Trip")));
        board
    }

    /// With one checklist that has these items.
    fn with(items: &[&str]) -> Self {
        let mut board = Self::new();
        let items = items.iter().enumerate().map(|(number, text)| NewChecklistItem::of(item(number), *text)).collect();
        board.write(Op::CreateChecklist(CreateChecklist { items, ..CreateChecklist::of(TASK, list(0), "Packing") }));
        board
    }

    fn try_write(&mut self, op: &Op) -> Result<(), Refusal> {
        let kind = decide(&self.state, op)?;
        let seq = self.state.seq() + 1;
        let change = Change { seq, at: Timestamp::from_millis(0), by: None, mutation: MutationId(app::new_id()), kind };
        let event = Event::of(&self.state, &change);
        self.told.push(event.activity.of_this_task(&|_| "Ana".to_owned()));
        self.state.apply(&change).unwrap();
        self.changes.push(change);
        Ok(())
    }

    fn write(&mut self, op: Op) {
        self.try_write(&op).unwrap();
    }

    fn lists(&self) -> &Checklists {
        self.state.task(TASK).unwrap().checklists().unwrap()
    }

    /// The checklists as they are shown: `Packing: [x] Tent, [ ] Map`.
    fn shown(&self) -> Vec<String> {
        shown(self.lists())
    }

    fn told(&self) -> &str {
        self.told.last().unwrap()
    }
}

fn shown(lists: &Checklists) -> Vec<String> {
    let items = |id| {
        let item = lists.items_of(id).map(|item| format!("{} {}", if item.done { "[x]" } else { "[ ]" }, item.text));
        item.collect::<Vec<_>>().join(", ")
    };
    lists.lists().map(|list| format!("{}: {}", list.name, items(list.id))).collect()
}

fn list(number: usize) -> ChecklistId {
    ChecklistId(Uuid::from_u128(100 + number as u128))
}

fn item(number: usize) -> ChecklistItemId {
    ChecklistItemId(Uuid::from_u128(10_000 + number as u128))
}

fn new_list(number: usize, name: &str) -> Op {
    Op::CreateChecklist(CreateChecklist::of(TASK, list(number), name))
}

fn update(number: usize, edit: impl FnOnce(&mut UpdateChecklistItem)) -> Op {
    let mut update = UpdateChecklistItem::of(TASK, item(number));
    edit(&mut update);
    Op::UpdateChecklistItem(update)
}

fn tick(number: usize, done: bool) -> Op {
    update(number, |update| update.done = Some(done))
}

fn set_deleted(number: usize, deleted: bool) -> Op {
    Op::UpdateChecklist(UpdateChecklist { deleted: Some(deleted), ..UpdateChecklist::of(TASK, list(number)) })
}

fn add(items: Vec<NewChecklistItem>) -> Op {
    Op::AddChecklistItems(AddChecklistItems { items, ..AddChecklistItems::of(TASK, list(0)) })
}

fn remove(items: &[usize]) -> Op {
    let items = items.iter().copied().map(item).collect();
    Op::DeleteChecklistItems(DeleteChecklistItems { items, ..DeleteChecklistItems::of(TASK) })
}

#[test]
fn items_are_ticked_changed_moved_and_deleted() {
    let mut board = Board::with(&["Tent", "Map", "Food"]);
    assert_eq!(board.shown(), ["Packing: [ ] Tent, [ ] Map, [ ] Food"]);
    assert_eq!(board.told(), "added the checklist “Packing”");
    board.write(tick(1, true));
    assert_eq!(board.told(), "ticked “Map”");
    board.write(update(2, |update| update.text = Some("  Much food ".to_owned())));
    assert_eq!(board.told(), "changed a checklist item from “Food” to “Much food”");
    board.write(update(2, |update| update.place = Some(Place::First)));
    assert_eq!(board.shown(), ["Packing: [ ] Much food, [ ] Tent, [x] Map"]);
    assert_eq!(board.told(), "moved “Much food”");
    board.write(update(0, |update| update.assignee = Some(Some(ANA))));
    assert_eq!(board.told(), "assigned “Tent” to Ana");
    board.write(update(0, |update| update.due = Some(Day::parse("2026-12-24"))));
    assert_eq!(board.told(), "set “Tent” due 24 December 2026");
    let tent = board.lists().item(item(0)).unwrap();
    assert_eq!((tent.assignee, tent.due), (Some(ANA), Day::parse("2026-12-24")));
    board.write(tick(1, false));
    assert_eq!(board.told(), "unticked “Map”");
    board.write(remove(&[1]));
    assert_eq!((board.told(), board.shown()), ("deleted “Map”", vec!["Packing: [ ] Much food, [ ] Tent".to_owned()]));

    board.write(new_list(1, "Shopping"));
    board.write(update(0, |update| update.checklist = Some(list(1))));
    assert_eq!(board.shown(), ["Packing: [ ] Much food", "Shopping: [ ] Tent"]);
    board.write(Op::UpdateChecklist(UpdateChecklist {
        place: Some(Place::First),
        ..UpdateChecklist::of(TASK, list(1))
    }));
    board.write(Op::UpdateChecklist(UpdateChecklist {
        name: Some("Buy".to_owned()),
        ..UpdateChecklist::of(TASK, list(1))
    }));
    assert_eq!(board.told(), "renamed a checklist from “Shopping” to “Buy”");
    assert_eq!(board.shown(), ["Buy: [ ] Tent", "Packing: [ ] Much food"]);
}

#[test]
fn a_task_tells_how_many_of_its_items_are_done() {
    let mut board = Board::with(&["a", "b", "c"]);
    let progress = |board: &Board| {
        let Progress { done, items } = board.state.task(TASK).unwrap().progress;
        (done, items)
    };
    board.write(tick(0, true));
    assert_eq!(progress(&board), (1, 3));
    let new = NewChecklistItem { done: true, ..NewChecklistItem::of(item(9), "d") };
    board.write(add(vec![new]));
    assert_eq!(progress(&board), (2, 4));
    board.write(set_deleted(0, true));
    assert_eq!(progress(&board), (0, 0));
    board.write(set_deleted(0, false));
    board.write(remove(&[0, 1]));
    assert_eq!((progress(&board), board.told()), ((1, 2), "deleted 2 checklist items"));
}

#[test]
fn what_is_so_already_gets_no_newer_number() {
    let mut board = Board::with(&["a", "b"]);
    board.write(tick(0, true));
    let before = board.state.task(TASK).unwrap().clone();
    for op in [
        tick(0, true),
        update(0, |update| update.text = Some("a".to_owned())),
        update(1, |update| update.place = Some(Place::Last)),
        update(1, |update| update.place = Some(Place::After(item(1)))),
        Op::UpdateChecklist(UpdateChecklist { name: Some("Packing".to_owned()), ..UpdateChecklist::of(TASK, list(0)) }),
    ] {
        board.write(op);
        assert_eq!(board.state.task(TASK).unwrap(), &before);
        assert_eq!(board.told(), "");
    }
}

#[test]
fn edits_of_different_fields_of_an_item_both_survive() {
    let mut board = Board::with(&["a"]);
    board.write(tick(0, true));
    board.write(update(0, |update| update.text = Some("b".to_owned())));
    assert_eq!(board.shown(), ["Packing: [x] b"]);
}

#[test]
fn a_text_that_somebody_else_changed_meanwhile_is_not_overwritten() {
    let mut board = Board::with(&["a"]);
    let edit = |was: &str, text: &str| {
        let (was, text) = (Some(was.to_owned()), Some(text.to_owned()));
        update(0, |update| (update.was, update.text) = (was, text))
    };
    board.write(edit("a", "b"));
    board.write(edit("b", "c"));
    let seq = board.state.seq();
    board.write(tick(0, true));
    assert_eq!(board.try_write(&edit("a", "mine")), Err(Refusal::Stale { seq: seq + 1 }));
    board.write(edit("a", "c"));
    assert_eq!(board.shown(), ["Packing: [x] c"]);
}

#[test]
fn many_lines_are_one_change_and_stay_in_their_order_wherever_they_go() {
    let mut board = Board::with(&["a", "z"]);
    let mut items: Vec<NewChecklistItem> =
        ["b", "c", "d"].iter().enumerate().map(|(index, text)| NewChecklistItem::of(item(10 + index), *text)).collect();
    items[0].place = Some(Place::After(item(0)));
    board.write(add(items));
    assert_eq!(board.shown(), ["Packing: [ ] a, [ ] b, [ ] c, [ ] d, [ ] z"]);
    assert_eq!(board.told(), "added 3 checklist items");
    // Even when the ranks between two items run out.
    for number in 20..205 {
        let place = Some(Place::After(item(0)));
        board.write(add(vec![NewChecklistItem { place, ..NewChecklistItem::of(item(number), format!("{number}")) }]));
    }
    let texts: Vec<String> = board.lists().items_of(list(0)).map(|item| item.text.clone()).collect();
    let expected: Vec<String> = (20..205).rev().map(|number| number.to_string()).collect();
    assert_eq!(texts[1..186], expected[..]);
}

#[test]
fn there_are_limits() {
    let mut board = Board::with(&["a"]);
    let many =
        |count: usize| (0..count).map(|number| NewChecklistItem::of(item(100 + number), "x")).collect::<Vec<_>>();
    let full = Err(Refusal::Full { what: Thing::ChecklistItem, limit: MAX_ITEMS as u32 });
    assert_eq!(board.try_write(&add(many(MAX_ITEMS))), full);
    board.write(add(many(MAX_ITEMS - 1)));
    assert_eq!(board.try_write(&add(vec![NewChecklistItem::of(item(1), "x")])), full);
    board.write(new_list(1, "Other"));
    let other =
        CreateChecklist { items: vec![NewChecklistItem::of(item(1), "x")], ..CreateChecklist::of(TASK, list(2), "c") };
    board.write(Op::CreateChecklist(other));
    assert_eq!(board.try_write(&update(1, |update| update.checklist = Some(list(0)))), full);
    for number in 3..MAX_CHECKLISTS {
        board.write(new_list(number, "More"));
    }
    let full = Err(Refusal::Full { what: Thing::Checklist, limit: MAX_CHECKLISTS as u32 });
    assert_eq!(board.try_write(&new_list(99, "Too many")), full);
    board.write(set_deleted(1, true));
    board.write(new_list(99, "One more"));
    assert_eq!(board.try_write(&set_deleted(1, false)), full);
    assert_eq!(board.try_write(&new_list(99, "Again")), Err(Refusal::Exists { what: Thing::Checklist }));
    let twice = vec![NewChecklistItem::of(item(500), "x"); 2];
    let into = AddChecklistItems { items: twice, ..AddChecklistItems::of(TASK, list(99)) };
    assert_eq!(board.try_write(&Op::AddChecklistItems(into)), Err(Refusal::Exists { what: Thing::ChecklistItem }));
}

#[test]
fn what_is_not_there_cannot_be_edited() {
    let mut board = Board::with(&["a"]);
    board.write(new_list(1, "Other"));
    let gone = |what| Err(Refusal::not_found(what));
    assert_eq!(board.try_write(&tick(5, true)), gone(Thing::ChecklistItem));
    assert_eq!(board.try_write(&update(0, |update| update.checklist = Some(list(5)))), gone(Thing::Checklist));
    assert!(matches!(board.try_write(&remove(&[])), Err(Refusal::Invalid { .. })));
    assert!(matches!(board.try_write(&add(Vec::new())), Err(Refusal::Invalid { .. })));
    board.write(set_deleted(0, true));
    assert_eq!(board.told(), "deleted the checklist “Packing”");
    assert_eq!(board.try_write(&tick(0, true)), gone(Thing::ChecklistItem));
    assert_eq!(board.try_write(&add(vec![NewChecklistItem::of(item(1), "b")])), gone(Thing::Checklist));
    assert_eq!(board.try_write(&set_deleted(0, true)), gone(Thing::Checklist));
    board.write(set_deleted(0, false));
    assert_eq!(board.told(), "restored the checklist “Packing”");
    assert_eq!(board.shown()[0], "Packing: [ ] a");
}

#[test]
fn a_few_deleted_checklists_are_kept() {
    let mut board = Board::new();
    for number in 0..MAX_KEPT_CHECKLISTS + 3 {
        board.write(new_list(number, "List"));
        let add = AddChecklistItems {
            items: vec![NewChecklistItem::of(item(number), "x")],
            ..AddChecklistItems::of(TASK, list(number))
        };
        board.write(Op::AddChecklistItems(add));
        board.write(set_deleted(number, true));
    }
    assert_eq!(board.lists().all_lists().len(), MAX_KEPT_CHECKLISTS);
    assert_eq!(board.lists().all_items().len(), MAX_KEPT_CHECKLISTS);
    assert_eq!(board.try_write(&set_deleted(2, false)), Err(Refusal::not_found(Thing::Checklist)));
    board.write(set_deleted(3, false));
    assert_eq!(board.shown(), ["List: [ ] x"]);
}

#[test]
fn a_task_may_be_created_with_checklists() {
    let mut board = Board::new();
    let copy = TaskId(Uuid::from_u128(70));
    let of = |number: usize, name: &str, items: &[&str]| NewChecklist {
        checklist: list(number),
        name: name.to_owned(),
        items: items.iter().map(|text| NewChecklistItem::of(ChecklistItemId(app::new_id()), *text)).collect(),
    };
    let checklists = vec![of(0, "One", &["a", "b"]), of(1, "Two", &["c"])];
    board.write(Op::CreateTask(CreateTask { checklists, ..CreateTask::of(copy, "Copy") }));
    let task = board.state.task(copy).unwrap();
    assert_eq!(shown(task.checklists().unwrap()), ["One: [ ] a, [ ] b", "Two: [ ] c"]);
    assert_eq!((task.progress.items, task.checklists_seq), (3, task.seq));
    let again = vec![of(0, "One", &[]), of(0, "Two", &[])];
    let twice = Op::CreateTask(CreateTask { checklists: again, ..CreateTask::of(TaskId(Uuid::from_u128(71)), "Copy") });
    assert_eq!(board.try_write(&twice), Err(Refusal::Exists { what: Thing::Checklist }));
}

#[test]
fn an_undo_puts_each_item_back_where_it_was() {
    let mut board = Board::with(&["a", "b", "c", "d", "e"]);
    let before = board.shown();
    let delete = remove(&[0, 2, 3]);
    let undo = inverse_of(&board.state, &delete).unwrap();
    board.write(delete);
    // Somebody adds one meanwhile.
    board.write(add(vec![NewChecklistItem { place: Some(Place::First), ..NewChecklistItem::of(item(9), "new") }]));
    assert_eq!(board.shown(), ["Packing: [ ] new, [ ] b, [ ] e"]);
    board.write(undo);
    assert_eq!(board.shown()[0].replace("[ ] new, ", ""), before[0]);
}

#[test]
fn a_page_without_the_checklists_counts_and_tells_and_loads_them_later() {
    let mut server = Board::with(&["a", "b"]);
    let mut page = OptimisticBoard::new(server.state.outline().into(), Principal::anybody());
    let known = |page: &OptimisticBoard| page.view().task(TASK).unwrap().clone();
    assert_eq!((known(&page).progress.items, known(&page).checklists()), (2, None));
    let loaded_before = server.state.part(Part::Task(TASK));

    server.write(tick(1, true));
    let change = server.changes.last().unwrap().clone();
    let told = Event::of(page.confirmed(), &change).activity.of_some_task(&|_| String::new());
    assert_eq!(told, ("ticked “b” in ".to_owned(), String::new()));
    page.receive(&change).unwrap();
    assert_eq!(known(&page).progress, Progress { done: 1, items: 2 });

    assert!(page.load(&loaded_before).is_none(), "it is too old and must be requested again");
    assert!(page.loaded().is_empty());
    // What is newer than the page is of use at once; the changes that it has already do nothing to it.
    server.write(tick(0, true));
    server.write(remove(&[1]));
    page.load(&server.state.part(Part::Task(TASK))).unwrap();
    assert_eq!(shown(known(&page).checklists().unwrap()), ["Packing: [x] a"]);
    for change in &server.changes[server.changes.len() - 2..] {
        page.receive(change).unwrap();
        assert_eq!(shown(known(&page).checklists().unwrap()), ["Packing: [x] a"]);
    }
    assert_eq!(page.view(), &server.state);

    page.unload(TASK);
    assert_eq!((known(&page).checklists(), known(&page).progress.items, page.loaded().len()), (None, 1, 0));
    page.load(&server.state.part(Part::Task(TASK))).unwrap();
    assert_eq!(page.view(), &server.state);
}

#[test]
fn what_can_be_undone_stays_loaded() {
    let mut server = Board::with(&["a"]);
    let mut page = OptimisticBoard::new(server.state.outline().into(), Principal::anybody());
    page.load(&server.state.part(Part::Task(TASK))).unwrap();
    let mutation = Mutation { id: MutationId(app::new_id()), op: tick(0, true) };
    page.submit(mutation.clone(), None, Timestamp::from_millis(0)).unwrap();
    page.unload(TASK);
    assert!(page.view().task(TASK).unwrap().checklists().is_some(), "it is not saved");
    server.write(mutation.op);
    page.receive(&Change { mutation: mutation.id, ..server.changes.last().unwrap().clone() }).unwrap();
    page.unload(TASK);
    page.undo(Direction::Undo, MutationId(app::new_id()), Timestamp::from_millis(0)).unwrap().unwrap();
    assert_eq!(shown(page.view().task(TASK).unwrap().checklists().unwrap()), ["Packing: [ ] a"]);
}

proptest! {
    /// Undoing an operation on checklists directly after it restores what is shown, and so does a redo.
    #[test]
    fn an_undo_restores_what_was_shown(seed: u64) {
        let mut random = Random::of(seed, Edits::All);
        let mut board = Board::with(&["a", "b", "c"]);
        for _ in 0..60 {
            let op = random.checklist_op(&board.state);
            let before = board.shown();
            let Some(undo) = inverse_of(&board.state, &op) else {
                let _ = board.try_write(&op);
                prop_assert_eq!(board.shown(), before, "what has no inverse changes nothing: {:?}", op);
                continue;
            };
            board.write(op.clone());
            let after = board.shown();
            let redo = inverse_of(&board.state, &undo).expect("it changes something");
            board.write(undo);
            prop_assert_eq!(board.shown(), before, "{:?}", op);
            board.write(redo);
            prop_assert_eq!(board.shown(), after, "{:?}", op);
        }
    }

    /// The counts are always those of the items, and a change says them.
    #[test]
    fn the_counts_are_right(seed: u64) {
        let mut random = Random::of(seed, Edits::All);
        let mut board = Board::with(&["a", "b", "c"]);
        for _ in 0..80 {
            let op = random.checklist_op(&board.state);
            if board.try_write(&op).is_ok() {
                let ChangeKind::ChecklistsUpdated(updated) = &board.changes.last().unwrap().kind else { continue };
                prop_assert_eq!(updated.progress, board.lists().progress());
                prop_assert_eq!(board.state.task(TASK).unwrap().progress, board.lists().progress());
            }
        }
    }
}
