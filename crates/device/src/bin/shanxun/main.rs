//! `shanxun`: the device without a window. Reads arguments, takes the time and randomness, calls the library, prints.

mod args;
mod capture;
mod look;
mod output;
mod progress;
mod rescue;
mod tables;
mod upstream;
mod watched;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use output::Out;

fn main() -> ExitCode {
    // A panic is a fault of ours; the person still gets one clear line instead of a trace.
    std::panic::set_hook(Box::new(|_| {}));
    std::panic::catch_unwind(run).unwrap_or_else(|_| output::panicked())
}

fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    let mut out = Out::new(cli.json, &cli.lang);
    match carry_out(&cli, &mut out) {
        Ok(code) => code,
        Err(error) => {
            out.error(&error);
            ExitCode::from(1)
        }
    }
}

fn carry_out(cli: &Cli, out: &mut Out) -> device::Result<ExitCode> {
    // Needs no home that opens: that is what it is for.
    if let Command::Rescue(args) = &cli.command {
        return rescue::rescue(&cli.home, args, out);
    }
    let mut now = cli.now()?;
    let mut home = device::Home::open(&cli.home, &cli.key(), &cli.forms, &mut now)?;
    home.form_faults.iter().for_each(|fault| eprintln!("shanxun: {fault}"));
    match &cli.command {
        Command::Enrol(args) => upstream::enrol(&mut home, args, out),
        Command::Sync(args) => upstream::sync(&mut home, args, cli, out),
        Command::New(args) => capture::new(&mut home, args, &mut now, out),
        Command::Set(args) => capture::set(&mut home, args, &mut now, out),
        Command::Photo(args) => capture::photo(&mut home, args, &mut now, out),
        Command::Move(args) => capture::move_to(&mut home, args, &mut now, out),
        Command::Delete { id } => capture::delete(&mut home, id, true, &now, out),
        Command::Restore { id } => capture::delete(&mut home, id, false, &now, out),
        Command::Remark(args) => capture::remark(&mut home, args, &mut now, out),
        Command::Resolve(args) => capture::resolve(&mut home, args, &now, out),
        Command::Batch { file } => capture::batch(&mut home, file, cli, out),
        Command::Import(args) => tables::import(&mut home, args, &mut now, out),
        Command::Export(args) => tables::export(&home, args, out),
        Command::Show { id } => look::show(&home, id, out),
        Command::List(args) => look::list(&home, args, out),
        Command::Check { id } => look::check(&home, id, out),
        Command::Conflicts => look::conflicts(&home, out),
        Command::History { id, local } => upstream::history(&home, id, *local, out),
        Command::Status => look::status(&home, out),
        Command::Verify => look::verify(&home, out),
        Command::Rescue(_) => unreachable!("carried out above"),
    }
}
