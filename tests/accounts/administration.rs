//! Tests what admins do about the accounts of others: names and addresses, sessions and tokens, hand over, and imports.

use app::{
    access::{BoardRole, InstanceRole, Scope},
    fields::FieldEdit,
    id::{ActorId, BoardId},
    ops::{CreateTask, Op, SetArchived, SetMember, UpdateTask},
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use taskwire::{
    accounts::NewPerson,
    credentials::Credentials,
    http::Services,
    secret::SecretHash,
    settings::{Auth, Settings},
};

use crate::{
    browser::{Browser, PASSWORD},
    support::{
        database::Database,
        node::{NewBoard, create, delete, mutation, new_column, new_task},
        server::{Server, answer, open, problem},
    },
};

/// A server with an owner, two admins, and people without a special role.
pub struct Team {
    pub server: Server,
    pub services: Arc<Services>,
    /// Their ids and tokens.
    pub people: Vec<(ActorId, String)>,
    pub database: Database,
}

pub const OWNER: usize = 0;
pub const ADMIN: usize = 1;
pub const OTHER_ADMIN: usize = 2;
pub const BEN: usize = 3;
pub const CLEO: usize = 4;

impl Team {
    pub async fn on(database: Database) -> Self {
        let settings = Settings { auth: Auth::Accounts, database: database.url.clone(), no_sample: true, ..open() };
        let (server, services) = Server::with_services(settings).await;
        let mut people = Vec::new();
        for (name, role) in [
            ("Ana", InstanceRole::Owner),
            ("Ada", InstanceRole::Admin),
            ("Alan", InstanceRole::Admin),
            ("Ben", InstanceRole::Member),
            ("Cleo", InstanceRole::Member),
        ] {
            let (accounts, local) = (&services.accounts, Credentials::local());
            let email = format!("{}@example.com", name.to_lowercase());
            let new = NewPerson { name, email: &email, password: None };
            let id = accounts.add(&local, new, role).await.unwrap();
            let (secret, _) = accounts.create_token(&local, id, "test", Scope::Admin, None).await.unwrap();
            people.push((id, secret.expose().to_owned()));
        }
        Self { server, services, people, database }
    }

    pub async fn everywhere() -> [Self; 2] {
        [Self::on(Database::sqlite()).await, Self::on(Database::postgres().await).await]
    }

    pub fn id(&self, who: usize) -> ActorId {
        self.people[who].0
    }

    pub fn ask(&self, who: usize, method: Method, path: &str) -> RequestBuilder {
        self.server.api(method, path).bearer_auth(&self.people[who].1)
    }

    fn patch(&self, who: usize, whom: usize, body: &Value) -> RequestBuilder {
        self.ask(who, Method::PATCH, &format!("/people/{}", self.id(whom))).json(body)
    }

    async fn account(&self, who: usize) -> Value {
        let found = answer(self.ask(OWNER, Method::GET, "/people"), StatusCode::OK).await;
        let id = self.id(who).to_string();
        found["people"].as_array().unwrap().iter().find(|person| person["id"] == id.as_str()).unwrap().clone()
    }

    async fn hand_over(&self, body: &Value) -> Value {
        let path = format!("/people/{}/hand-over", self.id(BEN));
        answer(self.ask(ADMIN, Method::POST, &path).json(body), StatusCode::OK).await
    }

    pub async fn write(&self, board: BoardId, op: Op) {
        self.services.writer.write(board, mutation(op), Credentials::local()).await.unwrap();
    }

    /// A private board with these members.
    pub async fn board(&self, members: &[(usize, BoardRole)]) -> NewBoard {
        let board = NewBoard { id: app::new_id(), columns: [new_column(), new_column(), new_column()] };
        self.write(board.id, board.create()).await;
        for (who, role) in members {
            self.write(board.id, Op::SetMember(SetMember { person: self.id(*who), role: Some(*role) })).await;
        }
        let private = app::ops::UpdateBoard { everyone: Some(None), ..app::ops::UpdateBoard::default() };
        self.write(board.id, Op::UpdateBoard(private)).await;
        board
    }

    async fn assigned(&self, board: BoardId, to: &[usize]) -> app::id::TaskId {
        let task = new_task();
        let people = to.iter().map(|who| self.id(*who)).collect();
        let create = CreateTask::of(task, "Tea").with(FieldEdit::Assign(people));
        self.write(board, Op::CreateTask(create)).await;
        task
    }

    pub async fn role(&self, board: BoardId, who: usize) -> Option<BoardRole> {
        let board = self.services.store.board(board).await.unwrap().unwrap();
        board.access().members.get(&self.id(who)).copied()
    }

    async fn assignees(&self, board: BoardId, task: app::id::TaskId) -> Vec<ActorId> {
        let board = self.services.store.board(board).await.unwrap().unwrap();
        board.task(task).unwrap().assignees.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_an_address_and_a_role_are_changed_together_or_not_at_all() {
    for team in Team::everywhere().await {
        let all = json!({"name": " Benjamin ", "email": "Benjamin@Example.com", "role": "admin"});
        let changed = answer(team.patch(ADMIN, BEN, &all), StatusCode::OK).await;
        assert_eq!((&changed["name"], &changed["email"]), (&json!("Benjamin"), &json!("benjamin@example.com")));
        assert_eq!(team.account(BEN).await["role"], "admin");

        // The last field is refused, so nothing is changed.
        let too_much = json!({"name": "Cleopatra", "email": "c@example.com", "role": "owner"});
        problem(team.patch(ADMIN, CLEO, &too_much), StatusCode::FORBIDDEN, "forbidden").await;
        assert_eq!(team.account(CLEO).await["name"], "Cleo");
        assert_eq!(team.account(CLEO).await["email"], "cleo@example.com");

        for (body, field) in [
            (json!({"email": "ANA@example.com"}), "email"),
            (json!({"email": "nobody"}), "email"),
            (json!({"name": "\u{202e}oelC"}), "name"),
            (json!({"name": null}), "name"),
        ] {
            let refused = problem(team.patch(ADMIN, CLEO, &body), StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
            assert_eq!(refused["errors"][0]["field"], field, "{body}");
        }
        // Nobody above, nor one's own address without the password.
        problem(team.patch(ADMIN, OWNER, &json!({"name": "A"})), StatusCode::FORBIDDEN, "forbidden").await;
        problem(team.patch(CLEO, BEN, &json!({"name": "A"})), StatusCode::FORBIDDEN, "forbidden").await;
        let own = team.patch(ADMIN, ADMIN, &json!({"email": "me@example.com"}));
        problem(own, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
        answer(team.patch(ADMIN, CLEO, &json!({"email": "CLEO@example.com"})), StatusCode::OK).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_admins_who_give_one_address_one_succeeds() {
    for team in Team::everywhere().await {
        let body = json!({"email": "shared@example.com"});
        let (one, other) =
            tokio::join!(team.patch(ADMIN, BEN, &body).send(), team.patch(OTHER_ADMIN, CLEO, &body).send());
        let mut answers = [one.unwrap().status().as_u16(), other.unwrap().status().as_u16()];
        answers.sort_unstable();
        assert_eq!(answers, [200, 422]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_another_address_one_signs_in_by_it_and_the_old_links_are_dead() {
    let database = Database::sqlite();
    let (server, ana) = crate::browser::served(&database).await;
    let link = ana.invite(&[("role", "member")]).await;
    let ben = Browser::on(&server);
    ben.post(&link, &crate::browser::person("Ben", "ben@example.com")).await;
    let change = |email, current| [("email", email), ("current", current)];
    for (fields, why) in [
        (change("b@example.com", "a wrong guess"), "The current password is wrong."),
        (change("nobody", PASSWORD), "This is not an e-mail address"),
        (change("ana@example.com", PASSWORD), "Another account has this e-mail address."),
    ] {
        ben.post("/account/email", &fields).await.is_refused(StatusCode::UNPROCESSABLE_ENTITY, why);
    }
    let id = ana.get("/people").await.id_of("Ben");
    ana.post("/people/new-password", &[("person", &id)]).await.goes_to();
    let new_password = ana.shown_link("/people").await;
    assert_eq!(ben.post("/account/email", &change("B@example.com", PASSWORD)).await.goes_to(), "/account");
    assert!(ben.get("/account").await.text.contains("b@example.com"), "the session goes on");
    assert_eq!(ben.get(&new_password).await.status, StatusCode::GONE);
    let elsewhere = Browser::on(&server);
    assert_eq!(elsewhere.sign_in("ben@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(elsewhere.sign_in("b@example.com", PASSWORD).await.goes_to(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_tokens_of_others_are_seen_without_secrets_and_ended() {
    for team in Team::everywhere().await {
        let sessions = async |who: usize| {
            let sessions =
                taskwire::accounts::sessions::Sessions::new(team.services.store.clone(), team.services.hub.clone());
            let session = tower_sessions::Session::new(None, Arc::new(sessions), None);
            let proof = team.services.store.directory().account(team.id(who)).unwrap().proof();
            let client = taskwire::credentials::ClientInfo::from(std::net::IpAddr::from([127, 0, 0, 1]));
            let method = app::audit::Method::Password;
            assert!(taskwire::accounts::sessions::admit(&session, proof, method, &client).await.unwrap());
            session.id().unwrap().to_string()
        };
        let cookies = [sessions(BEN).await, sessions(BEN).await];
        let path = format!("/people/{}/sessions", team.id(BEN));
        let listed = answer(team.ask(ADMIN, Method::GET, &path), StatusCode::OK).await;
        let lines = listed["sessions"].as_array().unwrap();
        assert_eq!(lines.len(), 2);
        for cookie in &cookies {
            let hash = SecretHash::of(cookie).to_string();
            assert!(!listed.to_string().contains(cookie) && !listed.to_string().contains(&hash));
        }
        let one = format!("{path}/{}", lines[0]["id"].as_str().unwrap());
        problem(team.ask(CLEO, Method::DELETE, &one), StatusCode::FORBIDDEN, "forbidden").await;
        let of_cleo = one.replace(&team.id(BEN).to_string(), &team.id(CLEO).to_string());
        problem(team.ask(ADMIN, Method::DELETE, &of_cleo), StatusCode::NOT_FOUND, "not_found").await;
        assert_eq!(team.ask(ADMIN, Method::DELETE, &one).send().await.unwrap().status(), StatusCode::NO_CONTENT);
        let listed = answer(team.ask(BEN, Method::GET, &path), StatusCode::OK).await;
        assert_eq!(listed["sessions"].as_array().unwrap().len(), 1, "one sees one's own");
        assert_eq!(team.ask(ADMIN, Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
        let listed = answer(team.ask(ADMIN, Method::GET, &path), StatusCode::OK).await;
        assert_eq!(listed["sessions"], json!([]));

        let path = format!("/people/{}/tokens", team.id(BEN));
        let listed = answer(team.ask(ADMIN, Method::GET, &path), StatusCode::OK).await;
        assert!(!listed.to_string().contains(&team.people[BEN].1));
        assert_eq!(listed["tokens"][0]["name"], "test");
        let one = format!("{path}/{}", listed["tokens"][0]["id"].as_str().unwrap());
        assert_eq!(team.ask(ADMIN, Method::DELETE, &one).send().await.unwrap().status(), StatusCode::NO_CONTENT);
        problem(team.ask(BEN, Method::GET, "/me"), StatusCode::UNAUTHORIZED, "invalid_token").await;
        // Nobody reads what belongs to somebody above them.
        for of in ["sessions", "tokens"] {
            let path = format!("/people/{}/{of}", team.id(OWNER));
            problem(team.ask(ADMIN, Method::GET, &path), StatusCode::FORBIDDEN, "forbidden").await;
            problem(team.ask(ADMIN, Method::DELETE, &path), StatusCode::FORBIDDEN, "forbidden").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_leaver_has_goes_to_somebody_else_board_by_board() {
    for team in Team::everywhere().await {
        // One that Ben manages alone, one where Cleo is less, one where she is more, and one without her.
        let alone = team.board(&[(BEN, BoardRole::Manager)]).await;
        let less = team.board(&[(BEN, BoardRole::Editor), (CLEO, BoardRole::Viewer)]).await;
        let more = team.board(&[(BEN, BoardRole::Viewer), (CLEO, BoardRole::Manager)]).await;
        let untouched = team.board(&[(CLEO, BoardRole::Viewer)]).await;
        let both = team.assigned(less.id, &[BEN, CLEO]).await;
        let open = team.assigned(alone.id, &[BEN]).await;
        let (done, trashed) = (team.assigned(alone.id, &[BEN]).await, team.assigned(alone.id, &[BEN]).await);
        team.write(alone.id, Op::UpdateTask(UpdateTask { completed: Some(true), ..UpdateTask::of(done) })).await;
        team.write(alone.id, delete(trashed)).await;
        let before = team.services.store.board(untouched.id).await.unwrap().unwrap().seq();

        let to = json!({"to": team.id(CLEO)});
        let dry = team.hand_over(&json!({"to": team.id(CLEO), "dry_run": true})).await;
        assert_eq!(team.role(alone.id, CLEO).await, None, "nothing was done");
        let report = team.hand_over(&to).await;
        assert_eq!(report["boards"], dry["boards"], "and what was told is what is done");
        assert_eq!((&report["failed"], &report["complete"]), (&json!(0), &json!(true)));
        let of = |board: BoardId| {
            let found = report["boards"].as_array().unwrap().iter().find(|line| line["board"] == board.to_string());
            let line = found.unwrap();
            (line["role"].clone(), line["removed"].clone(), line["tasks"].clone())
        };
        assert_eq!(of(alone.id), (json!("manager"), json!(true), json!(1)));
        assert_eq!(of(less.id), (json!("editor"), json!(true), json!(1)));
        assert_eq!(of(more.id), (json!(null), json!(true), json!(0)));
        assert_eq!(report["boards"].as_array().unwrap().len(), 3);

        assert_eq!(team.role(alone.id, CLEO).await, Some(BoardRole::Manager));
        assert_eq!(team.role(more.id, CLEO).await, Some(BoardRole::Manager));
        for board in [alone.id, less.id, more.id] {
            assert_eq!(team.role(board, BEN).await, None);
        }
        assert_eq!(team.assignees(less.id, both).await, [team.id(CLEO)]);
        assert_eq!(team.assignees(alone.id, open).await, [team.id(CLEO)]);
        assert_eq!(team.assignees(alone.id, done).await, [team.id(BEN)], "who did it stays known");
        assert_eq!(team.services.store.board(untouched.id).await.unwrap().unwrap().seq(), before);
        // The log says that the admin did it.
        let changes =
            answer(team.ask(OWNER, Method::GET, &format!("/boards/{}/changes?since=0", alone.id)), StatusCode::OK);
        let changes = changes.await;
        let last = changes["changes"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["kind"], &last["by"]), (&json!("member_set"), &json!(team.id(ADMIN))));

        let again = team.hand_over(&to).await;
        assert_eq!((&again["boards"], &again["failed"]), (&json!([]), &json!(0)), "done is done");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_handed_over_is_told() {
    for team in Team::everywhere().await {
        // Nobody edits an archived board, but its members change.
        let archived = team.board(&[(BEN, BoardRole::Manager)]).await;
        let kept = team.assigned(archived.id, &[BEN]).await;
        team.write(archived.id, Op::SetArchived(SetArchived::to(true))).await;
        let report = team.hand_over(&json!({"to": team.id(CLEO), "dry_run": true})).await;
        assert_eq!(report["failures"][0]["why"], "the board is archived, so 1 of its tasks stay");
        let report = team.hand_over(&json!({"to": team.id(CLEO)})).await;
        assert_eq!(report["failures"][0]["why"], "the board is archived, so 1 of its tasks stay");
        assert_eq!(team.role(archived.id, CLEO).await, Some(BoardRole::Manager));
        assert_eq!(
            (team.role(archived.id, BEN).await, team.assignees(archived.id, kept).await),
            (None, vec![team.id(BEN)])
        );
        team.write(archived.id, Op::SetArchived(SetArchived::to(false))).await;
        assert_eq!(team.hand_over(&json!({"to": team.id(CLEO)})).await["failed"], 0, "the rest, when it is back");

        let board = team.board(&[(BEN, BoardRole::Editor)]).await;
        let task = team.assigned(board.id, &[BEN]).await;
        // Without the boards, Cleo would not see the tasks.
        let report = team.hand_over(&json!({"to": team.id(CLEO), "boards": false})).await;
        assert_eq!((&report["failed"], &report["failures"][0]["task"]), (&json!(1), &json!(null)));
        assert!(report["failures"][0]["why"].as_str().unwrap().contains("cannot see the board"));
        assert_eq!(team.assignees(board.id, task).await, [team.id(BEN)]);

        let path = format!("/people/{}/hand-over", team.id(BEN));
        for (to, who) in [(BEN, ADMIN), (CLEO, ADMIN)] {
            team.services.accounts.set_active(&Credentials::local(), team.id(CLEO), false).await.unwrap();
            let body = json!({"to": team.id(to)});
            let refused = team.ask(who, Method::POST, &path).json(&body);
            problem(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
        }
        let of_owner = format!("/people/{}/hand-over", team.id(OWNER));
        let body = json!({"to": team.id(ADMIN)});
        problem(team.ask(ADMIN, Method::POST, &of_owner).json(&body), StatusCode::FORBIDDEN, "forbidden").await;
        let nobody = format!("/people/{}/hand-over", app::new_id::<ActorId>());
        problem(team.ask(ADMIN, Method::POST, &nobody).json(&body), StatusCode::NOT_FOUND, "not_found").await;
        // Of a leaver whose account is deactivated already.
        team.services.accounts.set_active(&Credentials::local(), team.id(BEN), false).await.unwrap();
        assert_eq!(team.hand_over(&json!({"to": team.id(OTHER_ADMIN)})).await["failed"], 0);
        assert_eq!(team.assignees(board.id, task).await, [team.id(OTHER_ADMIN)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_while_people_leave_and_tasks_go_ends_well() {
    for team in Team::everywhere().await {
        let board = team.board(&[(BEN, BoardRole::Manager), (ADMIN, BoardRole::Manager)]).await;
        let mut tasks = Vec::new();
        for _ in 0..40 {
            tasks.push(team.assigned(board.id, &[BEN]).await);
        }
        let meanwhile = async {
            for (number, task) in tasks.iter().enumerate() {
                if number == 20 {
                    let path = format!("/boards/{}/members/{}", board.id, team.id(BEN));
                    // He leaves by himself.
                    let left = team.ask(BEN, Method::DELETE, &path).send().await.unwrap().status().as_u16();
                    assert!(matches!(left, 204 | 404), "{left}");
                }
                if number % 4 == 0 {
                    team.write(board.id, create(new_task(), "Meanwhile")).await;
                    let _ = team.services.writer.write(board.id, mutation(delete(*task)), Credentials::local()).await;
                }
            }
        };
        let body = json!({"to": team.id(CLEO)});
        let path = format!("/people/{}/hand-over", team.id(BEN));
        let both =
            [ADMIN, OTHER_ADMIN].map(|who| answer(team.ask(who, Method::POST, &path).json(&body), StatusCode::OK));
        let [one, other] = both;
        tokio::join!(one, other, meanwhile);
        let last = team.hand_over(&body).await;
        assert_eq!((&last["failed"], &last["complete"]), (&json!(0), &json!(true)));
        assert_eq!(team.role(board.id, BEN).await, None);
        let state = team.services.store.board(board.id).await.unwrap().unwrap();
        let open: Vec<_> = state.tasks().filter(|task| !task.is_deleted()).collect();
        assert!(open.iter().all(|task| !task.assignees.contains(&team.id(BEN))));
        let wanted = [team.id(CLEO)];
        assert_eq!(open.iter().filter(|task| task.assignees == wanted).count(), 30, "and nothing was lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_people_are_invited_and_each_line_is_told_what_came_of_it() {
    for team in Team::everywhere().await {
        let plans = team.board(&[]).await;
        let csv = "\u{feff}E-mail;Name;Role;Boards\r\n\
                   dora@example.com;Dora;;Plans=viewer\r\n\
                   DORA@example.com;Dora again;;\r\n\
                   ben@example.com;Ben;;\r\n\
                   eve@example.com;\"Eve \u{202e}evE\";;\r\n\
                   fay;Fay;;\r\n\
                   gus@example.com;Gus;chief;\r\n\
                   hal@example.com;Hal;owner;\r\n\
                   ida@example.com;Ida;admin;Nowhere\r\n\
                   jan@example.com;=1+1;admin;\r\n\
                   kai@example.com;Kai;;;;;;\r\n";
        let import = |csv: &str, dry_run| {
            let body = json!({"csv": csv, "dry_run": dry_run});
            answer(team.ask(ADMIN, Method::POST, "/people/import").json(&body), StatusCode::OK)
        };
        let outcomes = |report: &Value| -> Vec<String> {
            let lines = report["lines"].as_array().unwrap();
            lines.iter().map(|line| format!("{} {}", line["line"], line["outcome"].as_str().unwrap())).collect()
        };
        let dry = import(csv, true).await;
        assert!(!dry.to_string().contains("/join/"));
        assert!(team.services.accounts.invitations(&Credentials::local()).await.unwrap().is_empty());
        let report = import(csv, false).await;
        assert_eq!(outcomes(&report), outcomes(&dry));
        assert_eq!(
            outcomes(&report),
            [
                "2 new", "3 wrong", "4 exists", "5 wrong", "6 wrong", "7 wrong", "8 wrong", "9 wrong", "10 new",
                "11 wrong"
            ]
        );
        let why = |line: usize| report["lines"][line]["why"].as_str().unwrap().to_owned();
        for (line, words) in [
            (1, "line 2 has the same e-mail address"),
            (3, "text direction"),
            (4, "not an e-mail address"),
            (5, "the role must be"),
            (6, "above your own"),
            (7, "there is no board “Nowhere”"),
            (9, "more fields"),
        ] {
            assert!(why(line).contains(words), "{}", why(line));
        }
        assert_eq!((&report["new"], &report["known"], &report["wrong"]), (&json!(2), &json!(1), &json!(7)));

        // Dora opens her link, which knows her, and is on the board.
        let link = report["lines"][0]["url"].as_str().unwrap();
        let path = link.split_once("/join/").map(|(_, secret)| format!("/join/{secret}")).unwrap();
        let dora = Browser::on(&team.server);
        let page = dora.get(&path).await;
        assert!(page.text.contains("value=\"dora@example.com\"") && page.text.contains("value=\"Dora\""));
        dora.post(&path, &crate::browser::person("Dora", "dora@example.com")).await.goes_to();
        let id = team.services.store.directory().account_of("dora@example.com").unwrap().id;
        let state = team.services.store.board(plans.id).await.unwrap().unwrap();
        assert_eq!(state.access().members.get(&id), Some(&BoardRole::Viewer));

        let again = import(csv, false).await;
        assert_eq!((&again["new"], &again["known"]), (&json!(0), &json!(3)), "who has an invitation gets no other");
        for (csv, words) in [
            ("", "first line"),
            ("name\nAna\n", "email is not among them"),
            ("name,email,phone\n", "phone"),
            ("name,name,email\n", "twice"),
        ] {
            let body = json!({"csv": csv});
            let refused = team.ask(ADMIN, Method::POST, "/people/import").json(&body);
            let refused = problem(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
            assert_eq!(refused["errors"][0]["field"], "csv");
            assert!(refused["detail"].as_str().unwrap().contains(words), "{refused}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_imports_of_one_file_at_once_one_invites() {
    for team in Team::everywhere().await {
        let body = json!({"csv": "name,email\nDora,dora@example.com\nEve,eve@example.com\n"});
        let import = |who| answer(team.ask(who, Method::POST, "/people/import").json(&body), StatusCode::OK);
        let (one, other) = tokio::join!(import(ADMIN), import(OTHER_ADMIN));
        assert_eq!(one["new"].as_u64().unwrap() + other["new"].as_u64().unwrap(), 2, "{one} {other}");
        assert_eq!(team.services.accounts.invitations(&Credentials::local()).await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_lines_are_one_import() {
    for team in Team::everywhere().await {
        let lines: String = (0..10_000).map(|number| format!("Person {number},p{number}@example.com\n")).collect();
        let csv = format!("name,email\n{lines}");
        let imported = team.services.accounts.import(&Credentials::local(), csv.as_bytes(), false).await.unwrap();
        assert_eq!((imported.new, imported.wrong, imported.lines[9_999].line), (10_000, 0, 10_001));
        let invitations = team.services.accounts.invitations(&Credentials::local()).await.unwrap();
        assert_eq!(invitations.len(), 10_000);
        let body = json!({"csv": csv});
        let too_large = team.ask(ADMIN, Method::POST, "/people/import").json(&body);
        problem(too_large, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_restore_boards_change_accounts_and_import() {
    let database = Database::sqlite();
    let (server, ana, services) = crate::browser::served_with(&database).await;
    let node = crate::support::node::Node { store: services.store.clone(), writer: services.writer.clone() };
    let board = node.create_board().await.id;
    node.accepted(
        board,
        Op::UpdateBoard(app::ops::UpdateBoard {
            name: Some("<b>Plans</b>".to_owned()),
            ..app::ops::UpdateBoard::default()
        }),
    )
    .await;
    node.accepted(board, Op::DeleteBoard(app::ops::DeleteBoard::default())).await;
    let page = ana.get("/admin/boards/deleted").await.text;
    assert!(page.contains("&lt;b&gt;Plans&lt;/b&gt;") && !page.contains("<b>Plans"), "{page}");
    assert!(ana.get("/admin/boards/deleted?q=nothing").await.text.contains("There are no deleted boards."));
    let file = ana.get("/admin/boards/deleted?format=csv").await.text;
    assert!(file.starts_with("id,name,created_at,deleted_at\n") && file.contains("<b>Plans</b>"), "{file}");
    let restore = format!("/admin/boards/{board}/restore");
    assert_eq!(ana.post(&restore, &[]).await.goes_to(), "/admin/boards/deleted");
    assert!(ana.get("/admin/boards/deleted").await.text.contains("is back"));
    assert!(node.board(board).await.exists());
    let nowhere = format!("/admin/boards/{}/restore", app::new_id::<BoardId>());
    ana.post(&nowhere, &[]).await.is_refused(StatusCode::NOT_FOUND, "There is no such board");

    let csv = "name,email\n<i>Ben</i>,ben@example.com\nCleo,cleo\n";
    let checked = ana.post("/admin/people/import", &[("csv", csv), ("wanted", "check")]).await.text;
    assert!(checked.contains("1 person would be invited. 1 line is wrong") && !checked.contains("/join/"), "{checked}");
    assert!(!checked.contains("<i>Ben"), "what was typed is repeated as text");
    let invited = ana.post("/admin/people/import", &[("csv", csv), ("wanted", "invite")]).await.text;
    let secret = invited.split("/join/").nth(1).unwrap().split('"').next().unwrap();
    let ben = Browser::on(&server);
    ben.post(&format!("/join/{secret}"), &crate::browser::person("Ben", "ben@example.com")).await.goes_to();
    let none = ana.post("/admin/people/import", &[("csv", "a"), ("wanted", "check")]).await;
    none.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "The file has a column");

    let id = services.store.directory().account_of("ben@example.com").unwrap().id;
    let account = format!("/admin/people/{id}/account");
    let page = ana.get(&account).await.text;
    assert!(page.contains("value=\"ben@example.com\""), "{page}");
    let taken = ana.post(&account, &[("name", "Ben"), ("email", "ana@example.com")]).await;
    taken.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "Another account has this e-mail address.");
    assert_eq!(ana.post(&account, &[("name", "Benno"), ("email", "b@example.com")]).await.goes_to(), account);
    let page = ana.get(&account).await.text;
    assert!(page.contains("are saved") && page.contains("value=\"b@example.com\""));
    assert!(ana.get(&format!("/admin/people/{id}")).await.text.contains(&account), "a way there");
    // A form that is older than somebody else's change takes nothing back that it did not touch, and overwrites nothing unseen.
    let older = |name, email| [("name", name), ("email", email), ("name_was", "Ben"), ("email_was", "ben@example.com")];
    assert_eq!(ana.post(&account, &older("Ben", "ben@example.com")).await.goes_to(), account);
    let refused = ana.post(&account, &older("Benny", "ben@example.com")).await;
    assert!(refused.text.contains("it is “Benno” now") && refused.text.contains("value=\"Benny\""), "{}", refused.text);
    assert!(refused.text.contains("value=\"b@example.com\""), "the other field shows what is there: {}", refused.text);
    refused.is_refused(StatusCode::CONFLICT, "");
    let stored = services.store.directory().account(id).unwrap().clone();
    assert_eq!((&*stored.name, &*stored.email), ("Benno", "b@example.com"));
    assert!(ben.is_in().await);

    node.accepted(board, Op::SetMember(SetMember { person: id, role: Some(BoardRole::Manager) })).await;
    let ana_id = services.store.directory().account_of("ana@example.com").unwrap().id.to_string();
    let fields = |wanted| [("to", ana_id.as_str()), ("boards", "yes"), ("tasks", "yes"), ("wanted", wanted)];
    let hand_over = format!("{account}/hand-over");
    let preview = ana.post(&hand_over, &fields("preview")).await.text;
    assert!(preview.contains("Ana Lima would get 1 board and 0 tasks."), "{preview}");
    assert!(node.board(board).await.access().members.contains_key(&id));
    assert!(ana.post(&hand_over, &fields("do")).await.text.contains("Ana Lima has got 1 board and 0 tasks."));
    assert!(!node.board(board).await.access().members.contains_key(&id));
    assert_eq!(ben.sign_in("b@example.com", PASSWORD).await.goes_to(), "/");
    for path in ["/admin/boards/deleted", "/admin/people/import", account.as_str()] {
        ben.get(path).await.is_refused(StatusCode::FORBIDDEN, "");
    }
}
