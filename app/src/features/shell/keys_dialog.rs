//! The list of all keys, which `?` opens, with the switch for those that write a character.

use leptos::{html, prelude::*};

use crate::{
    access::BoardRole,
    controls::{
        icon::{Icon, Picture},
        redrawn::redrawn,
    },
    features::shortcuts::{SHORTCUTS, Scope, Shortcut, are_single_keys_on, switch_single_keys},
    live::LiveBoard,
};

/// The dialog, while `shown` is set.
#[component]
pub fn KeysDialog(board: LiveBoard, shown: RwSignal<bool>) -> impl IntoView {
    redrawn(move || {
        shown.get().then(|| {
            let may_edit = board.may_now(BoardRole::Editor);
            view! { <Dialog may_edit shown /> }.into_any()
        })
    })
}

#[component]
fn Dialog(may_edit: bool, shown: RwSignal<bool>) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            // A modal dialog keeps the focus within it, and gives it back when it closes.
            let _ = dialog.show_modal();
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let group = |scope: Scope| {
        let lines: Vec<AnyView> = SHORTCUTS
            .iter()
            .filter(|line| line.scope == scope && (may_edit || !line.command.needs_editor()))
            .map(line)
            .collect();
        (!lines.is_empty()).then(|| {
            view! {
                <section>
                    <h3>{scope.words()}</h3>
                    <dl>{lines}</dl>
                </section>
            }
            .into_any()
        })
    };
    view! {
        <dialog
            class="dialog keys-dialog"
            node_ref=dialog
            aria-labelledby="keys-title"
            on:close=move |_| shown.set(false)
        >
            <div class="keys-head">
                <h2 id="keys-title">"Keys"</h2>
                <button type="button" class="button quiet icon-only" aria-label="Close" on:click=close>
                    <Picture icon=Icon::Close />
                </button>
            </div>
            <label class="ticked-line">
                <input
                    type="checkbox"
                    prop:checked=are_single_keys_on()
                    on:change=move |event| switch_single_keys(event_target_checked(&event))
                />
                " Letters, digits and signs are keys"
            </label>
            <p class="hint">
                "Switch them off if they act when you do not mean it, for example while you dictate. The other keys go on working. The choice is this browser’s. On a Mac, ⌘ does what Ctrl does."
            </p>
            <div class="keys-groups">{Scope::ALL.map(group).into_iter().collect_view()}</div>
        </dialog>
    }
    .into_any()
}

fn line(line: &Shortcut) -> AnyView {
    let keys = line.keys.iter().enumerate().map(|(index, keys)| {
        let or = if index > 0 { " or " } else { "" };
        view! {
            {or}
            <kbd>{keys.words()}</kbd>
        }
        .into_any()
    });
    view! {
        <div>
            <dt>{keys.collect_view()}</dt>
            <dd>{line.words}</dd>
        </div>
    }
    .into_any()
}
