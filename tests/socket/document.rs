//! `docs/PROTOCOL.md` is correct: its examples are valid messages, and its worked example works.

use app::{
    ops::{Change, Mutation},
    presence::{LISTED_EDITS, LISTED_PEOPLE},
    protocol::{ClientMessage, ServerMessage},
    refusal::Refusal,
};
use serde_json::Value;
use taskwire::http::socket::SocketLimits;

use crate::support::{database::Database, served::Served};

pub const PAGE: &str = include_str!("../../docs/PROTOCOL.md");

/// The code blocks in one language.
pub fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    PAGE.split(&fence).skip(1).map(|rest| rest.split("\n```").next().expect("the block ends")).collect()
}

/// The heading above an example, which names the type of the message.
fn section(example: &str) -> &'static str {
    let before = &PAGE[..PAGE.find(example).expect("it is on the page")];
    before.rsplit("\n### ").next().and_then(|rest| rest.lines().next()).expect("a heading")
}

#[test]
fn every_example_is_a_message_that_is_written_as_it_is_read() {
    for example in blocks("json") {
        let value: Value = serde_json::from_str(example).unwrap_or_else(|error| panic!("{error}: {example}"));
        let section = section(example);
        let again = if value.get("op").is_some() {
            serde_json::to_value(serde_json::from_str::<Mutation>(example).expect(example))
        } else if value.get("kind").is_some() {
            serde_json::to_value(serde_json::from_str::<Change>(example).expect(example))
        } else if value.get("type").is_none() {
            serde_json::to_value(serde_json::from_str::<Refusal>(example).expect(example))
        } else if PAGE.find(example) < PAGE.find("## What you are sent") {
            assert_eq!(value["type"], section);
            serde_json::to_value(serde_json::from_str::<ClientMessage>(example).expect(example))
        } else {
            assert_eq!(value["type"], section);
            serde_json::to_value(serde_json::from_str::<ServerMessage>(example).expect(example))
        };
        let again = again.expect("JSON");
        // Omitted fields that have a default may be written out; nothing may be lost.
        assert!(contains(&again, &value), "{example}\nis written as\n{again}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_to_follow_by_hand_can_be_followed() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let mut client = served.connect().await;
    // The last block needs a change by somebody else, which the page's reader makes in a browser.
    let blocks = blocks("text");
    let (last, blocks) = blocks.split_last().expect("blocks");
    for block in blocks {
        let mut expected = Vec::new();
        for line in block.lines() {
            match line.split_at(2) {
                ("> ", message) => client.say_text(message).await,
                ("< ", message) => expected.push(kind_of(message)),
                _ => panic!("{line}"),
            }
        }
        let mut heard = Vec::new();
        for _ in &expected {
            heard.push(kind_of(&serde_json::to_string(&client.hear().await).expect("JSON")));
        }
        expected.sort();
        heard.sort();
        assert_eq!(heard, expected);
    }
    let (ask, answer) = last.split_once('\n').expect("two lines");
    serde_json::from_str::<ClientMessage>(&ask[2..]).expect(ask);
    serde_json::from_str::<ServerMessage>(&answer[2..]).expect(answer);
}

#[test]
fn the_limits_are_those_of_the_page() {
    let limits = SocketLimits::default();
    assert_eq!((limits.message_bytes, limits.subscriptions, limits.in_flight, limits.errors), (163_840, 64, 64, 10));
    assert_eq!((limits.rate.burst, limits.rate.per_second), (2_000, 200));
    assert_eq!((limits.ping_after.as_secs(), limits.silence.as_secs(), limits.write.as_secs()), (20, 75, 30));
    assert_eq!(limits.away.as_secs(), 45);
    let hub = taskwire::hub::HubSettings::default();
    assert_eq!((hub.frame_bytes, hub.small_replay_bytes), (256 * 1024, 64 * 1024));
    let presence = hub.presence;
    assert_eq!((presence.every.as_millis(), presence.grace.as_secs(), presence.heartbeat.as_secs()), (250, 2, 5));
    assert_eq!((LISTED_PEOPLE, LISTED_EDITS), (100, 100));
}

/// The kind of a message, and the change numbers in it.
fn kind_of(message: &str) -> String {
    let value: Value = serde_json::from_str(message).expect(message);
    let changes = value.get("changes").and_then(Value::as_array).map(Vec::len);
    format!("{} {} {} {changes:?}", value["type"], value["seq"], value["after"])
}

/// Whether `whole` contains everything in `part`.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|whole| contains(whole, value)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| contains(whole, part))
        }
        (whole, part) => whole == part,
    }
}
