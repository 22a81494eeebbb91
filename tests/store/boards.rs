//! Tests the life of boards: boards are created, changed and deleted, tasks are deleted and restored, and places stay
//! stable.

use std::time::{Duration, Instant};

use app::{
    access::{BoardRole, InstanceRole, Scope},
    id::{BoardId, TaskId},
    model::{BoardSummary, ColumnKind, Place},
    ops::{CreateBoard, DeleteBoard, DeleteColumn, NewColumn, Op, SetArchived, SetMember, UpdateBoard, UpdateTask},
    refusal::{Refusal, Thing},
    state::BoardState,
};
use futures::future::join_all;
use reqwest::Method;
use taskwire::{
    accounts::NewPerson,
    credentials::{Credential, Credentials},
    settings::Settings,
    store::{
        BoardQuery,
        tables::{BoardOrder, Direction, Key, Rows},
    },
};

use crate::{
    on_both_engines,
    support::{
        database::Database,
        node::{Node, create, delete, new_task, restore},
        server::{Server, open},
    },
};

on_both_engines! {
    async fn the_list_of_boards_follows_what_happens_to_them(database) {
        let node = Node::on(&database).await;
        let (one, two) = (node.create_board().await.id, node.create_board().await.id);
        node.accepted(one, Op::UpdateBoard(UpdateBoard { name: Some("Holidays".to_owned()), ..UpdateBoard::default() })).await;
        let list = node.store.boards_page(&Credentials::local(), &BoardQuery::newest(10)).await.expect("the list").rows;
        assert_eq!(list.iter().map(|board| (board.id, board.name.as_str(), board.seq)).collect::<Vec<_>>(), [
            (two, "Plans", 1),
            (one, "Holidays", 2),
        ]);

        node.accepted(two, Op::DeleteBoard(DeleteBoard::default())).await;
        let list = node.store.boards_page(&Credentials::local(), &BoardQuery::newest(10)).await.expect("the list").rows;
        assert_eq!(list.iter().map(|board| board.id).collect::<Vec<_>>(), [one]);
        assert_eq!(node.refused(two, create(new_task(), "Late")).await, Refusal::NotFound { what: Thing::Board });
        let fresh = database.open().await.board(two).await.expect("it can be read").expect("it is still there");
        assert!(fresh.deleted_at().is_some());
        let heads = node.store.heads(&[one, two, app::new_id::<app::id::BoardId>()]).await.expect("the numbers");
        assert_eq!(heads, [(one, 2), (two, 2)].into());
    }

    async fn a_long_list_is_read_in_pages_and_searched(database) {
        let node = Node::on(&database).await;
        let mut made = Vec::new();
        for number in 0..23 {
            let board = node.create_board().await.id;
            let name = Some(format!("Board {number} {}", if number % 5 == 0 { "ÄPFEL & Tea" } else { "100%_" }));
            node.accepted(board, Op::UpdateBoard(UpdateBoard { name, ..UpdateBoard::default() })).await;
            made.push(board);
        }
        node.accepted(made[20], Op::DeleteBoard(DeleteBoard::default())).await;
        made.remove(20);
        made.reverse();
        let page = async |text: &str, after, limit| {
            let wanted = BoardQuery { text: text.to_owned(), after, ..BoardQuery::newest(limit) };
            node.store.boards_page(&Credentials::local(), &wanted).await.expect("a page")
        };
        let mut read = Vec::new();
        let mut after = None;
        loop {
            let Rows { rows, next } = page("", after, 5).await;
            read.extend(rows.iter().map(|board| board.id));
            assert_eq!(next.is_some(), read.len() < made.len());
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(read, made);
        let names = |page: Rows<BoardSummary>| page.rows.into_iter().map(|board| board.name).collect::<Vec<_>>();
        assert_eq!(names(page("tEA", None, 2).await), ["Board 15 ÄPFEL & Tea", "Board 10 ÄPFEL & Tea"]);
        assert_eq!(names(page("ÄPFEL", None, 1).await), ["Board 15 ÄPFEL & Tea"]);
        assert_eq!(names(page("board 1 100%_", None, 5).await), ["Board 1 100%_"]);
        assert!(names(page("'; DROP TABLE boards; --", None, 5).await).is_empty());
        let rest = page("tea", page("tea", None, 2).await.next, 2).await;
        assert_eq!((rest.next.is_some(), names(rest)), (false, vec!["Board 5 ÄPFEL & Tea".to_owned(), "Board 0 ÄPFEL & Tea".to_owned()]));
    }

    async fn an_archived_board_is_read_and_not_edited_until_it_is_back(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Tea").await;
        node.accepted(board, Op::SetArchived(SetArchived::to(true))).await;
        assert_eq!(node.refused(board, create(new_task(), "Late")).await, Refusal::Archived);
        assert_eq!(node.refused(board, delete(task)).await, Refusal::Archived);
        // Another process reads it from the rows.
        let fresh = database.open().await.board(board).await.expect("it can be read").expect("the board");
        assert!(fresh.is_archived() && fresh.archived_seq() == 3 && fresh.live_task(task).is_some());
        assert_eq!(*fresh, node.replayed(board).await);
        let names = async |archived| {
            let wanted = BoardQuery { archived, ..BoardQuery::newest(10) };
            let page = node.store.boards_page(&Credentials::local(), &wanted).await.expect("the list");
            page.rows.into_iter().map(|board| (board.name, board.archived_at)).collect::<Vec<_>>()
        };
        assert_eq!(names(Some(false)).await, []);
        assert_eq!(names(Some(true)).await, [("Plans".to_owned(), fresh.archived_at())]);
        node.accepted(board, Op::SetArchived(SetArchived::to(false))).await;
        node.accepted(board, delete(task)).await;
        assert_eq!((names(Some(false)).await.len(), names(Some(true)).await.len(), names(None).await.len()), (1, 0, 1));
        // A deleted board comes back as it was, archived or not.
        node.accepted(board, Op::SetArchived(SetArchived::to(true))).await;
        node.accepted(board, Op::DeleteBoard(DeleteBoard::default())).await;
        assert!(names(None).await.is_empty());
        node.accepted(board, Op::RestoreBoard(app::ops::RestoreBoard {})).await;
        assert!(node.board(board).await.is_archived());
        assert_eq!(*node.board(board).await, node.replayed(board).await);
    }

    async fn each_order_of_the_list_has_every_board_once_for_everybody(database) {
        let settings = Settings { database: database.url.clone(), no_sample: true, ..open() };
        let (_server, services) = Server::with_services(settings).await;
        let (local, accounts) = (Credentials::local(), &services.accounts);
        let new = NewPerson { name: "Ana", email: "ana@example.com", password: None };
        let ana = accounts.add(&local, new, InstanceRole::Member).await.unwrap();
        let (token, _) = accounts.create_token(&local, ana, "a test", Scope::Read, None).await.unwrap();
        let member = Credentials::new(Credential::Token(token.hash()));
        let write = async |board, op| {
            services.writer.write(board, crate::support::node::mutation(op), Credentials::local()).await.unwrap();
        };
        // Private, open, hers, hers and open; each of them archived and not; each name twice, in other letters.
        let (mut all, mut hers, mut managed) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..32 {
            let board = app::new_id::<BoardId>();
            let name = format!("{} {:02}", if number % 3 == 0 { "Tea" } else { "tea" }, number / 2);
            let column = NewColumn { id: app::new_id(), name: "To do".to_owned(), kind: ColumnKind::Open };
            let (open, mine, archived) = (number % 2 == 1, number / 2 % 2 == 1, number / 4 % 2 == 1);
            // Without a known creator, a board is open unless it is made private.
            let everyone = open.then_some(BoardRole::Viewer);
            write(board, Op::CreateBoard(CreateBoard { name: name.clone(), columns: vec![column], everyone })).await;
            write(board, Op::UpdateBoard(UpdateBoard { everyone: Some(everyone), ..UpdateBoard::default() })).await;
            if mine {
                let role = if number < 16 { BoardRole::Manager } else { BoardRole::Viewer };
                write(board, Op::SetMember(SetMember { person: ana, role: Some(role) })).await;
                if role == BoardRole::Manager {
                    managed.push((board, archived, open));
                }
            }
            if archived {
                write(board, Op::SetArchived(SetArchived::to(true))).await;
            }
            all.push((board, archived, open));
            if open || mine {
                hers.push((board, archived, open));
            }
        }
        for order in [BoardOrder::Created, BoardOrder::Name, BoardOrder::Changed] {
            for direction in [Direction::Ascending, Direction::Descending] {
                for archived in [Some(false), Some(true), None] {
                    for is_open in [None, Some(true), Some(false)] {
                        for (who, credentials, manages, expected) in [
                            ("an admin", &local, false, &all),
                            ("a member", &member, false, &hers),
                            ("what she manages", &member, true, &managed),
                        ] {
                            let what = format!("{who}, {order:?} {direction:?} {archived:?} {is_open:?}");
                            let (mut read, mut after): (Vec<BoardSummary>, Option<Key>) = (Vec::new(), None);
                            loop {
                                let text = "tea".to_owned();
                                let managed = manages;
                                let wanted =
                                    BoardQuery { text, archived, is_open, managed, order, direction, after, limit: 3 };
                                let page = services.store.boards_page(credentials, &wanted).await.expect(&what);
                                read.extend(page.rows);
                                after = page.next;
                                if after.is_none() {
                                    break;
                                }
                            }
                            let wanted = |(_, is_archived, open): &&(BoardId, bool, bool)| {
                                archived.is_none_or(|archived| *is_archived == archived)
                                    && is_open.is_none_or(|is_open| *open == is_open)
                            };
                            let mut expected: Vec<BoardId> = expected.iter().filter(wanted).map(|(id, ..)| *id).collect();
                            let mut found: Vec<BoardId> = read.iter().map(|board| board.id).collect();
                            assert!(match (order, direction) {
                                (BoardOrder::Created, Direction::Ascending) => read.iter().map(BoardSummary::age).is_sorted(),
                                (BoardOrder::Created, Direction::Descending) => read.iter().rev().map(BoardSummary::age).is_sorted(),
                                (BoardOrder::Changed, _) => true,
                                (BoardOrder::Name, Direction::Ascending) => names(&read).is_sorted(),
                                (BoardOrder::Name, Direction::Descending) => names(&read).rev().is_sorted(),
                            }, "{what}: {read:?}");
                            expected.sort_unstable();
                            found.sort_unstable();
                            assert_eq!(found, expected, "{what}");
                        }
                    }
                }
            }
        }
    }

    async fn a_board_that_never_was_is_none(database) {
        let node = Node::on(&database).await;
        let id = app::new_id::<app::id::BoardId>();
        assert!(node.store.board(id).await.expect("the database answers").is_none());
        assert_eq!(node.refused(id, create(new_task(), "Lost")).await, Refusal::NotFound { what: Thing::Board });
        assert!(node.store.board(id).await.expect("the database answers").is_none());
    }

    async fn a_deleted_task_comes_back_as_it_was(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await;
        let task = node.create_task(board.id, "Buy milk").await;
        node.accepted(board.id, delete(task)).await;
        let state = database.open().await.board(board.id).await.expect("it can be read").expect("the board");
        assert!(state.task(task).is_some_and(|task| task.is_deleted()));
        assert!(state.live_task(task).is_none());

        // The task's column is deleted meanwhile, so the task is restored to another column.
        node.accepted(board.id, Op::DeleteColumn(DeleteColumn::of(board.columns[0]))).await;
        node.accepted(board.id, restore(task)).await;
        let state = database.open().await.board(board.id).await.expect("it can be read").expect("the board");
        let task = state.live_task(task).expect("it is back");
        assert_eq!((task.title.as_str(), task.column), ("Buy milk", board.columns[1]));
        assert_eq!(*state, node.replayed(board.id).await);
    }

    async fn places_hold_over_thousands_of_moves_between_the_same_two(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await;
        let (first, last) = (node.create_task(board.id, "First").await, node.create_task(board.id, "Last").await);
        let (a, b) = (node.create_task(board.id, "A").await, node.create_task(board.id, "B").await);
        let moves = (0..3_000).map(|turn| {
            let place = Some(Place::After(first));
            let op = Op::UpdateTask(UpdateTask { place, ..UpdateTask::of(if turn % 2 == 0 { a } else { b }) });
            node.writer.write(board.id, crate::support::node::mutation(op), Credentials::local())
        });
        for moved in moves.collect::<Vec<_>>() {
            moved.await.expect("accepted");
        }
        let state = database.open().await.board(board.id).await.expect("it can be read").expect("the board");
        assert_eq!(column_tasks(&state), [first, b, a, last]);
        assert!(state.tasks().all(|task| !task.rank.is_long()));
        assert_eq!(*state, node.replayed(board.id).await);
        assert_eq!(state, node.board(board.id).await);
    }
}

/// The names as a database sorts them, whatever its collation: they have the same length, and differ in digits.
fn names(boards: &[BoardSummary]) -> impl DoubleEndedIterator<Item = String> + '_ {
    boards.iter().map(|board| board.name.to_lowercase())
}

