//! Tests the table of all tasks: what a filter finds, and that the pages of every order have each task once.

use app::{
    fields::FieldEdit,
    id::{ActorId, BoardId, LabelId, TaskId},
    label::Hue,
    model::Priority,
    ops::{CreateLabel, CreateTask, DeleteBoard, DeleteLabel, MergeLabels, Op, UpdateTask},
    time::Day,
};
use futures::future::join_all;
use taskwire::store::{
    Store,
    tables::{Direction, Due, MOST_COUNTED, Rows, Slice, TaskFilter, TaskOrder, TaskRow, TaskState},
};

use crate::{
    on_both_engines,
    support::node::{NewBoard, Node, delete, new_task},
};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// Two boards with tasks of every kind, and a deleted board.
async fn fill(node: &Node) -> (Vec<NewBoard>, Vec<TaskId>) {
    let boards = vec![node.create_board().await, node.create_board().await];
    let days = [None, Some(day("2026-01-31")), Some(day("2026-12-24")), Some(day("2027-02-01"))];
    let titles = ["Tea", "tea for two", "100%_ sure", "Öl", "ZEBRA", "apple"];
    let mut writes = Vec::new();
    let mut tasks = Vec::new();
    for number in 0..60_usize {
        let task = new_task();
        let mut fields = vec![FieldEdit::Priority(Priority::ALL[number % 5]), FieldEdit::Due(days[number % 4])];
        fields.retain(|field| !matches!(field, FieldEdit::Priority(Priority::None) | FieldEdit::Due(None)));
        let column = Some(boards[number % 2].columns[if number % 7 == 0 { 2 } else { 0 }]);
        let create =
            CreateTask { fields: fields.into_iter().collect(), column, ..CreateTask::of(task, titles[number % 6]) };
        writes.push(node.write(boards[number % 2].id, Op::CreateTask(create)));
        tasks.push(task);
    }
    for written in join_all(writes).await {
        written.unwrap();
    }
    for number in [3, 11] {
        node.accepted(boards[number % 2].id, delete(tasks[number])).await;
    }
    let gone = node.create_board().await;
    node.create_task(gone.id, "Tea on a deleted board").await;
    node.accepted(gone.id, Op::DeleteBoard(DeleteBoard::default())).await;
    (boards, tasks)
}

/// All rows, read in pages of this size.
async fn all(store: &Store, filter: &TaskFilter, order: TaskOrder, direction: Direction, limit: usize) -> Vec<TaskRow> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let Rows { rows, next } =
            store.tasks_table(filter, Slice { order, direction, after, limit }).await.expect("a page");
        assert!(rows.len() <= limit);
        found.extend(rows);
        after = next;
        if after.is_none() {
            return found;
        }
    }
}

async fn titles(store: &Store, filter: TaskFilter) -> Vec<String> {
    let rows = all(store, &filter, TaskOrder::Created, Direction::Ascending, 500).await;
    assert_eq!(store.count_tasks(&filter).await.unwrap(), (rows.len() as u64).min(MOST_COUNTED + 1));
    rows.into_iter().map(|row| row.title).collect()
}

