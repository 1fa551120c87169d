//! Development tasks: `cargo xtask --help`.

mod bench;
mod demo;
mod demo_data;
mod load;
mod scaffold;
mod shell;
mod tests;
mod tidy;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

/// Development tasks of Yuanyi.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Build client and server (release) and start the hospital with its demo data.
    Demo {
        /// Passed on to `yuanyi demo`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Install what the tests need and run all of them.
    Test {
        /// Only the stages whose name holds this.
        #[arg(long)]
        only: Option<String>,
    },
    /// Check the rules of the house that no compiler checks.
    Tidy,
    /// Measure against peers that others wrote: `bench`, or `bench cstore`.
    Bench {
        /// One bench; all where none is named.
        name: Option<String>,
        /// Passed on to it, such as `quick` for fewer and shorter rounds.
        words: Vec<String>,
    },
    /// Put people into rooms who move and act: `load --people 50 --rooms 10 --loss 5 --round-trip 200`.
    Load {
        /// Take the development build.
        #[arg(long)]
        dev: bool,
        /// Passed on; `load -- --help` says them all.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Make a scenario's folder: `new-scenario ward bed-scheduling "床位智能调度" "Bed scheduling"`.
    NewScenario {
        /// consulting, operating, ward, research, teaching or management.
        room: String,
        /// The id: folder, crate, URL and test name.
        id: String,
        /// Title in Chinese.
        zh: String,
        /// Title in English.
        en: String,
    },
    /// Make the demo hospital's data again from the open originals.
    DemoData {
        /// The folder of open originals.
        #[arg(long, default_value = "../shared/data")]
        shared: PathBuf,
        /// Where to write.
        #[arg(long, default_value = "demo")]
        out: PathBuf,
    },
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Demo { arguments } => demo::run(&arguments),
        Task::Test { only } => tests::run(only.as_deref()),
        Task::Tidy => tidy::run(),
        Task::Bench { name, words } => bench::run(name.as_deref(), &words),
        Task::Load { dev, arguments } => load::run(dev, &arguments),
        Task::NewScenario { room, id, zh, en } => scaffold::new_scenario(&room, &id, &zh, &en),
        Task::DemoData { shared, out } => demo_data::run(&shared, &out),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod asked {
    use super::*;

    #[test]
    fn what_follows_the_name_of_a_bench_is_passed_on_to_it() {
        for (line, expected) in [
            ("xtask bench", (None, vec![])),
            ("xtask bench cstore", (Some("cstore"), vec![])),
            ("xtask bench mqtt quick", (Some("mqtt"), vec!["quick"])),
        ] {
            let Ok(Task::Bench { name, words }) = Task::try_parse_from(line.split(' ')) else {
                panic!("{line}");
            };
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            assert_eq!((name.as_deref(), words), expected, "{line}");
        }
    }
}
