//! The first visit: the first person to visit a server without accounts creates the first account, the owner's.

use std::time::Duration;

use app::{
    access::{BoardRole, InstanceRole},
    audit::Method,
    id::ActorId,
    ops::{Mutation, Op, SetMember},
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
        Proof, Store,
        tables::{BoardFilter, BoardOrder, Direction, Slice},
    },
    writer::{WriteError, Writer},
};

/// How long the link for the first visit is valid. The server makes a new one at every start.
const FIRST_VISIT: Duration = Duration::from_secs(365 * DAY);

/// How many boards the first owner becomes a manager of.
const ADOPTED: usize = 100;

/// Makes the first owner the manager of the newest boards that have none: the sample, and what was made while the server had no accounts.
pub async fn adopt_boards(store: &Store, writer: &Writer, owner: ActorId) -> Result<(), AccountError> {
    let filter = BoardFilter { without_manager: true, ..BoardFilter::default() };
    let slice = Slice { order: BoardOrder::Created, direction: Direction::Descending, after: None, limit: ADOPTED };
    for board in store.boards_table(&filter, slice).await?.rows {
        let op = Op::SetMember(SetMember { person: owner, role: Some(BoardRole::Manager) });
        match writer.write(board.id, Mutation { id: app::new_id(), op }, Credentials::local()).await {
            // It may have been deleted meanwhile.
            Ok(_) | Err(WriteError::Refused(_)) => {}
            Err(WriteError::Unavailable(_)) => return Err(AccountError::Unavailable),
        }
    }
    Ok(())
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
