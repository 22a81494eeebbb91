//! Tests that a search finds a text as it stands, whatever its letters, on both engines: they differ in how they make letters small.

use app::{
    access::InstanceRole,
    ops::{Op, UpdateBoard},
};
use taskwire::{
    accounts::{Accounts, NewPerson},
    credentials::Credentials,
    hub::Hub,
    store::{
        BoardQuery,
        tables::{BoardFilter, Direction, PersonFilter, Slice, TaskFilter, TaskOrder, TaskState},
    },
};

use crate::{on_both_engines, support::node::Node};

/// Letters with two, no or longer small forms, and small forms that depend on what follows.
const TEXTS: [&str; 8] = ["Äpfel", "İstanbul", "Straße ẞ", "ΟΔΟΣ", "Σίσυφος", "ǅ Ǆ", "ÀÉÎ Ⅷ", "Plain TEXT 100%_"];

on_both_engines! {
    async fn a_text_is_found_as_it_stands_whatever_its_letters(database) {
        let node = Node::on(&database).await;
        let store = &node.store;
        let accounts = Accounts::new(store.clone(), Hub::new(store.clone()), None, String::new());
        let operator = Credentials::local();
        let board = node.create_board().await;
        for (number, text) in TEXTS.into_iter().enumerate() {
            node.create_task(board.id, text).await;
            let name = UpdateBoard { name: Some(text.to_owned()), ..UpdateBoard::default() };
            node.accepted(board.id, Op::UpdateBoard(name)).await;
            let email = format!("person{number}@example.com");
            let new = NewPerson { name: text, email: &email, password: None };
            accounts.add(&operator, new, InstanceRole::Member).await.expect("an account");
            let starts = text.char_indices().skip(1).map(|(end, _)| &text[..end]);
            for part in starts.chain([text]) {
                let part = part.to_owned();
                // Tasks that are not in the trash are looked for in an index of their titles.
                for state in [TaskState::Live, TaskState::Any] {
                    let filter = TaskFilter { text: part.clone(), state, ..TaskFilter::default() };
                    let slice = Slice { order: TaskOrder::Title, direction: Direction::Ascending, after: None, limit: 100 };
                    let found = store.tasks_table(&filter, slice).await.expect("a page").rows;
                    assert!(found.iter().any(|task| task.title == text), "{part} in {text}: {found:?}");
                    let count = store.count_tasks(&filter).await.expect("a count");
                    assert_eq!(count, found.len() as u64, "{part} in {text}");
                }
                let filter = BoardFilter { text: part.clone(), ..BoardFilter::default() };
                assert_eq!(store.count_boards(&filter).await.expect("a count"), 1, "{part} in {text}");
                let filter = PersonFilter { text: part.clone(), ..PersonFilter::default() };
                assert!(store.count_people(&filter).await.expect("a count") >= 1, "{part} in {text}");
                let wanted = BoardQuery { text: part.clone(), ..BoardQuery::newest(10) };
                let found = store.boards_page(&operator, &wanted).await.expect("the list").rows;
                assert_eq!(found.len(), 1, "{part} in {text}");
            }
        }
        let count = async |text: &str| {
            let filter = TaskFilter { text: text.to_owned(), ..TaskFilter::default() };
            store.count_tasks(&filter).await.expect("a count")
        };
        assert_eq!((count("PLAIN text").await, count("STRA").await, count("Apfel").await), (1, 1, 0));
        // One or two letters of ASCII are found where a word begins, and others everywhere.
        assert_eq!((count("pl").await, count("TE").await, count("t").await, count("10").await), (1, 1, 1, 1));
        assert_eq!((count("la").await, count("ex").await, count("pf").await, count("%_").await), (0, 0, 0, 1));
        if database.url.starts_with("postgres") {
            assert_eq!(count("äPFEL").await, 1);
        }
    }
}
