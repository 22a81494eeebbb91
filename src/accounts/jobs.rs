//! Jobs of the outbox, for those who administer the server: a job is tried at once, or removed.

use uuid::Uuid;

use super::{AccountError, Accounts, found, may, principal};
use crate::credentials::Credentials;

impl Accounts {
    /// Makes a job due now, so that the next node that can do it tries it. If a node is trying it at this moment, it may be done twice,
    /// which every job tolerates.
    pub async fn hurry_job(&self, credentials: &Credentials, id: Uuid) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            may(principal(&change)?.may_administer())?;
            found(change.hurry_job(id).await?, "job")
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Removes a job. It will not be done.
    pub async fn remove_job(&self, credentials: &Credentials, id: Uuid) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            may(principal(&change)?.may_administer())?;
            found(change.remove_job(id).await?, "job")
        };
        let done = done.await;
        self.finish(change, done).await
    }
}
