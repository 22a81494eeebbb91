//! Computes a board's state from its log, by docs/PROTOCOL.md alone: the state that a snapshot with the number of the
//! last change must have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// The state of a board, folded change by change.
#[derive(Default)]
pub struct Fold {
    pub seq: u64,
    name: Value,
    name_seq: u64,
    key: Option<Value>,
    hue: Value,
    description: String,
    look_seq: u64,
    /// The highest number that a task has got.
    numbers: u64,
    created_at: Value,
    deleted_at: Option<Value>,
    archived_at: Option<Value>,
    archived_seq: u64,
    everyone: Value,
    members: BTreeMap<String, Value>,
    columns: BTreeMap<String, Map<String, Value>>,
    labels: BTreeMap<String, Map<String, Value>>,
    tasks: BTreeMap<String, Map<String, Value>>,
}

/// The person who made a board, if it was a person: the ids of the command line and of the server itself are of version 8.
pub fn maker(change: &Value) -> Option<&str> {
    change["by"].as_str().filter(|by| !by.starts_with("00000000-0000-8000-"))
}

impl Fold {
    /// Applies the next change. An error, in words, if this cannot be the next change.
    pub fn take(&mut self, change: &Value) -> Result<(), String> {
        self.seq += 1;
        if change["seq"].as_u64() != Some(self.seq) {
            return Err(format!("{} was found where {} should be", change["seq"], self.seq));
        }
        let at = &change["at"];
        match change["kind"].as_str().unwrap_or_default() {
            "board_created" => {
                self.name = change["name"].clone();
                self.key = change.get("key").cloned();
                self.created_at = at.clone();
                self.everyone = change["everyone"].clone();
                match maker(change) {
                    Some(by) => drop(self.members.insert(by.to_owned(), json!("manager"))),
                    None if self.everyone.is_null() => self.everyone = json!("editor"),
                    None => {}
                }
                for column in change["columns"].as_array().into_iter().flatten() {
                    self.put_column(column)?;
                }
            }
            "board_updated" => {
                if let Some(name) = change.get("name") {
                    self.name = name.clone();
                    self.name_seq = self.seq;
                }
                if let Some(key) = change.get("key") {
                    self.key = Some(key.clone());
                }
                if let Some(hue) = change.get("hue") {
                    self.hue = hue.clone();
                    self.look_seq = self.seq;
                }
                if let Some(description) = change.get("description") {
                    self.description = description.as_str().unwrap_or_default().to_owned();
                    self.look_seq = self.seq;
                }
                if let Some(everyone) = change.get("everyone") {
                    self.everyone = everyone.clone();
                }
            }
            "board_deleted" => self.deleted_at = Some(at.clone()),
            "board_restored" => self.deleted_at = None,
            "archived_set" => {
                self.archived_at = change["archived"].as_bool().unwrap_or_default().then(|| at.clone());
                self.archived_seq = self.seq;
            }
            "member_set" => {
                let person = text(change, "person")?;
                match change.get("role") {
                    Some(role) => drop(self.members.insert(person, role.clone())),
                    None => drop(self.members.remove(&person)),
                }
            }
            "column_created" => {
                rank(&mut self.columns, change)?;
                self.put_column(&change["column"])?;
            }
            "column_updated" => {
                rank(&mut self.columns, change)?;
                let seq = self.seq;
                let column = thing(&mut self.columns, &text(change, "column")?)?;
                for (from, to) in [("name", "name"), ("column_kind", "kind"), ("rank", "rank")] {
                    if let Some(value) = change.get(from) {
                        column.insert(to.to_owned(), value.clone());
                    }
                }
                column.insert("seq".to_owned(), json!(seq));
            }
            "column_deleted" => drop(self.columns.remove(&text(change, "column")?)),
            "label_set" => {
                rank(&mut self.labels, change)?;
                let mut label = change["label"].as_object().ok_or("a label is no object")?.clone();
                label.insert("seq".to_owned(), json!(self.seq));
                self.labels.insert(label["id"].as_str().ok_or("a label has no id")?.to_owned(), label);
            }
            "label_deleted" => drop(self.labels.remove(&text(change, "label")?)),
            "task_created" => self.create_task(change)?,
            "task_updated" => self.update_task(change)?,
            "task_deleted" => {
                let task = self.touch(change)?;
                task.insert("deleted_at".to_owned(), at.clone());
                place(task);
                for purged in change["purged"].as_array().into_iter().flatten() {
                    let id = purged.as_str().unwrap_or_default();
                    let purged = self.tasks.remove(id).ok_or_else(|| format!("there is no {id} to purge"))?;
                    if !purged.contains_key("deleted_at") {
                        return Err(format!("{id} is purged, and was not in the trash"));
                    }
                }
            }
            "task_restored" => {
                rank(&mut self.tasks, change)?;
                let task = self.touch(change)?;
                task.remove("deleted_at");
                task.insert("column".to_owned(), change["column"].clone());
                task.insert("rank".to_owned(), change["rank"].clone());
                place(task);
            }
            "checklists_updated" => self.update_checklists(change)?,
            // A snapshot has the number of a task's comments, but not the comments.
            "comment_created" | "comment_updated" | "comment_deleted" => {
                let (seq, comments) = (self.seq, change["comments"].clone());
                let task = self.touch(change)?;
                task.insert("comments".to_owned(), comments);
                task.insert("comments_seq".to_owned(), json!(seq));
                tidy(task);
            }
            other => return Err(format!("there is no kind {other}")),
        }
        Ok(())
    }

