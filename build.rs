//! Migrations are embedded when the server is compiled; a new file among them compiles it again.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
