//! The addresses of the app's pages. Features link to each other through this module, so that they need not know the pages.

pub mod home_query;
pub mod list_query;

use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use crate::id::{BoardId, TaskId};

/// A view of a board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Columns of cards: `/boards/{board}`.
    #[default]
    Board,
    /// One list: `/boards/{board}?view=list`.
    List,
    /// The history of the board: `/boards/{board}?view=activity`.
    Activity,
    /// The members and share links: `/boards/{board}?view=members`.
    Members,
    /// The labels: `/boards/{board}?view=labels`.
    Labels,
    /// The name, the colour and the description of the board: `/boards/{board}?view=about`.
    About,
    /// The deleted tasks: `/boards/{board}/trash`.
    Trash,
}

/// The task that is open over the view. Provided as a Leptos context.
#[derive(Clone, Copy, Debug)]
pub struct OpenTask(pub Memo<Option<TaskId>>);

impl OpenTask {
    /// The value of `aria-current` on what stands for a task: whether the task is open.
    pub fn marks(self, task: TaskId) -> impl Fn() -> Option<&'static str> + Copy + Send {
        move || (self.0.get() == Some(task)).then_some("true")
    }
}

/// A parsed address below `/boards/{board}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The board.
    pub board: BoardId,
    /// The view of the board.
    pub view: View,
    /// The task that is open over the view: `/boards/{board}/tasks/{task}`.
    pub task: Option<TaskId>,
}

impl Address {
    /// Parses the parameters `board` and `rest` and the query; `None` if there is no such page.
    pub fn read(params: &ParamsMap, query: &ParamsMap) -> Option<Self> {
        let board = params.get("board")?.parse().ok()?;
        let view = match query.get("view").as_deref() {
            Some("list") => View::List,
            Some("activity") => View::Activity,
            Some("members") => View::Members,
            Some("labels") => View::Labels,
            Some("about") => View::About,
            _ => View::Board,
        };
        let rest = params.get("rest").unwrap_or_default();
        match rest.trim_matches('/').split_once('/') {
            None if rest.trim_matches('/').is_empty() => Some(Self { board, view, task: None }),
            None if rest.trim_matches('/') == "trash" => Some(Self { board, view: View::Trash, task: None }),
            Some(("tasks", task)) => Some(Self { board, view, task: Some(task.parse().ok()?) }),
            _ => None,
        }
    }
}

/// The address of a board.
pub fn board_path(board: BoardId, view: View) -> String {
    match view {
        View::Board => format!("/boards/{board}"),
        View::List => format!("/boards/{board}?view=list"),
        View::Activity => format!("/boards/{board}?view=activity"),
        View::Members => format!("/boards/{board}?view=members"),
        View::Labels => format!("/boards/{board}?view=labels"),
        View::About => format!("/boards/{board}?view=about"),
        View::Trash => format!("/boards/{board}/trash"),
    }
}

/// The address of a task, opened over a view of its board.
pub fn task_path(board: BoardId, task: TaskId, view: View) -> String {
    match view {
        View::List => format!("/boards/{board}/tasks/{task}?view=list"),
        View::Activity => format!("/boards/{board}/tasks/{task}?view=activity"),
        View::Members => format!("/boards/{board}/tasks/{task}?view=members"),
        View::Labels => format!("/boards/{board}/tasks/{task}?view=labels"),
        View::About => format!("/boards/{board}/tasks/{task}?view=about"),
        View::Board | View::Trash => format!("/boards/{board}/tasks/{task}"),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn read(rest: &str, view: Option<&str>) -> Option<Address> {
        let params = ParamsMap::from_iter([("board", Uuid::from_u128(7).to_string()), ("rest", rest.to_owned())]);
        let query = ParamsMap::from_iter(view.map(|view| ("view", view.to_owned())));
        Address::read(&params, &query)
    }

    #[test]
    fn every_path_reads_back_as_what_it_was_made_of() {
        let board = BoardId(Uuid::from_u128(7));
        let task = TaskId(Uuid::from_u128(9));
        let below = |path: String| {
            let path = path.trim_start_matches(&format!("/boards/{board}")).to_owned();
            match path.split_once("?view=") {
                Some((rest, view)) => read(rest, Some(view)),
                None => read(&path, None),
            }
        };
        for view in [View::Board, View::List, View::Activity, View::Members, View::Labels, View::About, View::Trash] {
            assert_eq!(below(board_path(board, view)), Some(Address { board, view, task: None }));
        }
        for view in [View::Board, View::List, View::Activity, View::Members, View::Labels, View::About] {
            assert_eq!(below(task_path(board, task, view)), Some(Address { board, view, task: Some(task) }));
        }
    }

    #[test]
    fn what_is_nowhere_is_not_found() {
        assert_eq!(read("elsewhere", None), None);
        assert_eq!(read("tasks/no-id", None), None);
        assert_eq!(read("trash/more", None), None);
    }
}
