//! Parts of a page that are drawn again when what they show changes: all of one type.
//!
//! Leptos compiles what it does with a part of a page anew for each type there is, and every closure is one. `view!` boxes
//! the closures that stand in it; those that are made outside of it go through [`redrawn`]. For the same reason they make
//! an `AnyView`, or an `Option<AnyView>` where there may be nothing to show, and no view of a type of its own.

use std::sync::{Arc, Mutex};

use leptos::tachys::reactive_graph::SharedReactiveFunction;

/// Draws again, when what it reads changes.
pub fn redrawn<V: 'static>(draw: impl FnMut() -> V + Send + 'static) -> SharedReactiveFunction<V> {
    Arc::new(Mutex::new(draw))
}
