//! Parts of a page that are redrawn when their content changes, all with the same type.
//!
//! Leptos compiles its handling of a part of a page again for each type, and every closure has a type of its own. `view!` boxes the
//! closures that are written in it; closures made outside of `view!` go through [`redrawn`]. For the same reason these closures return
//! `AnyView`, or `Option<AnyView>` where there may be nothing to show, instead of a view with a type of its own.

use std::sync::{Arc, Mutex};

use leptos::tachys::reactive_graph::SharedReactiveFunction;

/// Draws again whenever a signal that `draw` reads changes.
pub fn redrawn<V: 'static>(draw: impl FnMut() -> V + Send + 'static) -> SharedReactiveFunction<V> {
    Arc::new(Mutex::new(draw))
}
