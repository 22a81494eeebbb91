//! People and their accounts: creation, listing, renaming, roles, deactivation.

use app::{
    access::{InstanceRole, Principal, Scope},
    id::ActorId,
    people::check_name,
    text::is_invisible,
};
use lettre::Address;

use super::{AccountError, Accounts, may, named, passwords::revoke_password_links, principal, self_service};
use crate::{
    clock::now,
    credentials::Credentials,
    store::{AccessChange, Account, NewAccount},
};

/// The input for a new account.
#[derive(Clone, Debug)]
pub struct NewPerson<'a> {
    /// The name that they want to have.
    pub name: &'a str,
    /// Their e-mail address.
    pub email: &'a str,
    /// The password that they choose; without one they need a link (or another way) to sign in.
    pub password: Option<&'a str>,
}

impl Accounts {
    /// Creates an account without an invitation: for the command line.
    pub async fn add(
        &self,
        credentials: &Credentials,
        new: NewPerson<'_>,
        role: InstanceRole,
    ) -> Result<ActorId, AccountError> {
        may(self.principal(credentials)?.may_manage(role))?;
        let account = self.new_account(new, role, true).await?;
        let mut change = self.begin(credentials).await?;
        let done = async {
            may(principal(&change)?.may_manage(role))?;
            match change.insert(&account).await? {
                true => Ok(account.id),
                false => Err(taken()),
            }
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// All accounts, for callers who manage them.
    pub fn accounts(&self, credentials: &Credentials) -> Result<Vec<Account>, AccountError> {
        may(self.principal(credentials)?.may_manage_people())?;
        Ok(self.store().directory().accounts().into_iter().cloned().collect())
    }

    /// An account, for its owner and for callers who manage accounts.
    pub fn account(&self, credentials: &Credentials, person: ActorId) -> Result<Account, AccountError> {
        let principal = self.principal(credentials)?;
        if principal.person != Some(person) {
            may(principal.may_manage_people())?;
        }
        self.store().directory().account(person).cloned().ok_or(AccountError::NotFound("person"))
    }

    /// Renames the caller.
    pub async fn rename(&self, credentials: &Credentials, name: &str) -> Result<(), AccountError> {
        self_service(&self.principal(credentials)?)?;
        let name = named(check_name(name), "name")?;
        let mut change = self.begin(credentials).await?;
        let done = async {
            let person = self_service(principal(&change)?)?;
            Ok(change.set_name(person, &name).await?)
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Sets a person's role on this server. The last owner keeps that role, so there is always an owner.
    pub async fn set_role(
        &self,
        credentials: &Credentials,
        person: ActorId,
        role: InstanceRole,
    ) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            managed(&change, person)?;
            may(principal(&change)?.may_manage(role))?;
            if role != InstanceRole::Owner && is_last_owner(&change, person) {
                return Err(AccountError::invalid(
                    "role",
                    "the role cannot be changed: a server needs an owner; make somebody else an owner first",
                ));
            }
            Ok(change.set_role(person, role).await?)
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Deactivates an account with immediate effect, or activates it again.
    pub async fn set_active(
        &self,
        credentials: &Credentials,
        person: ActorId,
        active: bool,
    ) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            managed(&change, person)?;
            if active {
                return Ok(change.set_deactivated(person, None).await?);
            }
            if is_last_owner(&change, person) {
                return Err(AccountError::invalid(
                    "account",
                    "the account cannot be deactivated: a server needs an owner; make somebody else an owner first",
                ));
            }
            change.set_deactivated(person, Some(now())).await?;
            change.end_sessions_of(person, None, now()).await?;
            revoke_password_links(&mut change, person).await
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Prepares a new account, without storing it. With `email_is_proved`, the e-mail address counts as proved to be the owner's.
    pub(super) async fn new_account(
        &self,
        new: NewPerson<'_>,
        role: InstanceRole,
        email_is_proved: bool,
    ) -> Result<NewAccount, AccountError> {
        let name = named(check_name(new.name), "name")?;
        let email = check_email(new.email)?;
        let password = match new.password {
            Some(password) => Some(self.shared.passwords.hash(password).await?),
            None => None,
        };
        Ok(NewAccount { id: app::new_id(), name, email, email_is_proved, role, password, at: now() })
    }
}

/// The account that the caller wants to manage, if they may.
pub(super) fn managed<'c>(change: &'c AccessChange<'_>, person: ActorId) -> Result<&'c Account, AccountError> {
    let principal = principal(change)?;
    may(principal.may_manage_people())?;
    let account = change.directory().account(person).ok_or(AccountError::NotFound("person"))?;
    may(principal.may_manage(account.role))?;
    Ok(account)
}

/// Checks that the caller may see and end somebody's sessions and tokens: those of people whom they manage, and their own.
pub(super) fn keeps(principal: &Principal, account: Option<&Account>) -> Result<(), AccountError> {
    let is_own = |account: &Account| principal.person == Some(account.id) && principal.scope == Scope::Admin;
    if !account.is_some_and(is_own) {
        may(principal.may_manage_people())?;
        may(principal.may_manage(account.ok_or(AccountError::NotFound("person"))?.role))?;
    }
    Ok(())
}

fn is_last_owner(change: &AccessChange<'_>, person: ActorId) -> bool {
    let owns = change.directory().account(person).is_some_and(|account| account.role == InstanceRole::Owner);
    owns && !change.directory().has_owner_besides(person)
}

pub(super) fn taken() -> AccountError {
    AccountError::invalid("e-mail address", "the e-mail address has an account already; sign in instead")
}

/// Validates an e-mail address and returns it in lower case. This cannot tell whether anybody reads the mail sent to it.
fn check_email(text: &str) -> Result<String, AccountError> {
    const MOST: usize = 254;
    let text = text.trim().to_lowercase();
    let odd =
        |char: char| char.is_whitespace() || char.is_control() || is_invisible(char) || "<>()[],;:\\\"".contains(char);
    // The standard allows some of these characters in quoted addresses; nobody has such an address.
    if text.contains(odd) || text.len() > MOST || text.parse::<Address>().is_err() {
        return Err(AccountError::invalid("e-mail address", "this is not an e-mail address such as ana@example.com"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_two_halves_and_nothing_odd() {
        assert_eq!(check_email(" Ana@Example.com ").unwrap(), "ana@example.com");
        assert_eq!(check_email("ana+tasks@localhost").unwrap(), "ana+tasks@localhost");
        for wrong in ["", "ana", "@b", "a@", "a b@c", "a@b@c", "a@b\r\nBcc: x@y", "a@<b>", &"x".repeat(300)] {
            assert!(check_email(wrong).is_err(), "{wrong}");
        }
    }
}
