//! The sync-server program.

fn main() -> std::process::ExitCode {
    sync_server::cli::main(std::env::args_os())
}
