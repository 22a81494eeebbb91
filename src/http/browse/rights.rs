//! What is offered to whom. A hint: the handlers decide. What is not known here is offered.

use app::access::{BoardRole, Principal};

use super::described::{Address, Operation};

/// Whether a principal may use an operation that changes something, as far as that is known without trying. `role` is their role on the
/// board of the address.
pub fn may(principal: &Principal, role: Option<BoardRole>, address: &Address, operation: &Operation) -> bool {
    let segments: Vec<_> = address.segments().collect();
    let is_oneself = || principal.person.map(|person| person.to_string()).as_deref() == address.param("person");
    let needed = match segments.as_slice() {
        _ if principal.role.is_none() => return false,
        ["boards"] => return principal.may_create_boards(),
        ["people" | "invitations" | "groups", ..] => return principal.may_manage_people(),
        ["boards", _, "members", _] if operation.method == "DELETE" && is_oneself() => return true,
        ["boards", _] | ["boards", _, "members" | "links", ..] => BoardRole::Manager,
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
        let address = document().find(path).unwrap();
        let writes = document().writes(address.template);
        writes.into_iter().filter(|write| may(principal, role, &address, write)).map(|write| write.method).collect()
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
