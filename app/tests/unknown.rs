//! Tests data of a newer server that this version does not know: fields, kinds of changes, activity items. The page
//! tolerates all of it and keeps counting, and requests the whole state if its own is incomplete.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use app::{
    access::Principal,
    activity::ActivityEntry,
    id::BoardId,
    live::session::BoardSession,
    ops::{Change, decide},
    protocol::{ClientMessage, ServerMessage},
    state::BoardState,
    time::Timestamp,
};
use proptest::prelude::*;
use random::Random;
use serde_json::{Value, json};

/// The server messages in the examples of PROTOCOL.md.
fn examples() -> Vec<Value> {
    let document = include_str!("../../docs/PROTOCOL.md");
    let said = document.split("## What you are sent").nth(1).unwrap();
    let blocks = said.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let values =
        blocks.map(|block| serde_json::from_str::<Value>(block).unwrap_or_else(|error| panic!("{error}: {block}")));
    values.filter(|value| value.get("type").is_some()).collect()
}

/// Inserts an unknown field, with the value that `put` returns, into every object of a value that has named fields.
fn put_everywhere(value: &mut Value, put: &mut impl FnMut() -> Option<Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| put_everywhere(item, put)),
        Value::Object(fields) => {
            for (_, value) in fields.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "members" | "heads")) {
                put_everywhere(value, put);
            }
            if let Some(unknown) = put() {
                fields.insert("x_unknown".to_owned(), unknown);
            }
        }
        _ => {}
    }
}

fn unknown_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!([1, {"type": "board"}, null])),
        Just(json!({"type": "snapshot", "kind": "task_created", "seq": -1, "deeply": {"nested": [[[]]]}})),
    ]
}

proptest! {
    #[test]
    fn unknown_fields_are_ignored_wherever_they_stand(unknown in unknown_value(), places: u64) {
        for example in examples() {
            let known: ServerMessage = serde_json::from_value(example.clone()).unwrap();
            let mut places = places;
            let mut altered = example;
            put_everywhere(&mut altered, &mut || {
                places = places.rotate_left(1);
                (places & 1 == 0).then(|| unknown.clone())
            });
            let read: ServerMessage = serde_json::from_value(altered.clone()).unwrap_or_else(|error| panic!("{error}: {altered}"));
            prop_assert_eq!(read, known);
        }
    }

    #[test]
    fn a_page_goes_on_by_the_numbers_and_ends_whole(seed: u64) {
        go_on(seed);
    }

    #[test]
    fn known_activity_items_are_read_beside_unknown_ones(unknown in unknown_value()) {
        let items = json!(["deleted_board", {"x_unknown": unknown.clone()}, "x_unknown", unknown, {"described_anew": null}, "described"]);
        let told: ActivityEntry = serde_json::from_value(json!({"title": "Tea", "deeds": items, "x_unknown": 1})).unwrap();
        prop_assert_eq!(told.items.len(), 6);
        // As the server sends it on to a page.
        let again: ActivityEntry = serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
        prop_assert_eq!(again, told);
    }
}

/// Simulates a page with a newer server: some changes are of kinds that the page does not know.
fn go_on(seed: u64) {
    let mut random = Random::seeded(seed);
    let mut state = BoardState::empty(BoardId(random.uuid()));
    let mut now = 0;
    let mut page: Option<BoardSession> = None;
    let mut snapshots = 0;
    let mut unknown = 0;
    for _ in 0..120 {
        let op = if state.exists() { random.op_or_comment(&state) } else { random.create_board() };
        let Ok(kind) = decide(&state, &op) else { continue };
        let (seq, mutation) = (state.seq() + 1, random.mutation(op).id);
        let change = Change { seq, at: Timestamp::from_millis(seq as i64), by: None, mutation, kind };
        state.apply(&change).unwrap();
        let mut change = serde_json::to_value(&change).unwrap();
        let Some(page) = &mut page else {
            let mut session = BoardSession::new(state.clone(), Principal::anybody());
            let _ = session.connected();
            session.receive(ServerMessage::Changes { board: state.id(), after: seq, changes: Vec::new() });
            page = Some(session);
            continue;
        };
        if random.one_in(3) {
            unknown += 1;
            change["kind"] = json!(format!("x_{}", random.below(5)));
        }
        let message = json!({"type": "changes", "board": state.id(), "after": seq - 1, "changes": [change]});
        let outcome = page.receive(serde_json::from_value(message).unwrap());
        assert_eq!(page.board().confirmed().seq(), seq, "the numbers go on");
        let mut said = outcome.send;
        // From time to time, a whole second passes.
        if random.one_in(4) {
            now += 1_000;
            said.extend(page.tick(now, 0.5));
        }
        for message in said {
            let ClientMessage::Subscribe { since, snapshot, .. } = message else { panic!("{message:?}") };
            assert_eq!((since, snapshot), (Some(seq), true), "the whole state is asked for, not an older one");
            snapshots += 1;
            page.receive(ServerMessage::Snapshot(state.snapshot()));
            assert!(page.is_live());
        }
        if page.board().confirmed().is_whole() {
            assert_eq!(page.board().confirmed(), &state);
        } else {
            assert!(!page.is_live(), "it does not claim to be up to date");
        }
    }
    let mut page = page.unwrap();
    while !page.is_live() {
        now += 1_000;
        if !page.tick(now, 0.5).is_empty() {
            page.receive(ServerMessage::Snapshot(state.snapshot()));
        }
        assert!(now < 1_000_000, "it gets itself the whole state in time");
    }
    assert_eq!(page.board().confirmed(), &state);
    assert!(snapshots <= unknown, "it asks for no more than it lacks");
}

/// Tests the state alone, without a page.
#[test]
fn a_state_goes_on_and_says_that_it_is_not_whole() {
    let mut random = Random::seeded(1);
    let mut state = BoardState::empty(BoardId(random.uuid()));
    let change = json!({
        "seq": 1, "at": "2030-01-01T00:00:00.000Z", "by": random.uuid(), "mutation": random.uuid(), "kind": "x_unknown", "x": [1]
    });
    let change: Change = serde_json::from_value(change).unwrap();
    state.apply(&change).unwrap();
    assert_eq!((state.seq(), state.is_whole()), (1, false));
    assert!(serde_json::to_string(&change).is_err(), "what cannot be read is not written");
    assert!(BoardState::from(state.snapshot()).is_whole());
}
