//! The deleted boards, and their restoration.

use app::{
    account::Notice,
    admin::{
        deleted_boards::{DeletedBoards, PATH, page},
        table,
    },
    id::{BoardId, MutationId},
    new_id,
    ops::{Mutation, Op, RestoreBoard},
    refusal::Refusal,
    text::sentence,
    time::Timestamp,
};
use axum::{extract::Path, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{answer, csv, reader::Admin};
use crate::{
    accounts::first_visit::adopt_restored,
    clock::now,
    http::{
        account::{answer::ErrorPage, form::Asked},
        api::cursor,
    },
    store::{
        BoardQuery, DeletedBoard,
        tables::{Key, Rows},
    },
    writer::WriteError,
};

/// How many rows a page has.
const ROWS: usize = 50;
/// The list to which the cursors belong.
const LIST: &str = "deleted boards";

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    q: String,
    after: String,
    format: String,
}

/// `GET /admin/boards/deleted`
pub async fn show(admin: Admin, Asked(address): Asked<Address>) -> Result<Response, ErrorPage> {
    let Address { q, after, format } = address;
    let text = q.trim().to_owned();
    if format == "csv" {
        return Ok(file(&admin, text));
    }
    let after_key = cursor::read::<(Timestamp, BoardId)>(LIST, Some(&after), |_| true).ok().flatten();
    let wanted = BoardQuery { text: text.clone(), after: after_key.map(Key::from), ..BoardQuery::newest(ROWS) };
    let (boards, more) = admin.services.store.deleted_boards(&admin.credentials, &wanted).await?;
    let content = DeletedBoards {
        reader: admin.reader(),
        query: table::Query::default().with("q", text).with("after", after),
        next: boards.last().filter(|_| more).map(|last| cursor::write(LIST, &last.age())),
        boards: boards.into_iter().map(|deleted| (deleted.board.id, deleted.board.name, deleted.deleted_at)).collect(),
        now: now(),
    };
    Ok(answer::page(&admin, page(content)))
}

fn file(admin: &Admin, text: String) -> Response {
    let (store, credentials) = (admin.services.store.clone(), admin.credentials.clone());
    let read = move |after: Option<Key>| {
        let (store, credentials, text) = (store.clone(), credentials.clone(), text.clone());
        async move {
            let wanted = BoardQuery { text, after, ..BoardQuery::newest(csv::ROWS_AT_A_TIME) };
            let read = store.deleted_boards(&credentials, &wanted).await;
            Some(read.map(|(rows, more)| Rows {
                next: rows.last().filter(|_| more).map(|last| Key::from(last.age())),
                rows,
            }))
        }
    };
    csv::file("deleted-boards", &["id", "name", "created_at", "deleted_at"], read, |deleted: &DeletedBoard| {
        let DeletedBoard { board, deleted_at } = deleted;
        vec![board.id.to_string(), board.name.clone(), board.created_at.to_string(), deleted_at.to_string()]
    })
}

/// `POST /admin/boards/{board}/restore`
pub async fn restore(admin: Admin, Path(board): Path<BoardId>) -> Result<Response, ErrorPage> {
    let mutation = Mutation { id: MutationId(new_id()), op: Op::RestoreBoard(RestoreBoard {}) };
    let way = Some((PATH.to_owned(), "Deleted boards"));
    match admin.services.writer.write(board, mutation, admin.credentials.clone()).await {
        Ok(accepted) => {
            let board = adopt_restored(&admin.services.store, &admin.services.writer, accepted.board).await;
            let words = format!("“{}” is back, also on the pages that have it open.", board.name());
            Ok(admin.redirect_with_flash(&Notice::done(words), PATH))
        }
        Err(WriteError::Refused(Refusal::NotFound { .. })) => Err(ErrorPage {
            way,
            ..ErrorPage::new(
                StatusCode::NOT_FOUND,
                "There is no such board",
                "It was deleted so long ago that it is gone for good.",
            )
        }),
        Err(WriteError::Refused(refusal)) => Err(ErrorPage {
            way,
            ..ErrorPage::new(StatusCode::CONFLICT, "The board was not restored", sentence(&refusal.to_string()))
        }),
        Err(WriteError::Unavailable(_)) => Err(ErrorPage {
            way,
            ..ErrorPage::new(StatusCode::SERVICE_UNAVAILABLE, "The board was not restored", answer::UNAVAILABLE)
        }),
    }
}
