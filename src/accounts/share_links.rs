//! Share links: whoever has one can read a board without an account.

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
    /// Makes a link for reading a board without an account. It is valid for as long as the person who made it manages the board.
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

    /// The share links of a board that are not revoked.
    pub async fn share_links(&self, credentials: &Credentials, board: BoardId) -> Result<Vec<ShareLink>, AccountError> {
        let state = self.managed_board(&self.principal(credentials)?, board).await?;
        Ok(self.store().share_links(&state).await?)
    }

    /// Revokes a share link. Those who read the board with it lose access at once.
    pub async fn revoke_share_link(
        &self,
        credentials: &Credentials,
        board: BoardId,
        link: Uuid,
        writer: &Writer,
    ) -> Result<(), AccountError> {
        self.write_link(credentials, board, Op::RevokeShareLink(RevokeShareLink { link }), writer).await
    }

    /// Share links are written by the one write path: so they are in the board's log, and are decided under the board's lock.
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
            Err(WriteError::Refused(Refusal::Full { what, limit })) => Err(AccountError::Full(what, limit)),
            Err(WriteError::Refused(_)) => Err(AccountError::Forbidden),
            Err(WriteError::Unavailable(_)) => Err(AccountError::Unavailable),
        }
    }
}
