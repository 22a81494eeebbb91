//! Settings that change while servers run: who may change them, and the test of mail. What a setting is, and which values it takes, is decided
//! in [`crate::settings::runtime`].

use std::time::Duration;

use app::access::InstanceRole;
use tokio::time::timeout;

use super::{AccountError, Accounts, may, principal};
use crate::{
    clock::now,
    credentials::Credentials,
    http_client::with_causes,
    store::{StoredSetting, StoredSettings},
};

/// How long a test mail may take.
const TEST: Duration = Duration::from_secs(15);

/// What somebody wants a setting to be.
#[derive(Clone, Debug)]
pub struct WantedSetting {
    /// The name of the setting.
    pub name: String,
    /// Its new value; `None` for the default.
    pub value: Option<String>,
    /// The value that they saw, if they say so. If it is another one by then, nothing is changed.
    pub was: Option<Option<String>>,
}

/// A setting that is written.
#[derive(Clone, Debug)]
pub struct SettingWrite {
    /// Its name.
    pub name: &'static str,
    /// What is stored; `None` removes it.
    pub row: Option<StoredSetting>,
    /// The value before, without secrets.
    pub before: Option<String>,
    /// The value after, without secrets.
    pub after: Option<String>,
}

/// How a test of mail went.
#[derive(Clone, Debug)]
pub struct MailTest {
    /// To which address the mail was to be sent.
    pub to: String,
    /// Why it was not sent.
    pub error: Option<String>,
}

impl Accounts {
    /// Changes settings in one transaction: what `decide` says, by what is stored then. `least` is the least role that may do it.
    pub(crate) async fn change_settings(
        &self,
        credentials: &Credentials,
        least: InstanceRole,
        decide: impl FnOnce(&StoredSettings) -> Result<Vec<SettingWrite>, AccountError>,
    ) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            let principal = principal(&change)?;
            may(principal.may_administer() && principal.role >= Some(least))?;
            let (changed_by, changed_at) = (credentials.originator(principal), now());
            let writes = decide(change.directory().settings())?;
            for SettingWrite { name, row, before, after } in writes {
                let row = row.map(|row| StoredSetting { changed_at, changed_by, ..row });
                change.put_setting(name, row.as_ref(), before.as_deref(), after.as_deref()).await?;
            }
            Ok(())
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Sends a test mail to the caller, by the settings as they are now. One at a time: each may occupy the mail server for a while.
    pub async fn test_mail(&self, credentials: &Credentials) -> Result<MailTest, AccountError> {
        let principal = self.principal(credentials)?;
        may(principal.may_administer())?;
        let directory = self.store().directory();
        // On a server without accounts, nobody has an address.
        let account = principal.person.and_then(|person| directory.account(person)).ok_or(AccountError::Forbidden)?;
        self.send_test_mail(&account.name, &account.email).await
    }

    /// Sends a test mail to an address.
    pub async fn send_test_mail(&self, name: &str, email: &str) -> Result<MailTest, AccountError> {
        let to = email.to_owned();
        let Some(mail) = self.live_mail() else {
            return Ok(MailTest { to, error: Some("no mail server is set; set it, and the sender, first".to_owned()) });
        };
        let _turn = self.shared.testing.try_lock().map_err(|_| AccountError::TooMany(TEST))?;
        let sending = mail.send_test(app::new_id(), name, email, &self.shared.public_url);
        let error = match timeout(TEST, sending).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(with_causes(&error)),
            Err(_) => Some(format!("the mail server did not answer within {} seconds", TEST.as_secs())),
        };
        Ok(MailTest { to, error })
    }
}
