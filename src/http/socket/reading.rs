//! Parses text messages, including those of which a part cannot be read.
//!
//! A client waits for an answer to each mutation. So one bad mutation must not leave the others of its message unanswered: it is refused
//! under its id, and the others are executed.

use app::{
    by_name::Object,
    id::{BoardId, MutationId},
    ops::Mutation,
    protocol::ClientMessage,
    refusal::Refusal,
};
use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::http::input::{named_in, without_position};

/// How many fields of an unreadable object are checked at most, to find the one at fault.
const SUSPECTS: usize = 16;

/// The outcome of parsing a message.
pub(super) enum Reading {
    /// A valid message.
    Message(ClientMessage),
    /// Mutations, some of which cannot be read.
    Mutations {
        /// Their board. `None` if that is what cannot be read; then all mutations are refused.
        board: Option<BoardId>,
        /// The mutations in the order in which they were sent: valid, or refused.
        mutations: Vec<Result<Mutation, (MutationId, Refusal)>>,
        /// What is wrong with the first mutation without an id, if there is one: it cannot be refused under an id.
        nameless: Option<String>,
    },
    /// No part of the message can be answered. The reason, in words.
    Nonsense(String),
}

/// Parses a message.
pub(super) fn read(text: &str) -> Reading {
    match serde_json::from_str(text).map(|Object(message)| message) {
        Ok(ClientMessage::Mutate { board, mutations }) if !mutations.iter().all(|mutation| is_dated(mutation.id)) => {
            let mutations = mutations.into_iter().map(dated).collect();
            Reading::Mutations { board: Some(board), mutations, nameless: None }
        }
        Ok(message) => Reading::Message(message),
        Err(error) => read_mutations(text).unwrap_or_else(|| Reading::Nonsense(error.to_string())),
    }
}

/// The fields of an object, unparsed. They are checked one by one, because an unreadable field may make the whole object unreadable: half
/// of a surrogate pair, say, or a number out of range.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Parses the readable parts of a message that cannot be parsed as a whole. `None` if it is not a list of mutations.
fn read_mutations(text: &str) -> Option<Reading> {
    let mut envelope: Fields<'_> = serde_json::from_str(text).ok()?;
    if serde_json::from_str::<String>(envelope.get("type")?.get()).ok()? != "mutate" {
        return None;
    }
    let texts: Vec<&RawValue> = serde_json::from_str(envelope.get("mutations")?.get()).ok()?;
    envelope.insert("mutations".to_owned(), serde_json::from_str("[]").ok()?);
    let board = match read_fields(&envelope) {
        Ok(ClientMessage::Mutate { board, .. }) => Ok(board),
        Ok(_) => return None,
        Err(error) => Err(explain::<ClientMessage>(&envelope, &error)),
    };
    let mut mutations = Vec::with_capacity(texts.len());
    let mut nameless = None;
    for (index, text) in texts.into_iter().enumerate() {
        match read_mutation(text.get(), board.as_ref().err()) {
            Ok(mutation) => mutations.push(mutation),
            Err(error) => {
                nameless.get_or_insert_with(|| format!("mutations[{index}]: {error}"));
            }
        }
    }
    let is_whole = board.is_ok() && nameless.is_none() && mutations.iter().all(Result::is_ok);
    // If every part is readable by itself, the message as a whole is at fault, for instance because it has a field twice.
    (!is_whole).then_some(Reading::Mutations { board: board.ok(), mutations, nameless })
}

fn read_fields<T: DeserializeOwned>(fields: &Fields<'_>) -> Result<T, serde_json::Error> {
    serde_json::to_string(fields).and_then(|text| serde_json::from_str(&text))
}

