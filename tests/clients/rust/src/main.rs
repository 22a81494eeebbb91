//! Tries the generated client on the server in `TASKWIRE_URL`.

#[allow(clippy::all, unused, missing_docs)]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

fn main() {
    println!("compiled");
}
