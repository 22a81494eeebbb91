//! A client that has a board open and keeps track of who else has.

use app::{
    id::{ActorId, BoardId, TabId, TaskId},
    presence::{PresenceChange, PresenceState},
    protocol::{ClientMessage, ServerMessage},
};
use uuid::Uuid;

use super::{client::Client, served::Served};

/// The state of a board that was just made, as far as presence is concerned: nothing but its creation.
const SINCE: u64 = 1;

pub struct PresenceClient {
    pub client: Client,
    pub tab: TabId,
    /// What only the tab knows.
    pub secret: Option<Uuid>,
    pub board: BoardId,
    /// What it was told.
    pub presence_state: PresenceState,
    /// In how many messages.
    pub messages: usize,
}

impl PresenceClient {
    /// Opens a board, and waits to be told who is there.
    pub async fn on(served: &Served, board: BoardId, person: Option<ActorId>) -> Self {
        Self::over(served.connect_as(person).await, board, app::new_id::<TabId>()).await
    }

    /// As [`Self::on`], over a connection that is there, in a tab that may have had another before.
    pub async fn over(client: Client, board: BoardId, tab: TabId) -> Self {
        let mut presence_client =
            Self { client, tab, secret: None, board, presence_state: PresenceState::default(), messages: 0 };
        presence_client.open().await;
        presence_client.next().await;
        presence_client
    }

    /// Subscribes and says that it is there.
    pub async fn open(&mut self) {
        self.client.subscribe(self.board, Some(SINCE)).await;
        self.edit(None).await;
    }

    pub async fn edit(&mut self, editing: Option<TaskId>) {
        self.client
            .say(&ClientMessage::Present { board: self.board, tab: self.tab, editing, secret: self.secret })
            .await;
    }

    /// Waits for what it is told next of who is there.
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

    /// Listens until those who are there are as they should be.
    pub async fn until(&mut self, so: impl Fn(&PresenceState) -> bool) {
        self.until_with(so, |_| true).await;
    }

    /// As [`Self::until`]; and something must be so all the time.
    pub async fn until_with(&mut self, so: impl Fn(&PresenceState) -> bool, always: impl Fn(&PresenceState) -> bool) {
        while !so(&self.presence_state) {
            self.next().await;
            assert!(always(&self.presence_state), "{:?}", self.presence_state);
        }
    }

    /// Who is there, as (people, guests).
    pub fn sees(&self) -> (Vec<ActorId>, u32) {
        (self.presence_state.people.clone(), self.presence_state.guests)
    }

    /// Who edits what.
    pub fn edits(&self) -> Vec<(TaskId, Option<ActorId>)> {
        self.presence_state.editing.iter().map(|editing| (editing.task, editing.person)).collect()
    }
}

/// People, in the order of their ids.
pub fn people<const COUNT: usize>() -> [ActorId; COUNT] {
    std::array::from_fn(|_| app::new_id::<ActorId>())
}
