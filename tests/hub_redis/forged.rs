//! Messages of somebody who can publish on Redis but is not a node are rejected.

use app::{
    ops::{BoardDeleted, Change, ChangeKind},
    protocol::ServerMessage,
    time::Timestamp,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    batch, follow, is_heard, node, only_redis, publish, publish_signed,
    support::{database::Database, redis::Redis},
};

/// Waits for the next changes.
async fn changes(client: &mut super::Client) -> Vec<Change> {
    loop {
        if let ServerMessage::Changes { changes, .. } = client.hear().await {
            return changes;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_change_is_not_shown_in_place_of_the_real_one() {
    let (database, redis) = (Database::sqlite(), Redis::start());
    let (here, there) =
        (node(&database, only_redis(&redis.url())).await, node(&database, only_redis(&redis.url())).await);
    let board = here.node.create_board().await.id;
    let (mut client, _) = follow(&there, board, || is_heard(redis.port, board)).await;
    let channel = format!("taskwire:{{{board}}}");
    let task = here.node.create_task(board, "Buy milk").await;
    assert_eq!(changes(&mut client).await.len(), 1);
    let forged = |seq: u64, kind: serde_json::Value| {
        let mut change =
            json!({"seq": seq, "at": Timestamp::from_millis(1_790_000_000_000), "mutation": app::new_id::<Uuid>()});
        change.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        batch(seq - 1, &[&change.to_string()])
    };
    let stranger = app::new_id::<Uuid>();
    for (round, kind) in [
        json!({"kind": "board_deleted"}),
        json!({"kind": "member_set", "person": stranger, "role": "manager"}),
        json!({"kind": "task_updated", "task": task, "title": "Forged"}),
    ]
    .into_iter()
    .enumerate()
    {
        let seq = round as u64 + 3;
        let message = forged(seq, kind.clone());
        // The message is what a node would have sent …
        serde_json::from_slice::<Change>(&message[message.iter().position(|byte| *byte == b'\n').unwrap() + 1..])
            .unwrap();
        // … except for the signature: none, one of zeros, one for another channel, and one with another installation's
        // key.
        publish(redis.port, &channel, &message);
        publish(redis.port, &channel, &[&[0; 40], &message[..]].concat());
        publish_signed(&here, redis.port, "taskwire:{elsewhere}", &message);
        let other = super::Envelopes::new(taskwire::secret::Key::random());
        publish(redis.port, &channel, &other.seal(&channel, &message));
        here.node.create_task(board, "The real one").await;
        let real = changes(&mut client).await;
        let title = match &real[0].kind {
            ChangeKind::TaskCreated(created) => &created.title,
            forged => panic!("{forged:?} was believed"),
        };
        assert_eq!((real.len(), real[0].seq, title.as_str()), (1, seq, "The real one"));
    }
    // The same message with a valid signature is accepted.
    publish_signed(&here, redis.port, &channel, &forged(6, json!({"kind": "board_deleted"})));
    assert_eq!(changes(&mut client).await[0].kind, ChangeKind::BoardDeleted(BoardDeleted {}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_message_is_rejected_on_another_channel() {
    let (database, redis) = (Database::sqlite(), Redis::start());
    let settings =
        || super::HubSettings { boards_every: std::time::Duration::from_secs(3600), ..only_redis(&redis.url()) };
    let (here, there) = (node(&database, settings()).await, node(&database, settings()).await);
    let [board, other] = [here.node.create_board().await.id, here.node.create_board().await.id];
    let (mut client, _) = follow(&there, board, || is_heard(redis.port, board)).await;
    let envelopes = super::Envelopes::new(here.node.store.key(super::envelope::USE));
    // The next change of one board, published on the channel of another board.
    here.node.create_task(other, "Secret").await;
    let taskwire::store::Missing::Changes(log) = here.node.store.changes_after(other, 1, 1).await.unwrap() else {
        panic!("the log was trimmed")
    };
    let json = String::from_utf8(log[0].json.to_vec()).unwrap();
    let sealed = envelopes.seal(&format!("taskwire:{{{other}}}"), &batch(1, &[&json]));
    publish(redis.port, &format!("taskwire:{{{board}}}"), &sealed);
    let task = here.node.create_task(board, "Buy milk").await;
    assert_eq!(changes(&mut client).await[0].kind.task(), Some(task));
}