    fn put_column(&mut self, column: &Value) -> Result<(), String> {
        let mut column = column.as_object().ok_or("a column is no object")?.clone();
        column.insert("seq".to_owned(), json!(self.seq));
        let id = column["id"].as_str().ok_or("a column has no id")?.to_owned();
        self.columns.insert(id, column);
        Ok(())
    }

    fn create_task(&mut self, change: &Value) -> Result<(), String> {
        rank(&mut self.tasks, change)?;
        let id = text(change, "task")?;
        let mut task = Map::new();
        for field in ["title", "description", "column", "rank", "priority", "start", "due", "assignees", "labels"] {
            if let Some(value) = change.get(field) {
                task.insert(field.to_owned(), value.clone());
            }
        }
        task.insert("id".to_owned(), json!(id));
        // Changes from before version 0.2 have none.
        if let Some(number) = change["number"].as_u64() {
            if number != self.numbers + 1 {
                return Err(format!("task {id} has number {number}, and the one before it {}", self.numbers));
            }
            self.numbers = number;
            task.insert("number".to_owned(), json!(number));
        }
        for field in ["created_at", "updated_at"] {
            task.insert(field.to_owned(), change["at"].clone());
        }
        if let Some(by) = change.get("by") {
            for field in ["created_by", "updated_by"] {
                task.insert(field.to_owned(), by.clone());
            }
        }
        for field in ["seq", "title_seq", "description_seq"] {
            task.insert(field.to_owned(), json!(self.seq));
        }
        if let Some(mut checklists) = change.get("checklists").cloned() {
            for kind in ["lists", "items"] {
                for part in checklists[kind].as_array_mut().into_iter().flatten() {
                    part["seq"] = json!(self.seq);
                }
            }
            let items = checklists["items"].as_array();
            let count =
                |wanted: &dyn Fn(&Value) -> bool| items.into_iter().flatten().filter(|item| wanted(item)).count();
            let (done, all) = (count(&|item| item["done"] == true), count(&|_| true));
            if all > 0 {
                task.insert("progress".to_owned(), json!({"done": done, "items": all}));
            }
            if let Some(checklists) = checklists.as_object_mut() {
                checklists.retain(|_, parts| *parts != json!([]) && !parts.is_null());
            }
            task.insert("checklists".to_owned(), checklists);
            task.insert("checklists_seq".to_owned(), json!(self.seq));
        }
        tidy(&mut task);
        if self.tasks.insert(id.clone(), task).is_some() {
            return Err(format!("task {id} is made a second time"));
        }
        Ok(())
    }

