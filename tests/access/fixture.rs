//! A server with every kind of caller, and boards for them to access.

use std::sync::Arc;

use app::{
    access::{BoardRole, InstanceRole, Scope},
    id::{ActorId, BoardId, ChecklistId, ChecklistItemId, ColumnId, CommentId, LabelId, TaskId},
    label::Hue,
    ops::{
        CreateChecklist, CreateComment, CreateLabel, CreateTask, DeleteBoard, DeleteComment, MergeLabels,
        NewChecklistItem, Op, SetMember, UpdateBoard, UpdateChecklist,
    },
    time::Timestamp,
};
use reqwest::{Method, RequestBuilder};
use taskwire::{
    accounts::{
        NewPerson,
        invitations::Invitation,
        sessions::{self, Sessions},
    },
    clock::now,
    credentials::{Credential, Credentials},
    http::Services,
    settings::{Auth, Settings},
};
use tower_sessions::{Session, cookie::CookieJar};
use uuid::Uuid;

use crate::support::{
    database::Database,
    log,
    node::{NewBoard, mutation, new_column, new_task},
    server::{Server, open},
};

/// Every kind of caller, in the order of the columns of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A caller without credentials.
    Stranger,
    /// Somebody with a share link to the board.
    Link,
    /// People with this role on the board, who are members of the server.
    Viewer,
    Editor,
    Manager,
    /// A member of the server who is not on the board.
    Other,
    Admin,
    Owner,
    /// Programs with a token of the owner's, with this scope.
    ReadToken,
    WriteToken,
    AdminToken,
    /// Programs with a token of the owner's that is no longer valid.
    ExpiredToken,
    RevokedToken,
    /// A person whose account was deactivated.
    Deactivated,
}

impl Who {
    pub const ALL: [Self; 14] = [
        Self::Stranger,
        Self::Link,
        Self::Viewer,
        Self::Editor,
        Self::Manager,
        Self::Other,
        Self::Admin,
        Self::Owner,
        Self::ReadToken,
        Self::WriteToken,
        Self::AdminToken,
        Self::ExpiredToken,
        Self::RevokedToken,
        Self::Deactivated,
    ];
}

/// See the [module](self).
pub struct Fixture {
    pub server: Server,
    pub services: Arc<Services>,
    pub viewer: TestUser,
    pub editor: TestUser,
    pub manager: TestUser,
    pub other: TestUser,
    pub admin: TestUser,
    pub owner: TestUser,
    pub deactivated: TestUser,
    read_token: String,
    write_token: String,
    admin_token: String,
    expired_token: String,
    revoked_token: String,
    pub database: Database,
}

/// A person with an account, and the cookie of their session.
#[derive(Clone, Debug)]
pub struct TestUser {
    pub id: ActorId,
    pub cookie: String,
}

/// A board with a viewer, an editor and a manager, and the ids of everything on it that a caller could ask for.
pub struct TestBoard {
    pub board: BoardId,
    pub column: ColumnId,
    /// A column without tasks.
    pub spare_column: ColumnId,
    pub label: LabelId,
    /// Another label.
    pub spare_label: LabelId,
    /// A checklist of the task.
    pub checklist: ChecklistId,
    /// A checklist of the task that was deleted.
    pub deleted_checklist: ChecklistId,
    /// An item of the checklist.
    pub item: ChecklistItemId,
    /// A label that was merged into the other one.
    pub merged_label: LabelId,
    pub task: TaskId,
    /// A task in the trash.
    pub trashed: TaskId,
    /// A comment of the editor on the task.
    pub comment: CommentId,
    /// A comment of the editor that was deleted.
    pub deleted_comment: CommentId,
    pub link: Uuid,
    pub link_secret: String,
}

