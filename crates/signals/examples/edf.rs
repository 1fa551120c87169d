//! Reads all signals of an EDF file in their units: `edf FILE`. Prints how many values there are and what they add up to.

use std::{env, fs, process::ExitCode};

use signals::Edf;

fn main() -> ExitCode {
    let Some(path) = env::args_os().nth(1) else {
        eprintln!("usage: edf FILE");
        return ExitCode::FAILURE;
    };
    let read = fs::read(&path)
        .map_err(|error| error.to_string())
        .and_then(|file| Edf::read(&file).map_err(|error| error.to_string()));
    match read {
        Ok(edf) => {
            let traces = edf.signals.iter().filter_map(|one| edf.trace(&one.label));
            let (mut count, mut sum) = (0, 0.0);
            for trace in traces {
                count += trace.count();
                sum += trace.values().sum::<f64>();
            }
            println!("{count} {sum}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{}: {why}", path.to_string_lossy());
            ExitCode::FAILURE
        }
    }
}