    fn update_task(&mut self, change: &Value) -> Result<(), String> {
        rank(&mut self.tasks, change)?;
        let seq = self.seq;
        let sets = [("assignees", "assigned", "unassigned"), ("labels", "labels_added", "labels_removed")];
        let fields = ["title", "description", "priority", "start", "due", "column", "rank"];
        let fields = fields.into_iter().chain(sets.iter().flat_map(|(_, added, removed)| [*added, *removed]));
        if fields.clone().all(|field| change.get(field).is_none()) {
            // An update without fields is answered and logged, but changes nothing.
            thing(&mut self.tasks, &text(change, "task")?)?;
            return Ok(());
        }
        let is_done = |columns: &BTreeMap<String, Map<String, Value>>, id: &Value| {
            id.as_str().and_then(|id| columns.get(id)).is_some_and(|column| column["kind"] == "done")
        };
        let was_in = self.tasks.get(&text(change, "task")?).map_or(Value::Null, |task| task["column"].clone());
        let was_done = is_done(&self.columns, &was_in);
        let is_done = change.get("column").map(|column| is_done(&self.columns, column));
        let task = self.touch(change)?;
        for field in ["title", "description", "priority", "start", "due"] {
            if let Some(value) = change.get(field) {
                task.insert(field.to_owned(), value.clone());
                task.insert(format!("{field}_seq"), json!(seq));
            }
        }
        let ids = |value: Option<&Value>| -> BTreeSet<String> {
            let ids = value.and_then(Value::as_array).into_iter().flatten();
            ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
        };
        for (field, added, removed) in sets {
            if change.get(added).is_some() || change.get(removed).is_some() {
                let mut members = ids(task.get(field));
                members.extend(ids(change.get(added)));
                let gone = ids(change.get(removed));
                members.retain(|member| !gone.contains(member));
                task.insert(field.to_owned(), json!(members));
                task.insert(format!("{field}_seq"), json!(seq));
            }
        }
        if let (Some(column), Some(is_done)) = (change.get("column"), is_done) {
            task.insert("column".to_owned(), column.clone());
            // The column to which the task returns when it is reopened.
            match (was_done, is_done) {
                (false, true) => drop(task.insert("reopen_column".to_owned(), was_in)),
                (true, true) => {}
                (_, false) => drop(task.remove("reopen_column")),
            }
        }
        if let Some(rank) = change.get("rank") {
            task.insert("rank".to_owned(), rank.clone());
            place(task);
        }
        tidy(task);
        Ok(())
    }

    fn update_checklists(&mut self, change: &Value) -> Result<(), String> {
        let seq = self.seq;
        let edits = |field: &str| change[field].as_array().cloned().unwrap_or_default();
        if edits("lists").is_empty() && edits("items").is_empty() {
            // Like an update of a task without fields.
            thing(&mut self.tasks, &text(change, "task")?)?;
            return Ok(());
        }
        let task = self.touch(change)?;
        task.insert("checklists_seq".to_owned(), json!(seq));
        task.insert("progress".to_owned(), change["progress"].clone());
        let checklists = task.entry("checklists").or_insert_with(|| json!({}));
        for kind in ["lists", "items"] {
            let old = checklists[kind].as_array().cloned().unwrap_or_default();
            let mut parts: BTreeMap<String, Value> = BTreeMap::new();
            for part in old {
                parts.insert(text(&part, "id")?, part);
            }
            for edit in edits(kind) {
                match edit.get("after") {
                    Some(after) => {
                        let mut after = after.clone();
                        after["seq"] = json!(seq);
                        parts.insert(text(&after, "id")?, after);
                    }
                    None => drop(parts.remove(&text(&edit["before"], "id")?)),
                }
            }
            for purged in edits("purged") {
                let list = if kind == "lists" { "id" } else { "checklist" };
                parts.retain(|_, part| part[list] != purged);
            }
            for pair in edits(if kind == "lists" { "list_ranks" } else { "item_ranks" }) {
                let id = pair[0].as_str().ok_or("a rank has no id")?;
                parts.get_mut(id).ok_or_else(|| format!("there is no {id}"))?["rank"] = pair[1].clone();
            }
            let mut parts: Vec<Value> = parts.into_values().collect();
            let order =
                |part: &Value| (part["rank"].as_str().map(str::to_owned), part["id"].as_str().map(str::to_owned));
            parts.sort_by_key(order);
            checklists[kind] = json!(parts);
        }
        // Empty lists are left out.
        for kind in ["lists", "items"] {
            if checklists[kind] == json!([])
                && let Some(checklists) = checklists.as_object_mut()
            {
                checklists.remove(kind);
            }
        }
        if *checklists == json!({}) {
            task.remove("checklists");
        }
        tidy(task);
        Ok(())
    }

