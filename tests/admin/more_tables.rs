//! Tests the tables of boards, people, sessions, tokens, invitations, share links and jobs: what a filter finds, that the pages of every
//! order have each row once, and what is counted.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use app::{
    access::{BoardRole, InstanceRole, Scope},
    audit::Method,
    fields::FieldEdit,
    id::{ActorId, BoardId},
    ops::{CreateShareLink, CreateTask, DeleteBoard, Op, SetArchived, SetMember, UpdateBoard, UpdateTask},
    time::Timestamp,
};
use taskwire::{
    accounts::{
        Accounts, NewPerson,
        invitations::Invitation,
        sessions::{self, Sessions},
    },
    clock::now,
    credentials::{ClientInfo, Credential, Credentials},
    hub::Hub,
    outbox::Job,
    store::{
        StoreError,
        tables::{
            BoardFilter, BoardOrder, BoardRow, Direction, InvitationFilter, InvitationOrder, InvitationRow,
            InvitationState, JobFilter, JobOrder, JobRow, Key, PersonFilter, PersonOrder, PersonRow, Rows,
            SessionEntry, SessionFilter, SessionOrder, ShareLinkFilter, ShareLinkOrder, ShareLinkRow, Slice, SortValue,
            Span, TokenFilter, TokenOrder, TokenRow, TokenState,
        },
    },
};
use tower_sessions::Session;

use crate::{
    on_both_engines,
    support::node::{NewBoard, Node, delete, new_task},
};

/// All rows, read in pages of this size.
async fn all<Order: Copy, T, F>(
    order: Order,
    direction: Direction,
    limit: usize,
    page: impl Fn(Slice<Order>) -> F,
) -> Vec<T>
where
    F: Future<Output = Result<Rows<T>, StoreError>>,
{
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let Rows { rows, next } = page(Slice { order, direction, after, limit }).await.expect("a page");
        assert!(rows.len() <= limit);
        found.extend(rows);
        after = next;
        if after.is_none() {
            return found;
        }
    }
}

/// Reads all rows in both directions, in pages of different sizes. Both must have the same rows, each once. Returns them in ascending
/// order.
async fn both_ways<Order: Copy, T: Clone, F, Id: PartialEq + Ord + std::fmt::Debug>(
    order: Order,
    id: impl Fn(&T) -> Id,
    page: impl Fn(Slice<Order>) -> F,
) -> Vec<T>
where
    F: Future<Output = Result<Rows<T>, StoreError>>,
{
    let up = all(order, Direction::Ascending, 3, &page).await;
    let down = all(order, Direction::Descending, 5, &page).await;
    let ids: Vec<_> = up.iter().map(&id).collect();
    assert_eq!(ids, down.iter().rev().map(&id).collect::<Vec<_>>());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    up
}

fn accounts(node: &Node) -> Accounts {
    Accounts::new(node.store.clone(), Hub::new(node.store.clone()), None, "http://localhost".to_owned())
}

async fn person(node: &Node, name: &str, role: InstanceRole) -> ActorId {
    let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
    let new = NewPerson { name, email: &email, password: None };
    accounts(node).add(&Credentials::local(), new, role).await.unwrap()
}

async fn sign_in(node: &Node, person: ActorId) {
    let sessions = Sessions::new(node.store.clone(), Hub::new(node.store.clone()));
    let session = Session::new(None, Arc::new(sessions), None);
    let proof = node.store.directory().account(person).unwrap().proof();
    let client = ClientInfo::from(std::net::IpAddr::from([127, 0, 0, 1]));
    assert!(sessions::admit(&session, proof, Method::Password, &client).await.unwrap());
}

async fn rename(node: &Node, board: BoardId, name: &str) {
    let update = UpdateBoard { name: Some(name.to_owned()), ..UpdateBoard::default() };
    node.accepted(board, Op::UpdateBoard(update)).await;
}

