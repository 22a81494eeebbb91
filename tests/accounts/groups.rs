//! Tests groups of people: what they give on boards, what they take, and that nobody keeps what was taken.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use app::{
    access::BoardRole::{self, Editor, Manager, Viewer},
    id::{ActorId, BoardId},
    ops::{DeleteBoard, Op, RestoreBoard, SetMember},
    protocol::{ErrorCode, ServerMessage},
};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use taskwire::{
    accounts::{Accounts, groups::MAX_PEOPLE},
    credentials::Credentials,
    hub::Hub,
    store::{
        DueOf,
        tables::{Direction, JobOrder, Slice},
    },
    writer::Writer,
};
use uuid::Uuid;

use crate::{
    administration::{ADMIN, BEN, CLEO, OTHER_ADMIN, OWNER, Team},
    browser::{Browser, person},
    support::{
        client::{Client, PATIENCE},
        engines::on_both_engines,
        server::{answer, problem},
    },
};

impl Team {
    async fn group(&self, name: &str) -> String {
        let made = self.ask(ADMIN, Method::POST, "/groups").json(&json!({ "name": name }));
        answer(made, StatusCode::CREATED).await["id"].as_str().unwrap().to_owned()
    }

    async fn join(&self, group: &str, who: usize) -> Value {
        let path = format!("/groups/{group}/people/{}", self.id(who));
        answer(self.ask(ADMIN, Method::PUT, &path), StatusCode::OK).await
    }

    async fn leave(&self, group: &str, who: usize) -> Value {
        let path = format!("/groups/{group}/people/{}", self.id(who));
        answer(self.ask(ADMIN, Method::DELETE, &path), StatusCode::OK).await
    }

    async fn put(&self, group: &str, board: BoardId, role: BoardRole) -> Value {
        let path = format!("/groups/{group}/boards/{board}");
        answer(self.ask(ADMIN, Method::PUT, &path).json(&json!({ "role": role })), StatusCode::OK).await
    }

    async fn take(&self, group: &str, board: BoardId) -> Value {
        let path = format!("/groups/{group}/boards/{board}");
        answer(self.ask(ADMIN, Method::DELETE, &path), StatusCode::OK).await
    }

    async fn delete_group(&self, group: &str) -> Value {
        answer(self.ask(ADMIN, Method::DELETE, &format!("/groups/{group}")), StatusCode::OK).await
    }

    async fn by_hand(&self, board: BoardId, who: usize, role: Option<BoardRole>) {
        self.write(board, Op::SetMember(SetMember { person: self.id(who), role })).await;
    }

    async fn seq(&self, board: BoardId) -> u64 {
        self.services.store.board(board).await.unwrap().unwrap().seq()
    }

