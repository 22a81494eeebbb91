//! Tests the administration's tables and pages about boards, people, sessions, tokens, links and jobs, as a browser without scripts uses
//! them.

use std::sync::Arc;

use app::time::Timestamp;
use reqwest::StatusCode;
use taskwire::{
    clock,
    credentials::Credentials,
    http::Services,
    outbox::Job,
    store::{BulkEdit, BulkStep, tables::JobFilter},
};

use crate::{
    browser::{Answer, Browser, PASSWORD, person, served_with},
    support::{database::Database, server::Server},
};

const MARKUP: &str = "<img src=x onerror=alert(1)>\"'";

/// A server with Ana, its owner, and two members, Ben and Cleo.
struct Team {
    ana: Browser,
    ben: Browser,
    ben_id: String,
    cleo_id: String,
    services: Arc<Services>,
    server: Server,
    _database: Database,
}

impl Team {
    async fn new() -> Self {
        let database = Database::sqlite();
        let (server, ana, services) = served_with(&database).await;
        let ben = Browser::on(&server);
        let join = async |browser: &Browser, name: &str, email: &str| {
            let link = ana.invite(&[("role", "member")]).await;
            browser.post(&link, &person(name, email)).await.goes_to();
            let directory = services.store.directory();
            directory.account_of(email).unwrap().id.to_string()
        };
        let ben_id = join(&ben, "Ben Okri", "ben@example.com").await;
        let cleo_id = join(&Browser::on(&server), "Cleo Sol", "cleo@example.com").await;
        Self { ana, ben, ben_id, cleo_id, services, server, _database: database }
    }

    /// The text of a page, without the markers that Leptos puts between texts.
    async fn page(&self, path: &str) -> String {
        let answer = self.ana.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert!(!answer.text.contains("<img src=x"), "{path}");
        answer.text.replace("<!>", "")
    }

    /// Sends a form that must lead back to a page. Returns the page.
    async fn done(&self, path: &str, fields: &[(&str, &str)], to: &str) -> String {
        assert_eq!(self.ana.post(path, fields).await.goes_to(), to, "{path}");
        self.page(to).await
    }

