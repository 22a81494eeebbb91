//! The audit log: who may read it, its exports, and the failed sign-ins in it. Whatever else it says is written where it is done.

use app::{
    audit::{Action, Actor, Target, TargetKind},
    id::ActorId,
    time::{Day, Timestamp},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{AccountError, Accounts, attempts::Failure, may};
use crate::{
    credentials::{ClientInfo, Credentials},
    store::{AuditFilter, AuditKey, AuditPage, Author, Directory, NewEvent, StoreError},
};

/// A filter of the audit log as somebody wrote it, in the query of an address or on the command line. What is empty is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// Who did it: the id or the e-mail address of a person, `operator`, `server` or `nobody`.
    pub actor: String,
    /// What was done: the name of an action.
    pub action: String,
    /// The id of what it was done to.
    pub target: String,
    /// From when on: a time or a day.
    pub from: String,
    /// Until when: a time, which is not included, or a day, which is.
    pub to: String,
    /// A text that occurs in it.
    pub q: String,
}

impl AuditQuery {
    /// Reads the filter, or names the field that is wrong.
    pub fn filter(&self, directory: &Directory) -> Result<AuditFilter, AccountError> {
        fn read<T>(
            field: &'static str,
            text: &str,
            parse: impl FnOnce(&str) -> Option<T>,
            expected: &'static str,
        ) -> Result<Option<T>, AccountError> {
            match text.trim() {
                "" => Ok(None),
                text => parse(text).map(Some).ok_or_else(|| AccountError::invalid(field, expected)),
            }
        }
        let actor = |text: &str| match directory.account_of(text) {
            Some(account) => Some(Actor::Person(account.id)),
            None => text.parse().ok(),
        };
        const TIME: &str = "expected a time such as 2026-11-23T09:31:00Z, or a day such as 2026-11-23";
        Ok(AuditFilter {
            actor: read(
                "actor",
                &self.actor,
                actor,
                "expected the id or the e-mail address of a person, operator, server or nobody",
            )?,
            action: read(
                "action",
                &self.action,
                Action::parse,
                "there is no such action; expected one such as sign_in",
            )?,
            target: read("target", &self.target, |text| text.parse().ok(), "expected a UUID")?,
            from: read(
                "from",
                &self.from,
                |text| Day::parse(text).map(Day::start).or_else(|| Timestamp::parse(text)),
                TIME,
            )?,
            to: read("to", &self.to, |text| Day::parse(text).map(Day::end).or_else(|| Timestamp::parse(text)), TIME)?,
            text: read("q", &self.q, |text| Some(text.to_owned()), "")?,
        })
    }
}

impl Accounts {
    /// Events of the audit log before a position, or the newest, for callers who manage people.
    pub async fn audit(
        &self,
        credentials: &Credentials,
        filter: &AuditFilter,
        before: Option<AuditKey>,
        limit: usize,
    ) -> Result<AuditPage, AccountError> {
        may(self.principal(credentials)?.may_read_audit())?;
        Ok(self.store().audit(filter, before, limit).await?)
    }

    /// How many events match, up to one more than [`MOST_COUNTED`](crate::store::tables::MOST_COUNTED); `None` if that is not known.
    pub async fn count_audit(
        &self,
        credentials: &Credentials,
        filter: &AuditFilter,
    ) -> Result<Option<u64>, AccountError> {
        may(self.principal(credentials)?.may_read_audit())?;
        Ok(self.store().count_audit(filter).await?)
    }

    /// Begins an export of the audit log, which is an event itself. Returns the position of this event: the export has those before.
    pub async fn export_audit(
        &self,
        credentials: &Credentials,
        filter: &AuditFilter,
    ) -> Result<AuditKey, AccountError> {
        may(self.principal(credentials)?.may_read_audit())?;
        let AuditFilter { actor, action, target, from, to, text } = filter;
        let actor = actor.map(|actor| actor.to_string());
        let filter = json!({ "actor": actor, "action": action, "target": target, "from": from, "to": to, "q": text });
        self.record(credentials, Action::Exported, json!({ "what": "audit", "format": "jsonl", "filter": filter }))
            .await
    }

    /// Records that the caller did something that leaves no other trace in the database.
    pub async fn record(
        &self,
        credentials: &Credentials,
        action: Action,
        details: Value,
    ) -> Result<AuditKey, AccountError> {
        let author = Author::of(credentials, &self.store().directory());
        let event = NewEvent::new(action).with(details);
        let mut note = self.store().note().await?;
        note.record(&author, &event).await?;
        note.commit().await?;
        Ok(event.key())
    }

    /// Has the audit log told of a failed sign-in to an account. The caller does not wait for it: else the time of an answer would
    /// say whether there is such an account.
    pub(super) fn sign_in_failed(&self, person: ActorId, client: &ClientInfo) {
        if let Some(failure) = self.shared.failures.count(person, client) {
            let accounts = self.clone();
            tokio::spawn(async move {
                if let Err(error) = accounts.write_failures(&[failure]).await {
                    tracing::warn!(%error, "a failed sign-in is not in the audit log");
                }
            });
        }
    }

    /// Writes the failed sign-ins of the last minute that were only counted.
    pub async fn write_counted_failures(&self) -> Result<(), StoreError> {
        self.write_failures(&self.shared.failures.end_minute()).await
    }

    async fn write_failures(&self, failures: &[Failure]) -> Result<(), StoreError> {
        if failures.is_empty() {
            return Ok(());
        }
        let directory = self.store().directory();
        let mut note = self.store().note().await?;
        for Failure { person, client, attempts } in failures {
            let author = Author::of(&Credentials::stranger().sent_by(client.clone()), &directory);
            let name = directory.account(*person).map_or("", |account| &account.name);
            let target = Target::new(TargetKind::Person, person.0, name);
            let event = NewEvent::about(Action::SignInFailed, target).with(json!({ "attempts": attempts }));
            note.record(&author, &event).await?;
        }
        note.commit().await
    }
}