    /// The task that a change is about, with the change's number, time and author set as those of its last update.
    fn touch(&mut self, change: &Value) -> Result<&mut Map<String, Value>, String> {
        // A change of a comment names the task in the comment.
        let id = text(change, "task").or_else(|_| text(&change["comment"], "task"))?;
        let task = thing(&mut self.tasks, &id)?;
        task.insert("seq".to_owned(), json!(self.seq));
        task.insert("updated_at".to_owned(), change["at"].clone());
        match change.get("by") {
            Some(by) => drop(task.insert("updated_by".to_owned(), by.clone())),
            None => drop(task.remove("updated_by")),
        }
        Ok(task)
    }

    /// The state in the form that a snapshot has.
    pub fn state(&self) -> Value {
        let mut columns: Vec<&Map<String, Value>> = self.columns.values().collect();
        columns.sort_by_key(|column| (column["rank"].as_str(), column["id"].as_str()));
        let mut state = json!({
            "name": self.name, "created_at": self.created_at, "columns": columns, "tasks": self.tasks.values().collect::<Vec<_>>(),
        });
        if !self.labels.is_empty() {
            state["labels"] = json!(self.labels.values().collect::<Vec<_>>());
        }
        if let Some(key) = &self.key {
            state["key"] = key.clone();
        }
        if !self.hue.is_null() {
            state["hue"] = self.hue.clone();
        }
        if !self.description.is_empty() {
            state["description"] = json!(self.description);
        }
        if self.look_seq > 0 {
            state["look_seq"] = json!(self.look_seq);
        }
        if self.numbers > 0 {
            state["numbers"] = json!(self.numbers);
        }
        if self.name_seq > 0 {
            state["name_seq"] = json!(self.name_seq);
        }
        if let Some(at) = &self.deleted_at {
            state["deleted_at"] = at.clone();
        }
        if let Some(at) = &self.archived_at {
            state["archived_at"] = at.clone();
        }
        if self.archived_seq > 0 {
            state["archived_seq"] = json!(self.archived_seq);
        }
        let mut access = Map::new();
        if !self.everyone.is_null() {
            access.insert("everyone".to_owned(), self.everyone.clone());
        }
        if !self.members.is_empty() {
            access.insert("members".to_owned(), json!(self.members));
        }
        if !access.is_empty() {
            state["access"] = Value::Object(access);
        }
        state
    }
}

fn text(value: &Value, field: &str) -> Result<String, String> {
    value[field].as_str().map(str::to_owned).ok_or_else(|| format!("it has no {field}"))
}

fn thing<'a>(
    things: &'a mut BTreeMap<String, Map<String, Value>>,
    id: &str,
) -> Result<&'a mut Map<String, Value>, String> {
    things.get_mut(id).ok_or_else(|| format!("there is no {id}"))
}

/// Applies the new ranks that a change gives to other items to make room. This does not count as a change of those
/// items.
fn rank(things: &mut BTreeMap<String, Map<String, Value>>, change: &Value) -> Result<(), String> {
    for pair in change["ranks"].as_array().into_iter().flatten() {
        let id = pair[0].as_str().ok_or("a rank has no id")?;
        thing(things, id)?.insert("rank".to_owned(), pair[1].clone());
    }
    Ok(())
}

/// Sets the number of the task's last change of place. Moving, deleting and restoring change the place.
fn place(task: &mut Map<String, Value>) {
    let seq = task["seq"].clone();
    task.insert("place_seq".to_owned(), seq);
}

