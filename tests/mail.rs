//! Tests mail for forgotten passwords, with a small mail server in this process.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "support/mod.rs"]
mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use app::access::{BoardRole, InstanceRole, Scope};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use support::{
    client::PATIENCE,
    database::Database,
    node::Node,
    server::{Server, answer, open, problem},
};
use taskwire::{
    accounts::{NewPerson, PersonUpdate, invitations::Invitation},
    credentials::{ClientInfo, Credentials},
    http::Services,
    settings::{Auth, Settings},
    writer::Writer,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

/// A received mail: its recipient, and its whole text.
struct Mail {
    to: String,
    text: String,
}

/// Starts a mail server that accepts everything.
async fn mail_server() -> (String, mpsc::UnboundedReceiver<Mail>) {
    let (url, mails, _) = moody_mail_server(&[]).await;
    (url, mails)
}

/// Starts a mail server that refuses its first mails with these answers. Also returns how many mails it has refused.
async fn moody_mail_server(
    refusals: &'static [&'static str],
) -> (String, mpsc::UnboundedReceiver<Mail>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (taken, mails) = mpsc::unbounded_channel();
    let refused = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&refused);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, taken.clone(), refusals, Arc::clone(&count)));
        }
    });
    (format!("smtp://{address}"), mails, refused)
}

/// The settings of a server that sends its mails to this mail server.
fn mailing(database: &Database, smtp: String) -> Settings {
    Settings {
        auth: Auth::Accounts,
        database: database.url.clone(),
        no_sample: true,
        smtp: Some(smtp),
        mail_from: Some("Taskwire <board@example.com>".to_owned()),
        ..open()
    }
}

