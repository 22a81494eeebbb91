//! Tests the life of boards: boards are created, changed and deleted, tasks are deleted and restored, and places stay
//! stable.

use std::time::{Duration, Instant};

use app::{
    access::{BoardRole, InstanceRole, Scope},
    id::{BoardId, TaskId},
    model::{BoardPage, BoardSummary, ColumnKind, Place},
    ops::{CreateBoard, DeleteBoard, DeleteColumn, NewColumn, Op, SetMember, UpdateBoard, UpdateTask},
    refusal::{Refusal, Thing},
    state::BoardState,
};
use futures::future::join_all;
use reqwest::Method;
use taskwire::{
    accounts::NewPerson,
    credentials::{Credential, Credentials},
    settings::Settings,
    store::BoardQuery,
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
        let list = node.store.boards_page(&Credentials::local(), &BoardQuery::newest(10)).await.expect("the list").boards;
        assert_eq!(list.iter().map(|board| (board.id, board.name.as_str(), board.seq)).collect::<Vec<_>>(), [
            (two, "Plans", 1),
            (one, "Holidays", 2),
        ]);

        node.accepted(two, Op::DeleteBoard(DeleteBoard::default())).await;
        let list = node.store.boards_page(&Credentials::local(), &BoardQuery::newest(10)).await.expect("the list").boards;
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
            let wanted = BoardQuery { text: text.to_owned(), after, limit };
            node.store.boards_page(&Credentials::local(), &wanted).await.expect("a page")
        };
        let mut read = Vec::new();
        let mut after = None;
        loop {
            let BoardPage { boards, more } = page("", after, 5).await;
            after = boards.last().map(BoardSummary::age);
            read.extend(boards.iter().map(|board| board.id));
            assert_eq!(more, read.len() < made.len());
            if !more {
                break;
            }
        }
        assert_eq!(read, made);
        let names = |page: BoardPage| page.boards.into_iter().map(|board| board.name).collect::<Vec<_>>();
        assert_eq!(names(page("tEA", None, 2).await), ["Board 15 ÄPFEL & Tea", "Board 10 ÄPFEL & Tea"]);
        assert_eq!(names(page("ÄPFEL", None, 1).await), ["Board 15 ÄPFEL & Tea"]);
        assert_eq!(names(page("board 1 100%_", None, 5).await), ["Board 1 100%_"]);
        assert!(names(page("'; DROP TABLE boards; --", None, 5).await).is_empty());
        let cursor = page("tea", None, 2).await.boards.last().map(BoardSummary::age);
        let rest = page("tea", cursor, 2).await;
        assert_eq!((rest.more, names(rest)), (false, vec!["Board 5 ÄPFEL & Tea".to_owned(), "Board 0 ÄPFEL & Tea".to_owned()]));
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