/// Parses one mutation, or makes its refusal. An error if the mutation has no id under which it could be refused.
pub(in crate::http) fn read_mutation(
    text: &str,
    refusal: Option<&Refusal>,
) -> Result<Result<Mutation, (MutationId, Refusal)>, String> {
    #[derive(Deserialize)]
    struct Named {
        id: MutationId,
    }
    let error = match (serde_json::from_str::<Mutation>(text), refusal) {
        (Ok(mutation), None) => return Ok(dated(mutation)),
        (Ok(mutation), Some(refusal)) => return Ok(Err((mutation.id, refusal.clone()))),
        (Err(error), _) => error,
    };
    let Named { id } =
        serde_json::from_str(text).map_err(|unnamed| without_position(&unnamed.to_string()).to_owned())?;
    let fields: Fields<'_> = serde_json::from_str(text).unwrap_or_default();
    Ok(Err((id, refusal.cloned().unwrap_or_else(|| explain::<Mutation>(&fields, &error)))))
}

/// Refuses a mutation whose id is not a UUIDv7. A UUIDv7 states when it was made; so a copy that arrives very late is recognised and not
/// executed a second time.
fn dated(mutation: Mutation) -> Result<Mutation, (MutationId, Refusal)> {
    if is_dated(mutation.id) {
        return Ok(mutation);
    }
    Err((mutation.id, Refusal::invalid("id", "the id must be a UUID of version 7")))
}

fn is_dated(id: MutationId) -> bool {
    id.0.get_version_num() == 7
}

