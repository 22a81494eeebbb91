//! Every message of the socket, and every operation on a board, against every kind of caller.

use std::net::SocketAddr;

use app::{
    access::BoardRole,
    comment::Reaction,
    fields::FieldEdit,
    id::{BoardId, LabelId, TabId},
    label::Hue,
    model::{self, ColumnKind},
    ops::{
        AddChecklistItems, CreateBoard, CreateChecklist, CreateColumn, CreateComment, CreateLabel, CreateShareLink,
        CreateTask, DeleteBoard, DeleteChecklistItems, DeleteColumn, DeleteComment, DeleteLabel, DeleteTask,
        MergeLabels, NewChecklistItem, NewColumn, Op, RestoreBoard, RestoreComment, RestoreTask, RevokeShareLink,
        SetArchived, SetMember, SetReaction, UnmergeLabel, UpdateBoard, UpdateChecklist, UpdateChecklistItem,
        UpdateColumn, UpdateComment, UpdateLabel, UpdateTask,
    },
    protocol::{CLOSED_SIGNED_OUT, ClientMessage, ErrorCode, ServerMessage},
    refusal::{Refusal, Thing},
};
use taskwire::secret::SecretHash;
use uuid::Uuid;

use crate::{
    fixture::{Fixture, TestBoard, Who},
    support::{
        client::Client,
        node::{mutation, new_column, new_task},
    },
};

/// The response to the caller: the first message from the socket, or the reason why there is no socket.
async fn say(fixture: &Fixture, who: Who, test_board: &TestBoard, message: &ClientMessage) -> String {
    match connect(fixture, who, test_board).await {
        Err(status) => status.to_string(),
        Ok(mut client) => {
            client.say(message).await;
            // Everybody gets a pong, so it marks the end of the responses to earlier messages. It is not used after
            // messages that need a write or a database read: the pong could overtake their responses, and they always
            // have one of their own.
            let takes_time = match message {
                ClientMessage::Mutate { mutations, .. } => !mutations.is_empty(),
                ClientMessage::WatchBoards { .. } => true,
                _ => false,
            };
            if !takes_time {
                client.say(&ClientMessage::Ping {}).await;
            }
            match client.hear_or_end().await {
                Ok(answer) => name(&answer),
                Err(code) => format!("closed {}", code.unwrap_or_default()),
            }
        }
    }
}

fn name(message: &ServerMessage) -> String {
    match message {
        ServerMessage::Snapshot(_) => "snapshot".to_owned(),
        ServerMessage::Changes { .. } => "changes".to_owned(),
        ServerMessage::Boards { .. } => "boards".to_owned(),
        ServerMessage::People { .. } => "people".to_owned(),
        ServerMessage::Accepted { .. } => "yes".to_owned(),
        ServerMessage::Rejected { error: Refusal::Forbidden, .. } => "no".to_owned(),
        ServerMessage::Rejected { error: Refusal::NotFound { what: Thing::Board }, .. } => "none".to_owned(),
        ServerMessage::Error { code: ErrorCode::NoSuchBoard, .. } => "none".to_owned(),
        ServerMessage::Error { code: ErrorCode::Forbidden, .. } => "no".to_owned(),
        // Presence is only for subscribers, so the client must subscribe to the board first.
        ServerMessage::Error { code: ErrorCode::NotSubscribed, .. } => "first".to_owned(),
        ServerMessage::Pong { .. } => "pong".to_owned(),
        other => panic!("not expected: {other:?}"),
    }
}

pub async fn connect(fixture: &Fixture, who: Who, test_board: &TestBoard) -> Result<Client, u16> {
    let address: SocketAddr = fixture.server.base.strip_prefix("http://").unwrap().parse().unwrap();
    let proof = fixture.proof(who, test_board);
    let mut headers = vec![("sec-websocket-protocol", "taskwire.v1")];
    if let Some((name, value)) = &proof {
        headers.push((*name, value));
        if *name == "cookie" {
            headers.push(("origin", &fixture.server.base));
        }
    }
    Client::connect_with(address, &headers).await
}

