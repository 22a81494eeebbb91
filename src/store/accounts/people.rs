//! People as rows: their accounts.

use std::collections::HashMap;

use app::{
    access::InstanceRole,
    audit::{Action, Target, TargetKind},
    id::ActorId,
    people::Person,
    time::Timestamp,
};
use serde_json::json;
use sqlx::{Row, any::AnyRow};

use super::{
    super::{Store, StoreError, audit::NewEvent, rows, sql::query},
    AccessChange,
};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The person who owns it.
    pub id: ActorId,
    /// The name that they want to have.
    pub name: String,
    /// Their e-mail address, in lower case; they sign in with it.
    pub email: String,
    /// Whether the address was proved to be the person's.
    pub email_is_proved: bool,
    /// Their role on this server.
    pub role: InstanceRole,
    /// Whether they can sign in with a password.
    pub has_password: bool,
    /// How often their credentials were changed. A proof from before a change is not valid any more.
    pub credentials: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was deactivated, if it is. Its owner cannot sign in then.
    pub deactivated_at: Option<Timestamp>,
}

impl Account {
    /// The owner as other people see them.
    pub fn person(&self) -> Person {
        Person { id: self.id, name: self.name.clone(), deactivated: !self.is_active() }
    }

    /// The proof that somebody is its owner, valid for its current credentials.
    pub fn proof(&self) -> Proof {
        Proof { person: self.id, credentials: self.credentials }
    }

    /// Whether its owner may sign in.
    pub fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }
}

/// An account to be created.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The id of the person who will own it.
    pub id: ActorId,
    /// The name that they want to have.
    pub name: String,
    /// Their e-mail address, in lower case.
    pub email: String,
    /// Whether the address was proved to be the person's.
    pub email_is_proved: bool,
    /// Their role on this server.
    pub role: InstanceRole,
    /// The hash of their password, if they have one.
    pub password: Option<String>,
    /// When it is created.
    pub at: Timestamp,
}

/// The number of changes of a new account's credentials. Creating them counts as the first.
pub const NEW_CREDENTIALS: i64 = 1;

impl NewAccount {
    /// The proof that the person who creates it is its owner.
    pub fn proof(&self) -> Proof {
        Proof { person: self.id, credentials: NEW_CREDENTIALS }
    }

    fn target(&self) -> Target {
        Target::new(TargetKind::Person, self.id.0, &self.name)
    }
}

/// Shows that a person has proved who they are. It is valid until their credentials are changed or their account is deactivated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The person.
    pub person: ActorId,
    /// How often their credentials had been changed at that time.
    pub credentials: i64,
}

impl Store {
    /// When each person last used a session or a token; without those whose sessions and tokens have all ended some time ago.
    pub async fn last_seen(&self) -> Result<HashMap<ActorId, Timestamp>, StoreError> {
        let mut seen = HashMap::new();
        for sql in [
            "SELECT person, MAX(seen_at) FROM sessions WHERE person IS NOT NULL GROUP BY person",
            "SELECT person, MAX(used_at) FROM tokens WHERE used_at IS NOT NULL GROUP BY person",
        ] {
            for row in query(sql).fetch_all(self.readers()).await? {
                let at = Timestamp::from_millis(row.try_get(1)?);
                let last = seen.entry(rows::id(row.try_get(0)?)?).or_insert(at);
                *last = at.max(*last);
            }
        }
        Ok(seen)
    }
}

