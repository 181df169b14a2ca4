// SPDX-License-Identifier: GPL-2.0

//! Models of the lanes: `bufflink-model list` names them, `bufflink-model NAME` checks one.

mod bufflink;
mod hooks;
mod sync;
mod time;

use bufflink::models::{Run, MODELS};
use std::{env, process::ExitCode};

fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_default();
    if name == "list" {
        for model in MODELS {
            println!("{}", model.name);
        }
        return ExitCode::SUCCESS;
    }
    let Some(model) = MODELS.iter().find(|model| model.name == name) else {
        eprintln!("there is no model '{name}'");
        return ExitCode::from(2);
    };
    let run = Run::new(model);
    (model.check)(&run);
    println!("{run}");
    ExitCode::SUCCESS
}
