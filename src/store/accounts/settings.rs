//! Settings that were changed while servers run, as rows. The directory holds them, so every node has them within a second.

use std::{collections::BTreeMap, fmt};

use app::{audit::Action, id::ActorId, time::Timestamp};
use serde_json::json;
use sqlx::Row;

use super::{
    super::{
        Inspection, StoreError,
        audit::NewEvent,
        rows,
        sql::{Target, query},
    },
    AccessChange,
};

/// The version of the schema from which on there are such settings.
const SINCE: i64 = 20;

/// The settings that were changed while servers run, by their names.
pub type StoredSettings = BTreeMap<String, StoredSetting>;

/// A setting that was changed while servers run.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSetting {
    /// Its value, with `***` for what is secret of it.
    pub value: String,
    /// The whole value, if a part of it is secret.
    pub secret: Option<String>,
    /// When it was changed.
    pub changed_at: Timestamp,
    /// Who changed it, if it was a person.
    pub changed_by: Option<ActorId>,
}

impl fmt::Debug for StoredSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, secret: _, changed_at, changed_by } = self;
        f.debug_struct("StoredSetting")
            .field("value", value)
            .field("changed_at", changed_at)
            .field("changed_by", changed_by)
            .finish_non_exhaustive()
    }
}

/// Reads all of them.
pub(in crate::store) async fn read(from: impl Target) -> Result<StoredSettings, StoreError> {
    let rows = query("SELECT name, value, secret, changed_at, changed_by FROM settings").fetch_all(from).await?;
    let mut settings = StoredSettings::new();
    for row in rows {
        let changed_by = row.try_get::<Option<&str>, _>(4)?.map(rows::id).transpose()?;
        let changed_at = Timestamp::from_millis(row.try_get(3)?);
        let (value, secret) = (row.try_get(1)?, row.try_get(2)?);
        settings.insert(row.try_get(0)?, StoredSetting { value, secret, changed_at, changed_by });
    }
    Ok(settings)
}

impl Inspection {
    /// The settings that were changed while servers run; none if the database is older than that.
    pub async fn settings(&self) -> Result<StoredSettings, StoreError> {
        match self.schema().await? {
            Some(schema) if schema.theirs >= SINCE => read(&self.readers).await,
            _ => Ok(StoredSettings::new()),
        }
    }
}

impl AccessChange<'_> {
    /// Sets a setting, or removes what was set. `before` and `after` are the values for the audit log: they contain no secrets.
    pub(crate) async fn put_setting(
        &mut self,
        name: &'static str,
        setting: Option<&StoredSetting>,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<(), StoreError> {
        let event =
            NewEvent::new(Action::SettingChanged).with(json!({ "setting": name, "before": before, "after": after }));
        let statement = match setting {
            Some(StoredSetting { value, secret, changed_at, changed_by }) => query(
                "INSERT INTO settings (name, value, secret, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value, secret = excluded.secret, \
                 changed_at = excluded.changed_at, changed_by = excluded.changed_by",
            )
            .bind(name)
            .bind(value.clone())
            .bind(secret.clone())
            .bind(changed_at.as_millis())
            .bind(changed_by.map(|person| person.to_string())),
            None => query("DELETE FROM settings WHERE name = $1").bind(name),
        };
        self.change(statement, event).await?;
        Ok(())
    }
}