async fn set_member(node: &Node, board: BoardId, person: ActorId, role: BoardRole) {
    node.accepted(board, Op::SetMember(SetMember { person, role: Some(role) })).await;
}

async fn boards(node: &Node, filter: BoardFilter) -> Vec<String> {
    let rows: Vec<BoardRow> =
        all(BoardOrder::Name, Direction::Ascending, 4, |slice| node.store.boards_table(&filter, slice)).await;
    assert_eq!(node.store.count_boards(&filter).await.unwrap(), rows.len() as u64);
    rows.into_iter().map(|row| row.name).collect()
}

async fn people(node: &Node, filter: PersonFilter) -> Vec<String> {
    let rows: Vec<PersonRow> =
        all(PersonOrder::Name, Direction::Ascending, 2, |slice| node.store.people_table(&filter, slice, now())).await;
    assert_eq!(node.store.count_people(&filter).await.unwrap(), rows.len() as u64);
    let directory = node.store.directory();
    rows.into_iter().map(|row| directory.account(row.id).unwrap().name.clone()).collect()
}

on_both_engines! {
    async fn boards_are_sorted_filtered_and_counted(database) {
        let node = Node::on(&database).await;
        let mut made: Vec<NewBoard> = Vec::new();
        for name in ["beta", "Alpha", "100%_", "beta", "Zeta", "gamma", "Delta"] {
            let board = node.create_board().await;
            rename(&node, board.id, name).await;
            made.push(board);
        }
        let gone = node.create_board().await;
        node.accepted(gone.id, Op::DeleteBoard(DeleteBoard::default())).await;
        for order in [BoardOrder::Name, BoardOrder::Created, BoardOrder::Changed] {
            let filter = BoardFilter::default();
            let page = |slice| node.store.boards_table(&filter, slice);
            let rows = both_ways(order, |row: &BoardRow| row.id, page).await;
            assert_eq!(rows.len(), 7, "{order:?}");
            assert!(match order {
                BoardOrder::Name => rows.iter().map(|row| row.name.to_lowercase()).is_sorted(),
                BoardOrder::Created => rows.iter().map(|row| row.created_at).is_sorted(),
                BoardOrder::Changed => rows.iter().map(|row| row.changed_at).is_sorted(),
            }, "{order:?}: {rows:?}");
        }

        // Contents.
        let (ana, ben) = (person(&node, "Ana", InstanceRole::Member).await, person(&node, "Ben", InstanceRole::Member).await);
        set_member(&node, made[0].id, ana, BoardRole::Manager).await;
        set_member(&node, made[0].id, ben, BoardRole::Viewer).await;
        set_member(&node, made[1].id, ben, BoardRole::Manager).await;
        for (column, count) in [(0, 3), (1, 1), (2, 2)] {
            for _ in 0..count {
                let create = CreateTask { column: Some(made[0].columns[column]), ..CreateTask::of(new_task(), "Tea") };
                node.accepted(made[0].id, Op::CreateTask(create)).await;
            }
        }
        let trashed = node.create_task(made[0].id, "Trash").await;
        node.accepted(made[0].id, delete(trashed)).await;
        let link = CreateShareLink { link: app::new_id(), secret_sha256: [7; 32].into() };
        node.accepted(made[0].id, Op::CreateShareLink(link)).await;
        let private = UpdateBoard { everyone: Some(None), ..UpdateBoard::default() };
        node.accepted(made[2].id, Op::UpdateBoard(private)).await;
        let filter = BoardFilter::default();
        let rows = all(BoardOrder::Created, Direction::Ascending, 100, |slice| node.store.boards_table(&filter, slice)).await;
        let (first, second) = (&rows[0], &rows[1]);
        assert_eq!((first.open_tasks, first.tasks, first.members, first.links), (4, 6, 2, 1));
        assert_eq!((&first.managers, &second.managers), (&vec![ana], &vec![ben]));
        assert_eq!((second.open_tasks, second.tasks, second.members, second.links), (0, 0, 1, 0));
        assert_eq!((rows[2].everyone, second.everyone), (None, Some(BoardRole::Editor)));

        // Filters.
        let text = |text: &str| BoardFilter { text: text.to_owned(), ..BoardFilter::default() };
        assert_eq!(boards(&node, text(" BET ")).await, ["beta", "beta"]);
        assert_eq!(boards(&node, text("0%_")).await, ["100%_"]);
        assert!(boards(&node, text("'; DROP TABLE boards; --")).await.is_empty());
        assert!(boards(&node, text("al\0pha_")).await.is_empty());
        assert_eq!(boards(&node, BoardFilter { is_open: Some(false), ..BoardFilter::default() }).await, ["100%_"]);
        assert_eq!(boards(&node, BoardFilter { is_open: Some(true), ..BoardFilter::default() }).await.len(), 6);
        let unmanaged = || BoardFilter { without_manager: true, ..BoardFilter::default() };
        assert_eq!(boards(&node, unmanaged()).await, ["100%_", "beta", "Delta", "gamma", "Zeta"]);
        accounts(&node).set_active(&Credentials::local(), ben, false).await.unwrap();
        assert_eq!(boards(&node, unmanaged()).await[1], "Alpha", "its manager cannot sign in any more");
        let later = Some(Timestamp::from_millis(now().as_millis() + 60_000));
        assert!(boards(&node, BoardFilter { changed_from: later, ..BoardFilter::default() }).await.is_empty());
        assert_eq!(boards(&node, BoardFilter { changed_before: later, ..BoardFilter::default() }).await.len(), 7);
        node.accepted(made[2].id, Op::SetArchived(SetArchived::to(true))).await;
        let archived = |archived| BoardFilter { archived: Some(archived), ..BoardFilter::default() };
        assert_eq!(boards(&node, archived(true)).await, ["100%_"]);
        assert_eq!(boards(&node, archived(false)).await.len(), 6);
        assert_eq!(boards(&node, BoardFilter::default()).await.len(), 7);
    }

    async fn a_cursor_of_another_kind_is_ignored(database) {
        let node = Node::on(&database).await;
        node.create_board().await;
        // The last one is of the right kind, and after every name.
        for (order, value, rows) in [
            (BoardOrder::Name, SortValue::Number(7), 1),
            (BoardOrder::Created, SortValue::Text("x".to_owned()), 1),
            (BoardOrder::Name, SortValue::Text("\0".to_owned()), 0),
        ] {
            let after = Some(Key(value, "\0'".to_owned()));
            let slice = Slice { order, direction: Direction::Ascending, after, limit: 5 };
            assert_eq!(node.store.boards_table(&BoardFilter::default(), slice).await.unwrap().rows.len(), rows);
        }
    }

    async fn people_are_sorted_filtered_and_counted(database) {
        let node = Node::on(&database).await;
        let ana = person(&node, "Ana Lima", InstanceRole::Owner).await;
        let ben = person(&node, "ben okri", InstanceRole::Member).await;
        let cleo = person(&node, "Cleo Sol", InstanceRole::Admin).await;
        let dan = person(&node, "Dan 100%", InstanceRole::Member).await;
        let gone = person(&node, "Eve", InstanceRole::Member).await;
        accounts(&node).set_active(&Credentials::local(), gone, false).await.unwrap();
        sign_in(&node, ben).await;
        sign_in(&node, ben).await;
        sign_in(&node, cleo).await;
        accounts(&node).create_token(&Credentials::local(), ben, "x", Scope::Read, None).await.unwrap();
        let board = node.create_board().await;
        set_member(&node, board.id, ben, BoardRole::Editor).await;
        set_member(&node, board.id, dan, BoardRole::Editor).await;
        let deleted = node.create_board().await;
        set_member(&node, deleted.id, ben, BoardRole::Editor).await;
        let lost = node.create_task(deleted.id, "On a deleted board").await;
        node.accepted(deleted.id, Op::UpdateTask(UpdateTask::of(lost).with(FieldEdit::Assign(vec![ben])))).await;
        node.accepted(deleted.id, Op::DeleteBoard(DeleteBoard::default())).await;
        for (assignees, column) in [(vec![ben], 0), (vec![ben, dan], 1), (vec![ben], 2), (vec![dan], 0)] {
            let task = new_task();
            let create = CreateTask { column: Some(board.columns[column]), ..CreateTask::of(task, "Tea") };
            node.accepted(board.id, Op::CreateTask(create)).await;
            node.accepted(board.id, Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Assign(assignees)))).await;
        }

        for order in [PersonOrder::Name, PersonOrder::Since, PersonOrder::Seen] {
            let filter = PersonFilter::default();
            let page = |slice| node.store.people_table(&filter, slice, now());
            let rows = both_ways(order, |row: &PersonRow| row.id, page).await;
            assert_eq!(rows.len(), 5, "{order:?}");
            match order {
                PersonOrder::Name => assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [ana, ben, cleo, dan, gone]),
                PersonOrder::Since => {}
                PersonOrder::Seen => assert!(rows.iter().map(|row| row.seen_at).is_sorted(), "{rows:?}"),
            }
        }
        let row = async |person| node.store.person_row(person, now()).await.unwrap().expect("the person");
        let found = row(ben).await;
        assert_eq!((found.boards, found.open_tasks, found.sessions, found.tokens), (1, 2, 2, 1));
        assert!(found.seen_at.is_some());
        let found = row(dan).await;
        assert_eq!((found.boards, found.open_tasks, found.sessions, found.seen_at), (1, 2, 0, None));
        assert!(node.store.person_row(app::new_id(), now()).await.unwrap().is_none());
        let memberships = node.store.memberships(ben, 10).await.unwrap();
        assert_eq!(memberships.iter().map(|one| (one.board, one.role)).collect::<Vec<_>>(), [(board.id, BoardRole::Editor)]);

        let text = |text: &str| PersonFilter { text: text.to_owned(), ..PersonFilter::default() };
        assert_eq!(people(&node, text("OKRI")).await, ["ben okri"]);
        assert_eq!(people(&node, text("cleo.sol@")).await, ["Cleo Sol"]);
        assert_eq!(people(&node, text("100%")).await, ["Dan 100%"]);
        assert_eq!(people(&node, PersonFilter { role: Some(InstanceRole::Admin), ..PersonFilter::default() }).await, ["Cleo Sol"]);
        assert_eq!(people(&node, PersonFilter { is_active: Some(false), ..PersonFilter::default() }).await, ["Eve"]);
    }

    async fn sessions_and_tokens_are_found(database) {
        let node = Node::on(&database).await;
        let (ana, ben) = (person(&node, "Ana", InstanceRole::Owner).await, person(&node, "Ben", InstanceRole::Member).await);
        for _ in 0..4 {
            sign_in(&node, ana).await;
        }
        sign_in(&node, ben).await;
        let later = Timestamp::from_millis(now().as_millis() + 90_000);
        for order in [SessionOrder::Created, SessionOrder::Seen] {
            let filter = SessionFilter::default();
            let rows = both_ways(order, |row: &SessionEntry| row.session.id, |slice| node.store.sessions_table(&filter, slice, later)).await;
            assert_eq!(rows.len(), 5);
        }
        let count = async |filter| node.store.count_sessions(&filter, later).await.unwrap();
        assert_eq!(count(SessionFilter { person: Some(ana), ..SessionFilter::default() }).await, 4);
        assert_eq!(count(SessionFilter { text: "BEN@".to_owned(), ..SessionFilter::default() }).await, 1);
        assert_eq!(count(SessionFilter { seen_from: Some(later), ..SessionFilter::default() }).await, 0);
        accounts(&node).end_sessions_of(&Credentials::local(), ana, None).await.unwrap();
        assert_eq!(count(SessionFilter::default()).await, 1, "those that ended are not listed");

        let local = Credentials::local();
        let soon = Some(Timestamp::from_millis(now().as_millis() + 60_000));
        for (name, scope, expires) in [("backup", Scope::Read, None), ("Bot", Scope::Admin, soon), ("cron", Scope::Write, None)] {
            accounts(&node).create_token(&local, ben, name, scope, expires).await.unwrap();
        }
        for order in [TokenOrder::Name, TokenOrder::Created, TokenOrder::Used] {
            let filter = TokenFilter::default();
            let rows = both_ways(order, |row: &TokenRow| row.token.id, |slice| node.store.tokens_table(&filter, slice, now())).await;
            assert_eq!(rows.len(), 3);
        }
        let names = async |filter: TokenFilter| {
            let rows = all(TokenOrder::Name, Direction::Ascending, 2, |slice| node.store.tokens_table(&filter, slice, later)).await;
            assert_eq!(node.store.count_all_tokens(&filter, later).await.unwrap(), rows.len() as u64);
            rows.into_iter().map(|row| row.token.name).collect::<Vec<_>>()
        };
        let state = |state| TokenFilter { state, ..TokenFilter::default() };
        assert_eq!(names(state(TokenState::Works)).await, ["backup", "cron"]);
        assert_eq!(names(state(TokenState::Forever)).await, ["backup", "cron"]);
        assert_eq!(names(state(TokenState::Dead)).await, ["Bot"]);
        assert_eq!(names(state(TokenState::UnusedSince(later))).await, ["backup", "cron"]);
        assert_eq!(names(TokenFilter { scope: Some(Scope::Write), ..TokenFilter::default() }).await, ["cron"]);
        assert_eq!(names(TokenFilter { text: "BOT".to_owned(), ..TokenFilter::default() }).await, ["Bot"]);
        accounts(&node).set_active(&local, ben, false).await.unwrap();
        assert_eq!(names(state(TokenState::Dead)).await.len(), 3, "a deactivated person's tokens do not work");
    }

    async fn invitations_and_share_links_are_found(database) {
        let node = Node::on(&database).await;
        let ana = person(&node, "Ana", InstanceRole::Owner).await;
        let ben = person(&node, "Ben", InstanceRole::Member).await;
        let accounts = accounts(&node);
        for note in ["One", "Two"] {
            let invitation = Invitation { role: InstanceRole::Member, boards: Vec::new(), groups: Vec::new(), note: note.to_owned(), email: None };
            accounts.invite(&Credentials::local(), invitation).await.unwrap();
        }
        // Not an invitation.
        accounts.new_password_link(&Credentials::local(), ben).await.unwrap();
        let filter = InvitationFilter::default();
        for order in [InvitationOrder::Created, InvitationOrder::Expires] {
            let page = |slice| node.store.invitations_table(&filter, slice, now());
            let rows = both_ways(order, |row: &InvitationRow| row.link.id, page).await;
            assert_eq!(rows.len(), 2);
            let (invitation, stands) = accounts.read_invitation(&rows[0].link).expect("an invitation");
            assert!(stands && ["One", "Two"].contains(&&*invitation.note));
        }
        let later = Timestamp::from_millis(now().as_millis() + 8 * 24 * 60 * 60 * 1_000);
        let count = async |state, at| {
            node.store.count_invitations(&InvitationFilter { state, ..InvitationFilter::default() }, at).await.unwrap()
        };
        assert_eq!(count(InvitationState::Waiting, later).await, 0);
        assert_eq!(count(InvitationState::Expired, later).await, 2);
        assert_eq!(count(InvitationState::Used, later).await, 0);
        assert_eq!(count(InvitationState::Any, now()).await, 2);

        let invitation = Invitation {
            role: InstanceRole::Member,
            boards: Vec::new(),
            groups: Vec::new(),
            note: "Cleo \"C_1\"".to_owned(),
            email: Some("cleo@example.com".to_owned()),
        };
        accounts.invite(&Credentials::local(), invitation).await.unwrap();
        let (token, _) = accounts.create_token(&Credentials::local(), ana, "x", Scope::Admin, None).await.unwrap();
        let as_ana = Credentials { credential: Credential::Token(token.hash()), ..Credentials::local() };
        let by_ana = Invitation {
            role: InstanceRole::Member,
            boards: Vec::new(),
            groups: Vec::new(),
            note: String::new(),
            email: Some("dana@example.com".to_owned()),
        };
        accounts.invite(&as_ana, by_ana).await.unwrap();
        let found = async |text: &str| {
            let filter = InvitationFilter { text: text.to_owned(), ..InvitationFilter::default() };
            node.store.count_invitations(&filter, now()).await.unwrap()
        };
        for (text, matches) in [
            ("tw", 1),
            ("CLEO", 1),
            ("\"c_1\"", 1),
            ("c%1", 0),
            ("dana@", 1),
            ("example.com", 2),
            ("ana", 1),
            ("Ana@example", 1),
            // The stored form has these words; none of them is a name or an address.
            ("note", 0),
            ("email", 0),
            ("member", 0),
            ("\",\"", 0),
        ] {
            assert_eq!(found(text).await, matches, "{text}");
        }
        let day = now().day().unwrap();
        let span = |from: Timestamp, before: Timestamp| InvitationFilter {
            created: Span { from: Some(from), before: Some(before) },
            ..InvitationFilter::default()
        };
        assert_eq!(node.store.count_invitations(&span(day.start(), day.end()), now()).await.unwrap(), 4);
        assert_eq!(node.store.count_invitations(&span(day.end(), later), now()).await.unwrap(), 0);

        let board = node.create_board().await;
        rename(&node, board.id, "Plans & Tea").await;
        set_member(&node, board.id, ana, BoardRole::Manager).await;
        set_member(&node, board.id, ben, BoardRole::Manager).await;
        let (token, _) = accounts.create_token(&Credentials::local(), ben, "x", Scope::Admin, None).await.unwrap();
        let as_ben = Credentials { credential: Credential::Token(token.hash()), ..Credentials::local() };
        accounts.create_share_link(&as_ben, board.id, &node.writer).await.unwrap();
        accounts.create_share_link(&Credentials::local(), board.id, &node.writer).await.unwrap();
        let works = async |filter: ShareLinkFilter| {
            let page = |slice| node.store.share_links_table(&filter, slice);
            let rows = both_ways(ShareLinkOrder::Created, |row: &ShareLinkRow| row.id, page).await;
            assert_eq!(node.store.count_share_links(&filter).await.unwrap(), rows.len() as u64);
            rows.into_iter().map(|row| (row.created_by, row.works)).collect::<Vec<_>>()
        };
        assert_eq!(works(ShareLinkFilter::default()).await, [(Some(ben), true), (None, true)]);
        set_member(&node, board.id, ben, BoardRole::Editor).await;
        assert_eq!(works(ShareLinkFilter::default()).await, [(Some(ben), false), (None, true)]);
        assert_eq!(works(ShareLinkFilter { maker: Some(ben), ..ShareLinkFilter::default() }).await.len(), 1);
        assert_eq!(works(ShareLinkFilter { text: "& TEA".to_owned(), ..ShareLinkFilter::default() }).await.len(), 2);
        assert_eq!(works(ShareLinkFilter { text: "BEN@".to_owned(), ..ShareLinkFilter::default() }).await.len(), 1);
        assert!(works(ShareLinkFilter { board: Some(app::new_id()), ..ShareLinkFilter::default() }).await.is_empty());
        let all_links = ShareLinkFilter::default();
        let page = |slice| node.store.share_links_table(&all_links, slice);
        assert_eq!(both_ways(ShareLinkOrder::Board, |row: &ShareLinkRow| row.id, page).await.len(), 2);
        node.accepted(board.id, Op::DeleteBoard(DeleteBoard::default())).await;
        assert!(works(ShareLinkFilter::default()).await.is_empty());
    }

    async fn jobs_are_tried_at_once_and_removed_by_those_who_administer(database) {
        let node = Node::on(&database).await;
        let member = person(&node, "Ben", InstanceRole::Member).await;
        let mut jobs = Vec::new();
        for _ in 0..7 {
            let job = Job::NewPasswordMail { email: "ana@example.com".to_owned() }.enqueued(app::new_id());
            node.store.enqueue(&job).await.unwrap();
            jobs.push(job.id);
        }
        let leased = node.store.lease_jobs("mail", 1, Duration::from_secs(600)).await.unwrap();
        node.store.retry_job(&leased[0], Duration::from_secs(600), "452 mailbox full").await.unwrap();
        for order in [JobOrder::Created, JobOrder::Due, JobOrder::Attempts] {
            let filter = JobFilter::default();
            let rows = both_ways(order, |row: &JobRow| row.id, |slice| node.store.jobs_table(&filter, slice)).await;
            assert_eq!(rows.len(), 7);
        }
        let failed = JobFilter { has_failed: true, ..JobFilter::default() };
        let rows = all(JobOrder::Due, Direction::Ascending, 5, |slice| node.store.jobs_table(&failed, slice)).await;
        assert_eq!(rows.len(), 1);
        let id = rows[0].id;
        let full = JobFilter { text: "Mailbox FULL".to_owned(), ..JobFilter::default() };
        assert_eq!(node.store.count_jobs(&full).await.unwrap(), 1);
        assert_eq!((rows[0].attempts, rows[0].last_error.as_deref()), (1, Some("452 mailbox full")));
        assert_eq!(node.store.count_jobs(&JobFilter { topic: "boards".to_owned(), ..JobFilter::default() }).await.unwrap(), 0);

        let accounts = accounts(&node);
        let (token, _) = accounts.create_token(&Credentials::local(), member, "x", Scope::Admin, None).await.unwrap();
        let as_member = Credentials { credential: Credential::Token(token.hash()), ..Credentials::local() };
        accounts.hurry_job(&as_member, id).await.unwrap_err();
        accounts.remove_job(&as_member, id).await.unwrap_err();
        accounts.hurry_job(&Credentials::local(), id).await.unwrap();
        let due = node.store.lease_jobs("mail", 10, Duration::from_secs(600)).await.unwrap();
        assert_eq!(due.len(), 7, "it is due again");
        accounts.remove_job(&Credentials::local(), id).await.unwrap();
        accounts.remove_job(&Credentials::local(), id).await.unwrap_err();
        assert_eq!(node.store.count_jobs(&JobFilter::default()).await.unwrap(), 6);
        assert!(!node.store.finish_job(due.iter().find(|job| job.id == id).unwrap()).await.unwrap());

        let invited = Job::InvitationMail { link: app::new_id(), name: "Zoe".to_owned(), email: "Zoe@example.com".to_owned() };
        let accepted = Job::AcceptedInvitation { link: app::new_id(), person: member };
        for job in [invited, accepted] {
            let job = job.enqueued(app::new_id());
            node.store.enqueue(&job).await.unwrap();
        }
        for (text, matches) in [("zoe@example.com", 1), ("ben", 1), ("ana@example.com", 6), ("ana@", 0), ("link", 0)] {
            let filter = JobFilter { text: text.to_owned(), ..JobFilter::default() };
            assert_eq!(node.store.count_jobs(&filter).await.unwrap(), matches, "{text}");
        }
    }
}