    async fn refused(&self, path: &str, fields: &[(&str, &str)], status: StatusCode) -> String {
        let Answer { status: got, text, .. } = self.ana.post(path, fields).await;
        assert_eq!(got, status, "{path}: {text}");
        text.replace("<!>", "")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_edit_of_somebody_who_is_no_admin_any_more_says_so_and_is_continued_by_one() {
    let team = Team::new().await;
    let board = team.ana.create_board("Plans").await.parse().unwrap();
    let ago = |seconds: i64| Timestamp::from_millis(clock::now().as_millis() - 1_000 * seconds);
    let edit = BulkEdit {
        id: app::new_id(),
        person: Some(team.ben_id.parse().unwrap()),
        action: r#"{"action":"complete"}"#.to_owned(),
        undoes: None,
        created_at: ago(60),
        worked_at: ago(60),
        finished_at: None,
    };
    let steps = [BulkStep::of(0, 0, board, app::new_id())];
    assert!(team.services.store.add_bulk_edit(&edit, &steps).await.unwrap());
    let path = format!("/admin/bulk-edits/{}", edit.id);
    let page = team.page(&path).await;
    assert!(page.contains("Stopped after 0 of 1 steps, because Ben Okri is not an admin any more"), "{page}");
    assert!(team.page("/admin/bulk-edits").await.contains("Stopped"));
    team.done(&format!("{path}/continue"), &[], &path).await;
    while !team.page(&path).await.contains("Done with 0 of 1 tasks") {}
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_board_changes_members_name_access_and_deletes() {
    let team = Team::new().await;
    let board = team.ana.create_board("Plans").await;
    let path = format!("/admin/boards/{board}");
    let table = team.page("/admin/boards").await;
    assert!(table.contains(&format!("href=\"{path}\"")) && table.contains("Ana Lima"), "{table}");

    // Members are added by search, not from a list of all.
    let members = format!("{path}/members");
    assert!(!team.page(&path).await.contains("Ben Okri"));
    let found = team.page(&format!("{path}?person=OKRI")).await;
    assert!(
        found.contains(&format!("<option value=\"{}\">Ben Okri", team.ben_id)) && !found.contains("Cleo Sol"),
        "{found}"
    );
    assert!(team.page(&format!("{path}?person=nobody")).await.contains("Nobody who is not a member already"));
    let page = team.done(&members, &[("person", &team.ben_id), ("role", "editor")], &path).await;
    assert!(page.contains("Ben Okri is an editor of the board now."), "{page}");
    assert_eq!(team.ben.get(&format!("/boards/{board}")).await.status, StatusCode::OK);
    let page = team.done(&members, &[("person", &team.ben_id), ("role", "")], &path).await;
    assert!(page.contains("Ben Okri is not on the board any more."), "{page}");
    assert_eq!(team.ben.get(&format!("/boards/{board}")).await.status, StatusCode::NOT_FOUND);
    let ana_id = team.services.store.directory().account_of("ana@example.com").unwrap().id.to_string();
    let last =
        team.refused(&members, &[("person", &ana_id), ("role", "viewer")], StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(last.contains("A board needs a manager") && last.contains("<title>Error:"), "{last}");
    team.refused(&members, &[("person", &ana_id), ("role", "king")], StatusCode::UNPROCESSABLE_ENTITY).await;

    // Two admins rename it at once: the second is told, and keeps what they typed.
    let seq = team.ana.get(&path).await.hidden("seq")[0].clone();
    let name = format!("{path}/name");
    team.done(&name, &[("name", MARKUP), ("seq", &seq)], &path).await;
    let stale = team.refused(&name, &[("name", "Mine"), ("seq", &seq)], StatusCode::CONFLICT).await;
    assert!(
        stale.contains("Somebody else renamed the board in the meantime") && stale.contains("value=\"Mine\""),
        "{stale}"
    );
    let seq = team.ana.get(&path).await.hidden("seq")[0].clone();
    let blank = team.refused(&name, &[("name", " "), ("seq", &seq)], StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(blank.contains("That did not work"), "{blank}");

    team.done(&format!("{path}/everyone"), &[("everyone", "viewer")], &path).await;
    assert_eq!(team.ben.get(&format!("/boards/{board}")).await.status, StatusCode::OK);
    assert!(team.page("/admin/boards?access=open").await.contains(&board));
    assert!(!team.page("/admin/boards?access=private").await.contains(&board));

    let wrong = team.refused(&format!("{path}/delete"), &[("name", "Plans")], StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(wrong.contains("so nothing was deleted"), "{wrong}");
    let page = team.page(&path).await;
    for part in ["renamed the board", "let everyone here", "made ", " an editor of the board", " off the board"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let list = team.done(&format!("{path}/delete"), &[("name", MARKUP)], "/admin/boards").await;
    assert!(list.contains("is deleted.") && !list.contains(&format!("href=\"{path}\"")), "{list}");
    assert_eq!(team.ana.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_person_shows_what_they_have_and_ends_it() {
    let team = Team::new().await;
    let (ben, path) = (&team.ben_id, format!("/admin/people/{}", team.ben_id));
    let board = team.ana.create_board(MARKUP).await;
    let members = format!("/admin/boards/{board}/members");
    team.ana.post(&members, &[("person", ben), ("role", "editor")]).await.goes_to();
    team.ben.post("/account/tokens", &[("name", "Backup"), ("scope", "read"), ("expires", "never")]).await.goes_to();

    let page = team.page(&path).await;
    for part in [
        "Ben Okri",
        "ben@example.com",
        "Not confirmed by them yet",
        "Backup",
        "Boards (1)",
        "Sessions (1)",
        "Tokens (1)",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(
        page.contains("action=\"/admin/people/role\"") && page.contains(&format!("href=\"/admin/boards/{board}\""))
    );
    let table = team.page("/admin/people?q=OKRI").await;
    assert!(table.contains(&path) && !table.contains(&team.cleo_id), "{table}");

    // A token and a session are ended from here and from the tables.
    let id = |page: &str, mark: &str| {
        let (_, rest) = page.split_once(mark).unwrap_or_else(|| panic!("{mark} in {page}"));
        rest.split_once('"').unwrap().0.to_owned()
    };
    let token = id(&page, "id=\"token-");
    assert!(team.page("/admin/tokens?q=backup").await.contains(&token));
    let revoke = [("person", &**ben), ("id", &token), ("back", "?q=x")];
    let tokens = team.done("/admin/tokens/revoke", &revoke, "/admin/tokens?q=x").await;
    assert!(tokens.contains("The token is revoked"), "{tokens}");
    assert!(!team.page("/admin/tokens").await.contains(&token));
    let gone = team.refused("/admin/tokens/revoke", &revoke, StatusCode::NOT_FOUND).await;
    assert!(gone.contains("It is gone already"), "{gone}");

    assert!(team.ben.is_in().await);
    let session = id(&page, "id=\"session-");
    assert!(team.page(&format!("/admin/sessions?person={ben}")).await.contains(&session));
    let end = [("person", &**ben), ("id", &session), ("back", &path)];
    assert!(team.done("/admin/sessions/end", &end, &path).await.contains("The session of Ben Okri is ended."));
    assert!(!team.ben.is_in().await);
    team.ben.sign_in("ben@example.com", PASSWORD).await.goes_to();
    team.done("/admin/sessions/end", &[("person", ben)], "/admin/sessions").await;
    assert!(!team.ben.is_in().await);
    let own = team.page("/admin/sessions?q=ana@").await;
    assert!(own.contains("This one"), "one does not end the session in which one reads: {own}");

    // The forms of the account, with the rules of /people.
    let page = team.done("/admin/people/role", &[("person", ben), ("role", "admin")], &path).await;
    assert!(page.contains("Ben Okri is now: Admin."), "{page}");
    team.ana.post("/admin/people/new-password", &[("person", ben)]).await.goes_to();
    assert!(team.ana.shown_link(&path).await.starts_with("/new-password/"));
    let page = team.done("/admin/people/deactivate", &[("person", ben)], &path).await;
    assert!(
        page.contains("Ben Okri is deactivated and signed out everywhere.") && page.contains("Reactivate"),
        "{page}"
    );
    assert!(team.page("/admin/people?state=deactivated").await.contains(&path));
    assert!(!team.page("/admin/people?state=active").await.contains(&path));
    team.done("/admin/people/reactivate", &[("person", ben)], &path).await;
    let ana = team.services.store.directory().account_of("ana@example.com").unwrap().id.to_string();
    let last = team
        .refused("/admin/people/role", &[("person", &ana), ("role", "member")], StatusCode::UNPROCESSABLE_ENTITY)
        .await;
    assert!(last.contains("a server needs an owner") && last.contains("<title>Error:"), "{last}");

    // An admin sees an owner, and changes nothing of theirs.
    team.ben.sign_in("ben@example.com", PASSWORD).await.goes_to();
    let owner = team.ben.get(&format!("/admin/people/{ana}")).await;
    assert!(owner.text.contains("Only an owner can change this account."), "{}", owner.text);
    assert_eq!(team.ben.post("/admin/sessions/end", &[("person", &ana)]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        team.ben.post("/admin/people/role", &[("person", &ana), ("role", "member")]).await.status,
        StatusCode::FORBIDDEN
    );
    assert!(team.ana.is_in().await);
}

/// The address of the form with the button that puts a value back, and its fields.
fn form_of(page: &str, button: &str) -> (String, Vec<(String, String)>) {
    let label = format!("aria-label=\"{button}\"");
    let (before, _) = page.split_once(&label).unwrap_or_else(|| panic!("no {button}: {page}"));
    let form = before.rsplit_once("<form ").unwrap().1;
    let of = |text: &str, name: &str| {
        text.split_once(&format!("{name}=\"")).unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    let fields = form.split("<input ").skip(1).map(|input| (of(input, "name"), of(input, "value"))).collect();
    (of(form, "action"), fields)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_an_account_puts_values_back() {
    let team = Team::new().await;
    let page = format!("/admin/people/{}", team.ben_id);
    let account = format!("{page}/account");
    team.ana.post(&account, &[("name", "Benjamin"), ("email", "benjamin@example.com")]).await;
    team.ana.post("/admin/people/role", &[("person", &team.ben_id), ("role", "admin")]).await;
    let text = team.page(&page).await;
    for change in ["Ben Okri → Benjamin", "ben@example.com → benjamin@example.com", "member → admin", "Ana"] {
        assert!(text.contains(change), "{change}: {text}");
    }
    for before in ["Ben Okri", "ben@example.com", "member"] {
        let (action, fields) = form_of(&team.page(&page).await, &format!("Put the earlier value back: {before}"));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        team.ana.post(&action, &fields).await;
    }
    let ben = team.services.store.directory().account(team.ben_id.parse().unwrap()).unwrap().clone();
    assert_eq!((&*ben.name, &*ben.email, ben.role.as_str()), ("Ben Okri", "ben@example.com", "member"));
    // The former values are back, so only those that they replaced are offered.
    let text = team.page(&page).await;
    assert!(
        !text.contains("Put the earlier value back: Ben Okri\"")
            && text.contains("Put the earlier value back: Benjamin\""),
        "{text}"
    );
    for link in [format!("/admin/audit?target={}", team.ben_id), format!("/admin/audit?actor={}", team.ben_id)] {
        assert!(text.contains(&link), "{link}: {text}");
        team.page(&link).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_share_links_and_jobs_are_listed_and_ended() {
    let team = Team::new().await;
    let id = |page: &str, mark: &str| {
        let (_, rest) = page.split_once(mark).unwrap_or_else(|| panic!("{mark} in {page}"));
        rest.split_once('"').unwrap().0.to_owned()
    };
    let link = team.ana.invite(&[("role", "member"), ("note", "<b>Dora</b>")]).await;
    let page = team.page("/admin/invitations").await;
    assert!(page.contains("&lt;b&gt;Dora&lt;/b&gt;") && !page.contains(&link[6..]), "{page}");
    let invitation = id(&page, "id=\"invitation-");
    let used = team.page("/admin/invitations?state=used").await;
    assert!(used.contains("Ben Okri") && !used.contains("Dora"), "{used}");
    team.done("/admin/invitations/revoke", &[("id", &invitation)], "/admin/invitations").await;
    assert_eq!(team.ana.fresh().get(&link).await.status, StatusCode::GONE);

    let board = team.ana.create_board("Plans").await;
    let (accounts, writer) = (&team.services.accounts, &team.services.writer);
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let made = accounts.create_share_link(&Credentials::local(), board.parse().unwrap(), writer).await;
        secrets.push(made.unwrap().0.expose().to_owned());
    }
    let page = team.page("/admin/share-links?q=plan").await;
    assert!(page.contains("Works") && secrets.iter().all(|secret| !page.contains(secret)), "{page}");
    for (path, back) in
        [("/admin/share-links", "/admin/share-links".to_owned()), ("", format!("/admin/boards/{board}"))]
    {
        let link = id(&team.page(&back).await, "id=\"link-");
        let path = if path.is_empty() { format!("{back}/links/revoke") } else { format!("{path}/revoke") };
        let fields = [("board", &*board), ("id", &*link)];
        let fields = if path.ends_with("links/revoke") && path.contains("boards") { &fields[1..] } else { &fields };
        team.done(&path, fields, &back).await;
    }
    let stranger = Browser::on(&team.server);
    for secret in secrets {
        assert_eq!(stranger.get(&format!("/share/{secret}")).await.status, StatusCode::GONE);
    }

    // This server sends no mail, so the job waits.
    let job = Job::NewPasswordMail { email: "ben@example.com".to_owned() }.enqueued(app::new_id());
    team.services.store.enqueue(&job).await.unwrap();
    let page = team.page("/admin/outbox").await;
    assert!(page.contains("Mail with a link for a new password") && page.contains("Ben Okri"), "{page}");
    assert!(!page.contains("ben@example.com") && !page.contains("\"kind\""), "what it carries is not shown: {page}");
    let of = [("id", job.id.to_string())];
    let fields: Vec<_> = of.iter().map(|(name, value)| (*name, &**value)).collect();
    assert!(team.done("/admin/outbox/retry", &fields, "/admin/outbox").await.contains("The job is tried now."));
    assert!(team.done("/admin/outbox/remove", &fields, "/admin/outbox").await.contains("Nothing waits"));
    assert_eq!(team.services.store.count_jobs(&JobFilter::default()).await.unwrap(), 0);
    team.refused("/admin/outbox/remove", &fields, StatusCode::NOT_FOUND).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_a_file_without_formulas_and_ignores_what_means_nothing() {
    let team = Team::new().await;
    let board = team.ana.create_board("=1+1").await;
    let open = format!("/admin/boards/{board}/everyone");
    team.ana.post(&open, &[("everyone", "editor")]).await.goes_to();
    team.ana.post("/account/tokens", &[("name", "@SUM(A1)"), ("scope", "read"), ("expires", "never")]).await.goes_to();
    team.ana.invite(&[("role", "member"), ("note", "+Dora")]).await;
    let (accounts, writer) = (&team.services.accounts, &team.services.writer);
    accounts.create_share_link(&Credentials::local(), board.parse().unwrap(), writer).await.unwrap();
    let job = Job::NewPasswordMail { email: "ben@example.com".to_owned() }.enqueued(app::new_id());
    team.services.store.enqueue(&job).await.unwrap();
    for (path, rows, contained) in [
        ("/admin/boards", 1, "'=1+1"),
        ("/admin/people", 3, "ben@example.com"),
        ("/admin/sessions", 3, "Ana Lima"),
        ("/admin/tokens", 1, "'@SUM(A1)"),
        ("/admin/invitations", 1, "'+Dora"),
        ("/admin/share-links", 1, "'=1+1"),
        ("/admin/outbox", 1, "Mail with a link"),
    ] {
        let file = team.ana.get(&format!("{path}?format=csv")).await;
        assert!(file.header("content-type").starts_with("text/csv"), "{path}");
        assert_eq!(file.text.lines().count(), rows + 1, "{path}: {}", file.text);
        assert!(file.text.contains(contained), "{path}: {}", file.text);
        assert!(!file.text.contains("new_password_mail"), "{path}: {}", file.text);
        for query in [
            "after=rubbish",
            "sort=rubbish",
            "sort=-",
            "q=%00%27",
            "q=%ff",
            "state=x&role=x&scope=x&person=x&seen=x&changed=x&access=x&topic=%00",
        ] {
            team.page(&format!("{path}?{query}")).await;
        }
    }
    // A cursor of one table and order is none of another.
    let page = team.page("/admin/people").await;
    assert!(!page.contains("rel=\"next\""), "all are on one page");
}
