//! The history of a board's own fields on its page: what was there before, and buttons that put it back.

use leptos::prelude::*;

use super::{board::Board, parts::section};
use crate::{
    account::words::moment,
    features::members::view::{everyone_words, role_words},
    history::board_revisions::{BoardField, BoardFieldRevision, BoardRevision, BoardValue},
    id::ActorId,
    model::{ColumnKind, Seq},
    people::{called, mentioned},
    text::capitalised,
};

/// The revisions of a board, newest first, with whether each field can be put back.
pub type Revisions = Vec<(BoardRevision, Vec<bool>)>;

/// Whether a field is about access, which a server without accounts does not limit.
fn is_access(field: BoardField) -> bool {
    matches!(field, BoardField::Everyone | BoardField::Member(_))
}

/// Renders the section.
pub(super) fn revisions_section(board: &Board, path: &str) -> AnyView {
    let has_accounts = board.reader.current_user.is_some();
    let revisions: Vec<_> = board
        .revisions
        .iter()
        .filter(|(revision, _)| revision.fields.iter().any(|field| has_accounts || !is_access(field.field)))
        .map(|(revision, can_put_back)| view_of(board, path, revision, can_put_back, has_accounts))
        .collect();
    let forgotten = (!board.revisions_are_whole).then(|| {
        view! {
            <p class="hint">
                "These are the newest changes. Older ones are not shown, or the log does not have them any more."
            </p>
        }
        .into_any()
    });
    let body = view! {
        {forgotten}
        <ol class="revisions" data-live="revisions">
            {revisions}
        </ol>
    };
    section("revisions", "Name, access and columns, step by step".to_owned(), "revisions", body.into_any(), None)
}

fn view_of(board: &Board, path: &str, revision: &BoardRevision, can_put_back: &[bool], has_accounts: bool) -> AnyView {
    let BoardRevision { seq, at, by, creates, fields } = revision;
    let who = called(*by, |person| name_of(board, person));
    let did = if *creates { "created it" } else { "changed it" };
    let fields: Vec<_> = fields
        .iter()
        .enumerate()
        .zip(can_put_back)
        .filter(|((_, field), _)| has_accounts || !is_access(field.field))
        .map(|((index, field), can_put_back)| {
            let name = field_name(board, field);
            let before = match &field.before {
                Some(value) => Some(
                    view! {
                        <del>{words(field.field, value)}</del>
                        " → "
                    }
                    .into_any(),
                ),
                None if *creates => None,
                None => Some(view! { <span class="hint">"not known → "</span> }.into_any()),
            };
            let back = can_put_back.then(|| {
                let before = field.before.as_ref().map(|value| words(field.field, value)).unwrap_or_default();
                put_back(path, *seq, index, board.seq, format!("Put the earlier value back: {name} {before}"))
            });
            view! {
                <dt>{name}</dt>
                <dd>{before} <ins>{words(field.field, &field.after)}</ins> {back}</dd>
            }
            .into_any()
        })
        .collect();
    view! {
        <li>
            <p>
                <strong>{who}</strong>
                " "
                {did}
                " "
                <span class="hint">{moment(*at)} {format!(" · change {seq}")}</span>
            </p>
            <dl class="facts">{fields}</dl>
        </li>
    }
    .into_any()
}

fn put_back(path: &str, seq: Seq, field: usize, seen: Seq, label: String) -> AnyView {
    view! {
        <form method="post" action=format!("{path}/put-back")>
            <input type="hidden" name="seq" value=seq.to_string() />
            <input type="hidden" name="field" value=field.to_string() />
            <input type="hidden" name="seen" value=seen.to_string() />
            <button class="button" aria-label=label>
                "Put the earlier value back"
            </button>
        </form>
    }
    .into_any()
}

fn name_of(board: &Board, person: ActorId) -> Option<&str> {
    board.people.iter().find(|known| known.id == person).map(|known| known.name.as_str())
}

fn field_name(board: &Board, revision: &BoardFieldRevision) -> String {
    let of = &revision.of;
    match revision.field {
        BoardField::Name => "Name".to_owned(),
        BoardField::Key => "Key".to_owned(),
        BoardField::Hue => "Colour".to_owned(),
        BoardField::Description => "Description".to_owned(),
        BoardField::Everyone => "Who may open it".to_owned(),
        BoardField::Archived => "State".to_owned(),
        BoardField::Member(person) => format!("Role of {}", mentioned(Some(person), |person| name_of(board, person))),
        BoardField::ColumnName(_) if of.is_empty() => "Column".to_owned(),
        BoardField::ColumnName(_) => format!("Column {of}"),
        BoardField::ColumnKind(_) => format!("Tasks in {of}"),
        BoardField::ColumnPlace(_) => format!("Place of {of}"),
    }
}

fn words(field: BoardField, value: &BoardValue) -> String {
    match value {
        BoardValue::Hue(None) => "No colour".to_owned(),
        BoardValue::Hue(Some(hue)) => capitalised(hue.as_str()),
        BoardValue::Description(text) if text.is_empty() => "None".to_owned(),
        BoardValue::Name(text) | BoardValue::Key(text) | BoardValue::Description(text) => text.clone(),
        BoardValue::Role(role) if field == BoardField::Everyone => everyone_words(*role).to_owned(),
        BoardValue::Role(None) => "Not on the board".to_owned(),
        BoardValue::Role(Some(role)) => role_words(*role).to_owned(),
        BoardValue::Archived(true) => "Archived".to_owned(),
        BoardValue::Archived(false) => "Active".to_owned(),
        BoardValue::ColumnName(Some(name)) => name.clone(),
        BoardValue::ColumnName(None) => "Not there".to_owned(),
        BoardValue::Kind(ColumnKind::Open) => "Not begun".to_owned(),
        BoardValue::Kind(ColumnKind::Active) => "In progress".to_owned(),
        BoardValue::Kind(ColumnKind::Done) => "Done".to_owned(),
        BoardValue::After(None) => "First".to_owned(),
        BoardValue::After(Some((_, name))) => format!("After {name}"),
    }
}