/// Makes the refusal of an unreadable object: which field is at fault, and why.
fn explain<T: DeserializeOwned>(fields: &Fields<'_>, error: &serde_json::Error) -> Refusal {
    let words = error.to_string();
    let words = without_position(&words);
    let at_fault = || {
        // A field is at fault if the object without it can be read, or fails for another reason.
        let is_at_fault = |field: &&String| {
            let mut rest = fields.clone();
            rest.remove(*field);
            read_fields::<T>(&rest).err().is_none_or(|other| without_position(&other.to_string()) != words)
        };
        // `id`, `op` and `type` are parsed first. Without them the error would always be that they are missing.
        fields
            .keys()
            .filter(|field| !matches!(field.as_str(), "id" | "op" | "type"))
            .take(SUSPECTS)
            .find(is_at_fault)
            .map(String::as_str)
    };
    Refusal::invalid(named_in(words).or_else(at_fault).unwrap_or("op"), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOARD: &str = r#""board":"019aae10-0000-7000-8000-000000000001""#;

    fn id(number: u8) -> String {
        format!("019aae10-0000-7000-8000-0000000000{number:02x}")
    }

    /// The outcome of each mutation: `done`, or the field at fault.
    fn outcomes(message: &str) -> (Vec<String>, bool) {
        match read(message) {
            Reading::Mutations { mutations, nameless, .. } => {
                let outcome = |mutation: Result<Mutation, (MutationId, Refusal)>| match mutation {
                    Ok(_) => "done".to_owned(),
                    Err((_, Refusal::Invalid { field, .. })) => field,
                    Err((_, other)) => panic!("{other:?}"),
                };
                (mutations.into_iter().map(outcome).collect(), nameless.is_some())
            }
            Reading::Message(message) => panic!("it was read: {message:?}"),
            Reading::Nonsense(why) => (vec![why], true),
        }
    }

    #[test]
    fn each_mutation_is_read_by_itself_and_the_field_at_fault_is_named() {
        let task = id(0x77);
        let mutations = [
            format!(r#"{{"id":"{}","op":"create_task","task":"{task}","title":"A"}}"#, id(1)),
            format!(r#"{{"id":"{}","op":"create_task","task":"{task}","title":5}}"#, id(2)),
            format!(r#"{{"id":"{}","op":"create_task","task":"{task}","title":"A","due":"tomorrow"}}"#, id(3)),
            format!(r#"{{"id":"{}","op":"create_task","task":"{task}","title":"A","colour":"red"}}"#, id(4)),
            format!(r#"{{"id":"{}","op":"create_task","title":"A"}}"#, id(5)),
            format!(r#"{{"id":"{}","op":"fly"}}"#, id(6)),
            format!(r#"{{"id":"{}"}}"#, id(7)),
            format!(r#"{{"id":"{}","op":"update_task","task":"{task}","title":"A","title":"B"}}"#, id(8)),
            format!(r#"{{"id":"{}","op":"create_task","task":"{task}","title":"A","assignees":["me"]}}"#, id(9)),
            r#"{"id":"fc3f6a2e-7f2b-4ba1-9f58-34dd2a0b2d1e","op":"delete_board"}"#.to_owned(),
            // Half of a surrogate pair, as in a text that was cut in the middle of an emoji; a number out of range; nesting beyond the
            // parser's limit.
            format!(r#"{{"id":"{}","op":"create_task","task":"{task}","title":"\ud83d"}}"#, id(11)),
            format!(r#"{{"id":"{}","op":"create_task","task":"{task}","title":1e400}}"#, id(12)),
            format!(
                r#"{{"id":"{}","op":"create_task","task":"{task}","title":{}1{}}}"#,
                id(13),
                "[".repeat(200),
                "]".repeat(200)
            ),
            // A field that is looked up in the database before the mutation is decided.
            format!(
                r#"{{"id":"{}","op":"create_share_link","link":"{task}","secret_sha256":"{}"}}"#,
                id(14),
                r"\u0000".repeat(64)
            ),
        ];
        let message = format!(r#"{{"type":"mutate",{BOARD},"mutations":[{}]}}"#, mutations.join(","));
        let expected = [
            "done",
            "title",
            "due",
            "colour",
            "task",
            "op",
            "op",
            "title",
            "assignees",
            "id",
            "title",
            "title",
            "title",
            "secret_sha256",
        ];
        assert_eq!(outcomes(&message), (expected.map(str::to_owned).to_vec(), false));
    }

    #[test]
    fn what_is_wrong_around_the_mutations_is_told_to_each_of_them() {
        let good = format!(r#"{{"id":"{}","op":"delete_board"}}"#, id(1));
        for (around, field) in [
            (r#""board":"here""#.to_owned(), "board"),
            (r#""board":"\ud83d""#.to_owned(), "board"),
            (format!(r#"{BOARD},"colour":1"#), "colour"),
        ] {
            let message = format!(r#"{{"type":"mutate",{around},"mutations":[{good},{good}]}}"#);
            assert_eq!(outcomes(&message), (vec![field.to_owned(), field.to_owned()], false), "{message}");
        }
    }

    #[test]
    fn one_without_an_id_cannot_be_answered_and_the_others_are() {
        let good = format!(r#"{{"id":"{}","op":"delete_board"}}"#, id(1));
        for nameless in [r#"{"op":"delete_board"}"#, r#"{"id":7,"op":"delete_board"}"#, "7", "null", "[]"] {
            let message = format!(r#"{{"type":"mutate",{BOARD},"mutations":[{good},{nameless},{good}]}}"#);
            assert_eq!(outcomes(&message), (vec!["done".to_owned(), "done".to_owned()], true), "{message}");
        }
    }

    #[test]
    fn what_is_no_list_of_mutations_is_nonsense() {
        let good = format!(r#"{{"id":"{}","op":"delete_board"}}"#, id(1));
        for message in [
            "".to_owned(),
            "{}".to_owned(),
            "[]".to_owned(),
            format!(r#"{{"type":"fly",{BOARD},"mutations":[{good}]}}"#),
            format!(r#"{{"type":"mutate",{BOARD},"mutations":{good}}}"#),
            format!(r#"{{"type":"mutate",{BOARD},"mutations":[{good}]"#),
            format!(r#"{{"type":"mutate",{BOARD},{BOARD},"mutations":[{good}]}}"#),
        ] {
            assert!(matches!(read(&message), Reading::Nonsense(_)), "{message}");
        }
    }
}
