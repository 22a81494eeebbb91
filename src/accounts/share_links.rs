//! Share links: with one, a board can be read without an account.

use app::{
    access::ShareLink,
    id::{BoardId, MutationId},
    ops::{CreateShareLink, Mutation, Op, RevokeShareLink},
    refusal::{Refusal, Thing},
};
use uuid::Uuid;

use super::{AccountError, Accounts};
use crate::{
    credentials::Credentials,
    secret::Secret,
    writer::{WriteError, Writer},
};

impl Accounts {
    /// Makes a link with which a board can be read without an account, for as long as whoever makes it manages the board.
    pub async fn create_share_link(
        &self,
        credentials: &Credentials,
        board: BoardId,
        writer: &Writer,
    ) -> Result<(Secret, ShareLink), AccountError> {
        let (secret, link) = (Secret::new(""), app::new_id());
        let create = CreateShareLink { link, secret_sha256: secret.hash().into() };
        self.write_link(credentials, board, Op::CreateShareLink(create), writer).await?;
        let made = self.share_links(credentials, board).await?.into_iter().find(|made| made.id == link);
        Ok((secret, made.ok_or(AccountError::NotFound("share link"))?))
    }

    /// The share links of a board that were not revoked.
    pub async fn share_links(&self, credentials: &Credentials, board: BoardId) -> Result<Vec<ShareLink>, AccountError> {
        let state = self.managed_board(&self.principal(credentials)?, board).await?;
        Ok(self.store().share_links(&state).await?)
    }

    /// Takes a share link back; whoever reads the board by it stops doing so at once.
    pub async fn revoke_share_link(
        &self,
        credentials: &Credentials,
        board: BoardId,
        link: Uuid,
        writer: &Writer,
    ) -> Result<(), AccountError> {
        self.write_link(credentials, board, Op::RevokeShareLink(RevokeShareLink { link }), writer).await
    }

    /// Share links go by the one write path: so the log of the board has them, and its lock decides on them.
    async fn write_link(
        &self,
        credentials: &Credentials,
        board: BoardId,
        op: Op,
        writer: &Writer,
    ) -> Result<(), AccountError> {
        self.managed_board(&self.principal(credentials)?, board).await?;
        let id: MutationId = app::new_id();
        match writer.write(board, Mutation { id, op }, credentials.clone()).await {
            Ok(_) => Ok(()),
            Err(WriteError::Refused(Refusal::NotFound { what: Thing::Board })) => Err(AccountError::NotFound("board")),
            Err(WriteError::Refused(Refusal::NotFound { .. })) => Err(AccountError::NotFound("share link")),
            Err(WriteError::Refused(Refusal::Full { limit, .. })) => {
                let message = format!("is one too many: there may be {limit}; revoke one first");
                Err(AccountError::invalid("share link", message))
            }
            Err(WriteError::Refused(_)) => Err(AccountError::Forbidden),
            Err(WriteError::Unavailable(_)) => Err(AccountError::Unavailable),
        }
    }
}
