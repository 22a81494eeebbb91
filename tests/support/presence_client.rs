//! A client that has a board open and keeps track of who else does.

use app::{
    id::{ActorId, BoardId, TabId, TaskId},
    presence::{PresenceChange, PresenceState},
    protocol::{ClientMessage, ServerMessage},
};
use uuid::Uuid;

use super::{client::Client, served::Served};

/// The change number of a board that was just created: its creation is the only change.
const SINCE: u64 = 1;

pub struct PresenceClient {
    pub client: Client,
    pub tab: TabId,
    /// The tab's secret, which only the tab knows.
    pub secret: Option<Uuid>,
    pub board: BoardId,
    /// The presence state that it was sent.
    pub presence_state: PresenceState,
    /// The number of presence messages that it was sent.
    pub messages: usize,
}

impl PresenceClient {
    /// Opens a board, and waits for the presence state.
    pub async fn on(served: &Served, board: BoardId, person: Option<ActorId>) -> Self {
        Self::over(served.connect_as(person).await, board, app::new_id::<TabId>()).await
    }

    /// As [`Self::on`], over an existing connection, for a tab that may have had another connection before.
    pub async fn over(client: Client, board: BoardId, tab: TabId) -> Self {
        let mut presence_client =
            Self { client, tab, secret: None, board, presence_state: PresenceState::default(), messages: 0 };
        presence_client.open().await;
        presence_client.next().await;
        presence_client
    }

    /// Subscribes to the board and announces its presence.
    pub async fn open(&mut self) {
        self.client.subscribe(self.board, Some(SINCE)).await;
        self.edit(None).await;
    }

    pub async fn edit(&mut self, editing: Option<TaskId>) {
        self.client
            .say(&ClientMessage::Present {
                board: self.board,
                tab: self.tab,
                editing,
                comment: false,
                secret: self.secret,
            })
            .await;
    }

    /// Waits for the next message about presence.
    pub async fn next(&mut self) {
        loop {
            match self.client.hear().await {
                ServerMessage::Presence { board, people, more, guests, editing } => {
                    assert_eq!(board, self.board);
                    self.presence_state = PresenceState { people, more, guests, editing };
                }
                ServerMessage::PresenceChanged { board, joined, left, more, guests, editing } => {
                    assert_eq!(board, self.board);
                    assert!(self.messages > 0, "the state comes first");
                    let before = self.presence_state.clone();
                    self.presence_state.apply(PresenceChange { joined, left, more, guests, editing });
                    assert_ne!(self.presence_state, before, "something is different");
                }
                _ => continue,
            }
            self.messages += 1;
            return;
        }
    }

    /// Receives messages until the presence state satisfies a condition.
    pub async fn until(&mut self, so: impl Fn(&PresenceState) -> bool) {
        self.until_with(so, |_| true).await;
    }

    /// As [`Self::until`], and asserts that `always` holds after each message on the way.
    pub async fn until_with(&mut self, so: impl Fn(&PresenceState) -> bool, always: impl Fn(&PresenceState) -> bool) {
        while !so(&self.presence_state) {
            self.next().await;
            assert!(always(&self.presence_state), "{:?}", self.presence_state);
        }
    }

    /// Who is present, as (people, guests).
    pub fn sees(&self) -> (Vec<ActorId>, u32) {
        (self.presence_state.people.clone(), self.presence_state.guests)
    }

    /// Who edits what.
    pub fn edits(&self) -> Vec<(TaskId, Option<ActorId>)> {
        self.presence_state.editing.iter().map(|editing| (editing.task, editing.person)).collect()
    }
}

/// New ids of people, in ascending order.
pub fn people<const COUNT: usize>() -> [ActorId; COUNT] {
    std::array::from_fn(|_| app::new_id::<ActorId>())
}
