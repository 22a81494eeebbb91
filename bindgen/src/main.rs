//! Generates the files that a browser loads from the WASM that cargo built: the module, and the script that loads it.
//!
//! `wasm-bindgen --target web` does the same. But compiling that command takes two minutes on two cores; compiling this program takes
//! less, and most of the libraries that it needs are compiled for the server anyway.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wasm, name, folder] = arguments.as_slice() else {
        eprintln!("usage: bindgen WASM NAME FOLDER");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name(name).typescript(false).remove_producers_section(true);
    match bindgen.web(true).and_then(|bindgen| bindgen.generate(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{wasm}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