/// Removes fields with their default value, which a snapshot omits.
fn tidy(task: &mut Map<String, Value>) {
    task.retain(|field, value| match field.as_str() {
        "description" => *value != json!(""),
        "priority" => *value != json!("none"),
        "start" | "due" => !value.is_null(),
        "assignees" | "labels" => *value != json!([]),
        "progress" => value["items"] != json!(0),
        "comments" => *value != json!(0),
        _ => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "2026-11-23T09:00:00.000Z";

    /// A board with two columns and a task, as in the example of a snapshot in docs/PROTOCOL.md.
    fn example() -> Fold {
        let mut fold = Fold::default();
        let columns = json!([
            {"id": "done", "name": "Done", "kind": "done", "rank": "k"}, {"id": "to do", "name": "To do", "kind": "open", "rank": "V"}
        ]);
        let created =
            json!({"seq": 1, "at": AT, "kind": "board_created", "name": "Plans", "columns": columns, "by": "ana"});
        let task = json!({"seq": 2, "at": AT, "kind": "task_created", "task": "milk", "title": "Buy milk", "column": "to do", "rank": "V"});
        fold.take(&created).unwrap();
        fold.take(&task).unwrap();
        fold
    }

    #[test]
    fn a_snapshot_is_what_the_log_amounts_to() {
        let expected = json!({
            "name": "Plans",
            "created_at": AT,
            "columns": [
                {"id": "to do", "name": "To do", "kind": "open", "rank": "V", "seq": 1},
                {"id": "done", "name": "Done", "kind": "done", "rank": "k", "seq": 1}
            ],
            "tasks": [{
                "id": "milk", "title": "Buy milk", "column": "to do", "rank": "V", "created_at": AT, "updated_at": AT,
                "seq": 2, "title_seq": 2, "description_seq": 2
            }],
            "access": {"members": {"ana": "manager"}},
        });
        assert_eq!(example().state(), expected);
    }

    #[test]
    fn a_task_knows_where_it_was_before_it_was_completed() {
        let mut fold = example();
        fold.take(&json!({"seq": 3, "at": AT, "kind": "task_updated", "task": "milk", "column": "done", "rank": "V"}))
            .unwrap();
        assert_eq!(fold.state()["tasks"][0]["reopen_column"], "to do");
        fold.take(&json!({"seq": 4, "at": AT, "kind": "task_updated", "task": "milk", "column": "to do", "rank": "V"}))
            .unwrap();
        assert_eq!(fold.state()["tasks"][0].get("reopen_column"), None);
        assert_eq!(fold.state()["tasks"][0]["place_seq"], 4);
    }

    #[test]
    fn a_task_leaves_the_trash_for_good_when_another_comes_into_it() {
        let mut fold = example();
        let delete = |seq: u64, task: &str, purged: &[&str]| json!({"seq": seq, "at": AT, "kind": "task_deleted", "task": task, "purged": purged});
        let soup = json!({"seq": 3, "at": AT, "kind": "task_created", "task": "soup", "title": "Cook soup", "column": "to do", "rank": "k"});
        fold.take(&soup).unwrap();
        fold.take(&delete(4, "milk", &[])).unwrap();
        fold.take(&delete(5, "soup", &["milk"])).unwrap();
        let left: Vec<_> = fold.state()["tasks"].as_array().unwrap().iter().map(|task| task["id"].clone()).collect();
        assert_eq!(left, ["soup"]);
        assert!(fold.take(&delete(6, "soup", &["milk"])).is_err(), "it is gone already");
    }

    #[test]
    fn a_task_keeps_its_number_and_no_other_gets_it() {
        let mut fold = example();
        let create = |seq: u64, number: u64| json!({"seq": seq, "at": AT, "kind": "task_created", "task": format!("task {seq}"), "number": number, "title": "T", "column": "to do", "rank": "k"});
        fold.take(&create(3, 1)).unwrap();
        fold.take(&create(4, 2)).unwrap();
        fold.take(&json!({"seq": 5, "at": AT, "kind": "board_updated", "key": "WEB"})).unwrap();
        assert_eq!((&fold.state()["key"], &fold.state()["numbers"]), (&json!("WEB"), &json!(2)));
        assert_eq!(fold.state()["tasks"][2]["number"], 2);
        assert!(fold.take(&create(6, 2)).is_err(), "it is taken");
    }

    #[test]
    fn a_hole_in_the_log_is_noticed() {
        assert!(example().take(&json!({"seq": 4, "at": AT, "kind": "board_deleted"})).is_err());
    }
}
