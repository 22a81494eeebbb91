//! What is sent to people's mailboxes: links for new passwords, and nothing else so far.

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::response::{Category, Severity},
};

use uuid::Uuid;

use crate::store::Account;

/// A mail server, and who mail comes from.
pub struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
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
    /// A server by its URL, and a sender such as `Taskwire <board@example.com>`. Connects when there is something to send.
    pub fn new(url: &str, from: &str) -> Result<Self, MailSettingsError> {
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.build();
        Ok(Self { server, from: from.parse()? })
    }

    /// Connects to the server as for a mail, encrypted and signed in as the URL says, and sends none.
    pub async fn test(&self) -> Result<(), lettre::transport::smtp::Error> {
        self.server.test_connection().await.map(drop)
    }

    /// Sends the link with which somebody chooses a new password. Mails with the same id are shown once by most mail programs.
    pub async fn send_new_password(&self, id: Uuid, to: &Account, link: &str) -> Result<(), MailError> {
        let text = format!(
            "Hello {},\n\nsomebody, probably you, asked for a new password for your account. Choose one here within a day:\n\n\
             {link}\n\nIf it was not you, there is nothing to do: your password stays as it is.\n",
            to.name
        );
        let message = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(Some(to.name.clone()), to.email.parse()?))
            .subject("A new password for Taskwire")
            .header(ContentType::TEXT_PLAIN)
            .body(text)?;
        self.server.send(message).await?;
        Ok(())
    }
}
