//! Where the values of an answer lead: ids to what they name, and web addresses.

use app::{
    browse::json::{Json, Place},
    id::ActorId,
    key::TaskRef,
};
use uuid::Uuid;

use super::described::Address;
use crate::http::API_ROOT;

/// The last segments of the addresses of lists, which are also the names of the lists in answers.
const COLLECTIONS: [&str; 12] = [
    "boards",
    "checklists",
    "columns",
    "comments",
    "groups",
    "invitations",
    "items",
    "labels",
    "links",
    "people",
    "tasks",
    "tokens",
];

/// Where a value leads. `root` is the whole answer.
pub fn target(address: &Address, root: &Json, place: Place<'_>, value: &Json) -> Option<String> {
    let text = value.as_str()?;
    if let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) {
        return (!rest.is_empty()).then(|| text.to_owned());
    }
    if place.names.last() == Some(&"ref") {
        return TaskRef::parse(text).map(|name| format!("{API_ROOT}/refs/{name}"));
    }
    let id = Uuid::parse_str(text).ok()?;
    let (name, above) = place.names.split_last()?;
    let collection = match *name {
        "id" => {
            let known = |name: &&&str| COLLECTIONS.contains(*name);
            let of_address = || address.segments().rev().find(|segment| COLLECTIONS.contains(segment));
            above.iter().rev().find(known).copied().or_else(of_address)?
        }
        "board" => "boards",
        "task" => "tasks",
        "checklist" => "checklists",
        "column" | "reopen_column" => "columns",
        "labels" | "add_labels" | "remove_labels" => "labels",
        "author" | "by" | "created_by" | "updated_by" if !ActorId(id).is_person() => return None,
        "author" | "by" | "created_by" | "updated_by" | "person" | "assignees" | "assignee" | "assign" | "unassign" => {
            "people"
        }
        _ => return None,
    };
    let board = || {
        let named = place.object.text("board").or_else(|| address.param("board")).or_else(|| root.text("board"));
        named
            .or_else(|| root.text("id").filter(|_| address.template == "/boards"))
            .and_then(|id| Uuid::parse_str(id).ok())
    };
    let task = || {
        let named = address.param("task").or_else(|| place.object.text("task")).or_else(|| root.text("task"));
        named.and_then(|id| Uuid::parse_str(id).ok())
    };
    Some(match collection {
        "checklists" => format!("{API_ROOT}/tasks/{}/checklists/{id}", task()?),
        // An item is read with its checklist.
        "items" => return None,
        "columns" | "comments" | "labels" | "links" => format!("{API_ROOT}/boards/{}/{collection}/{id}", board()?),
        _ => format!("{API_ROOT}/{collection}/{id}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::browse::described;

    const ID: &str = "019aae10-0000-7000-8000-000000000001";

    fn lead(path: &str, names: &[&str], object: &str, text: &str) -> Option<String> {
        let address = described::document().find(path).unwrap();
        let object = Json::parse(object.as_bytes()).unwrap();
        target(&address, &object, Place { names, object: &object }, &Json::String(text.to_owned()))
    }

    #[test]
    fn ids_lead_to_what_they_name() {
        let board = format!("/boards/{ID}");
        assert_eq!(lead("/boards", &["boards", "id"], "{}", ID), Some(format!("/api/v1/boards/{ID}")));
        assert_eq!(lead(&board, &["id"], "{}", ID), Some(format!("/api/v1/boards/{ID}")));
        assert_eq!(lead(&board, &["columns", "id"], "{}", ID), Some(format!("/api/v1/boards/{ID}/columns/{ID}")));
        assert_eq!(lead(&format!("{board}/tasks"), &["id"], "{}", ID), Some(format!("/api/v1/tasks/{ID}")));
        assert_eq!(lead("/me", &["person", "id"], "{}", ID), None);
        let by = |by: &str| lead(&format!("{board}/changes"), &["changes", "by"], "{}", by);
        assert_eq!(by(ID), Some(format!("/api/v1/people/{ID}")));
        assert_eq!(by(&ActorId::COMMAND_LINE.to_string()), None, "it is no person");
        assert_eq!(lead("/boards", &["boards", "name"], "{}", ID), None);
        let tasks = format!("{board}/tasks");
        assert_eq!(lead(&tasks, &["tasks", "ref"], "{}", "WEB-42"), Some("/api/v1/refs/WEB-42".to_owned()));
        assert_eq!(lead(&tasks, &["tasks", "ref"], "{}", ""), None);
        assert_eq!(lead(&tasks, &["tasks", "title"], "{}", "WEB-42"), None);
    }

    #[test]
    fn only_addresses_of_the_web_become_links() {
        assert_eq!(
            lead("/boards", &["boards", "name"], "{}", "https://example.com/?a=b"),
            Some("https://example.com/?a=b".to_owned())
        );
        for text in
            ["javascript:alert(1)", "data:text/html,x", "//example.com", "https://", " https://x", "JavaScript://x"]
        {
            assert_eq!(lead("/boards", &["boards", "name"], "{}", text), None, "{text}");
        }
    }
}