    /// Waits until the outbox of the server has done something.
    async fn until_role(&self, board: BoardId, who: usize, role: Option<BoardRole>) {
        let is_so = async {
            while self.role(board, who).await != role {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, is_so).await.expect("the outbox does its job");
    }

    /// The jobs that wait, made due.
    async fn hurry_jobs(&self) -> usize {
        let slice = Slice { order: JobOrder::Due, direction: Direction::Ascending, after: None, limit: 100 };
        let jobs = self.services.store.jobs_table(&Default::default(), slice).await.unwrap().rows;
        for job in &jobs {
            // It may be done by now.
            let _ = self.services.accounts.hurry_job(&Credentials::local(), job.id).await;
        }
        jobs.len()
    }

    async fn set_active(&self, who: usize, active: bool) {
        let path = format!("/people/{}", self.id(who));
        answer(self.ask(ADMIN, Method::PATCH, &path).json(&json!({ "active": active })), StatusCode::OK).await;
    }

    async fn sees(&self, who: usize, board: BoardId) -> StatusCode {
        self.ask(who, Method::GET, &format!("/boards/{board}")).send().await.unwrap().status()
    }
}

fn uuid(group: &str) -> Uuid {
    group.parse().unwrap()
}

on_both_engines! {
    async fn who_joins_gets_the_boards_and_who_leaves_loses_them_on_open_sockets_too(database) {
        let team = Team::on(database).await;
        let board = team.board(&[(CLEO, Manager)]).await.id;
        let group = team.group("Crew").await;
        assert_eq!(team.put(&group, board, Editor).await["changed"], 0);
        assert_eq!(team.sees(BEN, board).await, StatusCode::NOT_FOUND);
        let joined = team.join(&group, BEN).await;
        assert_eq!(joined, json!({"changed": 1, "failed": 0, "failures": [], "complete": true}));
        assert_eq!(team.join(&group, BEN).await["changed"], 0, "to join twice is to join once");
        assert_eq!(team.role(board, BEN).await, Some(Editor));
        assert_eq!(team.sees(BEN, board).await, StatusCode::OK);

        let address: SocketAddr = team.server.base.strip_prefix("http://").unwrap().parse().unwrap();
        let token = format!("Bearer {}", team.people[BEN].1);
        let headers = [("sec-websocket-protocol", "taskwire.v1"), ("authorization", token.as_str())];
        let mut socket = Client::connect_with(address, &headers).await.unwrap();
        socket.subscribe(board, None).await;
        assert!(matches!(socket.hear().await, ServerMessage::Snapshot(_)));

        // The role follows the group's.
        team.put(&group, board, Viewer).await;
        assert!(matches!(socket.hear().await, ServerMessage::Changes { .. }));
        assert_eq!(team.role(board, BEN).await, Some(Viewer));
        let rename = json!({"name": "Mine"});
        let refused = team.ask(BEN, Method::PATCH, &format!("/boards/{board}")).json(&rename);
        problem(refused, StatusCode::FORBIDDEN, "forbidden").await;

        assert_eq!(team.leave(&group, BEN).await["changed"], 1);
        assert_eq!(team.role(board, BEN).await, None);
        assert_eq!(team.sees(BEN, board).await, StatusCode::NOT_FOUND);
        assert_eq!(socket.hear_error().await, ErrorCode::Forbidden);
        // The history has ordinary changes, by the admin.
        let path = format!("/boards/{board}/changes");
        let changes = answer(team.ask(ADMIN, Method::GET, &path), StatusCode::OK).await;
        let changes = changes["changes"].as_array().unwrap();
        let last = changes.last().unwrap();
        assert_eq!((&last["kind"], &last["by"]), (&json!("member_set"), &json!(team.id(ADMIN))));
        assert!(last.get("role").is_none());
        let gone = format!("/groups/{group}/people/{}", team.id(BEN));
        problem(team.ask(ADMIN, Method::DELETE, &gone), StatusCode::NOT_FOUND, "not_found").await;
        assert!(team.services.store.outbox_backlog().await.unwrap().is_empty(), "no job is left");
    }

    async fn what_a_person_has_by_hand_and_from_other_groups_stays(database) {
        let team = Team::on(database).await;
        let board = team.board(&[(CLEO, Manager), (BEN, Viewer)]).await.id;
        let (crew, leads) = (team.group("Crew").await, team.group("Leads").await);
        team.join(&crew, BEN).await;
        team.join(&leads, BEN).await;
        team.put(&crew, board, Editor).await;
        assert_eq!(team.role(board, BEN).await, Some(Editor));
        team.put(&leads, board, Manager).await;
        assert_eq!(team.role(board, BEN).await, Some(Manager), "the highest counts");
        team.leave(&leads, BEN).await;
        assert_eq!(team.role(board, BEN).await, Some(Editor));
        team.take(&crew, board).await;
        assert_eq!(team.role(board, BEN).await, Some(Viewer), "the own membership survives");

        // Less than what one has changes nothing.
        let seq = team.seq(board).await;
        team.put(&crew, board, Viewer).await;
        team.take(&crew, board).await;
        assert_eq!((team.role(board, BEN).await, team.seq(board).await), (Some(Viewer), seq));

        // A deleted group takes what it gave, on all boards.
        let other = team.board(&[(CLEO, Manager)]).await.id;
        for on in [board, other] {
            team.put(&crew, on, Editor).await;
        }
        assert_eq!((team.role(board, BEN).await, team.role(other, BEN).await), (Some(Editor), Some(Editor)));
        assert_eq!(team.delete_group(&crew).await["changed"], 2);
        assert_eq!((team.role(board, BEN).await, team.role(other, BEN).await), (Some(Viewer), None));
        problem(team.ask(ADMIN, Method::GET, &format!("/groups/{crew}")), StatusCode::NOT_FOUND, "not_found").await;
        team.group("crew").await;
    }

    async fn what_is_set_by_hand_stays_until_somebody_decides_on_the_group_again(database) {
        let team = Team::on(database).await;
        let board = team.board(&[(ADMIN, Manager)]).await.id;
        let group = team.group("Crew").await;
        team.join(&group, BEN).await;
        team.join(&group, CLEO).await;
        team.put(&group, board, Viewer).await;
        // Ben is removed by hand, and Cleo is raised.
        team.by_hand(board, BEN, None).await;
        team.by_hand(board, CLEO, Some(Manager)).await;
        team.services.accounts.set_due_memberships(&team.services.writer).await.unwrap();
        team.join(&group, OTHER_ADMIN).await;
        team.put(&group, board, Editor).await;
        assert_eq!((team.role(board, BEN).await, team.role(board, CLEO).await), (None, Some(Manager)));
        team.leave(&group, CLEO).await;
        assert_eq!(team.role(board, CLEO).await, Some(Manager));
        // A new decision counts.
        team.leave(&group, BEN).await;
        team.join(&group, BEN).await;
        assert_eq!(team.role(board, BEN).await, Some(Editor));
        // Whoever leaves the board alone is off it, too.
        let path = format!("/boards/{board}/members/{}", team.id(BEN));
        assert_eq!(team.ask(BEN, Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
        team.put(&group, board, Viewer).await;
        assert_eq!(team.role(board, BEN).await, None);
    }

    async fn the_last_manager_stays_is_reported_and_goes_when_there_is_another(database) {
        let team = Team::on(database).await;
        let board = team.board(&[(CLEO, Manager)]).await.id;
        let group = team.group("Leads").await;
        team.join(&group, BEN).await;
        team.put(&group, board, Manager).await;
        team.by_hand(board, CLEO, None).await;
        let left = team.leave(&group, BEN).await;
        assert_eq!((&left["failed"], &left["changed"]), (&json!(1), &json!(0)), "{left}");
        assert_eq!(left["failures"][0]["name"], "Ben");
        assert!(left["failures"][0]["why"].as_str().unwrap().contains("needs a manager"), "{left}");
        assert_eq!(team.role(board, BEN).await, Some(Manager));
        team.by_hand(board, CLEO, Some(Manager)).await;
        assert!(team.hurry_jobs().await > 0, "the job goes on");
        team.until_role(board, BEN, None).await;
    }

    async fn what_became_due_on_a_deleted_board_or_for_a_deactivated_person_is_done_later(database) {
        let team = Team::on(database).await;
        let board = team.board(&[(CLEO, Manager)]).await.id;
        let group = team.group("Crew").await;
        team.join(&group, BEN).await;
        team.put(&group, board, Editor).await;
        team.write(board, Op::DeleteBoard(DeleteBoard::default())).await;
        team.leave(&group, BEN).await;
        assert_eq!(team.role(board, BEN).await, Some(Editor), "nobody can open it");
        team.write(board, Op::RestoreBoard(RestoreBoard {})).await;
        team.until_role(board, BEN, None).await;

        team.set_active(BEN, false).await;
        let joined = team.join(&group, BEN).await;
        assert_eq!((&joined["changed"], &joined["failed"]), (&json!(0), &json!(0)));
        team.set_active(BEN, true).await;
        team.until_role(board, BEN, Some(Editor)).await;
        // One who is deactivated is removed at once.
        team.set_active(BEN, false).await;
        assert_eq!(team.leave(&group, BEN).await["changed"], 1);
        assert_eq!(team.role(board, BEN).await, None);
    }

    async fn a_node_that_dies_after_the_commit_leaves_the_rest_to_the_outbox(database) {
        let team = Team::on(database).await;
        let boards = [team.board(&[(CLEO, Manager)]).await.id, team.board(&[(CLEO, Manager)]).await.id];
        let group = team.group("Crew").await;
        team.join(&group, BEN).await;
        for board in boards {
            team.put(&group, board, Editor).await;
        }
        // The writer of a node that stops: it takes nothing.
        let dead = Writer::start(team.services.store.clone(), Hub::new(team.services.store.clone()));
        dead.close().await;
        let accounts = &team.services.accounts;
        let left = accounts.leave_group(&Credentials::local(), &dead, uuid(&group), team.id(BEN)).await.unwrap();
        assert!(!left.is_complete() && left.changed() == 0);
        assert_eq!(team.role(boards[0], BEN).await, Some(Editor));
        team.hurry_jobs().await;
        for board in boards {
            team.until_role(board, BEN, None).await;
        }
        let empty = async {
            while !team.services.store.outbox_backlog().await.unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, empty).await.expect("the job is done");
    }

    async fn an_imported_person_joins_the_groups_of_their_line_when_they_accept(database) {
        let team = Team::on(database).await;
        let board = team.board(&[(CLEO, Manager)]).await.id;
        let group = team.group("Crew").await;
        team.put(&group, board, Viewer).await;
        let csv = "name,email,groups\nDora,dora@example.com,crew\nEve,eve@example.com,Crew|Nobody\n";
        let import = team.ask(ADMIN, Method::POST, "/people/import").json(&json!({ "csv": csv }));
        let report = answer(import, StatusCode::OK).await;
        assert_eq!((&report["new"], &report["wrong"]), (&json!(1), &json!(1)), "{report}");
        assert!(report["lines"][1]["why"].as_str().unwrap().contains("there is no group “Nobody”"));
        let link = report["lines"][0]["url"].as_str().unwrap();
        let path = link.split_once("/join/").map(|(_, secret)| format!("/join/{secret}")).unwrap();
        let dora = Browser::on(&team.server);
        dora.post(&path, &person("Dora", "dora@example.com")).await.goes_to();
        let id = team.services.store.directory().account_of("dora@example.com").unwrap().id;
        assert_eq!(team.services.store.group_people(uuid(&group)).await.unwrap(), [id]);
        let state = team.services.store.board(board).await.unwrap().unwrap();
        assert_eq!(state.access().members.get(&id), Some(&Viewer));
    }

    async fn two_nodes_that_do_the_same_job_make_each_change_once(database) {
        let team = Team::on(database).await;
        let mut boards = Vec::new();
        for _ in 0..8 {
            boards.push(team.board(&[(CLEO, Manager)]).await.id);
        }
        let mut seqs = Vec::new();
        for board in &boards {
            seqs.push(team.seq(*board).await);
        }
        let group = team.group("Crew").await;
        team.join(&group, BEN).await;
        let dead = Writer::start(team.services.store.clone(), Hub::new(team.services.store.clone()));
        dead.close().await;
        let local = Credentials::local();
        for board in &boards {
            team.services.accounts.put_group(&local, &dead, uuid(&group), *board, Viewer).await.unwrap();
        }
        let other = team.database.open().await;
        let hub = Hub::new(other.clone());
        let (accounts, writer) =
            (Accounts::new(other.clone(), hub.clone(), None, String::new()), Writer::start(other.clone(), hub));
        let (one, two) = tokio::join!(
            team.services.accounts.set_due_memberships(&team.services.writer),
            accounts.set_due_memberships(&writer)
        );
        one.unwrap();
        two.unwrap();
        for (board, seq) in boards.iter().zip(seqs) {
            let state = other.board(*board).await.unwrap().unwrap();
            assert_eq!(state.access().members.get(&team.id(BEN)), Some(&Viewer));
            assert_eq!(state.seq(), seq + 1, "one change for the membership");
        }
        assert!(other.due_memberships(DueOf::All, None, 10).await.unwrap().is_empty());
        writer.close().await;
        other.close().await;
    }

    async fn whatever_happens_at_once_the_memberships_are_what_the_groups_give_in_the_end(database) {
        let team = Team::on(database).await;
        let people = [BEN, CLEO];
        let groups = [team.group("One").await, team.group("Two").await, team.group("Three").await];
        let mut boards = Vec::new();
        for _ in 0..3 {
            boards.push(team.board(&[(OWNER, Manager)]).await.id);
        }
        let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut random = |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed % below as u64) as usize
        };
        for _ in 0..12 {
            let mut requests = Vec::new();
            for _ in 0..8 {
                let (group, board) = (&groups[random(3)], boards[random(3)]);
                let person = format!("/groups/{group}/people/{}", team.id(people[random(2)]));
                let path = format!("/groups/{group}/boards/{board}");
                requests.push(match random(4) {
                    0 => team.ask(ADMIN, Method::PUT, &person),
                    1 => team.ask(ADMIN, Method::DELETE, &person),
                    2 => {
                        let role = BoardRole::ALL[random(3)];
                        team.ask(OTHER_ADMIN, Method::PUT, &path).json(&json!({ "role": role }))
                    }
                    _ => team.ask(OWNER, Method::DELETE, &path),
                });
            }
            for response in join_all(requests.into_iter().map(|request| request.send())).await {
                let status = response.unwrap().status();
                assert!(matches!(status.as_u16(), 200 | 404), "{status}");
            }
            // Every request was answered, so nothing may be left to do.
            let mut given: BTreeMap<(BoardId, ActorId), BoardRole> = BTreeMap::new();
            for group in &groups {
                let group = uuid(group);
                let members = team.services.store.group_people(group).await.unwrap();
                for on in team.services.store.group_boards(group).await.unwrap() {
                    for person in &members {
                        let role = given.entry((on.board, *person)).or_insert(on.role);
                        *role = on.role.max(*role);
                    }
                }
            }
            for board in &boards {
                for who in people {
                    let expected = given.get(&(*board, team.id(who))).copied();
                    assert_eq!(team.role(*board, who).await, expected, "{given:?}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_kept_apart_and_lists_come_in_pages() {
    for team in Team::everywhere().await {
        let crew = team.group("  Crew ").await;
        team.group("Zürich").await;
        team.group("Leads").await;
        for (body, field) in [
            (json!({"name": "CREW"}), "name"),
            (json!({"name": " "}), "name"),
            (json!({"name": "x".repeat(81)}), "name"),
            (json!({"name": "\u{202e}x"}), "name"),
            (json!({"name": "New", "description": "a\nb"}), "description"),
        ] {
            let refused = team.ask(ADMIN, Method::POST, "/groups").json(&body);
            let refused = problem(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
            assert_eq!(refused["errors"][0]["field"], field, "{body}");
        }
        let path = format!("/groups/{crew}");
        let taken = team.ask(ADMIN, Method::PATCH, &path).json(&json!({"name": "zÜRICH"}));
        problem(taken, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
        let changed = team.ask(ADMIN, Method::PATCH, &path).json(&json!({"name": "crew", "description": "All of us"}));
        let changed = answer(changed, StatusCode::OK).await;
        assert_eq!((&changed["name"], &changed["description"]), (&json!("crew"), &json!("All of us")));
        team.join(&crew, BEN).await;
        let read = answer(team.ask(ADMIN, Method::GET, &path), StatusCode::OK).await;
        assert_eq!(read["people"], json!([{"person": team.id(BEN), "name": "Ben"}]));

        let mut names = Vec::new();
        let mut next = Some(String::new());
        while let Some(cursor) = next {
            let cursor = if cursor.is_empty() { cursor } else { format!("&cursor={cursor}") };
            let path = format!("/groups?limit=2&fields=name,people_count{cursor}");
            let page = answer(team.ask(ADMIN, Method::GET, &path), StatusCode::OK).await;
            names.extend(page["groups"].as_array().unwrap().clone());
            next = page["next"].as_str().map(str::to_owned);
        }
        let line = |name: &str, people: u64| json!({"name": name, "people_count": people});
        assert_eq!(names, [line("crew", 1), line("Leads", 0), line("Zürich", 0)]);
        let found = answer(team.ask(ADMIN, Method::GET, "/groups?q=ALL%20of"), StatusCode::OK).await;
        assert_eq!(found["groups"].as_array().unwrap().len(), 1);
        problem(team.ask(BEN, Method::GET, "/groups"), StatusCode::FORBIDDEN, "forbidden").await;
        let nobody = format!("/groups/{crew}/people/{}", app::new_id::<ActorId>());
        problem(team.ask(ADMIN, Method::PUT, &nobody), StatusCode::NOT_FOUND, "not_found").await;
        let nowhere = format!("/groups/{crew}/boards/{}", app::new_id::<BoardId>());
        let put = team.ask(ADMIN, Method::PUT, &nowhere).json(&json!({"role": "viewer"}));
        problem(put, StatusCode::NOT_FOUND, "not_found").await;
    }
}

/// A group cannot have more people than a board can have members.
#[test]
fn a_group_fits_on_a_board() {
    assert_eq!(MAX_PEOPLE as usize, app::ops::MAX_MEMBERS);
}
