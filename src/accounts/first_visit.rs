//! The first visit: the first person to visit a server without accounts creates the first account, the owner's.

use std::{sync::Arc, time::Duration};

use app::{
    access::{BoardRole, InstanceRole},
    audit::Method,
    id::ActorId,
    ops::{Mutation, Op, SetMember},
    state::BoardState,
};

use super::{
    AccountError, Accounts, DAY,
    one_time_links::{Purpose, Step, link_in},
    people::NewPerson,
};
use crate::{
    credentials::{ClientInfo, Credentials},
    secret::{Secret, SecretHash},
    store::{
        Account, Directory, Proof, Store,
        tables::{BoardFilter, BoardOrder, Direction, Rows, Slice},
    },
    writer::{WriteError, Writer},
};

/// How long the link for the first visit is valid. The server makes a new one at every start.
const FIRST_VISIT: Duration = Duration::from_secs(365 * DAY);

/// How many boards are read at a time.
const AT_A_TIME: usize = 100;

/// Makes the first owner the manager of all boards that have none: the sample, and what was made while the server had no accounts.
pub async fn adopt_boards(store: &Store, writer: &Writer, owner: ActorId) -> Result<(), AccountError> {
    let filter = BoardFilter { without_manager: true, ..BoardFilter::default() };
    let mut slice =
        Slice { order: BoardOrder::Created, direction: Direction::Ascending, after: None, limit: AT_A_TIME };
    loop {
        let Rows { rows, next } = store.boards_table(&filter, slice.clone()).await?;
        for board in rows {
            match writer.write(board.id, managed_by(owner), Credentials::local()).await {
                // It may have been deleted meanwhile.
                Ok(_) | Err(WriteError::Refused(_)) => {}
                Err(WriteError::Unavailable(_)) => return Err(AccountError::Unavailable),
            }
        }
        match next {
            Some(next) => slice.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Makes the first owner the manager of a restored board that has none: it was deleted when the others were adopted. Returns the board after
/// that.
pub async fn adopt_restored(store: &Store, writer: &Writer, board: Arc<BoardState>) -> Arc<BoardState> {
    let is_managed = board.access().members.values().any(|role| *role == BoardRole::Manager);
    let Some(owner) = first_owner(&store.directory()).filter(|_| !is_managed) else { return board };
    match writer.write(board.id(), managed_by(owner), Credentials::local()).await {
        Ok(accepted) => accepted.board,
        Err(error) => {
            tracing::warn!(board = %board.id(), %error, "a restored board has no manager");
            board
        }
    }
}

fn managed_by(owner: ActorId) -> Mutation {
    Mutation { id: app::new_id(), op: Op::SetMember(SetMember { person: owner, role: Some(BoardRole::Manager) }) }
}

/// The owner who has been here longest.
pub fn first_owner(directory: &Directory) -> Option<ActorId> {
    let owns = |account: &&Account| account.is_active() && account.role == InstanceRole::Owner;
    directory.accounts().into_iter().find(owns).map(|account| account.id)
}

impl Accounts {
    /// Whether there is no account yet.
    pub fn is_first_visit(&self) -> bool {
        self.store().directory().is_empty()
    }

    /// Makes the link that is required for the first visit where strangers can reach the server.
    pub async fn first_visit_link(&self) -> Result<Secret, AccountError> {
        self.make_link(&Credentials::local(), &Purpose::FirstVisit, FIRST_VISIT).await
    }

    /// Creates the first account, the owner's. If two people try at once, one succeeds. With `needs_code`, `code` must be the
    /// secret of the link for the first visit.
    pub async fn create_owner(
        &self,
        new: NewPerson<'_>,
        needs_code: bool,
        code: &str,
        client: ClientInfo,
        writer: &Writer,
    ) -> Result<Proof, AccountError> {
        self.limit(self.shared.attempts.count_stranger(client.address))?;
        if !self.is_first_visit() {
            return Err(AccountError::NotTheFirst);
        }
        if needs_code && self.link(code).await?.1 != Purpose::FirstVisit {
            return Err(AccountError::DeadLink);
        }
        let account = self.new_account(new, InstanceRole::Owner, true).await?;
        let mut change = self.begin(&Credentials::stranger().sent_by(client)).await?;
        let done = async {
            if !change.directory().is_empty() {
                return Err(AccountError::NotTheFirst);
            }
            if needs_code && link_in(&mut change, SecretHash::of(code)).await?.1 != Purpose::FirstVisit {
                return Err(AccountError::DeadLink);
            }
            change.is_by(account.id, &account.name, if needs_code { Method::Link } else { Method::None });
            change.insert(&account).await?;
            let event = Purpose::FirstVisit.event(Step::Revoked, None, &change);
            change.revoke_links_for(&Purpose::FirstVisit.to_json(), event).await?;
            Ok(account.proof())
        };
        let done = done.await;
        let proof: Proof = self.finish(change, done).await?;
        if let Err(error) = adopt_boards(self.store(), writer, proof.person).await {
            tracing::warn!(%error, "the first owner is not the manager of the boards that were there before");
        }
        Ok(proof)
    }
}
