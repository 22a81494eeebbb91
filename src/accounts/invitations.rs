//! Invitations: a link with which somebody makes an account, with a role and perhaps a place on some boards.

use std::time::Duration;

use app::{
    access::{BoardRole, InstanceRole},
    audit::Method,
    id::{ActorId, BoardId, MutationId},
    ops::{Mutation, Op, SetMember},
    people::check_name_in,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    AccountError, Accounts, DAY, may, named,
    one_time_links::{Purpose, Step, link_in, still_stands},
    people::{NewPerson, taken},
    principal,
};
use crate::{
    clock::now,
    credentials::{ClientInfo, Credentials},
    outbox::Job,
    secret::{Secret, SecretHash},
    store::{OneTimeLink, Proof},
    writer::{WriteError, Writer},
};

/// How long an invitation works.
pub(super) const INVITATION: Duration = Duration::from_secs(7 * DAY);
/// The most boards in one invitation.
pub(super) const MAX_BOARDS: usize = 50;

/// What whoever is invited will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// On the server.
    pub role: InstanceRole,
    /// On boards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boards: Vec<(BoardId, BoardRole)>,
    /// In groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Uuid>,
    /// The e-mail address of whoever is invited, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// For whom it is, as its maker calls them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Accounts {
    /// Invites somebody.
    pub async fn invite(&self, credentials: &Credentials, invitation: Invitation) -> Result<Secret, AccountError> {
        may(self.principal(credentials)?.may_manage(invitation.role))?;
        if invitation.boards.len() > MAX_BOARDS {
            let message = format!("an invitation may name at most {MAX_BOARDS} boards");
            return Err(AccountError::invalid("boards", message));
        }
        for (board, _) in &invitation.boards {
            // Whoever may invite manages every board.
            self.managed_board(&self.principal(credentials)?, *board).await?;
        }
        let note = match invitation.note.trim() {
            "" => String::new(),
            note => named(check_name_in("note", note), "note")?,
        };
        self.make_link(credentials, &Purpose::Invitation(Invitation { note, ..invitation }), INVITATION).await
    }

    /// What somebody is invited to, and by which link.
    pub async fn invitation(&self, secret: &str) -> Result<(OneTimeLink, Invitation), AccountError> {
        match self.link(secret).await? {
            (link, Purpose::Invitation(invitation)) => Ok((link, invitation)),
            _ => Err(AccountError::DeadLink),
        }
    }

    /// Invitations that were not used yet, newest first.
    pub async fn invitations(&self, credentials: &Credentials) -> Result<Vec<(OneTimeLink, Invitation)>, AccountError> {
        may(self.principal(credentials)?.may_manage_people())?;
        let links = self.store().one_time_links(now()).await?;
        let directory = self.store().directory();
        let invitation = |link: OneTimeLink| match Purpose::parse(&link.purpose)? {
            purpose if !still_stands(&directory, &link, &purpose) => None,
            Purpose::Invitation(invitation) => Some((link, invitation)),
            _ => None,
        };
        Ok(links.into_iter().filter_map(invitation).collect())
    }

    /// What somebody is invited to by a link, and whether the person who made it may still invite; `None` if the link is for something else.
    pub fn read_invitation(&self, link: &OneTimeLink) -> Option<(Invitation, bool)> {
        let purpose = Purpose::parse(&link.purpose)?;
        let stands = still_stands(&self.store().directory(), link, &purpose);
        match purpose {
            Purpose::Invitation(invitation) => Some((invitation, stands)),
            _ => None,
        }
    }

    /// Takes an invitation back.
    pub async fn revoke_invitation(&self, credentials: &Credentials, id: Uuid) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            may(principal(&change)?.may_manage_people())?;
            let link = change.one_time_link_called(id, now()).await?;
            let purpose = link.and_then(|link| Purpose::parse(&link.purpose));
            let Some(purpose @ Purpose::Invitation(Invitation { role, .. })) = &purpose else {
                return Err(AccountError::NotFound("invitation"));
            };
            may(principal(&change)?.may_manage(*role))?;
            let event = purpose.event(Step::Revoked, Some(id), &change);
            change.revoke_one_time_link(id, event).await?;
            Ok(())
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Makes the account of somebody who was invited. Of two who use one invitation at once, one succeeds.
    pub async fn accept_invitation(
        &self,
        secret: &str,
        new: NewPerson<'_>,
        client: ClientInfo,
        writer: &Writer,
    ) -> Result<Proof, AccountError> {
        self.limit(self.shared.attempts.count_stranger(client.address))?;
        let (_, invitation) = self.invitation(secret).await?;
        let account = self.new_account(new, invitation.role, false).await?;
        let mut change = self.begin(&Credentials::stranger().sent_by(client)).await?;
        let done = async {
            let hash = SecretHash::of(secret);
            // Whoever made it may have been deactivated while the password was hashed.
            let (link, purpose) = link_in(&mut change, hash).await?;
            let Purpose::Invitation(invitation) = &purpose else { return Err(AccountError::DeadLink) };
            change.is_by(account.id, &account.name, Method::Link);
            if !change.insert(&account).await? {
                return Err(taken());
            }
            let event = purpose.event(Step::Used, Some(link.id), &change);
            if !change.use_one_time_link(hash, Some(account.id), now(), event).await? {
                return Err(AccountError::DeadLink);
            }
            let mut follows = None;
            if !invitation.boards.is_empty() || !invitation.groups.is_empty() {
                let job = Job::AcceptedInvitation { link: link.id, person: account.id }.enqueued(app::new_id());
                follows = Some((job.id, link.id));
                change.enqueue(&job.done_at_once()).await?;
            }
            Ok((account.proof(), follows))
        };
        let done = done.await;
        let (proof, follows) = self.finish(change, done).await?;
        if let Some((job, link)) = follows {
            // The account exists. What fails from here on is left to a node that takes the job.
            let followed = async {
                self.put_on_boards(writer, link, proof.person).await?;
                Ok::<_, AccountError>(self.store().remove_job(job).await?)
            };
            if let Err(error) = followed.await {
                tracing::warn!(%error, "a new person is not on their invitation's boards yet; the outbox will try again");
            }
        }
        Ok(proof)
    }

    /// Puts somebody on the boards and in the groups of the invitation that they used. To do it twice is to do it once.
    pub async fn put_on_boards(&self, writer: &Writer, link: Uuid, person: ActorId) -> Result<(), AccountError> {
        let purpose = self.store().any_one_time_link(link).await?.and_then(|link| Purpose::parse(&link.purpose));
        let Some(Purpose::Invitation(invitation)) = purpose else { return Ok(()) };
        for (board, role) in invitation.boards {
            // The same id every time, so that it is done once.
            let id = MutationId(Uuid::new_v5(&link, board.0.as_bytes()));
            let op = Op::SetMember(SetMember { person, role: Some(role) });
            match writer.write(board, Mutation { id, op }, Credentials::invited(person)).await {
                // The board may have been deleted meanwhile, or the person deactivated.
                Ok(_) | Err(WriteError::Refused(_)) => {}
                Err(WriteError::Unavailable(_)) => return Err(AccountError::Unavailable),
            }
        }
        for group in invitation.groups {
            match self.join_group(&Credentials::invited(person), writer, group, &[person]).await {
                // The group may have been deleted meanwhile.
                Ok(_) | Err(AccountError::NotFound(_)) => {}
                Err(AccountError::Limit(why)) => {
                    tracing::warn!(%group, %person, why, "a new person is not in a group of their invitation");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