/// The tasks in the first column.
fn column_tasks(state: &BoardState) -> Vec<TaskId> {
    let first = state.columns().next().expect("a column");
    state.column_task_ids(first.id).collect()
}

/// `cargo nextest run --cargo-profile bench -p taskwire --test store --run-ignored only --no-capture lists_of_boards`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn lists_of_boards_cost_the_same_however_many_there_are() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let settings = Settings { database: database.url.clone(), no_sample: true, ..open() };
        let (server, services) = Server::with_services(settings).await;
        let (local, accounts) = (Credentials::local(), &services.accounts);
        let new = NewPerson { name: "Ana", email: "ana@example.com", password: None };
        let ana = accounts.add(&local, new, InstanceRole::Member).await.unwrap();
        let (token, _) = accounts.create_token(&local, ana, "a measurement", Scope::Read, None).await.unwrap();
        let member = Credentials::new(Credential::Token(token.hash()));
        let mut count = 0;
        for total in [10, 1_000, 100_000] {
            while count < total {
                let some = (total - count).min(500);
                let created = (0..some).map(|number| {
                    let board = app::new_id::<BoardId>();
                    let name = format!("Board {} of many", count + number);
                    let column = NewColumn { id: app::new_id(), name: "To do".to_owned(), kind: ColumnKind::Open };
                    let create = Op::CreateBoard(CreateBoard { name, columns: vec![column], everyone: None });
                    let set = Op::SetMember(SetMember { person: ana, role: Some(BoardRole::Editor) });
                    let (services, mine) = (&services, number % 2 == 0);
                    let write = move |op| {
                        services.writer.write(board, crate::support::node::mutation(op), Credentials::local())
                    };
                    async move {
                        write(create).await.unwrap();
                        if mine {
                            write(set).await.unwrap();
                        }
                    }
                });
                join_all(created).await;
                count += some;
            }
            for path in ["/", "/?q=board+9", "/?q=nothing+like+it"] {
                let mut bytes = 0;
                let time = median(async || {
                    bytes = server.at(Method::GET, path).send().await.unwrap().text().await.unwrap().len();
                });
                println!("{total:>7} boards, page {path}: {:?}, {bytes} bytes", time.await);
            }
            for text in ["", "board 9", "nothing like it"] {
                let wanted = BoardQuery { text: text.to_owned(), ..BoardQuery::newest(50) };
                let time = median(async || {
                    services.store.boards_page(&member, &wanted).await.unwrap();
                });
                println!("{total:>7} boards, a member of half of them, `{text}`: {:?}", time.await);
            }
        }
    }
}

/// The median duration of the work.
async fn median(mut work: impl AsyncFnMut()) -> Duration {
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        work().await;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}
