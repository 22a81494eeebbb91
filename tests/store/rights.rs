//! Tests that decisions on rights use the rights as of the transaction, on every node, however old the node's copy in
//! memory is.

use app::{
    access::{InstanceRole, Scope},
    id::ActorId,
    ops::{Op, SetMember},
    refusal::Refusal,
};
use taskwire::{
    accounts::{AccountError, Accounts, NewPerson},
    credentials::{Credential, Credentials},
    hub::Hub,
    store::Store,
    writer::{WriteError, Writer},
};
use uuid::Uuid;

use crate::{
    on_both_engines,
    support::{
        database::Database,
        node::{NewBoard, create, mutation, new_column, new_task},
    },
};

/// A node that is not notified of changes by other nodes.
struct Deaf {
    store: Store,
    accounts: Accounts,
    writer: Writer,
}

impl Deaf {
    async fn on(database: &Database) -> Self {
        let store = database.open().await;
        // A hub updates the store that it was given, so this hub gets another store.
        let hub = Hub::new(database.open().await);
        let accounts = Accounts::new(store.clone(), hub.clone(), None, String::new());
        Self { writer: Writer::start(store.clone(), hub), store, accounts }
    }

    async fn somebody(&self, role: InstanceRole) -> (ActorId, Credentials) {
        let email = format!("{}@example.com", app::new_id::<Uuid>());
        let new = NewPerson { name: "Somebody", email: &email, password: None };
        let id = self.accounts.add(&Credentials::local(), new, role).await.unwrap();
        let (secret, _) = self.accounts.create_token(&Credentials::local(), id, "x", Scope::Admin, None).await.unwrap();
        (id, Credentials::new(Credential::Token(secret.hash())))
    }

    /// A person's role according to this node's copy of the directory.
    fn believes(&self, person: ActorId) -> InstanceRole {
        self.store.directory().account(person).expect("an account").role
    }
}

on_both_engines! {
    async fn a_server_keeps_an_owner_whatever_an_older_node_believes(database) {
        let node = Deaf::on(&database).await;
        let (owner, of_owner) = node.somebody(InstanceRole::Owner).await;
        let (_, of_admin) = node.somebody(InstanceRole::Admin).await;
        let (heir, _) = node.somebody(InstanceRole::Member).await;
        let older = Deaf::on(&database).await;
        node.accounts.set_role(&of_owner, heir, InstanceRole::Owner).await.unwrap();
        node.accounts.set_role(&of_owner, owner, InstanceRole::Member).await.unwrap();
        assert_eq!(older.believes(heir), InstanceRole::Member, "it has not heard of it");
        let demoted = older.accounts.set_role(&of_admin, heir, InstanceRole::Member).await;
        assert_eq!(demoted, Err(AccountError::Forbidden));
        let out = older.accounts.set_active(&of_admin, heir, false).await;
        assert_eq!(out, Err(AccountError::Forbidden));
        let last = older.accounts.set_role(&Credentials::local(), heir, InstanceRole::Admin).await;
        assert!(matches!(last, Err(AccountError::Invalid { field: "role", .. })), "{last:?}");
        // On that node, too, the former owner is no owner any more.
        let promoted = older.accounts.set_role(&of_owner, owner, InstanceRole::Owner).await;
        assert_eq!(promoted, Err(AccountError::Forbidden));
        node.store.refresh_directory().await.unwrap();
        assert_eq!(node.believes(heir), InstanceRole::Owner);
    }

    async fn what_was_revoked_elsewhere_changes_nothing_on_an_older_node(database) {
        let node = Deaf::on(&database).await;
        let (admin, of_admin) = node.somebody(InstanceRole::Admin).await;
        let (member, of_member) = node.somebody(InstanceRole::Member).await;
        let older = Deaf::on(&database).await;
        node.accounts.set_active(&Credentials::local(), admin, false).await.unwrap();
        for (token, _) in node.accounts.tokens(&Credentials::local(), member).await.unwrap() {
            node.accounts.revoke_token(&Credentials::local(), token.id).await.unwrap();
        }
        assert!(older.store.directory().account(admin).unwrap().is_active(), "it has not heard of it");
        let invitation = taskwire::accounts::invitations::Invitation {
            email: None,
            role: InstanceRole::Admin,
            boards: Vec::new(),
            groups: Vec::new(),
            note: String::new(),
        };
        assert_eq!(older.accounts.invite(&of_admin, invitation).await.unwrap_err(), AccountError::SignedOut);
        let link = older.accounts.new_password_link(&of_admin, member).await;
        assert_eq!(link.unwrap_err(), AccountError::SignedOut);
        assert_eq!(older.accounts.rename(&of_member, "Eve").await, Err(AccountError::SignedOut));
        let token = older.accounts.create_token(&of_member, member, "x", Scope::Admin, None).await;
        assert_eq!(token.unwrap_err(), AccountError::SignedOut);
    }

    async fn a_board_is_written_by_the_rights_of_the_transaction(database) {
        let node = Deaf::on(&database).await;
        let (admin, of_admin) = node.somebody(InstanceRole::Admin).await;
        let (member, _) = node.somebody(InstanceRole::Member).await;
        let board = NewBoard { id: app::new_id::<app::id::BoardId>(), columns: [new_column(), new_column(), new_column()] };
        node.writer.write(board.id, mutation(board.create()), of_admin.clone()).await.unwrap();
        let older = Deaf::on(&database).await;
        let write = async |op: Op| older.writer.write(board.id, mutation(op), of_admin.clone()).await;
        write(create(new_task(), "Tea")).await.unwrap();
        node.accounts.set_active(&Credentials::local(), admin, false).await.unwrap();
        let late = write(create(new_task(), "Coffee")).await;
        assert!(matches!(late, Err(WriteError::Refused(Refusal::Forbidden))), "{late:?}");
        // The person named in an operation is looked up in the directory as of the transaction, too.
        node.accounts.set_active(&Credentials::local(), member, false).await.unwrap();
        let set = Op::SetMember(SetMember { person: member, role: Some(app::access::BoardRole::Viewer) });
        let named = older.writer.write(board.id, mutation(set), Credentials::local()).await;
        assert!(matches!(named, Err(WriteError::Refused(Refusal::NotFound { .. }))), "{named:?}");
    }

    async fn of_two_owners_who_demote_each_other_on_two_nodes_one_stays(database) {
        let nodes = [Deaf::on(&database).await, Deaf::on(&database).await];
        let (one, of_one) = nodes[0].somebody(InstanceRole::Owner).await;
        let (two, of_two) = nodes[0].somebody(InstanceRole::Owner).await;
        for _ in 0..5 {
            let (first, second) = tokio::join!(
                nodes[0].accounts.set_role(&of_one, two, InstanceRole::Member),
                nodes[1].accounts.set_role(&of_two, one, InstanceRole::Member),
            );
            assert_ne!(first.is_ok(), second.is_ok(), "{first:?} {second:?}");
            for (person, credentials) in [(one, &of_one), (two, &of_two)] {
                nodes[0].store.refresh_directory().await.unwrap();
                if nodes[0].believes(person) == InstanceRole::Owner {
                    let other = if person == one { two } else { one };
                    nodes[0].accounts.set_role(credentials, other, InstanceRole::Owner).await.unwrap();
                }
            }
        }
    }
}
