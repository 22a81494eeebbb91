//! A client does not read while its access is revoked.

use std::time::Duration;

use app::{
    access::{BoardRole, InstanceRole, Scope},
    fields::FieldEdit,
    id::BoardId,
    ops::{Op, SetMember, UpdateBoard, UpdateTask},
    protocol::{CLOSED_SIGNED_OUT, ErrorCode, ServerMessage},
};
use taskwire::{
    accounts::{Accounts, NewPerson},
    credentials::Credentials,
    http::socket::SocketLimits,
    hub::HubSettings,
};
use tokio_tungstenite::MaybeTlsStream;

use crate::support::{
    client::{Client, PATIENCE},
    database::Database,
    node::{create, mutation, new_task},
    served::Served,
};

/// How often a text is changed. Together, the changes are more than the kernel buffers for a client that does not read,
/// and less than a client accepts in one frame.
const EDITS: usize = 500;
const DESCRIPTION: usize = 29_000;

struct Scene {
    served: Served,
    accounts: Accounts,
    ana: app::id::ActorId,
    /// The socket of Ana's client, which follows both boards, the large one first.
    client: Client,
    large: BoardId,
    small: BoardId,
    _database: Database,
}

impl Scene {
    async fn set() -> Self {
        let database = Database::sqlite();
        let limits = SocketLimits { write: Duration::from_secs(600), ..SocketLimits::default() };
        // All changes of a group are in one frame, whose write cannot complete unless the client reads.
        let bytes = 2 * EDITS * DESCRIPTION;
        let settings = HubSettings { frame_bytes: bytes, ring_bytes: bytes, ..HubSettings::default() };
        let served = Served::with(&database, settings, limits).await;
        let accounts = Accounts::new(served.node.store.clone(), served.hub.clone(), None, String::new());
        let new = NewPerson { name: "Ana", email: "ana@example.com", password: None };
        let ana = accounts.add(&Credentials::local(), new, InstanceRole::Member).await.unwrap();
        let (token, _) = accounts.create_token(&Credentials::local(), ana, "x", Scope::Admin, None).await.unwrap();
        let proof = format!("Bearer {}", token.expose());
        let mut client = Client::connect_with(served.address, &[("authorization", &proof)]).await.unwrap();
        let mut boards = Vec::new();
        for _ in 0..2 {
            let board = served.node.create_board().await.id;
            let private = Op::UpdateBoard(UpdateBoard { everyone: Some(None), ..UpdateBoard::default() });
            let member = Op::SetMember(SetMember { person: ana, role: Some(BoardRole::Viewer) });
            served.node.accepted(board, private).await;
            let seq = served.node.accepted(board, member).await.seq;
            client.subscribe(board, Some(seq)).await;
            assert!(matches!(client.hear().await, ServerMessage::Changes { .. }));
            boards.push(board);
        }
        Self { served, accounts, ana, client, large: boards[0], small: boards[1], _database: database }
    }

    /// Blocks the server in the middle of writing the changes of the large board.
    async fn get_stuck(&self) {
        let text = "x".repeat(DESCRIPTION);
        let task = self.served.node.create_task(self.large, "Large").await;
        let writes = (0..EDITS).map(|number| {
            let description = format!("{number} {text}");
            let op = Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Description(description)));
            self.served.node.writer.write(self.large, mutation(op), Credentials::local())
        });
        for outcome in futures::future::join_all(writes.collect::<Vec<_>>()).await {
            outcome.expect("accepted");
        }
        let MaybeTlsStream::Plain(stream) = self.client.socket.get_ref() else { panic!("no TLS here") };
        let mut seen = vec![0; 60_000];
        let arriving = async { while stream.peek(&mut seen).await.unwrap() < 2 * DESCRIPTION {} };
        tokio::time::timeout(PATIENCE, arriving).await.expect("something comes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn access_revoked_during_a_blocked_write_of_another_board_ends_at_once() {
    let mut scene = Scene::set().await;
    scene.get_stuck().await;
    let node = &scene.served.node;
    node.accepted(scene.small, create(new_task(), "From before, and not needed")).await;
    node.accepted(scene.small, Op::SetMember(SetMember { person: scene.ana, role: None })).await;
    for number in 0..3 {
        node.accepted(scene.small, create(new_task(), &format!("Secret {number}"))).await;
    }
    let (mut large, mut is_told) = (0, false);
    // One more change for the creation of the task.
    while large < 1 + EDITS || !is_told {
        match scene.client.hear().await {
            ServerMessage::Changes { board, changes, .. } => {
                assert_eq!(board, scene.large, "{changes:?}");
                large += changes.len();
            }
            ServerMessage::Error { code: ErrorCode::Forbidden, board, .. } => {
                assert_eq!(board, Some(scene.small));
                is_told = true;
            }
            other => panic!("not expected: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deactivated_while_something_is_being_sent_is_sent_no_more() {
    let mut scene = Scene::set().await;
    scene.get_stuck().await;
    scene.served.node.accepted(scene.small, create(new_task(), "Secret")).await;
    scene.accounts.set_active(&Credentials::local(), scene.ana, false).await.unwrap();
    loop {
        match scene.client.hear_or_end().await {
            Ok(ServerMessage::Changes { board, changes, .. }) => assert_eq!(board, scene.large, "{changes:?}"),
            Ok(other) => panic!("not expected: {other:?}"),
            Err(code) => break assert_eq!(code, Some(CLOSED_SIGNED_OUT)),
        }
    }
}
