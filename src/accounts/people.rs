//! People and their accounts: creation, listing, names and e-mail addresses, roles, deactivation.

use app::{
    access::{InstanceRole, Principal, Scope},
    id::ActorId,
    people::check_name,
    text::is_invisible,
};
use lettre::Address;

use super::{
    AccountError, Accounts, attempts::Origin, may, named, passwords::revoke_password_links, principal, self_service,
    text_edit::TextEdit,
};
use crate::{
    clock::now,
    credentials::Credentials,
    outbox::Job,
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

/// What to change of somebody's account; absent fields stay as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct PersonUpdate<'a> {
    /// The name.
    pub name: Option<TextEdit<'a>>,
    /// The e-mail address.
    pub email: Option<TextEdit<'a>>,
    /// The role on this server.
    pub role: Option<InstanceRole>,
    /// Whether the person may sign in.
    pub active: Option<bool>,
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

    /// Changes somebody's account, in one transaction. A changed e-mail address counts as not proved to be the person's.
    pub async fn update(
        &self,
        credentials: &Credentials,
        person: ActorId,
        update: PersonUpdate<'_>,
    ) -> Result<(), AccountError> {
        let PersonUpdate { name, email, role, active } = update;
        let name = name.map(|edit| Ok::<_, AccountError>((edit, named(check_name(edit.to), "name")?))).transpose()?;
        let email = email.map(|edit| Ok::<_, AccountError>((edit, check_email(edit.to)?))).transpose()?;
        let mut change = self.begin(credentials).await?;
        let done = async {
            managed(&change, person)?;
            let account = change.directory().account(person).cloned().ok_or(AccountError::NotFound("person"))?;
            if let Some((edit, name)) = name {
                edit.check("name", &account.name)?;
                change.set_name(person, &name).await?;
            }
            if let Some((edit, email)) = email {
                edit.check(EMAIL, &account.email)?;
                if principal(&change)?.person == Some(person) {
                    let message = "you change your own e-mail address on your account page, with your password";
                    return Err(AccountError::invalid(EMAIL, message));
                }
                self.put_email(&mut change, person, &email).await?;
            }
            if let Some(role) = role {
                put_role(&mut change, person, role).await?;
            }
            if let Some(active) = active {
                put_active(&mut change, person, active).await?;
            }
            Ok(())
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
        self.update(credentials, person, PersonUpdate { role: Some(role), ..PersonUpdate::default() }).await
    }

    /// Deactivates an account with immediate effect, or activates it again.
    pub async fn set_active(
        &self,
        credentials: &Credentials,
        person: ActorId,
        active: bool,
    ) -> Result<(), AccountError> {
        self.update(credentials, person, PersonUpdate { active: Some(active), ..PersonUpdate::default() }).await
    }

    /// Changes the caller's own e-mail address. This takes their password, because whoever reads mail sent to the address can choose a new
    /// one.
    pub async fn change_email(
        &self,
        credentials: &Credentials,
        password: &str,
        email: &str,
        from: Origin,
    ) -> Result<(), AccountError> {
        let email = check_email(email)?;
        let person = self_service(&self.principal(credentials)?)?;
        self.limit(self.shared.attempts.count(&self.account(credentials, person)?.email, &from))?;
        let (Some(known), version) = self.store().password(person).await?.ok_or(AccountError::SignedOut)? else {
            let message = "your account has no password, so only an admin of this server can change the e-mail address";
            return Err(AccountError::invalid(EMAIL, message));
        };
        if !self.shared.passwords.verify(password, Some(known)).await? {
            return Err(AccountError::invalid("current password", "the current password is wrong"));
        }
        let mut change = self.begin(credentials).await?;
        let done = async {
            let person = self_service(principal(&change)?)?;
            // The password may have been changed while this one was verified.
            if change.directory().account(person).is_none_or(|account| account.credentials != version) {
                return Err(AccountError::invalid("current password", "the password was changed a moment ago"));
            }
            self.put_email(&mut change, person, &email).await
        };
        let done = done.await;
        self.finish(change, done).await
    }

    async fn put_email(&self, change: &mut AccessChange<'_>, person: ActorId, email: &str) -> Result<(), AccountError> {
        let directory = change.directory();
        let account = directory.account(person).ok_or(AccountError::NotFound("person"))?.clone();
        if account.email == email {
            return Ok(());
        }
        if directory.account_of(email).is_some() {
            return Err(AccountError::invalid(EMAIL, "another account has this e-mail address"));
        }
        change.set_email(person, email).await?;
        // They were sent to the former address.
        revoke_password_links(change, person).await?;
        if self.sends_mail() {
            let job = Job::ChangedEmailMail { name: account.name, email: account.email };
            change.enqueue(&job.enqueued(app::new_id())).await?;
        }
        Ok(())
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

/// Sets the role of a person whom the caller manages.
async fn put_role(change: &mut AccessChange<'_>, person: ActorId, role: InstanceRole) -> Result<(), AccountError> {
    may(principal(change)?.may_manage(role))?;
    if role != InstanceRole::Owner && is_last_owner(change, person) {
        return Err(AccountError::invalid(
            "role",
            "the role cannot be changed: a server needs an owner; make somebody else an owner first",
        ));
    }
    Ok(change.set_role(person, role).await?)
}

/// Deactivates or reactivates the account of a person whom the caller manages.
async fn put_active(change: &mut AccessChange<'_>, person: ActorId, active: bool) -> Result<(), AccountError> {
    if active {
        change.set_deactivated(person, None).await?;
        if change.has_due_memberships(person).await? {
            change.enqueue(&Job::GroupMemberships.enqueued(app::new_id())).await?;
        }
        return Ok(());
    }
    if is_last_owner(change, person) {
        return Err(AccountError::invalid(
            "account",
            "the account cannot be deactivated: a server needs an owner; make somebody else an owner first",
        ));
    }
    change.set_deactivated(person, Some(now())).await?;
    change.end_sessions_of(person, None, now()).await?;
    revoke_password_links(change, person).await
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
    AccountError::invalid(EMAIL, "the e-mail address has an account already; whoever has it can sign in")
}

/// How errors name the field for an e-mail address.
pub const EMAIL: &str = "e-mail address";

/// Validates an e-mail address and returns it in lower case. This cannot tell whether anybody reads the mail sent to it.
pub(super) fn check_email(text: &str) -> Result<String, AccountError> {
    const MOST: usize = 254;
    let text = text.trim().to_lowercase();
    let odd =
        |char: char| char.is_whitespace() || char.is_control() || is_invisible(char) || "<>()[],;:\\\"".contains(char);
    // The standard allows some of these characters in quoted addresses; nobody has such an address.
    if text.contains(odd) || text.len() > MOST || text.parse::<Address>().is_err() {
        return Err(AccountError::invalid(EMAIL, "this is not an e-mail address such as ana@example.com"));
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
