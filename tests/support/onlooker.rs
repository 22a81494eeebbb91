//! A client that has a board open and keeps track of who else has.

use app::{
    id::{ActorId, BoardId, TabId, TaskId},
    presence::{Crowd, CrowdChange},
    protocol::{ClientMessage, ServerMessage},
};
use uuid::Uuid;

use super::{client::Client, served::Served};

/// The state of a board that was just made, as far as presence is concerned: nothing but its creation.
const SINCE: u64 = 1;

pub struct Onlooker {
    pub client: Client,
    pub tab: TabId,
    /// What only the tab knows.
    pub secret: Option<Uuid>,
    pub board: BoardId,
    /// What it was told.
    pub crowd: Crowd,
    /// In how many messages.
    pub messages: usize,
}

impl Onlooker {
    /// Opens a board, and waits to be told who is there.
    pub async fn on(served: &Served, board: BoardId, person: Option<ActorId>) -> Self {
        Self::over(served.connect_as(person).await, board, app::new_id::<TabId>()).await
    }

    /// As [`Self::on`], over a connection that is there, in a tab that may have had another before.
    pub async fn over(client: Client, board: BoardId, tab: TabId) -> Self {
        let mut onlooker = Self { client, tab, secret: None, board, crowd: Crowd::default(), messages: 0 };
        onlooker.open().await;
        onlooker.next().await;
        onlooker
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
                    self.crowd = Crowd { people, more, guests, editing };
                }
                ServerMessage::PresenceChanged { board, joined, left, more, guests, editing } => {
                    assert_eq!(board, self.board);
                    assert!(self.messages > 0, "the state comes first");
                    let before = self.crowd.clone();
                    self.crowd.apply(CrowdChange { joined, left, more, guests, editing });
                    assert_ne!(self.crowd, before, "something is different");
                }
                _ => continue,
            }
            self.messages += 1;
            return;
        }
    }

    /// Listens until those who are there are as they should be.
    pub async fn until(&mut self, so: impl Fn(&Crowd) -> bool) {
        self.until_with(so, |_| true).await;
    }

    /// As [`Self::until`]; and something must be so all the time.
    pub async fn until_with(&mut self, so: impl Fn(&Crowd) -> bool, always: impl Fn(&Crowd) -> bool) {
        while !so(&self.crowd) {
            self.next().await;
            assert!(always(&self.crowd), "{:?}", self.crowd);
        }
    }

    /// Who is there, as (people, guests).
    pub fn sees(&self) -> (Vec<ActorId>, u32) {
        (self.crowd.people.clone(), self.crowd.guests)
    }

    /// Who edits what.
    pub fn edits(&self) -> Vec<(TaskId, Option<ActorId>)> {
        self.crowd.editing.iter().map(|editing| (editing.task, editing.person)).collect()
    }
}

/// People, in the order of their ids.
pub fn people<const COUNT: usize>() -> [ActorId; COUNT] {
    std::array::from_fn(|_| app::new_id::<ActorId>())
}
