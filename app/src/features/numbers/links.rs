//! Names of tasks in texts are links (see `controls/markdown.rs`). One that names a task of the board that is open opens it here; others open
//! in a new tab, where the server finds the task.

use leptos::{ev, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::{
    address::{View, list_query::ListQuery, task_path},
    key::TaskRef,
    live::LiveBoard,
};

/// Follows the links. Call it once per board.
pub fn follow_names(board: &LiveBoard, view: Memo<View>) {
    let (navigate, query) = (use_navigate(), ListQuery::of_page());
    let board = board.clone();
    Effect::new(move || {
        let (board, navigate) = (board.clone(), navigate.clone());
        let listener = window_event_listener(ev::click, move |event| {
            let Some(name) = clicked(&event) else { return };
            let task = board.with(|board| {
                let is_here = board.key() == Some(&name.key);
                Some(board.numbered(name.number).filter(|_| is_here)?.id)
            });
            // A task in the trash may not be loaded: the server finds it.
            let Some(task) = task else { return };
            event.prevent_default();
            let path = match view.get_untracked() {
                View::List => query.get_untracked().task_path(board.id(), task),
                view => task_path(board.id(), task, view),
            };
            navigate(&path, NavigateOptions { scroll: false, ..NavigateOptions::default() });
        });
        on_cleanup(move || listener.remove());
    });
}

/// The task that a clicked link names, unless the click asks for a new tab or window.
fn clicked(event: &ev::MouseEvent) -> Option<TaskRef> {
    let is_plain = event.button() == 0
        && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() || event.default_prevented());
    let target: Element = event.target().filter(|_| is_plain)?.dyn_into().ok()?;
    let link = target.closest("a[href^='/t/']").ok().flatten()?;
    TaskRef::parse(link.get_attribute("href")?.strip_prefix("/t/")?)
}
