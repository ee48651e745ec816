//! The console's pages are built beside this program: the folder must be there, and a release is made again with them.

const PAGES: &str = "../ui/dist/console";

fn main() {
    // Without pages the program serves devices all the same, so a missing folder is no fault.
    std::fs::create_dir_all(PAGES).expect("a folder can be made within the clone");
    // A debug build reads the pages where they are, so new ones need no new program.
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo::rerun-if-changed={}", if is_release { PAGES } else { "build.rs" });
}
