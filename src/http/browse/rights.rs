//! What is offered to whom. A hint: the handlers decide. What is not known here is offered.

use app::access::{BoardRole, Principal};

use super::described::{Address, Operation};

/// Whether a principal may use an operation that changes something, as far as that is known without trying. `role` is their role on the
/// board of the address, and `is_archived` whether that board is archived, so that nobody edits it.
pub fn may(
    principal: &Principal,
    role: Option<BoardRole>,
    is_archived: bool,
    address: &Address,
    operation: &Operation,
) -> bool {
    let segments: Vec<_> = address.segments().collect();
    let is_oneself = || principal.person.map(|person| person.to_string()).as_deref() == address.param("person");
    let needed = match segments.as_slice() {
        _ if principal.role.is_none() => return false,
        ["boards"] => return principal.may_create_boards(),
        ["people" | "invitations" | "groups", ..] => return principal.may_manage_people(),
        ["boards", _, "members", _] if operation.method == "DELETE" && is_oneself() => return true,
        ["boards", _] | ["boards", _, "members" | "links", ..] => BoardRole::Manager,
        // Among these may be one that is allowed on an archived board.
        ["boards", _, "mutations" | "restore"] => BoardRole::Editor,
        ["boards" | "tasks", ..] if is_archived => return false,
        ["boards" | "tasks", ..] => BoardRole::Editor,
        _ => return true,
    };
    role.is_none_or(|role| role >= needed)
}

#[cfg(test)]
mod tests {
    use app::{access::InstanceRole, id::ActorId};
    use uuid::Uuid;

    use super::*;
    use crate::http::browse::described::document;

    const ANA: ActorId = ActorId(Uuid::from_u128(2));

    fn offered(principal: &Principal, role: Option<BoardRole>, path: &str) -> Vec<String> {
        offered_on(false, principal, role, path)
    }

    fn offered_on(is_archived: bool, principal: &Principal, role: Option<BoardRole>, path: &str) -> Vec<String> {
        let address = document().find(path).unwrap();
        let writes = document().writes(address.template);
        let offered = writes.into_iter().filter(|write| may(principal, role, is_archived, &address, write));
        offered.map(|write| write.method).collect()
    }

    #[test]
    fn no_edit_of_an_archived_board_is_offered() {
        let ana = Principal::person(ANA, InstanceRole::Member);
        let manager = Some(BoardRole::Manager);
        for path in ["/tasks/1", "/boards/1/tasks", "/boards/1/columns", "/boards/1/labels", "/tasks/1/restore"] {
            assert_eq!(offered_on(true, &ana, manager, path), [""; 0], "{path}");
            assert_eq!(offered_on(true, &Principal::anybody(), None, path), [""; 0], "{path}");
        }
        assert_eq!(offered_on(true, &ana, manager, "/boards/1"), ["PATCH", "DELETE"], "it is brought back");
        assert_eq!(offered_on(true, &ana, manager, "/boards/1/members"), offered(&ana, manager, "/boards/1/members"));
    }

    #[test]
    fn forms_are_offered_by_role() {
        let ana = Principal::person(ANA, InstanceRole::Member);
        assert_eq!(offered(&ana, Some(BoardRole::Viewer), "/boards/1"), [""; 0]);
        assert_eq!(offered(&ana, Some(BoardRole::Editor), "/boards/1"), [""; 0]);
        assert_eq!(offered(&ana, Some(BoardRole::Manager), "/boards/1"), ["PATCH", "DELETE"]);
        assert_eq!(offered(&ana, Some(BoardRole::Editor), "/tasks/1"), ["PATCH", "DELETE"]);
        assert_eq!(offered(&ana, Some(BoardRole::Viewer), &format!("/boards/1/members/{ANA}")), ["DELETE"]);
        assert_eq!(offered(&ana, None, "/invitations"), [""; 0]);
        assert_eq!(offered(&Principal::stranger(), None, "/boards"), [""; 0]);
        assert_eq!(offered(&Principal::anybody(), None, "/boards"), ["POST"]);
    }
}
