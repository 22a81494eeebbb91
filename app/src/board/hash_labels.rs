//! Labels that are typed into a title: `Fix the door #Bug`.

use crate::{id::LabelId, state::BoardState};

/// Takes the labels of a board that a title names after `#` out of it. A label is named by its whole name, in any case, at the
/// beginning or after white space. Whatever else follows a `#` stays in the title; so does everything if no other text would remain.
pub fn take_labels(title: &str, board: &BoardState) -> (String, Vec<LabelId>) {
    let mut labels = Vec::new();
    let mut kept = String::new();
    let mut rest = title;
    while let Some(char) = rest.chars().next() {
        let begins = char == '#' && kept.chars().next_back().is_none_or(char::is_whitespace);
        let found = begins.then(|| longest(&rest[1..], board)).flatten();
        match found {
            Some((label, after)) => {
                if !labels.contains(&label) {
                    labels.push(label);
                }
                // The white space before it is enough.
                rest = after.trim_start();
            }
            None => {
                kept.push(char);
                rest = &rest[char.len_utf8()..];
            }
        }
    }
    let kept = kept.trim_end().to_owned();
    if kept.is_empty() { (title.to_owned(), Vec::new()) } else { (kept, labels) }
}

/// The label with the longest name with which a text begins, and the text after it.
fn longest<'a>(text: &'a str, board: &BoardState) -> Option<(LabelId, &'a str)> {
    let mut best: Option<(LabelId, &str)> = None;
    for label in board.labels().filter(|label| !label.name.is_empty()) {
        if let Some(after) = after_name(text, &label.name)
            && best.is_none_or(|(_, other)| after.len() < other.len())
        {
            best = Some((label.id, after));
        }
    }
    best
}

/// What follows a name at the beginning of a text, if the name ends there.
fn after_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    for char in name.chars() {
        let other = rest.next()?;
        if char != other && !char.to_lowercase().eq(other.to_lowercase()) {
            return None;
        }
    }
    let after = rest.as_str();
    let goes_on = after.chars().next().is_some_and(|char| !char.is_whitespace());
    (!goes_on).then_some(after)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        id::{BoardId, MutationId},
        label::Hue,
        ops::{Change, CreateLabel, Op, decide},
        time::Timestamp,
    };

    fn board(names: &[&str]) -> BoardState {
        let mut state = BoardState::empty(BoardId(Uuid::from_u128(1)));
        let create = serde_json::json!({
            "op": "create_board", "name": "Board", "columns": [{ "id": Uuid::from_u128(2), "name": "To do", "kind": "open" }],
        });
        let mut ops: Vec<Op> = vec![serde_json::from_value(create).expect("an operation")];
        let label = |number| LabelId(Uuid::from_u128(100 + number as u128));
        let names = names.iter().enumerate();
        ops.extend(names.map(|(number, name)| Op::CreateLabel(CreateLabel::of(label(number), *name, Hue::Red))));
        for op in ops {
            let kind = decide(&state, &op).expect("it is accepted");
            let (at, mutation) = (Timestamp::from_millis(1), MutationId(crate::new_id()));
            state.apply(&Change { seq: state.seq() + 1, at, by: None, mutation, kind }).expect("the next number");
        }
        state
    }

    #[test]
    fn the_names_of_labels_are_taken_out_of_a_title() {
        let board = board(&["Bug", "Bug report", "Größe", ""]);
        let taken = |title: &str| {
            let (title, labels) = take_labels(title, &board);
            (title, labels.iter().map(|label| label.0.as_u128() - 100).collect::<Vec<_>>())
        };
        let expect = |title: &str, labels: &[u128]| (title.to_owned(), labels.to_vec());
        assert_eq!(taken("Fix the door #bug"), expect("Fix the door", &[0]));
        assert_eq!(taken("#BUG Fix #größe the door"), expect("Fix the door", &[0, 2]));
        assert_eq!(taken("Fix #bug report now"), expect("Fix now", &[1]), "the longest name");
        assert_eq!(taken("Fix #bug #bug"), expect("Fix", &[0]));
        for title in ["Fix #7", "C#Bug", "Fix #bugs", "#bug", "#", "a # b", "Fix #unknown"] {
            assert_eq!(taken(title), expect(title, &[]));
        }
    }
}