async fn assert_answers(fixture: &Fixture, what: &str, answers: &str, message: impl Fn(&TestBoard) -> ClientMessage) {
    let answers: Vec<&str> = answers.split_whitespace().map(|word| word.trim_end_matches('.')).collect();
    assert_eq!(answers.len(), Who::ALL.len(), "{what}");
    for (who, expected) in Who::ALL.into_iter().zip(answers) {
        let test_board = fixture.create_board().await;
        let got = say(fixture, who, &test_board, &message(&test_board)).await;
        assert_eq!(got.replace(' ', ":"), expected, "{what}: {who:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_gets_the_expected_answer_for_each_caller() {
    let fixture = Fixture::new().await;
    // A browser page cannot read the status of a refused WebSocket. So if its session has ended, the socket is opened
    // and then closed with a code.
    assert_eq!(CLOSED_SIGNED_OUT, 4401);
    let all: [(ClientMessage, &str); 7] = {
        let board = BoardId(Uuid::nil());
        [
            //                                                  stra link  view  edit  mana  othe  admi  owne   read  writ  full   expi revo deac
            (
                ClientMessage::Subscribe { board, since: None, snapshot: false, outline: false },
                "401  snap  snap  snap  snap  none  snap  snap   snap  snap  snap   401  401  closed:4401",
            ),
            (
                ClientMessage::Unsubscribe { board },
                "401  pong  pong  pong  pong  pong  pong  pong   pong  pong  pong   401  401  closed:4401",
            ),
            (
                ClientMessage::Present { board, tab: TabId(Uuid::nil()), editing: None, comment: false, secret: None },
                "401 first first first first first first first first first first 401 401 closed:4401",
            ),
            (
                ClientMessage::WatchBoards { limit: None, boards: Vec::new() },
                "401  boards boards boards boards boards boards boards boards boards boards 401 401 closed:4401",
            ),
            (
                ClientMessage::WatchPeople { changes: false },
                "401  no    people people people people people people people people people 401 401 closed:4401",
            ),
            (
                ClientMessage::Mutate { board, mutations: Vec::new() },
                "401 pong pong pong pong pong pong pong    pong  pong  pong   401  401  closed:4401",
            ),
            (
                ClientMessage::Ping {},
                "401  pong  pong  pong  pong  pong  pong  pong   pong  pong  pong   401  401  closed:4401",
            ),
        ]
    };
    for (message, answers) in all {
        // A new kind of message must get a line above.
        match &message {
            ClientMessage::Subscribe { .. }
            | ClientMessage::Unsubscribe { .. }
            | ClientMessage::Present { .. }
            | ClientMessage::WatchBoards { .. }
            | ClientMessage::WatchPeople { .. }
            | ClientMessage::Mutate { .. }
            | ClientMessage::Ping {} => {}
        }
        let answers = answers.replace("snap", "snapshot");
        let of = |test_board: &TestBoard| match message.clone() {
            ClientMessage::Subscribe { since, snapshot, .. } => {
                ClientMessage::Subscribe { board: test_board.board, since, snapshot, outline: false }
            }
            ClientMessage::Unsubscribe { .. } => ClientMessage::Unsubscribe { board: test_board.board },
            ClientMessage::Mutate { mutations, .. } => ClientMessage::Mutate { board: test_board.board, mutations },
            ClientMessage::Present { tab, editing, comment, secret, .. } => {
                ClientMessage::Present { board: test_board.board, tab, editing, comment, secret }
            }
            other => other,
        };
        assert_answers(&fixture, &format!("{message:?}"), &answers, of).await;
    }
}

fn new_link() -> CreateShareLink {
    let link = app::new_id::<Uuid>();
    CreateShareLink { link, secret_sha256: SecretHash::of(&link.to_string()).into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_checked_for_each_caller() {
    const EDITOR: &str = "401 no no yes yes none yes yes no yes yes 401 401 closed:4401";
    const MANAGER: &str = "401 no no no yes none yes yes no no yes 401 401 closed:4401";
    // The editor.
    const AUTHOR: &str = "401 no no yes no none no no no no no 401 401 closed:4401";
    const AUTHOR_OR_MANAGER: &str = "401 no no yes yes none yes yes no no yes 401 401 closed:4401";
    const ANYBODY: &str = "401 no yes yes yes yes yes yes no yes yes 401 401 closed:4401";
    let fixture = Fixture::new().await;
    let someone = fixture.newcomer().await;
    let column = |name: &str| NewColumn { id: new_column(), name: name.to_owned(), kind: ColumnKind::Open };
    let test_board = fixture.create_board().await;
    let ops = [
        Op::CreateBoard(CreateBoard { name: "New".to_owned(), columns: vec![column("One")], everyone: None }),
        Op::UpdateBoard(UpdateBoard { name: Some("Other".to_owned()), ..UpdateBoard::default() }),
        Op::UpdateBoard(UpdateBoard { everyone: Some(Some(BoardRole::Viewer)), ..UpdateBoard::default() }),
        Op::UpdateBoard(UpdateBoard { key: Some("WEB".to_owned()), ..UpdateBoard::default() }),
        Op::DeleteBoard(DeleteBoard::default()),
        Op::RestoreBoard(RestoreBoard::default()),
        Op::SetArchived(SetArchived::to(true)),
        Op::SetMember(SetMember { person: someone, role: Some(BoardRole::Editor) }),
        Op::CreateShareLink(new_link()),
        Op::RevokeShareLink(RevokeShareLink { link: test_board.link }),
        Op::CreateColumn(CreateColumn {
            column: new_column(),
            name: "New".to_owned(),
            kind: ColumnKind::Done,
            place: model::Place::Last,
        }),
        Op::UpdateColumn(UpdateColumn { name: Some("Other".to_owned()), ..UpdateColumn::of(test_board.column) }),
        Op::DeleteColumn(DeleteColumn::of(test_board.spare_column)),
        Op::CreateLabel(CreateLabel::of(app::new_id(), "New", Hue::Red)),
        Op::UpdateLabel(UpdateLabel { name: Some("Other".to_owned()), ..UpdateLabel::of(test_board.label) }),
        Op::DeleteLabel(DeleteLabel::of(test_board.label)),
        Op::MergeLabels(MergeLabels::of(test_board.label, test_board.spare_label)),
        Op::UnmergeLabel(UnmergeLabel::of(test_board.merged_label)),
        Op::CreateTask(CreateTask::of(new_task(), "New")),
        Op::UpdateTask(UpdateTask::of(test_board.task).with(FieldEdit::Title("Other".to_owned()))),
        Op::DeleteTask(DeleteTask::of(test_board.task)),
        Op::RestoreTask(RestoreTask::of(test_board.trashed)),
        Op::CreateChecklist(CreateChecklist::of(test_board.task, app::new_id(), "New")),
        Op::UpdateChecklist(UpdateChecklist {
            name: Some("Other".to_owned()),
            ..UpdateChecklist::of(test_board.task, test_board.checklist)
        }),
        Op::AddChecklistItems(new_item(&test_board)),
        Op::UpdateChecklistItem(tick(&test_board)),
        Op::DeleteChecklistItems(delete_item(&test_board)),
        Op::CreateComment(CreateComment { comment: app::new_id(), task: test_board.task, text: "New".to_owned() }),
        Op::UpdateComment(UpdateComment { text: "Other".to_owned(), ..UpdateComment::of(test_board.comment) }),
        Op::DeleteComment(DeleteComment::of(test_board.comment)),
        Op::RestoreComment(RestoreComment::of(test_board.deleted_comment)),
        Op::SetReaction(SetReaction {
            comment: test_board.comment,
            reaction: Reaction::Heart,
            person: fixture.editor.id,
            on: true,
        }),
    ];
    for op in ops {
        // A new operation must get an entry above and a line here.
        let answers = match &op {
            Op::CreateBoard(_) => ANYBODY,
            Op::UpdateBoard(_)
            | Op::DeleteBoard(_)
            | Op::RestoreBoard(_)
            | Op::SetArchived(_)
            | Op::SetMember(_)
            | Op::CreateShareLink(_)
            | Op::RevokeShareLink(_) => MANAGER,
            Op::CreateColumn(_)
            | Op::UpdateColumn(_)
            | Op::DeleteColumn(_)
            | Op::CreateLabel(_)
            | Op::UpdateLabel(_)
            | Op::DeleteLabel(_)
            | Op::MergeLabels(_)
            | Op::UnmergeLabel(_)
            | Op::CreateTask(_)
            | Op::UpdateTask(_)
            | Op::DeleteTask(_)
            | Op::RestoreTask(_)
            | Op::CreateComment(_)
            | Op::CreateChecklist(_)
            | Op::UpdateChecklist(_)
            | Op::AddChecklistItems(_)
            | Op::UpdateChecklistItem(_)
            | Op::DeleteChecklistItems(_) => EDITOR,
            Op::UpdateComment(_) | Op::SetReaction(_) => AUTHOR,
            Op::DeleteComment(_) | Op::RestoreComment(_) => AUTHOR_OR_MANAGER,
        };
        let of = |here: &TestBoard| {
            let (board, op) = match op.clone() {
                Op::CreateBoard(create) => (app::new_id::<BoardId>(), Op::CreateBoard(create)),
                // A key that was ever another board's is refused.
                Op::UpdateBoard(update) if update.key.is_some() => {
                    (here.board, Op::UpdateBoard(UpdateBoard { key: Some(key_of(here.board)), ..update }))
                }
                Op::CreateShareLink(_) => (here.board, Op::CreateShareLink(new_link())),
                Op::RevokeShareLink(_) => (here.board, Op::RevokeShareLink(RevokeShareLink { link: here.link })),
                Op::UpdateColumn(update) => {
                    (here.board, Op::UpdateColumn(UpdateColumn { column: here.column, ..update }))
                }
                Op::DeleteColumn(_) => (here.board, Op::DeleteColumn(DeleteColumn::of(here.spare_column))),
                Op::CreateLabel(create) => {
                    (here.board, Op::CreateLabel(CreateLabel { label: LabelId(app::new_id()), ..create }))
                }
                Op::UpdateLabel(update) => (here.board, Op::UpdateLabel(UpdateLabel { label: here.label, ..update })),
                Op::DeleteLabel(_) => (here.board, Op::DeleteLabel(DeleteLabel::of(here.label))),
                Op::MergeLabels(_) => (here.board, Op::MergeLabels(MergeLabels::of(here.label, here.spare_label))),
                Op::UnmergeLabel(_) => (here.board, Op::UnmergeLabel(UnmergeLabel::of(here.merged_label))),
                Op::CreateTask(create) => (here.board, Op::CreateTask(CreateTask { task: new_task(), ..create })),
                Op::UpdateTask(update) => (here.board, Op::UpdateTask(UpdateTask { task: here.task, ..update })),
                Op::DeleteTask(_) => (here.board, Op::DeleteTask(DeleteTask::of(here.task))),
                Op::RestoreTask(_) => (here.board, Op::RestoreTask(RestoreTask::of(here.trashed))),
                Op::CreateChecklist(create) => {
                    let checklist = app::new_id();
                    (here.board, Op::CreateChecklist(CreateChecklist { task: here.task, checklist, ..create }))
                }
                Op::UpdateChecklist(update) => {
                    let (task, checklist) = (here.task, here.checklist);
                    (here.board, Op::UpdateChecklist(UpdateChecklist { task, checklist, ..update }))
                }
                Op::AddChecklistItems(_) => (here.board, Op::AddChecklistItems(new_item(here))),
                Op::UpdateChecklistItem(_) => (here.board, Op::UpdateChecklistItem(tick(here))),
                Op::DeleteChecklistItems(_) => (here.board, Op::DeleteChecklistItems(delete_item(here))),
                Op::CreateComment(create) => {
                    (here.board, Op::CreateComment(CreateComment { comment: app::new_id(), task: here.task, ..create }))
                }
                Op::UpdateComment(update) => {
                    (here.board, Op::UpdateComment(UpdateComment { comment: here.comment, ..update }))
                }
                Op::DeleteComment(_) => (here.board, Op::DeleteComment(DeleteComment::of(here.comment))),
                Op::RestoreComment(_) => (here.board, Op::RestoreComment(RestoreComment::of(here.deleted_comment))),
                Op::SetReaction(set) => (here.board, Op::SetReaction(SetReaction { comment: here.comment, ..set })),
                op => (here.board, op),
            };
            ClientMessage::Mutate { board, mutations: vec![mutation(op)] }
        };
        assert_answers(&fixture, &format!("{op:?}"), answers, of).await;
    }
}

/// Five letters that follow from the board's id.
fn key_of(board: BoardId) -> String {
    board.0.as_bytes()[11..].iter().map(|byte| char::from(b'A' + byte % 26)).collect()
}

fn new_item(here: &TestBoard) -> AddChecklistItems {
    let items = vec![NewChecklistItem::of(app::new_id(), "New")];
    AddChecklistItems { items, ..AddChecklistItems::of(here.task, here.checklist) }
}

fn tick(here: &TestBoard) -> UpdateChecklistItem {
    UpdateChecklistItem { done: Some(true), ..UpdateChecklistItem::of(here.task, here.item) }
}

fn delete_item(here: &TestBoard) -> DeleteChecklistItems {
    DeleteChecklistItems { items: vec![here.item], ..DeleteChecklistItems::of(here.task) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_opens_no_socket_with_somebodys_cookie() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let address: SocketAddr = fixture.server.base.strip_prefix("http://").unwrap().parse().unwrap();
    let cookie = ("cookie", fixture.owner.cookie.as_str());
    for headers in [vec![cookie, ("origin", "https://evil.example")], vec![cookie, ("origin", "null")], vec![cookie]] {
        assert_eq!(Client::connect_with(address, &headers).await.err(), Some(403), "{headers:?}");
    }
    assert!(connect(&fixture, Who::Owner, &test_board).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_closed_if_the_page_names_another_person() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let address: SocketAddr = fixture.server.base.strip_prefix("http://").unwrap().parse().unwrap();
    let owner = fixture.person(Who::Owner).unwrap();
    let connect = async |who: Who, path: &str| {
        let (name, value) = fixture.proof(who, &test_board).unwrap();
        let origin = ("origin", fixture.server.base.as_str());
        Client::connect_at(address, path, &[(name, &value), origin]).await.map_err(|status| status.to_string())
    };
    let message = ClientMessage::Mutate {
        board: test_board.board,
        mutations: vec![mutation(Op::CreateTask(CreateTask::of(new_task(), "Typed by the owner")))],
    };
    let theirs = format!("/ws?as={owner}");
    for (who, expected) in [(Who::Editor, Err(Some(4401))), (Who::Link, Err(Some(4401))), (Who::Owner, Ok("yes"))] {
        let mut client = connect(who, &theirs).await.unwrap();
        client.say(&message).await;
        assert_eq!(client.hear_or_end().await.as_ref().map(name).map_err(|code| *code), expected.map(str::to_owned));
    }
    assert_eq!(connect(Who::Owner, "/ws?as=me").await.err(), Some("400".to_owned()));
}