impl AccessChange<'_> {
    /// Creates an account; `false` if the e-mail address already has one.
    pub(crate) async fn insert(&mut self, new: &NewAccount) -> Result<bool, StoreError> {
        let event = NewEvent::about(Action::AccountCreated, new.target())
            .with(json!({ "email": new.email, "role": new.role, "has_password": new.password.is_some() }));
        let insert = query(
            "INSERT INTO people (id, name, email, role, password, created_at, credentials, email_proved_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (email) DO NOTHING",
        )
        .bind(new.id.to_string())
        .bind(new.name.clone())
        .bind(new.email.clone())
        .bind(new.role.as_str())
        .bind(new.password.clone())
        .bind(new.at.as_millis())
        .bind(NEW_CREDENTIALS)
        .bind(new.email_is_proved.then_some(new.at.as_millis()));
        self.change(insert, event).await
    }

    /// Sets a person's name.
    pub(crate) async fn set_name(&mut self, person: ActorId, name: &str) -> Result<(), StoreError> {
        let Some(before) = self.directory().account(person).map(|account| &account.name) else { return Ok(()) };
        if before != name {
            let event = NewEvent::about(Action::NameChanged, self.person(person)).changed(before, name);
            let update = query("UPDATE people SET name = $2 WHERE id = $1").bind(person.to_string()).bind(name);
            self.change(update, event).await?;
        }
        Ok(())
    }

    /// Sets a person's e-mail address, which is not proved to be theirs then.
    pub(crate) async fn set_email(&mut self, person: ActorId, email: &str) -> Result<(), StoreError> {
        let Some(before) = self.directory().account(person).map(|account| &account.email) else { return Ok(()) };
        let event = NewEvent::about(Action::EmailChanged, self.person(person)).changed(before, email);
        let update = query("UPDATE people SET email = $2, email_proved_at = NULL WHERE id = $1")
            .bind(person.to_string())
            .bind(email.to_owned());
        self.change(update, event).await?;
        Ok(())
    }

    /// Sets a person's role on this server.
    pub(crate) async fn set_role(&mut self, person: ActorId, role: InstanceRole) -> Result<(), StoreError> {
        let Some(before) = self.directory().account(person).map(|account| account.role) else { return Ok(()) };
        if before != role {
            let event = NewEvent::about(Action::RoleChanged, self.person(person)).changed(before, role);
            let update =
                query("UPDATE people SET role = $2 WHERE id = $1").bind(person.to_string()).bind(role.as_str());
            self.change(update, event).await?;
        }
        Ok(())
    }

    /// Deactivates an account, or activates it again.
    pub(crate) async fn set_deactivated(&mut self, person: ActorId, at: Option<Timestamp>) -> Result<(), StoreError> {
        if self.directory().account(person).is_some_and(|account| account.is_active() == at.is_some()) {
            let action = if at.is_some() { Action::Deactivated } else { Action::Reactivated };
            let event = NewEvent::about(action, self.person(person));
            let update = query("UPDATE people SET deactivated_at = $2, credentials = credentials + 1 WHERE id = $1")
                .bind(person.to_string())
                .bind(at.map(Timestamp::as_millis));
            self.change(update, event).await?;
        }
        Ok(())
    }

    /// Records that a person's e-mail address was proved to be theirs.
    pub(crate) async fn prove_email(&mut self, person: ActorId, at: Timestamp) -> Result<(), StoreError> {
        let email = self.directory().account(person).map(|account| &account.email);
        let event = NewEvent::about(Action::EmailProved, self.person(person)).with(json!({ "email": email }));
        let update = query("UPDATE people SET email_proved_at = $2 WHERE id = $1 AND email_proved_at IS NULL")
            .bind(person.to_string())
            .bind(at.as_millis());
        self.change(update, event).await?;
        Ok(())
    }
}

/// A row of `id, name, email, role, password, created_at, deactivated_at, credentials, email_proved_at`.
pub(in crate::store) fn account(row: &AnyRow) -> Result<Account, StoreError> {
    let role: &str = row.try_get(3)?;
    Ok(Account {
        id: rows::id(row.try_get(0)?)?,
        name: row.try_get(1)?,
        email: row.try_get(2)?,
        role: InstanceRole::parse(role)
            .ok_or_else(|| StoreError::corrupt(format_args!("`{role}` where a role is expected")))?,
        has_password: row.try_get::<Option<&str>, _>(4)?.is_some(),
        created_at: Timestamp::from_millis(row.try_get(5)?),
        deactivated_at: row.try_get::<Option<i64>, _>(6)?.map(Timestamp::from_millis),
        credentials: row.try_get(7)?,
        email_is_proved: row.try_get::<Option<i64>, _>(8)?.is_some(),
    })
}