on_both_engines! {
    async fn the_pages_of_every_order_have_each_task_once(database) {
        let node = Node::on(&database).await;
        let (_, tasks) = fill(&node).await;
        for order in [TaskOrder::Changed, TaskOrder::Created, TaskOrder::Due, TaskOrder::Title, TaskOrder::Priority] {
            let filter = TaskFilter { state: TaskState::Live, ..TaskFilter::default() };
            let up = all(&node.store, &filter, order, Direction::Ascending, 7).await;
            let mut ids: Vec<_> = up.iter().map(|row| row.id).collect();
            let mut down: Vec<_> = all(&node.store, &filter, order, Direction::Descending, 13).await.iter().map(|row| row.id).collect();
            down.reverse();
            assert_eq!(ids, down, "{order:?}");
            ids.sort();
            let mut expected: Vec<_> = tasks.iter().copied().filter(|task| *task != tasks[3] && *task != tasks[11]).collect();
            expected.sort();
            assert_eq!(ids, expected, "{order:?}");
            let keys: Vec<String> = up.iter().map(|row| match order {
                TaskOrder::Changed => format!("{:020}", row.updated_at.as_millis()),
                TaskOrder::Created => format!("{:020}", row.created_at.as_millis()),
                TaskOrder::Due => row.due.map_or("9999".to_owned(), |day| day.to_string()),
                TaskOrder::Priority => format!("{}", row.priority as u8),
                TaskOrder::Title => String::new(),
            }).collect();
            assert!(keys.is_sorted(), "{order:?}: {keys:?}");
        }
    }

    async fn a_filter_finds_what_it_says(database) {
        let node = Node::on(&database).await;
        let (boards, tasks) = fill(&node).await;
        let store = &node.store;
        let live = || TaskFilter { state: TaskState::Live, ..TaskFilter::default() };
        assert_eq!(titles(store, TaskFilter::default()).await.len(), 60 - 9 - 2);
        assert_eq!(titles(store, TaskFilter { state: TaskState::Completed, ..TaskFilter::default() }).await.len(), 9);
        assert_eq!(titles(store, TaskFilter { state: TaskState::Deleted, ..TaskFilter::default() }).await.len(), 2);
        assert_eq!(titles(store, TaskFilter { state: TaskState::Any, ..TaskFilter::default() }).await.len(), 60);
        assert_eq!(titles(store, TaskFilter { board: Some(boards[0].id), ..live() }).await.len(), 30);
        assert_eq!(titles(store, TaskFilter { board: Some(app::new_id::<BoardId>()), ..live() }).await.len(), 0);
        assert_eq!(titles(store, TaskFilter { priority: Some(Priority::Urgent), ..live() }).await.len(), 12);
        assert_eq!(titles(store, TaskFilter { due: Some(Due::Never), ..live() }).await.len(), 15);
        assert_eq!(titles(store, TaskFilter { due: Some(Due::Before(day("2026-12-24"))), ..live() }).await.len(), 15);
        let range = Due::Within(day("2026-12-24"), day("2027-02-01"));
        assert_eq!(titles(store, TaskFilter { due: Some(range), ..live() }).await.len(), 28);
        let only = Some(vec![tasks[0], tasks[1], tasks[2], app::new_id::<TaskId>()]);
        assert_eq!(titles(store, TaskFilter { only, ..live() }).await.len(), 3);
        assert!(titles(store, TaskFilter { only: Some(Vec::new()), ..live() }).await.is_empty());

        // A search takes signs that LIKE knows, quotes and NUL for what they are.
        let search = |text: &str| TaskFilter { text: text.to_owned(), ..live() };
        assert_eq!(titles(store, search(" TEA ")).await.len(), 20);
        assert_eq!(titles(store, search("100%_")).await.len(), 10);
        assert!(titles(store, search("0%s")).await.is_empty());
        assert!(titles(store, search("'; DROP TABLE tasks; --")).await.is_empty());
        assert_eq!(titles(store, search("te\0a")).await.len(), 20);

        // What people call a task, wherever it is.
        let board = node.board(boards[1].id).await;
        let name = |task: TaskId| board.task_ref(board.task(task).unwrap()).unwrap().to_string();
        let rows = all(store, &search(&name(tasks[1]).to_lowercase()), TaskOrder::Changed, Direction::Descending, 5).await;
        assert_eq!(rows.iter().map(|row| (row.id, row.reference.clone())).collect::<Vec<_>>(), [(tasks[1], name(tasks[1]))]);
        assert!(titles(store, search(&name(tasks[3]))).await.is_empty(), "it is in the trash");
        let in_trash = TaskFilter { state: TaskState::Deleted, ..search(&name(tasks[3])) };
        assert_eq!(titles(store, in_trash).await.len(), 1);
        assert!(titles(store, search("NONE-1")).await.is_empty());
    }

    async fn a_person_is_found_by_what_they_are_assigned_to(database) {
        let node = Node::on(&database).await;
        let (boards, tasks) = fill(&node).await;
        let (ana, ben) = (person(&node, "ana").await, person(&node, "ben").await);
        for number in [0, 2, 4] {
            let assign = UpdateTask::of(tasks[number]).with(FieldEdit::Assign(vec![ana]));
            node.accepted(boards[0].id, Op::UpdateTask(assign)).await;
        }
        let both = UpdateTask::of(tasks[2]).with(FieldEdit::Assign(vec![ben]));
        node.accepted(boards[0].id, Op::UpdateTask(both)).await;
        let of = |assignee| TaskFilter { assignee: Some(assignee), state: TaskState::Live, ..TaskFilter::default() };
        assert_eq!(titles(&node.store, of(Some(ana))).await, ["Tea", "100%_ sure", "ZEBRA"]);
        assert_eq!(titles(&node.store, of(Some(ben))).await, ["100%_ sure"]);
        assert_eq!(titles(&node.store, of(None)).await.len(), 60 - 2 - 3);
        assert!(titles(&node.store, of(Some(app::new_id::<ActorId>()))).await.is_empty());
    }

    async fn labels_are_shown_as_they_are_on_the_board_and_found(database) {
        let node = Node::on(&database).await;
        let (boards, tasks) = fill(&node).await;
        let store = &node.store;
        let board = boards[0].id;
        let mut labels = Vec::new();
        for name in ["Bug", "Defect", "Flaw", "Docs", "Gone"] {
            labels.push(LabelId(app::new_id()));
            node.accepted(board, Op::CreateLabel(CreateLabel::of(*labels.last().unwrap(), name, Hue::Red))).await;
        }
        let [bug, defect, flaw, docs, gone] = labels[..] else { unreachable!() };
        // The same id on another board is another label.
        node.accepted(boards[1].id, Op::CreateLabel(CreateLabel::of(bug, "Other", Hue::Blue))).await;
        let add = async |board: BoardId, number: usize, labels: &[LabelId]| {
            let update = UpdateTask::of(tasks[number]).with(FieldEdit::AddLabels(labels.to_vec()));
            node.accepted(board, Op::UpdateTask(update)).await;
        };
        add(board, 0, &[docs, bug, gone]).await;
        add(board, 2, &[flaw]).await;
        add(board, 4, &[defect, bug]).await;
        add(boards[1].id, 1, &[bug]).await;
        node.accepted(board, Op::DeleteLabel(DeleteLabel::of(gone))).await;
        node.accepted(board, Op::MergeLabels(MergeLabels::of(flaw, defect))).await;
        node.accepted(board, Op::MergeLabels(MergeLabels::of(defect, bug))).await;

        let of = |label: LabelId| TaskFilter { board: Some(board), label: Some(label), state: TaskState::Live, ..TaskFilter::default() };
        let rows = all(store, &of(bug), TaskOrder::Created, Direction::Ascending, 2).await;
        let found: Vec<_> = rows.iter().map(|row| row.id).collect();
        assert_eq!(found, [tasks[0], tasks[2], tasks[4]]);
        let names = |row: &TaskRow| row.labels.iter().map(|label| label.name.clone()).collect::<Vec<_>>();
        assert_eq!(rows.iter().map(names).collect::<Vec<_>>(), [vec!["Bug", "Docs"], vec!["Bug"], vec!["Bug"]]);
        assert_eq!(titles(store, of(docs)).await.len(), 1);
        for label in [gone, defect, LabelId(app::new_id())] {
            assert!(titles(store, of(label)).await.is_empty(), "it is not offered, because it is none of the board's labels");
        }
        assert_eq!(titles(store, TaskFilter { text: "tea".to_owned(), ..of(bug) }).await, ["Tea"]);
        let other = TaskFilter { only: Some(vec![tasks[1]]), state: TaskState::Live, ..TaskFilter::default() };
        let rows = all(store, &other, TaskOrder::Created, Direction::Ascending, 2).await;
        assert_eq!(rows.iter().map(names).collect::<Vec<_>>(), [["Other"]]);
        let offered: Vec<_> = store.labels_of(board).await.unwrap().iter().map(|label| label.name.clone()).collect();
        assert_eq!(offered, ["Bug", "Docs"]);
    }

    async fn a_label_that_thousands_have_is_found_in_order_too(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let label = LabelId(app::new_id());
        node.accepted(board, Op::CreateLabel(CreateLabel::of(label, "Bug", Hue::Red))).await;
        let create = |number: usize| {
            let labels = if number.is_multiple_of(10) { Vec::new() } else { vec![label] };
            CreateTask::of(new_task(), format!("Task {number}")).with(FieldEdit::AddLabels(labels))
        };
        let writes = (0..2_400).map(|number| node.write(board, Op::CreateTask(create(number))));
        for written in join_all(writes).await {
            written.unwrap();
        }
        let filter = TaskFilter { board: Some(board), label: Some(label), ..TaskFilter::default() };
        let rows = all(&node.store, &filter, TaskOrder::Created, Direction::Descending, 500).await;
        assert_eq!(rows.len(), 2_160);
        assert!(rows.iter().all(|row| row.labels.len() == 1));
        assert_eq!(node.store.count_tasks(&filter).await.unwrap(), MOST_COUNTED + 1);
    }

    async fn a_search_that_finds_thousands_is_read_in_order_too(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await;
        let writes: Vec<_> = (0..2_100).map(|number| {
            let title = format!("{} {number}", if number % 100 == 0 { "Rare" } else { "Common" });
            node.write(board.id, Op::CreateTask(CreateTask::of(new_task(), title)))
        }).collect();
        for written in join_all(writes).await {
            written.unwrap();
        }
        for (text, count) in [("common", 2_079), ("rare", 21), ("c", 2_079), ("o", 0), ("nothing", 0)] {
            let filter = TaskFilter { text: text.to_owned(), ..TaskFilter::default() };
            let rows = all(&node.store, &filter, TaskOrder::Title, Direction::Ascending, 300).await;
            assert_eq!(rows.len(), count, "{text}");
            assert_eq!(node.store.count_tasks(&filter).await.unwrap(), (count as u64).min(MOST_COUNTED + 1));
        }
    }
}

/// Creates an account.
pub async fn person(node: &Node, name: &str) -> ActorId {
    use taskwire::{
        accounts::{Accounts, NewPerson},
        credentials::Credentials,
        hub::Hub,
    };
    let accounts = Accounts::new(node.store.clone(), Hub::new(node.store.clone()), None, "http://localhost".to_owned());
    let email = format!("{name}@example.com");
    let new = NewPerson { name, email: &email, password: None };
    accounts.add(&Credentials::local(), new, app::access::InstanceRole::Member).await.unwrap()
}
