//! The boards that a person has starred.

use app::{id::BoardId, model::MAX_STARS, refusal::Thing};

use super::{AccountError, Accounts};
use crate::{credentials::Credentials, store::StarSet};

impl Accounts {
    /// Stars a board for whoever asks, or takes the star away. Their other pages learn of it.
    pub async fn set_star(&self, credentials: &Credentials, board: BoardId, starred: bool) -> Result<(), AccountError> {
        match self.store().set_star(credentials, board, starred).await? {
            StarSet::Done => {
                self.shared.hub.boards_changed();
                Ok(())
            }
            StarSet::NoBoard => Err(AccountError::NotFound("board")),
            StarSet::Forbidden => Err(AccountError::Forbidden),
            StarSet::Full => Err(AccountError::Full(Thing::Star, MAX_STARS as u32)),
        }
    }
}