async fn serve(
    stream: TcpStream,
    taken: mpsc::UnboundedSender<Mail>,
    refusals: &[&str],
    refused: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 here\r\n").await?;
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer = match line.split([' ', ':']).next().unwrap_or_default().trim() {
            "RCPT" => match refusals.get(refused.load(Ordering::SeqCst)) {
                Some(refusal) => {
                    refused.fetch_add(1, Ordering::SeqCst);
                    refusal
                }
                None => {
                    to = line.trim().to_owned();
                    "250 yes\r\n"
                }
            },
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while !text.ends_with("\r\n.\r\n") {
                    stream.read_line(&mut text).await?;
                }
                // The mail's encoding breaks a long line with `=`, and writes `=` as `=3D`.
                let text = text.replace("=\r\n", "").replace("=3D", "=");
                // The test that waits for the mail may have ended.
                let _ = taken.send(Mail { to: to.clone(), text });
                "250 taken\r\n"
            }
            "QUIT" => "221 goodbye\r\n",
            _ => "250 yes\r\n",
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// The public address of the server that sends mail.
const PUBLIC: &str = "https://board.example.com";

/// Requests a link, with the form of a page of this origin.
async fn ask(server: &Server, origin: &str, email: &str) -> Response {
    let form = format!("email={}", email.replace('@', "%40"));
    let request = server.at(Method::POST, "/forgot-password").header("origin", origin).body(form);
    request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_forgot_their_password_gets_a_link_and_nobody_learns_who_has_an_account() {
    let database = Database::sqlite();
    let (smtp, mut mails) = mail_server().await;
    let settings = Settings { public_url: Some(PUBLIC.to_owned()), ..mailing(&database, smtp) };
    let (server, services) = Server::with_services(settings).await;
    let new = NewPerson { name: "Ana \u{1f600} Lima", email: "ana@example.com", password: None };
    let ana = services.accounts.add(&Credentials::local(), new, InstanceRole::Member).await.unwrap();

    let page = server.at(Method::GET, "/sign-in").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("href=\"/forgot-password\""));
    let known = ask(&server, PUBLIC, "Ana@Example.com").await;
    let unknown = ask(&server, PUBLIC, "nobody@example.com").await;
    assert_eq!((known.status(), unknown.status()), (StatusCode::OK, StatusCode::OK));
    assert_eq!(known.text().await.unwrap(), unknown.text().await.unwrap());

    let mail = timeout(PATIENCE, mails.recv()).await.unwrap().unwrap();
    assert!(mail.to.contains("<ana@example.com>"), "{}", mail.to);
    let link = mail.text.lines().find(|line| line.contains("/new-password/")).unwrap().trim();
    let secret = link.strip_prefix("https://board.example.com/new-password/").unwrap();
    assert_eq!(services.accounts.new_password_for(secret).await.unwrap().id, ana);

    // A mailbox is not flooded. Further requests get the same response, whether the account exists or not.
    let mut answers = Vec::new();
    for email in ["ana@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            let answer = ask(&server, PUBLIC, email).await;
            assert_eq!(answer.status(), StatusCode::OK, "{email}");
            answers.push(answer.text().await.unwrap());
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    let mut links = vec![secret.to_owned()];
    for _ in 0..2 {
        let mail = timeout(PATIENCE, mails.recv()).await.unwrap().unwrap();
        assert!(mail.to.contains("ana@example.com"));
        links.push(mail.text.split("/new-password/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned());
    }
    assert!(mails.try_recv().is_err(), "nobody else got a mail, and nobody more than three");

    // All links work, also those sent before the further requests, until one of them is used.
    for link in &links {
        assert_eq!(services.accounts.new_password_for(link).await.unwrap().id, ana);
    }
    let here = std::net::IpAddr::from([127, 0, 0, 1]).into();
    services.accounts.reset_password(&links[0], "correct horse battery", here).await.unwrap();
    for link in &links {
        assert_eq!(
            services.accounts.new_password_for(link).await.unwrap_err(),
            taskwire::accounts::AccountError::DeadLink
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_uses_a_link_that_was_mailed_has_proved_the_address() {
    let (smtp, mut mails) = mail_server().await;
    let database = Database::sqlite();
    let (server, services) = Server::with_services(mailing(&database, smtp)).await;
    let accounts = &services.accounts;
    let invitation = Invitation {
        role: InstanceRole::Member,
        boards: Vec::new(),
        groups: Vec::new(),
        email: None,
        note: String::new(),
    };
    let secret = accounts.invite(&Credentials::local(), invitation).await.unwrap();
    let (from, password) = (ClientInfo::from(std::net::IpAddr::from([127, 0, 0, 1])), "correct horse battery");
    let new = NewPerson { name: "Ana", email: "ana@example.com", password: Some(password) };
    let ana = accounts.accept_invitation(secret.expose(), new, from.clone(), &services.writer).await.unwrap().person;
    let is_proved = || services.store.directory().account(ana).unwrap().email_is_proved;
    assert!(!is_proved(), "anybody may say so");
    let handed_over = accounts.new_password_link(&Credentials::local(), ana).await.unwrap();
    accounts.reset_password(handed_over.expose(), password, from.clone()).await.unwrap();
    assert!(!is_proved(), "that came from an admin, by whatever way");
    ask(&server, &server.base, "ana@example.com").await;
    let mail = timeout(PATIENCE, mails.recv()).await.unwrap().unwrap();
    let link = mail.text.lines().find(|line| line.contains("/new-password/")).unwrap().trim();
    accounts.reset_password(link.rsplit('/').next().unwrap(), password, from).await.unwrap();
    assert!(is_proved());
}

/// Waits until the outbox is empty.
async fn nothing_waits(services: &Services) {
    let deadline = Instant::now() + PATIENCE;
    while !services.store.outbox_backlog().await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "a mail is still in the outbox");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_the_server_puts_off_is_sent_later_and_one_for_no_mailbox_is_not() {
    let (smtp, mut mails, refused) = moody_mail_server(&["451 later\r\n", "421 busy\r\n", "550 nobody\r\n"]).await;
    let database = Database::sqlite();
    let (server, services) = Server::with_services(mailing(&database, smtp)).await;
    for email in ["ana@example.com", "ben@example.com"] {
        let new = NewPerson { name: "Somebody", email, password: None };
        services.accounts.add(&Credentials::local(), new, InstanceRole::Member).await.unwrap();
    }
    // The mailbox is refused: the mail is put off twice, then given up.
    ask(&server, &server.base, "ana@example.com").await;
    nothing_waits(&services).await;
    assert_eq!(refused.load(Ordering::SeqCst), 3);
    assert!(mails.try_recv().is_err());
    ask(&server, &server.base, "ben@example.com").await;
    let mail = timeout(PATIENCE, mails.recv()).await.unwrap().unwrap();
    assert!(mail.to.contains("<ben@example.com>"), "{}", mail.to);
    nothing_waits(&services).await;
    let metrics = taskwire::telemetry::metrics().unwrap().render();
    for line in [
        "taskwire_outbox_attempts_total{topic=\"mail\",outcome=\"failed\"} 2",
        "taskwire_outbox_attempts_total{topic=\"mail\",outcome=\"given_up\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_survives_a_server_that_ends_before_it_is_sent() {
    // A mail server that accepts connections and sends nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let database = Database::sqlite();
    let smtp = format!("smtp://{}", silent.local_addr().unwrap());
    let (server, services) = Server::with_services(mailing(&database, smtp)).await;
    let new = NewPerson { name: "Ana", email: "ana@example.com", password: None };
    services.accounts.add(&Credentials::local(), new, InstanceRole::Member).await.unwrap();
    ask(&server, &server.base, "ana@example.com").await;
    let (_held, _) = timeout(PATIENCE, silent.accept()).await.unwrap().unwrap();
    drop(services);
    server.stop().await;

    let (smtp, mut mails) = mail_server().await;
    let (_server, services) = Server::with_services(mailing(&database, smtp)).await;
    assert_eq!(services.store.outbox_backlog().await.unwrap()[0].jobs, 1);
    // The stopped server returned the job that it held.
    let mail = timeout(PATIENCE, mails.recv()).await.unwrap().unwrap();
    assert!(mail.to.contains("<ana@example.com>"), "{}", mail.to);
    nothing_waits(&services).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_invited_gets_onto_the_boards_even_if_the_server_ends_in_between() {
    let database = Database::sqlite();
    let (_server, services) = Server::with_services(mailing(&database, "smtp://127.0.0.1:1".to_owned())).await;
    let node = Node { store: services.store.clone(), writer: services.writer.clone() };
    let board = node.create_board().await.id;
    let invitation = Invitation {
        role: InstanceRole::Member,
        boards: vec![(board, BoardRole::Editor)],
        groups: Vec::new(),
        email: None,
        note: String::new(),
    };
    let secret = services.accounts.invite(&Credentials::local(), invitation).await.unwrap();
    // A closed writer is what the invitation finds if the server ends between the invitation's two transactions.
    let closed = Writer::start(services.store.clone(), services.hub.clone());
    closed.close().await;
    let new = NewPerson { name: "Ana", email: "ana@example.com", password: Some("correct horse battery") };
    let ana = services
        .accounts
        .accept_invitation(secret.expose(), new, std::net::IpAddr::from([127, 0, 0, 1]).into(), &closed)
        .await
        .unwrap();
    nothing_waits(&services).await;
    let state = services.store.board(board).await.unwrap().unwrap();
    assert_eq!(state.access().members.get(&ana.person), Some(&BoardRole::Editor));
}

/// Mail that is set up while the server runs, and then set up otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn mail_set_up_on_the_settings_page_is_sent_without_a_restart() {
    let database = Database::sqlite();
    let settings = Settings { auth: Auth::Accounts, database: database.url.clone(), no_sample: true, ..open() };
    let (server, services) = Server::with_services(settings).await;
    let (accounts, local) = (&services.accounts, Credentials::local());
    let new = NewPerson { name: "Ana", email: "ana@example.com", password: None };
    let ana = accounts.add(&local, new, InstanceRole::Owner).await.unwrap();
    let (token, _) = accounts.create_token(&local, ana, "test", Scope::Admin, None).await.unwrap();
    let test = || server.api(Method::POST, "/settings/test-mail").bearer_auth(token.expose());
    let set = |settings: Value| {
        server.api(Method::PATCH, "/settings").bearer_auth(token.expose()).json(&json!({ "settings": settings }))
    };
    assert_eq!(answer(test(), StatusCode::OK).await["sent"], false);
    assert_eq!(ask(&server, &server.base, "ana@example.com").await.status(), StatusCode::NOT_FOUND);

    let (first, mut first_mails) = mail_server().await;
    answer(set(json!({ "smtp": first, "mail_from": "board@example.com", "server_name": "Acme" })), StatusCode::OK)
        .await;
    let report = answer(test(), StatusCode::OK).await;
    assert_eq!(report, json!({ "sent": true, "to": "ana@example.com", "error": null }));
    let mail = timeout(PATIENCE, first_mails.recv()).await.unwrap().unwrap();
    assert!(
        mail.to.contains("<ana@example.com>") && mail.text.contains("Subject: A test mail from Acme"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("From: board@example.com"), "{}", mail.text);
    // A job of the outbox, which a server without mail would not have taken.
    assert_eq!(ask(&server, &server.base, "ana@example.com").await.status(), StatusCode::OK);
    let mail = timeout(PATIENCE, first_mails.recv()).await.unwrap().unwrap();
    assert!(mail.text.contains("Subject: A new password for Acme"), "{}", mail.text);

    // From then on by another server, with a job that waits since before.
    answer(set(json!({ "smtp": "smtp://127.0.0.1:1" })), StatusCode::OK).await;
    let report = answer(test(), StatusCode::OK).await;
    assert_eq!(report["sent"], false);
    assert!(report["error"].as_str().unwrap().contains("refused"), "{report}");
    assert_eq!(ask(&server, &server.base, "ana@example.com").await.status(), StatusCode::OK);
    let (second, mut second_mails) = mail_server().await;
    answer(set(json!({ "smtp": second })), StatusCode::OK).await;
    let mail = timeout(PATIENCE, second_mails.recv()).await.unwrap().unwrap();
    assert!(mail.text.contains("/new-password/"), "{}", mail.text);
    assert!(first_mails.try_recv().is_err());
    nothing_waits(&services).await;
    // No server without a sender.
    problem(set(json!({ "mail_from": null })), StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    answer(set(json!({ "smtp": null })), StatusCode::OK).await;
    assert!(!services.accounts.sends_mail());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_former_address_is_told_of_the_new_one() {
    let (smtp, mut mails) = mail_server().await;
    let database = Database::sqlite();
    let (_server, services) = Server::with_services(mailing(&database, smtp)).await;
    let (accounts, local) = (&services.accounts, Credentials::local());
    let new = NewPerson { name: "Ana", email: "ana@example.com", password: None };
    let ana = accounts.add(&local, new, InstanceRole::Member).await.unwrap();
    for email in ["ana@example.com", "lima@example.com"] {
        let update = PersonUpdate { email: Some(email.into()), ..PersonUpdate::default() };
        accounts.update(&local, ana, update).await.unwrap();
    }
    let mail = timeout(PATIENCE, mails.recv()).await.unwrap().unwrap();
    assert!(mail.to.contains("<ana@example.com>"), "{}", mail.to);
    assert!(mail.text.contains("has another e-mail address now") && !mail.text.contains("lima@example.com"));
    nothing_waits(&services).await;
    assert!(mails.try_recv().is_err(), "the same address again is no other one");
    assert!(!services.store.directory().account(ana).unwrap().email_is_proved);
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_people_get_their_links_by_mail_and_only_the_newest_works() {
    // The first mail is put off, so its link is made anew.
    let (smtp, mut mails, _) = moody_mail_server(&["451 later\r\n"]).await;
    let database = Database::sqlite();
    let (_server, services) = Server::with_services(mailing(&database, smtp)).await;
    let (accounts, local) = (&services.accounts, Credentials::local());
    let csv = b"name,email\nAna Lima,ana@example.com\nBen,ben@example.com\n";
    let imported = accounts.import(&local, csv, false).await.unwrap();
    assert!(imported.lines.iter().all(|line| line.url.is_none()), "nobody else has the links");
    let mut links = Vec::new();
    for _ in 0..2 {
        let mail = timeout(PATIENCE, mails.recv()).await.unwrap().unwrap();
        let secret = mail.text.split("/join/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let (_, invitation) = accounts.invitation(&secret).await.unwrap();
        assert!(mail.to.contains(&invitation.email.unwrap()), "{}", mail.to);
        links.push(secret);
    }
    nothing_waits(&services).await;
    let open = accounts.invitations(&local).await.unwrap();
    assert_eq!(open.len(), 2, "one for each, however often it was mailed");
    // What is revoked or used is mailed no more.
    let job = taskwire::outbox::Job::InvitationMail {
        link: open[0].0.id,
        name: "Ana".to_owned(),
        email: "ana@example.com".to_owned(),
    };
    accounts.revoke_invitation(&local, open[0].0.id).await.unwrap();
    services.store.enqueue(&job.enqueued(app::new_id())).await.unwrap();
    nothing_waits(&services).await;
    assert!(mails.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_mail_that_will_not_do_are_named() {
    let database = Database::sqlite();
    for (smtp, from, named) in
        [("http://example.com", "board@example.com", "--smtp"), ("smtp://127.0.0.1:1", "nobody", "--mail-from")]
    {
        let settings = Settings {
            database: database.url.clone(),
            smtp: Some(smtp.to_owned()),
            mail_from: Some(from.to_owned()),
            ..open()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let Err(error) = taskwire::serve::start(listener, settings).await else { panic!("{smtp} {from} will do") };
        assert!(error.to_string().contains(named), "{error}");
    }
}
