//! Two keys on a task copy the link to it and its name. The reader is told what was copied only when the browser has confirmed it.

use leptos::prelude::*;

use crate::{
    controls::{clipboard, notices::Notices},
    features::shortcuts::{Command, listen},
    id::TaskId,
    key::TaskRef,
    live::LiveBoard,
};

/// Listens to the keys. Call it once per board.
pub fn copying_keys(board: &LiveBoard, notices: Notices) {
    let of = board.clone();
    listen(board, &[Command::CopyLink, Command::CopyName], move |pressed| {
        let Some(task) = pressed.task() else { return };
        match pressed.command {
            Command::CopyLink => copy_link(&of, task, notices),
            _ => copy_name(&of, task, notices),
        }
    });
}

/// Copies the link to a task.
pub fn copy_link(board: &LiveBoard, task: TaskId, notices: Notices) {
    let origin = window().location().origin().unwrap_or_default();
    copy(board, task, notices, "the link to ", |name| format!("{origin}{}", name.path()));
}

fn copy_name(board: &LiveBoard, task: TaskId, notices: Notices) {
    copy(board, task, notices, "", TaskRef::to_string);
}

fn copy(board: &LiveBoard, task: TaskId, notices: Notices, what: &str, text: impl Fn(&TaskRef) -> String) {
    let Some(name) = board.with(|board| board.task_ref(board.task(task)?)) else {
        return notices.say_anew("The task gets its number when it is saved.", None);
    };
    let text = text(&name);
    let (done, not_done) =
        (format!("Copied {what}{name}."), format!("This browser does not allow copying here. Copy it by hand: {text}"));
    clipboard::copy(&text, move |is_copied| {
        notices.say_anew(if is_copied { done.clone() } else { not_done.clone() }, None);
    });
}
