// SPDX-License-Identifier: GPL-2.0

//! Says where the files under test are: in the directory that `BUFFLINK_SOURCE` names. They are
//! compiled where they lie, unchanged.

use std::{env, fs, path::Path};

const FILES: [&str; 6] = ["ring", "threshold", "lane", "merge", "loss", "watermark"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=BUFFLINK_SOURCE");
    let source = env::var("BUFFLINK_SOURCE").expect("BUFFLINK_SOURCE names no directory");
    let mut modules = String::new();
    for name in FILES {
        let file = Path::new(&source).join(format!("{name}.rs"));
        assert!(file.is_file(), "there is no {}", file.display());
        println!("cargo:rerun-if-changed={}", file.display());
        // Not all of it is used here, and the warnings are the kernel build's.
        modules += &format!("#[allow(warnings)]\n#[path = {file:?}]\nmod {name};\n");
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("source.rs"), modules).expect("OUT_DIR can be written to");
}