impl Fixture {
    pub async fn new() -> Self {
        let database = Database::sqlite();
        let settings = Settings { auth: Auth::Accounts, database: database.url.clone(), no_sample: true, ..open() };
        let (server, services) = Server::with_services(settings).await;
        let user = async |name: &str, role| {
            let email = format!("{name}@example.com");
            let new = NewPerson { name, email: &email, password: None };
            let id = services.accounts.add(&Credentials::local(), new, role).await.unwrap();
            TestUser { id, cookie: sign_in(&services, id).await }
        };
        let owner = user("owner", InstanceRole::Owner).await;
        let member = InstanceRole::Member;
        let token = async |scope, expires_at: Option<Timestamp>| {
            let made =
                services.accounts.create_token(&owner.credentials(), owner.id, "a program", scope, expires_at).await;
            let (secret, token) = made.unwrap();
            (secret.expose().to_owned(), token.id)
        };
        // Long enough for the token to be created before it expires, even on a busy machine.
        let soon = Timestamp::from_millis(now().as_millis() + 1_000);
        let expired_token = token(Scope::Admin, Some(soon)).await.0;
        let (revoked_token, revoked) = token(Scope::Admin, None).await;
        services.accounts.revoke_token(&Credentials::local(), revoked).await.unwrap();
        let fixture = Self {
            viewer: user("viewer", member).await,
            editor: user("editor", member).await,
            manager: user("manager", member).await,
            other: user("other", member).await,
            admin: user("admin", InstanceRole::Admin).await,
            deactivated: user("deactivated", member).await,
            read_token: token(Scope::Read, None).await.0,
            write_token: token(Scope::Write, None).await.0,
            admin_token: token(Scope::Admin, None).await.0,
            expired_token,
            revoked_token,
            owner: owner.clone(),
            database,
            server,
            services: Arc::clone(&services),
        };
        services.accounts.set_active(&Credentials::local(), fixture.deactivated.id, false).await.unwrap();
        while now() <= soon {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        fixture
    }

    /// Creates a board with its contents.
    pub async fn create_board(&self) -> TestBoard {
        let plan = NewBoard { id: app::new_id::<BoardId>(), columns: [new_column(), new_column(), new_column()] };
        let (task, trashed) = (new_task(), new_task());
        let [label, spare_label, merged_label] = [(); 3].map(|()| LabelId(app::new_id()));
        let member = |person, role| Op::SetMember(SetMember { person, role: Some(role) });
        let create = |task| Op::CreateTask(CreateTask { column: Some(plan.columns[0]), ..CreateTask::of(task, "Tea") });
        let private = UpdateBoard { everyone: Some(None), ..UpdateBoard::default() };
        let mut ops = vec![plan.create(), member(self.manager.id, BoardRole::Manager), Op::UpdateBoard(private)];
        ops.push(member(self.editor.id, BoardRole::Editor));
        ops.push(member(self.viewer.id, BoardRole::Viewer));
        let labels = [label, spare_label, merged_label];
        ops.extend(labels.map(|label| Op::CreateLabel(CreateLabel::of(label, "Bug", Hue::Red))));
        ops.push(Op::MergeLabels(MergeLabels::of(merged_label, spare_label)));
        ops.extend([create(task), create(trashed), crate::support::node::delete(trashed)]);
        let [checklist, deleted_checklist] = [(); 2].map(|()| app::new_id::<ChecklistId>());
        let item = app::new_id::<ChecklistItemId>();
        let items = vec![NewChecklistItem::of(item, "Leaves")];
        let list = |id| CreateChecklist::of(task, id, "Kinds");
        ops.push(Op::CreateChecklist(CreateChecklist { items, ..list(checklist) }));
        ops.push(Op::CreateChecklist(list(deleted_checklist)));
        let delete = UpdateChecklist { deleted: Some(true), ..UpdateChecklist::of(task, deleted_checklist) };
        ops.push(Op::UpdateChecklist(delete));
        for op in ops {
            self.services.writer.write(plan.id, mutation(op), Credentials::local()).await.unwrap();
        }
        let [comment, deleted_comment] = [(); 2].map(|()| CommentId(app::new_id()));
        let comments = [comment, deleted_comment]
            .map(|comment| Op::CreateComment(CreateComment { comment, task, text: "Tea?".to_owned() }));
        for op in comments.into_iter().chain([Op::DeleteComment(DeleteComment::of(deleted_comment))]) {
            self.services.writer.write(plan.id, mutation(op), self.editor.credentials()).await.unwrap();
        }
        let (accounts, writer) = (&self.services.accounts, &self.services.writer);
        let (secret, link) = accounts.create_share_link(&Credentials::local(), plan.id, writer).await.unwrap();
        TestBoard {
            board: plan.id,
            column: plan.columns[0],
            spare_column: plan.columns[1],
            label,
            spare_label,
            checklist,
            deleted_checklist,
            item,
            merged_label,
            task,
            trashed,
            comment,
            deleted_comment,
            link: link.id,
            link_secret: secret.expose().to_owned(),
        }
    }

    /// Deletes a board that was tried, because one person manages 1,000 boards at most. It may be deleted already.
    pub async fn delete_board(&self, test_board: &TestBoard) {
        let delete = mutation(Op::DeleteBoard(DeleteBoard::default()));
        drop(self.services.writer.write(test_board.board, delete, Credentials::local()).await);
    }

    /// The header with the caller's credentials.
    pub fn proof(&self, who: Who, test_board: &TestBoard) -> Option<(&'static str, String)> {
        let cookie = |user: &TestUser| Some(("cookie", user.cookie.clone()));
        let token = |token: &String| Some(("authorization", format!("Bearer {token}")));
        match who {
            Who::Stranger => None,
            Who::Link => Some(("cookie", format!("{}={}", self.services.cookies.links, test_board.link_secret))),
            Who::Viewer => cookie(&self.viewer),
            Who::Editor => cookie(&self.editor),
            Who::Manager => cookie(&self.manager),
            Who::Other => cookie(&self.other),
            Who::Admin => cookie(&self.admin),
            Who::Owner => cookie(&self.owner),
            Who::Deactivated => cookie(&self.deactivated),
            Who::ReadToken => token(&self.read_token),
            Who::WriteToken => token(&self.write_token),
            Who::AdminToken => token(&self.admin_token),
            Who::ExpiredToken => token(&self.expired_token),
            Who::RevokedToken => token(&self.revoked_token),
        }
    }

    /// The caller's person id, if they have an account.
    pub fn person(&self, who: Who) -> Option<ActorId> {
        match who {
            Who::Stranger | Who::Link => None,
            Who::Viewer => Some(self.viewer.id),
            Who::Editor => Some(self.editor.id),
            Who::Manager => Some(self.manager.id),
            Who::Other => Some(self.other.id),
            Who::Admin => Some(self.admin.id),
            Who::Deactivated => Some(self.deactivated.id),
            _ => Some(self.owner.id),
        }
    }

    /// A request as the caller's browser or program would send it.
    pub fn ask(&self, who: Who, test_board: &TestBoard, method: Method, path: &str) -> RequestBuilder {
        let request = self.server.at(method, path);
        match self.proof(who, test_board) {
            Some(("cookie", cookie)) => request.header("cookie", cookie).header("origin", &self.server.base),
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    }

    /// An invitation that nobody has used.
    pub async fn invitation(&self) -> Uuid {
        let invitation = Invitation {
            role: InstanceRole::Member,
            boards: Vec::new(),
            groups: Vec::new(),
            email: None,
            note: String::new(),
        };
        self.services.accounts.invite(&Credentials::local(), invitation).await.unwrap();
        self.services.accounts.invitations(&Credentials::local()).await.unwrap()[0].0.id
    }

    /// A token of the caller's; an id that no token has, if the caller has no account.
    pub async fn token_of(&self, who: Who) -> Uuid {
        let Some(person) = self.person(who) else { return app::new_id::<Uuid>() };
        let made = self.services.accounts.create_token(&Credentials::local(), person, "x", Scope::Read, None).await;
        made.unwrap().1.id
    }

    /// The group of a board, in which the viewer and the editor are. It is made when it is first asked for.
    pub async fn group_on(&self, test_board: &TestBoard) -> Uuid {
        let (accounts, writer, local) = (&self.services.accounts, &self.services.writer, Credentials::local());
        let name = format!("Group of {}", test_board.board);
        if let Some(group) = self.services.store.group_named(&name).await.unwrap() {
            return group.id;
        }
        let group = accounts.create_group(&local, &name, "").await.unwrap().id;
        accounts.join_group(&local, writer, group, &[self.viewer.id, self.editor.id]).await.unwrap();
        accounts.put_group(&local, writer, group, test_board.board, BoardRole::Viewer).await.unwrap();
        group
    }

    /// Creates a person who is on no board.
    pub async fn newcomer(&self) -> ActorId {
        let email = format!("{}@example.com", app::new_id::<Uuid>());
        let new = NewPerson { name: "Newcomer", email: &email, password: None };
        self.services.accounts.add(&Credentials::local(), new, InstanceRole::Member).await.unwrap()
    }
}

impl TestUser {
    /// The credentials with which this person's requests arrive.
    pub fn credentials(&self) -> Credentials {
        // The session id follows the cookie's name and a signature, which itself ends in `=`.
        let id = self.cookie.rsplit_once('=').unwrap().1.parse().unwrap();
        let hash = taskwire::accounts::sessions::hash(id);
        Credentials::new(Credential::Session { person: self.id, hash })
    }
}

/// Signs a person in. Returns their cookie.
pub async fn sign_in(services: &Services, person: ActorId) -> String {
    let sessions = Sessions::new(services.store.clone(), services.hub.clone());
    let session = Session::new(None, Arc::new(sessions.clone()), None);
    let proof = services.store.directory().account(person).unwrap().proof();
    let client = std::net::IpAddr::from([127, 0, 0, 1]).into();
    assert!(sessions::admit(&session, proof, app::audit::Method::Password, &client).await.unwrap());
    let id = session.id().unwrap().to_string();
    log::must_not_tell(&id);
    let name = services.cookies.session.clone();
    let mut jar = CookieJar::new();
    jar.signed_mut(&sessions.cookie_key()).add((name.clone(), id));
    jar.get(&name).unwrap().to_string()
}
