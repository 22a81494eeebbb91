//! The first visit: whoever comes to a server that has no accounts makes the first one, and owns it.

use std::{net::IpAddr, time::Duration};

use app::access::InstanceRole;

use super::{
    AccountError, Accounts, DAY,
    one_time_links::{Purpose, link_in},
    people::NewPerson,
};
use crate::{
    credentials::Credentials,
    secret::{Secret, SecretHash},
    store::Proof,
};

/// How long the link for the first visit works; the server makes a new one at every start.
const FIRST_VISIT: Duration = Duration::from_secs(365 * DAY);

impl Accounts {
    /// Whether nobody has an account yet.
    pub fn is_first_visit(&self) -> bool {
        self.store().directory().is_empty()
    }

    /// Makes the link with which the first visit begins where strangers can reach the server.
    pub async fn first_visit_link(&self) -> Result<Secret, AccountError> {
        self.make_link(&Credentials::local(), &Purpose::FirstVisit, FIRST_VISIT).await
    }

    /// Makes the first account: the owner's. Of two who try at once, one succeeds. `code` is needed where `needs_code`.
    pub async fn create_owner(
        &self,
        new: NewPerson<'_>,
        needs_code: bool,
        code: &str,
        address: IpAddr,
    ) -> Result<Proof, AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))?;
        if !self.is_first_visit() {
            return Err(AccountError::NotTheFirst);
        }
        if needs_code && self.link(code).await?.1 != Purpose::FirstVisit {
            return Err(AccountError::DeadLink);
        }
        let account = self.new_account(new, InstanceRole::Owner, true).await?;
        let mut change = self.begin(&Credentials::stranger()).await?;
        let done = async {
            if !change.directory().is_empty() {
                return Err(AccountError::NotTheFirst);
            }
            if needs_code && link_in(&mut change, SecretHash::of(code)).await?.1 != Purpose::FirstVisit {
                return Err(AccountError::DeadLink);
            }
            change.insert(&account).await?;
            change.revoke_links_for(&Purpose::FirstVisit.to_json()).await?;
            Ok(account.proof())
        };
        let done = done.await;
        self.finish(change, done).await
    }
}
