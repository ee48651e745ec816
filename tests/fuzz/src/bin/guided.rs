//! One target under libFuzzer, which follows what inputs reach: `FUZZ_TARGET=name guided [libFuzzer's options] FOLDER…`.
//! `scripts/fuzz` builds it with the instrumentation it needs.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use shanxun_fuzz::{Target, target};

static CHOSEN: OnceLock<Target> = OnceLock::new();

fn chosen() -> Target {
    *CHOSEN.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        target(&name).unwrap_or_else(|| {
            eprintln!("FUZZ_TARGET={name:?} names no target");
            std::process::exit(2)
        })
    })
}

fuzz_target!(|bytes: &[u8]| {
    (chosen().run)(bytes);
});
