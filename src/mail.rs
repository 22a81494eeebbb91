//! What is sent to people's mailboxes: links for new passwords, invitations, and the news that an account has another address.

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::response::{Category, Severity},
};

use uuid::Uuid;

use crate::store::Account;

/// A mail server, who mail comes from, and what this server is called.
pub struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    name: String,
}

/// What names the mail server or the sender will not do.
#[derive(Debug, thiserror::Error)]
pub enum MailSettingsError {
    /// The server.
    #[error("--smtp (TASKWIRE_SMTP_URL): {0}")]
    Server(#[from] lettre::transport::smtp::Error),
    /// The sender.
    #[error("--mail-from (TASKWIRE_MAIL_FROM): {0}")]
    From(#[from] lettre::address::AddressError),
}

/// A mail could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// To whom it should go is no address.
    #[error("this is not an e-mail address: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// It could not be written.
    #[error("the mail cannot be composed: {0}")]
    Message(#[from] lettre::error::Error),
    /// The server did not take it.
    #[error("the mail server did not take the mail: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
}

impl MailError {
    /// Whether it is of no use to try again: the mail itself will not do, or its mailbox is refused. Anything else that the server
    /// refuses for good, such as the password it is given, somebody may set right.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Address(_) | Self::Message(_) => true,
            Self::Server(error) => error.status().is_some_and(|code| {
                code.severity == Severity::PermanentNegativeCompletion && code.category == Category::MailSystem
            }),
        }
    }
}

impl Mail {
    /// A server by its URL, and a sender such as `Taskwire <board@example.com>`. `name` is what the mails call this server. Connects when
    /// there is something to send.
    pub fn new(url: &str, from: &str, name: &str) -> Result<Self, MailSettingsError> {
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.build();
        Ok(Self { server, from: from.parse()?, name: name.to_owned() })
    }

    /// Connects to the server as for a mail, encrypted and signed in as the URL says, and sends none.
    pub async fn test(&self) -> Result<(), lettre::transport::smtp::Error> {
        self.server.test_connection().await.map(drop)
    }

    /// Sends the link with which somebody chooses a new password.
    pub async fn send_new_password(&self, id: Uuid, to: &Account, link: &str) -> Result<(), MailError> {
        let text = format!(
            "Hello {},\n\nsomebody, probably you, asked for a new password for your account. Choose one here within a day:\n\n\
             {link}\n\nIf it was not you, there is nothing to do: your password stays as it is.\n",
            to.name
        );
        self.send(id, (&to.name, &to.email), &format!("A new password for {}", self.name), text).await
    }

    /// Tells the former address of an account that the account has another one.
    pub async fn send_changed_email(&self, id: Uuid, name: &str, email: &str, server: &str) -> Result<(), MailError> {
        let text = format!(
            "Hello {name},\n\nyour account at {server} has another e-mail address now, with which you sign in. This address is \
             not used any more.\n\nIf neither you nor an admin of that server changed it, tell an admin.\n"
        );
        self.send(id, (name, email), &format!("Another e-mail address for your account at {}", self.name), text).await
    }

    /// Sends an invitation.
    pub async fn send_invitation(&self, id: Uuid, name: &str, email: &str, link: &str) -> Result<(), MailError> {
        let text = format!(
            "Hello {name},\n\nyou are invited to a task board. Create your account here within a week:\n\n{link}\n\nIf you do \
             not know what this is about, there is nothing to do.\n"
        );
        self.send(id, (name, email), &format!("An invitation to {}", self.name), text).await
    }

    /// Sends a mail that says that mail works.
    pub async fn send_test(&self, id: Uuid, name: &str, email: &str, server: &str) -> Result<(), MailError> {
        let text = format!(
            "Hello {name},\n\nthis is a test: somebody, probably you, pressed “Send a test mail to me” in the settings of {server}. \
             It arrived, so mail works.\n"
        );
        self.send(id, (name, email), &format!("A test mail from {}", self.name), text).await
    }

    /// Sends a mail. Mails with the same id are shown once by most mail programs.
    async fn send(&self, id: Uuid, to: (&str, &str), subject: &str, text: String) -> Result<(), MailError> {
        let (name, email) = to;
        let message = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(Some(name.to_owned()), email.parse()?))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)?;
        self.server.send(message).await?;
        Ok(())
    }
}
